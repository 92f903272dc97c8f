"""A baseline: the failures that a client's authors know of. An entry that is no longer true is an error.

- id: POL-07
reason: a poll answered 429 ends the wait
issue: https://example.com/issues/7
until: 2027-03-01
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

from .campaign import KnownFailure, Result, Standing
from .documents import DocumentError, read
from .hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_FAILS = (Standing.FAIL, Standing.WARN, Standing.FLAKY)


class BaselineError(ValueError):
    """The file of known failures cannot be read. The message says everything that is wrong with it, and where."""


def load(path: Path, requirements: Iterable[str]) -> tuple[KnownFailure, ...]:
    """Return the known failures of a YAML file. Raises BaselineError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BaselineError(f"{path}: it is no YAML: {error}") from error
    if document is None:
        return ()
    if not isinstance(document, list):
        raise BaselineError(f"{path}: it is no list of entries, each with id, reason, issue and until")
    known = list(requirements)
    found: list[KnownFailure] = []
    wrong: list[str] = []
    for at, row in enumerate(document):
        try:
            entry = _entry(row, f"{path}: entry {at + 1}")
            wrong += _wrong(entry, at, path, known, [one.id for one in found])
            found.append(entry)
        except DocumentError as error:
            wrong.append(str(error))
    if wrong:
        raise BaselineError("\n".join(wrong))
    return tuple(found)


def held(
    results: Sequence[Result], known: Sequence[KnownFailure], today: date, *, is_whole: bool
) -> tuple[tuple[Result, ...], tuple[str, ...]]:
    """Return the results with the known failures that they are, and what is wrong with the baseline.

    Entries for requirements that the run was not about are left alone; so are those that nothing provoked, unless the
    run `is_whole`.
    """
    by_id = {row.id: row for row in known}
    marked = tuple(
        replace(row, known=by_id[row.requirement]) if row.requirement in by_id and row.standing in _FAILS else row
        for row in results
    )
    errors = [error for row in known for error in _errors(row, results, today, is_whole=is_whole)]
    return marked, tuple(errors)


def _errors(row: KnownFailure, results: Sequence[Result], today: date, *, is_whole: bool) -> Iterator[str]:
    result = next((one for one in results if one.requirement == row.id), None)
    if result is None:
        return
    if date.fromisoformat(row.until) < today:
        yield f"{row.id}: it was to be mended until {row.until} ({row.issue}); mend it, or say until when anew"
    if result.standing is Standing.PASS:
        yield f"{row.id}: it is kept now; remove the entry"
    elif result.standing in {Standing.NOT_APPLICABLE, Standing.NOT_JUDGED}:
        yield f"{row.id}: the entry matches nothing: {result.standing} ({result.says}); remove it"
    elif result.standing is Standing.NOT_TESTABLE and is_whole:
        yield f"{row.id}: the entry matches nothing: no scenario shows whether it is kept"


def _entry(row: Any, what: str) -> KnownFailure:
    if isinstance(row, dict) and isinstance(row.get("until"), date):  # YAML knows dates
        row = {**row, "until": row["until"].isoformat()}
    if isinstance(row, dict) and isinstance(row.get("issue"), int):
        row = {**row, "issue": str(row["issue"])}
    return read(KnownFailure, row, what)


def _wrong(row: KnownFailure, at: int, path: Path, known: list[str], before: list[str]) -> Iterator[str]:
    where = f"{path}: entry {at + 1}"
    if row.id not in known:
        yield f"{where}.id: there is no requirement {row.id!r}{did_you_mean(row.id, known)}"
    if row.id in before:
        yield f"{where}.id: {row.id} has an entry already"
    if not row.reason.strip():
        yield f"{where}.reason: say why it fails"
    try:
        date.fromisoformat(row.until)
    except ValueError:
        yield f"{where}.until: {row.until!r} is no date (YYYY-MM-DD)"
