"""Task records in this process's memory, world by world."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ...core.task import Task

# How many outlived records one insert frees at most, so that a jump of the clock stalls nobody.
_FREED_AT_ONCE = 100


@dataclass(slots=True)
class _Shelf:
    """One world's records by id, and their ids in order of submission. A forgotten one leaves its id behind."""

    tasks: dict[str, Task] = field(default_factory=dict)
    order: deque[str] = field(default_factory=deque)


class MemoryTasks:
    """Task records by world and id.

    `keeps` (ms) is how long after submission a record can still be asked for; outlived ones are freed a few at a
    time. Age is judged by whoever reads: freeing late is harmless. `freed` is told of each outlived one.
    """

    def __init__(self, keeps: int, freed: Callable[[Task], None] = lambda _: None) -> None:
        self._keeps = keeps
        self._freed = freed
        self._shelves: dict[str, _Shelf] = {}

    async def insert(self, task: Task) -> None:
        """Keep a new task."""
        shelf = self._shelves.setdefault(task.world, _Shelf())
        self._free(shelf, task.submitted_at - self._keeps)
        shelf.tasks[task.id] = task
        shelf.order.append(task.id)

    async def find(self, world: str, task_id: str) -> Task | None:
        """Return the record, or None."""
        shelf = self._shelves.get(world)
        return shelf.tasks.get(task_id) if shelf else None

    async def swap(self, old: Task, new: Task) -> bool:
        """Replace `old` by `new` if `old` is still what is kept."""
        shelf = self._shelves.get(old.world)
        kept = shelf.tasks.get(old.id) if shelf else None
        if shelf is None or kept is None or kept.version != old.version:
            return False
        shelf.tasks[old.id] = new
        return True

    async def newest(self, world: str, since: int) -> Iterator[Task]:
        """Return a world's tasks submitted at `since` or later, newest first. Reading on is free of waits."""
        shelf = self._shelves.get(world) or _Shelf()
        ids = tuple(shelf.order)
        found = (shelf.tasks.get(task_id) for task_id in reversed(ids))
        return (task for task in found if task is not None and task.submitted_at >= since)

    async def count(self, world: str) -> int:
        """Return how many records a world has."""
        shelf = self._shelves.get(world)
        return len(shelf.tasks) if shelf else 0

    async def forget(self, task: Task) -> bool:
        """Drop one record; say whether it was there."""
        shelf = self._shelves.get(task.world)
        return shelf is not None and shelf.tasks.pop(task.id, None) is not None

    async def drop(self, world: str) -> None:
        """Drop all of a world's records."""
        self._shelves.pop(world, None)

    def _free(self, shelf: _Shelf, before: int) -> None:
        for _ in range(_FREED_AT_ONCE):
            if not shelf.order:
                return
            oldest = shelf.tasks.get(shelf.order[0])
            if oldest is not None and oldest.submitted_at >= before:
                return
            shelf.tasks.pop(shelf.order.popleft(), None)
            if oldest is not None:
                self._freed(oldest)
