"""A world's clock as a value: where it stands, and how fast it runs beside a monotonic reading. Milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ClockState:
    """At the monotonic instant `since` the clock showed `shown`; from there it runs at `rate` (0 stands still)."""

    shown: int
    since: int
    rate: float = 1.0

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return self.rate == 0

    def at(self, monotonic: int) -> int:
        """Return what the clock shows at a monotonic instant."""
        return self.shown + int((monotonic - self.since) * self.rate)

    def moved(self, monotonic: int, by: int) -> ClockState:
        """Return the clock after it was advanced by some milliseconds."""
        return replace(self, shown=self.at(monotonic) + by, since=monotonic)

    def moved_to(self, monotonic: int, shown: int) -> ClockState:
        """Return the clock after it was set."""
        return replace(self, shown=shown, since=monotonic)

    def at_rate(self, monotonic: int, rate: float) -> ClockState:
        """Return the clock, showing the same, running at another rate."""
        return ClockState(self.at(monotonic), monotonic, rate)
