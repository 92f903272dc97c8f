"""What can go wrong with the handle itself. A fault that a client of the API sees is none of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class StartError(RuntimeError):
    """The server did not start, or did not stop. The message has the server's own words; mend what they name."""


class ControlError(Exception):
    """The control API refused a request, or did not answer.

    `status` is the HTTP status, None where there was no answer. `detail` is what the answer said. The message names
    the request and, for each mistake, where it is, what is wrong and the nearest valid word.
    """

    def __init__(self, request: str, status: int | None, detail: Any, source: str = "") -> None:
        super().__init__(f"{request}: {_told(detail, source)}")
        self.request = request
        self.status = status
        self.detail = detail


def _told(detail: Any, source: str) -> str:
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(_mistake(row, source) if isinstance(row, Mapping) else str(row) for row in detail)


def _mistake(row: Mapping[str, Any], source: str) -> str:
    """Return `file:line: where: what (did you mean 'instant'?)`. That it is in the body goes without saying."""
    line = f"{source or 'line'}:{row['line']}" if "line" in row else source
    where = ".".join(str(step) for step in row.get("loc", ()) if step != "body")
    hint = f" ({row['hint']})" if row.get("hint") else ""
    return ": ".join(filter(None, (line, where, str(row.get("msg", row))))) + hint
