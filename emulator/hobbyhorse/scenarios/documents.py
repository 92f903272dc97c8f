"""From scenario and mishap documents (values as JSON has them) to core's rules and mishaps.

Everything wrong with a document is told at once, each with its place and the nearest valid word.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..core.scenario import Odd, Refusal, Rule, Scenario, Then, When, contradiction
from .errors import failure_of
from .forms import MishapForm, ScenarioForm
from .mishaps import mishap_of
from .problems import DocumentError, Problem, problems_of, suggestion, within

if TYPE_CHECKING:
    from ..core.catalogue import Catalogue
    from ..core.faults import Failure
    from ..core.mishaps import Mishap
    from .forms import ErrorForm, OddForm, RuleForm, ThenForm, WhenForm
    from .problems import Loc
    from .reader import Document

F = TypeVar("F", bound=BaseModel)

_BODY = ("model", "input", "parameters")
# What the answer to a poll can hold beside `usage`, which differs by model.
_ANSWERED = (
    *("request_id", "output", "usage"),
    *("task_id", "task_status", "submit_time", "scheduled_time", "end_time"),
    *("video_url", "orig_prompt", "actual_prompt", "code", "message"),
)


def scenario(document: Any, catalogue: Catalogue, name: str = "scenario", source: str = "") -> Scenario:
    """Return the scenario that a document says. `name` is used where it gives none. Raises DocumentError."""
    form = _formed(ScenarioForm, document, source)
    found: list[Problem] = []
    title = form.name or name
    rules = tuple(
        _rule(f"{title}/{number}", rule, catalogue, ("rules", number - 1), found)
        for number, rule in enumerate(form.rules, 1)
    )
    mishaps = _mishaps(form.mishaps, catalogue, ("mishaps",), found, of_task=False)
    if not form.rules and not form.mishaps:
        found.append(Problem((), "says nothing: it has neither rules nor mishaps"))
    if found:
        raise DocumentError(found, source)
    return Scenario(title, form.description or "", rules, mishaps)


def scenario_of(document: Document, catalogue: Catalogue, name: str = "scenario") -> Scenario:
    """Return the scenario of a text that was read. Raises DocumentError that knows the lines."""
    try:
        read = scenario(document.value, catalogue, name)
    except DocumentError as error:
        raise document.located(error.problems) from None
    rules = (replace(rule, source=_place(document, number)) for number, rule in enumerate(read.rules))
    return replace(read, rules=tuple(rules))


def _place(document: Document, number: int) -> str:
    line = document.line(("rules", number))
    return f"{document.source}:{line}" if line else document.source


def mishap(document: Any, catalogue: Catalogue, source: str = "") -> Mishap:
    """Return the mishap that a document says; it has no id yet and is not armed. Raises DocumentError."""
    made, wrong = mishap_of(_formed(MishapForm, document, source), catalogue)
    if made is None:
        raise DocumentError(wrong, source)
    return made


def _formed(form: type[F], document: Any, source: str) -> F:
    try:
        return form.model_validate(document)
    except ValidationError as error:
        raise DocumentError(problems_of(error, form), source) from None


def _rule(rule_id: str, form: RuleForm, catalogue: Catalogue, where: Loc, found: list[Problem]) -> Rule:
    found += within(_strange_words(form.when, catalogue), (*where, "when"))
    when = When(
        model=form.when.model,
        prompt=form.when.prompt,
        key=form.when.key,
        region=form.when.region,
        nth=tuple(form.when.nth) if form.when.nth else None,
        body=form.when.body,
    )
    return Rule(rule_id, when, _then(form.then, catalogue, (*where, "then"), found))


def _strange_words(when: WhenForm, catalogue: Catalogue) -> list[Problem]:
    """Return the words of a `when` that can match nothing there is."""
    wrong = []
    if when.model and not any(fnmatchcase(model, when.model) for model in catalogue.models):
        wrong.append(
            Problem(("model",), f"no model is called {when.model!r}", suggestion(when.model, catalogue.models))
        )
    if when.region and when.region not in catalogue.regions:
        hint = suggestion(when.region, catalogue.regions)
        wrong.append(Problem(("region",), f"there is no region {when.region!r}", hint))
    wrong += [
        Problem(("body", path), f"a create has {', '.join(_BODY)}", suggestion(path.split(".")[0], _BODY))
        for path in when.body
        if path.split(".")[0] not in _BODY
    ]
    return wrong


def _then(form: ThenForm, catalogue: Catalogue, where: Loc, found: list[Problem]) -> Then:
    fail = _failure(form.fail, catalogue, "task", (*where, "fail"), found)
    refused = _failure(form.refuse, catalogue, "create", (*where, "refuse"), found)
    refuse = None
    if form.refuse and refused:
        refuse = Refusal(refused, form.refuse.retry_after, form.refuse.retry_after_form == "date")
    then = Then(
        pending=form.pending,
        running=form.running,
        pending_polls=form.polls[0] if form.polls else None,
        running_polls=form.polls[1] if form.polls else None,
        stuck=form.stuck,
        fail=fail,
        refuse=refuse,
        task_id=form.task_id,
        mishaps=_mishaps(form.mishaps, catalogue, (*where, "mishaps"), found, of_task=True),
        odd=tuple(_odd(odd, catalogue, (*where, "odd", number), found) for number, odd in enumerate(form.odd)),
    )
    wrong = contradiction(then) if form.model_fields_set else "says nothing"
    if wrong:
        found.append(Problem(where, wrong))
    return then


def _failure(
    form: ErrorForm | None, catalogue: Catalogue, stage: str, where: Loc, found: list[Problem]
) -> Failure | None:
    made = failure_of(form, catalogue, stage) if form else None
    if isinstance(made, Problem):
        found += within([made], where)
        return None
    return made


def _mishaps(
    forms: list[MishapForm], catalogue: Catalogue, where: Loc, found: list[Problem], *, of_task: bool
) -> tuple[Mishap, ...]:
    made = []
    for number, form in enumerate(forms):
        one, wrong = mishap_of(form, catalogue, of_task=of_task)
        found += within(wrong, (*where, number))
        made += [replace(one, id=f"m{number + 1}")] if one else []
    return tuple(made)


def _odd(form: OddForm, catalogue: Catalogue, where: Loc, found: list[Problem]) -> Odd:
    known = [*_ANSWERED, *sorted({f"usage.{name}" for model in catalogue.models.values() for name in model.usage})]
    if form.no_url and form.video_url:
        found.append(Problem((*where, "video_url"), "a poll has another URL or none (no_url), not both"))
    found += [
        Problem((*where, "without", number), f"no answer has a field {name!r}", suggestion(name, known))
        for number, name in enumerate(form.without)
        if name not in known
    ]
    if not form.model_fields_set - {"polls", "when"}:
        found.append(Problem(where, "says nothing odd: give status, without, extra, video_url or no_url"))
    return Odd(
        polls=tuple(form.polls) if form.polls else None,
        when=form.when,
        status=form.status,
        without=(*form.without, "video_url") if form.no_url else tuple(form.without),
        extra=form.extra,
        video_url=form.video_url,
    )
