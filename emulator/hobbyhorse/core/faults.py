"""`Fault`: an upstream answer that is an error. Ordinary exceptions are our own bugs and never reach a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .catalogue import ErrorRow


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
