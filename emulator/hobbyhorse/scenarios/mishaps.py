"""From mishap documents to mishaps: kind, places, moment and options as the kind's row has them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..core.faults import oss_row_named, row_named
from ..core.mishaps import API_PLACES, RESULT_PLACES, TASK_PLACES, Mishap, Moment, Target
from .errors import no_such_error
from .forms import MishapForm
from .problems import Problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.catalogue import Catalogue, ErrorRow, OssErrorRow
    from ..core.mishaps import Kind, Option, OptionRow, Place

_TYPES: dict[str, tuple[type, ...]] = {"text": (str,), "choice": (str,), "number": (int, float), "whole": (int,)}
_LONGEST = 10_000
_BEFORE_HEADERS = "before-headers"
_NAMES = {"text": "a text", "choice": "a text", "number": "a number", "whole": "a whole number"}


def mishap_of(form: MishapForm, catalogue: Catalogue, *, of_task: bool = False) -> tuple[Mishap | None, list[Problem]]:
    """Return the mishap that a form means, without an id, or None and what is wrong with the form.

    `of_task` mishaps belong to a rule: they happen to one create, its task and its clip.
    """
    kind = catalogue.mishaps.get(form.do)
    if kind is None:
        hint = suggestion(form.do, catalogue.mishaps)
        known = "" if hint else f"; there are: {', '.join(catalogue.mishaps)}"
        return None, [Problem(("do",), f"there is no mishap {form.do!r}{known}", hint)]
    options, wrong = _options(kind, form.model_extra or {})
    moments = _moments(kind, options)
    moment = form.moment or moments[0]
    if moment not in moments:
        wrong.append(Problem(("moment",), f"this can only happen {moments[0]} the request has its effect"))
    places, strange = _places(form, kind, of_task=of_task)
    wrong += strange
    if isinstance(error := options.get("error"), str):
        places, strange = _where_known(error, places, catalogue, is_narrowed=form.at is not None)
        wrong += strange
    if of_task and form.on and form.on.task:
        wrong.append(Problem(("on", "task"), "a rule's mishap is bound to the task that the rule makes"))
    if wrong:
        return None, wrong
    made = Mishap(
        id="",
        kind=kind.name,
        moment=moment,
        at=places,
        on=Target(**form.on.model_dump()) if form.on else Target(),
        skip=form.skip,
        count=form.count,
        probability=form.probability,
        alive=form.seconds_alive,
        options=options,
    )
    return made, []


def _moments(kind: Kind, options: Mapping[str, Option]) -> tuple[Moment, ...]:
    """Return the moments at which a mishap can happen, the first being the default.

    A body that breaks off, or an answer that was sent, must have been made: `where` other than before the headers.
    """
    if options.get("where", _BEFORE_HEADERS) != _BEFORE_HEADERS:
        return (Moment.AFTER,)
    return kind.moments


def _places(form: MishapForm, kind: Kind, *, of_task: bool) -> tuple[frozenset[Place], list[Problem]]:
    """Return where a mishap happens: where it was told to, else wherever its kind can."""
    possible = [place for place in kind.places if place in TASK_PLACES or not of_task]
    if form.at is None:
        return frozenset(possible), []
    why = "cannot happen there to one task" if of_task else "cannot happen there"
    wrong = [
        Problem(("at", number), f"{kind.name} {why}; it can at {', '.join(possible)}", suggestion(place, possible))
        for number, place in enumerate(form.at)
        if place not in possible
    ]
    return frozenset(form.at), wrong


def _where_known(
    error: str, places: frozenset[Place], catalogue: Catalogue, *, is_narrowed: bool
) -> tuple[frozenset[Place], list[Problem]]:
    """Return the places of those given whose origin knows an error: each origin has errors of its own.

    Where the document itself says at which routes, every one of them must know it.
    """
    known: frozenset[Place] = frozenset()
    if row_named(error, catalogue.errors, "create"):
        known |= API_PLACES
    if oss_row_named(error, catalogue.oss_errors):
        known |= RESULT_PLACES
    left = places & known
    if left == places or (left and not is_narrowed):
        return left, []
    strange = places - known
    rows: list[ErrorRow | OssErrorRow] = [*(catalogue.errors.values() if strange & API_PLACES else ())]
    rows += catalogue.oss_errors.values() if strange & RESULT_PLACES else ()
    where = f" at {', '.join(sorted(strange))}" if known else ""
    return left, [no_such_error(error, rows, where)]


def _options(kind: Kind, given: dict[str, Any]) -> tuple[dict[str, Option], list[Problem]]:
    """Return a kind's options, complete, and what is wrong with those given."""
    rows = {row.name: row for row in kind.options}
    wrong = [_no_such_option(kind, name) for name in given if name not in rows]
    options: dict[str, Option] = {}
    for name, row in rows.items():
        if name not in given:
            if row.required:
                wrong.append(Problem((name,), f"is missing: {row.says}"))
            elif row.default is not None:
                options[name] = row.default
            continue
        value = str(given[name]) if row.type == "choice" and type(given[name]) is int else given[name]
        problem = _fault_of(row, value)
        if problem:
            wrong.append(problem)
        else:
            options[name] = value
    return options, wrong


def _no_such_option(kind: Kind, name: str) -> Problem:
    words = [*(row.name for row in kind.options), *MishapForm.model_fields]
    return Problem((name,), f"{kind.name} has no option of this name", suggestion(name, words))


def _fault_of(row: OptionRow, value: Any) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, _TYPES[row.type]):
        return Problem((row.name,), f"should be {_NAMES[row.type]}")
    if row.choices and value not in row.choices:
        return Problem((row.name,), f"should be {' or '.join(row.choices)}", suggestion(value, row.choices))
    if isinstance(value, str) and not 0 < len(value) <= _LONGEST:
        return Problem((row.name,), f"should have 1 to {_LONGEST} characters")
    if isinstance(value, int | float) and not _least(row) <= value <= _most(row):
        return Problem((row.name,), f"should be {_least(row):g} to {_most(row):g}")
    return None


def _least(row: OptionRow) -> float:
    return -math.inf if row.least is None else row.least


def _most(row: OptionRow) -> float:
    return math.inf if row.most is None else row.most
