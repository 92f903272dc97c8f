"""Markers in a prompt: `[[fail:DataInspectionFailed]] [[pending:30s]] [[run:120s]] [[stuck]] [[polls:2,3]]`.

For clients that cannot reach the control API. What is no marker, or says nothing that can be done, is told and ignored.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from .faults import chosen, row_named
from .hints import did_you_mean
from .moments import span
from .scenario import Stuck, Then, contradiction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .catalogue import ErrorRow

_MARKER = re.compile(r"\[\[([^\[\]:]{1,40})(?::([^\[\]]{0,200}))?\]\]")
_POLLS = re.compile(r"\s*([0-9]{1,6})\s*,\s*([0-9]{1,6})\s*")
# A prompt can hold a hundred thousand; so many are read.
_MOST = 20


def marked(prompt: str, rows: Mapping[str, ErrorRow]) -> tuple[Then | None, tuple[str, ...]]:
    """Return what a prompt's markers ask for (None: nothing), and a word on each that is ignored."""
    then, ignored = Then(), []
    for found in islice(_MARKER.finditer(prompt), _MOST):
        try:
            then = _with(then, found[1].strip(), found[2], rows)
        except ValueError as error:
            ignored.append(f"{found[0]} {error}")
    return (None if then == Then() else then), tuple(ignored)


def _with(then: Then, word: str, value: str | None, rows: Mapping[str, ErrorRow]) -> Then:
    """Return `then` with one marker more. Raises ValueError, with words for people, where that cannot be."""
    if word not in _READERS:
        raise ValueError(f"is no marker{did_you_mean(word, _READERS)}; there are: {', '.join(_READERS)}")
    change = _READERS[word](value, rows)
    if any(getattr(then, name) is not None for name in change):
        raise ValueError("is there a second time")
    made = replace(then, **change)
    wrong = contradiction(made)
    if wrong:
        raise ValueError(f"contradicts another: {wrong}")
    return made


def _span(name: str) -> Callable[[str | None, object], dict[str, Any]]:
    return lambda value, _: {name: span(value or "")}


def _stuck(value: str | None, _: object) -> dict[str, Any]:
    word = (value or Stuck.RUNNING).strip()
    if word not in set(Stuck):
        raise ValueError(f"should be {' or '.join(Stuck)}{did_you_mean(word, Stuck)}")
    return {"stuck": Stuck(word)}


def _polls(value: str | None, _: object) -> dict[str, Any]:
    numbers = _POLLS.fullmatch(value or "")
    if numbers is None:
        raise ValueError("should be two numbers: polls that find it PENDING, polls that find it RUNNING")
    return {"pending_polls": int(numbers[1]), "running_polls": int(numbers[2])}


def _fail(value: str | None, rows: Mapping[str, ErrorRow]) -> dict[str, Any]:
    word = (value or "").strip()
    row = row_named(word, rows, "task")
    if row is None:
        names = [name for row in rows.values() for name in (row.code, row.id)]
        raise ValueError(f"names no error{did_you_mean(word, names)}")
    return {"fail": chosen(row)}


_READERS: Mapping[str, Callable[[str | None, Any], dict[str, Any]]] = {
    "fail": _fail,
    "pending": _span("pending"),
    "run": _span("running"),
    "stuck": _stuck,
    "polls": _polls,
}
