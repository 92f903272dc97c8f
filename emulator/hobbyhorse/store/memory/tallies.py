"""Counters of worlds in this process's memory."""

from __future__ import annotations

from collections import Counter


class MemoryTallies:
    """Counters by world and name."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    async def add(self, world: str, name: str, by: int = 1) -> int:
        """Count on; return the new number. `by` 0 asks for it."""
        if by == 0:
            return self._counts.get(world, Counter())[name]
        counts = self._counts.setdefault(world, Counter())
        counts[name] += by
        return counts[name]

    async def forget(self, world: str, prefix: str) -> None:
        """Begin anew with all counters of a world whose names begin so."""
        counts = self._counts.get(world, Counter())
        for name in [name for name in counts if name.startswith(prefix)]:
            del counts[name]

    async def drop(self, world: str) -> None:
        """Drop all of a world's counters."""
        self._counts.pop(world, None)
