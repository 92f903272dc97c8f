"""The world's clock in the driver's hand."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .upstream import VIRTUAL

if TYPE_CHECKING:
    from hobbyhorse import World

    from ..history import Mode


@dataclass(slots=True)
class Clocking:
    """The world's clock as the driver sees it. Milliseconds since the scenario began; `began` is `time.monotonic()`."""

    world: World
    mode: Mode
    scale: float
    started_ms: int
    began: float
    _at_ms: int = 0

    @property
    def is_virtual(self) -> bool:
        """Whether it stands still until it is moved."""
        return self.mode in VIRTUAL

    @property
    def rate(self) -> float:
        """How fast it runs, where it runs."""
        return self.scale if self.mode == "scale" else 1.0

    def now_ms(self) -> int:
        """Return what it shows."""
        if self.is_virtual:
            return self._at_ms
        return round((time.monotonic() - self.began) * self.rate * 1000)

    def epoch_s(self) -> float:
        """Return what it shows as epoch seconds."""
        return (self.started_ms + self.now_ms()) / 1000

    def move(self, to_ms: int) -> None:
        """Move it forward, where it stands still."""
        if self.is_virtual and to_ms > self._at_ms:
            self.world.clock.advance((to_ms - self._at_ms) / 1000)
            self._at_ms = to_ms
