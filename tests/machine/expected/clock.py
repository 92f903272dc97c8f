"""The clock of a world, beside the seconds that really pass."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor


@dataclass
class Clock:
    """What it shows at `real` (ms), from which instant on it runs at `rate`."""

    shown: int
    real: int
    rate: float = 0.0

    def at(self, real: int) -> int:
        """Return what it shows (ms)."""
        return self.shown + floor((real - self.real) * self.rate)

    def move(self, real: int, shown: int, rate: float | None = None) -> None:
        """Let it show something else from now on, at another rate where one is given."""
        self.shown, self.real = shown, real
        self.rate = self.rate if rate is None else rate
