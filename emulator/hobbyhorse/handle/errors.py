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

    def __init__(self, request: str, status: int | None, detail: Any) -> None:
        super().__init__(f"{request}: {_told(detail)}")
        self.request = request
        self.status = status
        self.detail = detail


def _told(detail: Any) -> str:
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(_mistake(row) if isinstance(row, Mapping) else str(row) for row in detail)


def _mistake(row: Mapping[str, Any]) -> str:
    """Return `pace: it must be … (did you mean 'instant'?)`. The body itself is not named: all of it is the body."""
    where = ".".join(str(step) for step in row.get("loc", ()) if step != "body")
    hint = row.get("hint") or ""
    message = str(row.get("msg", row))
    shown = "" if not hint or hint in message else f" ({hint})"
    return f"{where}: {message}{shown}" if where else f"{message}{shown}"
