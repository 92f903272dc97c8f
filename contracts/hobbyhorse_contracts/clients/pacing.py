"""When the next request may go: gaps, growing waits, what a Retry-After says. No clock is read here.

Jitter is drawn from the task's name instead of at random: tasks fall out of step, and a run can be repeated.
"""

from __future__ import annotations

import threading
import zlib
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from .effects import Reply

_DATE_S = 1.0  # dates in headers are cut to whole seconds, both of them


class Pacer:
    """Spaces the requests of a whole process, and holds all of them back after a 429."""

    def __init__(self, gap_s: float) -> None:
        self.gap_s = gap_s
        self._free = float("-inf")
        self._held = float("-inf")
        self._lock = threading.Lock()

    def reserve(self, now: float) -> float:
        """Take the next free instant and return it."""
        with self._lock:
            at = max(now, self._free, self._held)
            self._free = at + self.gap_s
            return at

    def hold(self, until: float) -> None:
        """Let nothing go before an instant."""
        with self._lock:
            self._held = max(self._held, until)

    def is_held(self, now: float) -> bool:
        """Say whether nothing may go now, whoever had reserved it."""
        return self._held > now


def growing(attempt: int, first_s: float, cap_s: float, name: str) -> float:
    """Return the wait after the n-th failure in a row (1, 2, …): doubled each time, up to a quarter longer by name."""
    share = zlib.crc32(f"{name} {attempt}".encode()) / 2**32
    return float(min(first_s * 2 ** (attempt - 1), cap_s)) * (1 + share / 4)


def retry_after(reply: Reply, now: float) -> float | None:
    """Return the seconds that an answer's Retry-After asks for, None where there is none that can be read.

    `now` is the time here as epoch seconds. A date is measured against it and against the answer's own Date, and the
    longer wait is taken: either clock may be wrong by hours.
    """
    said = reply.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said)
    until, sent = _date(said), _date(reply.headers.get("date", ""))
    if until is None:
        return None
    waits = [until.timestamp() - moment for moment in (now, sent.timestamp() if sent else now)]
    return max(0.0, *waits) + _DATE_S


def _date(said: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
