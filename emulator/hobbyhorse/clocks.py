"""The one place where this process reads the time."""

from __future__ import annotations

import time


def monotonic() -> int:
    """Return a monotonic reading in milliseconds."""
    return time.monotonic_ns() // 1_000_000


def time_of_day() -> int:
    """Return the time of day in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
