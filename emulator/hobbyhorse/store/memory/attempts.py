"""What became of completion events, in this process's memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...core.events import Attempt


class MemoryAttempts:
    """Attempts by world and task. Only worlds with a sink have any."""

    def __init__(self) -> None:
        self._attempts: dict[str, dict[str, tuple[Attempt, ...]]] = {}

    async def add(self, world: str, task_id: str, attempt: Attempt) -> None:
        """Keep one more attempt."""
        tasks = self._attempts.setdefault(world, {})
        tasks[task_id] = (*tasks.get(task_id, ()), attempt)

    async def of(self, world: str, task_id: str) -> tuple[Attempt, ...]:
        """Return the attempts so far."""
        return self._attempts.get(world, {}).get(task_id, ())

    async def drop(self, world: str) -> None:
        """Drop all of a world's attempts."""
        self._attempts.pop(world, None)
