"""Why a request got the answer it got: what happened, which row says so, what speaks for the row, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .advice import LOST, UNKNOWN, advice
from .answers import answer_of, row_of
from .entry import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..core.catalogue import Catalogue, ErrorRow, OssErrorRow
    from .answers import Answer, Rows
    from .entry import Acted, Entry

_SOURCE = re.compile(r"[A-Z][A-Z0-9-]+[A-Z0-9]|[A-Z]{2,}")


@dataclass(frozen=True, slots=True)
class Source:
    """One source of a row: its key, and what it is."""

    key: str
    what: str


@dataclass(frozen=True, slots=True)
class Row:
    """The error row that was answered: what the upstream says there, how well that is known, and from where."""

    id: str
    status: int
    code: str
    message: str
    confidence: str
    evidence: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What there is to say of one entry. `why` in the order in which it happened; `todo` may be empty."""

    number: int
    why: tuple[str, ...]
    row: Row | None
    todo: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return all of it for people, one sentence a line."""
        lines = [*self.why]
        if self.row:
            lines += [f"Evidence for it ({self.row.confidence}): {self.row.evidence}"]
            lines += [f"  {source.key}: {source.what}" for source in self.row.sources]
        return "\n".join([*lines, *(f"To do: {one}." for one in self.todo)])


def explain(entry: Entry, catalogue: Catalogue) -> Explanation:
    """Return why an entry's answer is what it is."""
    rows: Rows = catalogue.errors if entry.origin is Origin.API else catalogue.oss_errors
    answer = answer_of(entry)
    found = rows.get(entry.row or "") or rows.get(row_of(answer.code, answer.message, rows) or "")
    row = _row(found, catalogue.sources) if found else None
    why = (
        _asked(entry),
        *_world(entry),
        *_decided(entry, catalogue),
        *_answered(entry, answer, row),
        *_noted(entry),
    )
    return Explanation(entry.number, why, row, tuple(_todo(entry, answer, row)))


def _asked(entry: Entry) -> str:
    where = "the API" if entry.origin is Origin.API else "the result origin"
    task = f", about task {entry.task}" if entry.task else ""
    return f"{entry.method} {entry.path} came to {where} and is a {entry.route}{task}."


def _world(entry: Entry) -> Iterator[str]:
    if entry.quarantined:
        yield f"No world takes its key, so it is in quarantine in world {entry.world} and was answered on that clock."
    else:
        yield f"It belongs to world {entry.world}."


def _decided(entry: Entry, catalogue: Catalogue) -> Iterator[str]:
    """Say what did not come from the API itself."""
    if entry.rule:
        yield f"The scenario rule {entry.rule} decided what becomes of it."
    for acted in entry.mishaps:
        yield f"The mishap {acted.id} happened to it: {_says(acted, catalogue)}."


def _says(acted: Acted, catalogue: Catalogue) -> str:
    kind = catalogue.mishaps.get(acted.kind)
    return f"{acted.kind}, {kind.says}" if kind else acted.kind


def _answered(entry: Entry, answer: Answer, row: Row | None) -> Iterator[str]:
    took = f"{entry.seconds * 1000:.0f} ms"
    if entry.status is None:
        yield f"It was not answered; that took {took}."
    else:
        yield f"It was answered {entry.status} after {took}."
    if row:
        inside = "The task is FAILED with" if answer.status == "FAILED" else "That is"
        yield f"{inside} the row {row.id}: {row.status} {row.code}, {answer.message or row.message}"
    if entry.detail:
        yield f"Here: {entry.detail.rstrip('.')}."
    if answer.status == "UNKNOWN":
        yield "The task is UNKNOWN here, which is a 200 as upstream."
    elif answer.status and not row:
        yield f"The task is {answer.status}."


def _noted(entry: Entry) -> Iterator[str]:
    if entry.unknown:
        yield f"It sent what the model does not know, which is ignored as upstream does: {', '.join(entry.unknown)}."
    if entry.committed and (entry.status is None or entry.mishaps):
        yield f"It had its effect all the same: task {entry.committed}."
    if entry.written is not None:
        yield f"{entry.written} bytes left."
    if entry.connection.closed:
        yield f"The connection {entry.connection.id} ended: {entry.connection.closed}."


def _todo(entry: Entry, answer: Answer, row: Row | None) -> Iterator[str]:
    if entry.committed and (entry.status is None or entry.mishaps):
        yield LOST
    if answer.status == "UNKNOWN":
        yield UNKNOWN
    known = advice(row.id if row else None, entry.status)
    if known:
        yield known


def _row(row: ErrorRow | OssErrorRow, sources: Mapping[str, str]) -> Row:
    evidence = row.evidence
    named = [word for word in _SOURCE.findall(evidence.source) if word in sources]
    told = tuple(Source(key, sources[key]) for key in dict.fromkeys(named))
    return Row(row.id, row.status, row.code, row.message, evidence.confidence.value, evidence.source, told)
