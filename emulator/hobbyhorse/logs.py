"""The server's log: one line an event, on standard error. What a client sent cannot break a line."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .journal.lines import one_line
from .journal.redaction import redacted

if TYPE_CHECKING:
    from types import TracebackType

    _ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class OneLine(logging.Formatter):
    """Shows control characters escaped, so that a prompt or path cannot forge a line, and no secrets."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the library's
        """Return the line without its traceback."""
        record.message = one_line(redacted(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - same
        """Return a traceback. Its last line may say what a client sent."""
        return redacted(super().formatException(ei))


def configure(level: str) -> None:
    """Send the log to standard error. A library's warnings come too, its chatter does not."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hobbyhorse").setLevel(level.upper())
    # It tells of every malformed form, and so do we, with the rule.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(_is_no_advice)


def _is_no_advice(record: logging.LogRecord) -> bool:
    """Leave out uvicorn's advice to install something for WebSockets: there are none here."""
    return "WebSocket" not in record.getMessage()
