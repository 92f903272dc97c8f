"""A world's clock, in a test's hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .views import Reading

if TYPE_CHECKING:
    from .client import Client


class Clock:
    """The one clock of a world: states, expiry, retention, quotas, journal and the `Date` header all follow it."""

    def __init__(self, client: Client, world: str) -> None:
        self._client = client
        self._path = ("worlds", world, "clock")

    def read(self) -> Reading:
        """Return what the clock shows."""
        return Reading.of(self._client.get(*self._path))

    def now(self) -> float:
        """Return the time as epoch seconds, as `time.time` does."""
        return self.read().now / 1000

    def advance(self, seconds: float | timedelta) -> None:
        """Move the clock forward; at least 0. It can stand in for a client's `sleep`. Raises ControlError."""
        self._change(advance=seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)

    def set(self, moment: datetime | float | str) -> None:
        """Move the clock to a moment: a datetime, epoch seconds, or an ISO 8601 text (UTC where neither names a zone).

        Raises ControlError for a moment outside the years 2000 to 2099.
        """
        self._change(set=moment.isoformat() if isinstance(moment, datetime) else moment)

    def freeze(self) -> None:
        """Let the clock stand still until it is advanced, set or run."""
        self._change(frozen=True)

    def run(self, rate: float = 1.0) -> None:
        """Let the clock run, so many times as fast as real time. Raises ControlError for a rate it cannot have."""
        self._change(rate=rate)

    def _change(self, **change: object) -> None:
        self._client.post(*self._path, body=change)
