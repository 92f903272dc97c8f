"""Errors named in documents: by code or row id, with the nearest of them where nothing is called so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.faults import chosen, row_named
from .problems import Problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.catalogue import Catalogue, ErrorRow, OssErrorRow
    from ..core.faults import Failure
    from .forms import ErrorForm


def failure_of(form: ErrorForm, catalogue: Catalogue, stage: str) -> Failure | Problem:
    """Return the failure that a form means at a stage (`create` or `task`), or what is wrong with it."""
    row = row_named(form.error, catalogue.errors, stage)
    return chosen(row, form.message) if row else no_such_error(form.error, catalogue.errors.values())


def no_such_error(word: str, rows: Iterable[ErrorRow | OssErrorRow], where: str = "") -> Problem:
    """Return that no error is called so, and which is nearest."""
    words = [name for row in rows for name in (row.code, row.id)]
    said = f"there is no error {word!r}{where}; `hobbyhorse errors` lists codes and row ids"
    return Problem(("error",), said, suggestion(word, words))
