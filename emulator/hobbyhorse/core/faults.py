"""`Fault`: an upstream answer that is an error. Ordinary exceptions are our own bugs and never reach a client."""

from __future__ import annotations

from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .catalogue import ErrorRow, OssErrorRow


class Fault(Exception):  # noqa: N818 - the project's word for an upstream answer that is an error
    """Raised where a rule of the upstream is broken; answered as the error row it names.

    `row` is an id in `data/errors.toml`. `values` fill the row's message. `detail` is for the developer's
    log only and is never sent: what was found, what was expected, the nearest valid word.
    """

    def __init__(self, row: str, *, detail: str = "", **values: object) -> None:
        super().__init__(f"{row}: {detail}" if detail else row)
        self.row = row
        self.values = values
        self.detail = detail


class OssFault(Exception):  # noqa: N818 - see Fault
    """The same on the result origin: `row` is an id among the `oss` rows, `elements` fill the XML body by name."""

    def __init__(self, row: str, *, detail: str = "", **elements: str) -> None:
        super().__init__(f"{row}: {detail}" if detail else row)
        self.row = row
        self.elements = elements
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Failure:
    """A fault after its row was looked up: what stands in `output` of a FAILED task, or in an error envelope."""

    row: str
    status: int
    code: str
    message: str


def explained(failure: Failure, rows: Mapping[str, ErrorRow], detail: str) -> str:
    """Return a failure for the developer's log: what was broken, which rule says so, and what speaks for the rule."""
    evidence = rows[failure.row].evidence
    rule = f"[rule {failure.row}, {evidence.confidence}: {evidence.source}]"
    return f"{failure.code}: {failure.message} {rule} {detail}"


def resolve(fault: Fault, rows: Mapping[str, ErrorRow]) -> Failure:
    """Look a fault up in the catalogue and fill its message. Raises KeyError for an id that has no row."""
    row = rows[fault.row]
    return Failure(row.id, row.status, row.code, row.message.format_map(fault.values))


def row_named(word: str, rows: Mapping[str, ErrorRow], stage: str) -> ErrorRow | None:
    """Return the row of an id, else the first of a code, one that the upstream answers at `stage` before others.

    `stage` is `create`, `task` or `cancel`. None where nothing is called so.
    """
    if word in rows:
        return rows[word]
    found = [row for row in rows.values() if row.code == word]
    return min(found, key=lambda row: stage not in row.stage, default=None)


def oss_row_named(word: str, rows: Mapping[str, OssErrorRow]) -> OssErrorRow | None:
    """Return the row of the result origin that has an id, else the first of a code; None where there is none."""
    return rows.get(word) or next((row for row in rows.values() if row.code == word), None)


def chosen(row: ErrorRow, message: str | None = None) -> Failure:
    """Return the failure that somebody asked for by name, with a message of their own or the row's.

    `xxx` stands where the row's message tells of what was found: nothing was. The upstream's own list writes it so.
    """
    if message is None:
        names = [name for _, name, _, _ in Formatter().parse(row.message) if name]
        message = row.message.format_map(dict.fromkeys(names, "xxx"))
    return Failure(row.id, row.status, row.code, message)
