"""The one place where this process reads the time."""

from __future__ import annotations

import time

from .core.clock import ClockState


def monotonic() -> int:
    """Return a monotonic reading in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def started(*, frozen: bool) -> ClockState:
    """Return a clock that shows the time of day now, running or standing still."""
    return ClockState(time.time_ns() // 1_000_000, monotonic(), 0.0 if frozen else 1.0)
