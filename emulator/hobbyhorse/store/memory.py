"""Records in this process's memory. One event loop, so a method without an await is atomic."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..core.task import Task
    from ..service.worlds import World

# How many outlived records one insert frees at most, so that a jump of the clock stalls nobody.
_FREED_AT_ONCE = 100


class MemoryTasks:
    """Task records by world and id, and each world's in order of submission.

    `keeps` (ms) is how long after submission a record can still be asked for; outlived ones are freed a few at a
    time. Age is judged by whoever reads: freeing late is harmless.
    """

    def __init__(self, keeps: int) -> None:
        self._keeps = keeps
        self._tasks: dict[tuple[str, str], Task] = {}
        self._order: dict[str, deque[str]] = {}

    async def insert(self, task: Task) -> None:
        """Keep a new task."""
        order = self._order.setdefault(task.world, deque())
        self._free(task.world, order, task.submitted_at - self._keeps)
        self._tasks[task.world, task.id] = task
        order.append(task.id)

    async def find(self, world: str, task_id: str) -> Task | None:
        """Return the record, or None."""
        return self._tasks.get((world, task_id))

    async def swap(self, old: Task, new: Task) -> bool:
        """Replace `old` by `new` if `old` is still what is kept."""
        kept = self._tasks.get((old.world, old.id))
        if kept is None or kept.version != old.version:
            return False
        self._tasks[old.world, old.id] = new
        return True

    async def newest(self, world: str, since: int) -> list[Task]:
        """Return a world's tasks submitted at `since` or later, newest first."""
        found = (self._tasks[world, task_id] for task_id in reversed(self._order.get(world, ())))
        return [task for task in found if task.submitted_at >= since]

    def _free(self, world: str, order: deque[str], before: int) -> None:
        for _ in range(_FREED_AT_ONCE):
            if not order or self._tasks[world, order[0]].submitted_at >= before:
                return
            del self._tasks[world, order.popleft()]


class MemoryWorlds:
    """The worlds of this process. Today there is one."""

    def __init__(self, default: World) -> None:
        self._default = default.id
        self._worlds = {default.id: default}

    async def default(self) -> World:
        """Return the world that is always there."""
        return self._worlds[self._default]

    async def by_key(self, api_key: str) -> World | None:
        """Return the world that takes a key: its declared keys and tokens first, then open keys."""
        worlds = self._worlds.values()
        own = next((world for world in worlds if api_key in world.keys or world.token(api_key)), None)
        return own or next((world for world in worlds if world.key(api_key)), None)

    async def by_access_key(self, access_key_id: str) -> World | None:
        """Return the world whose result URLs carry an access key id."""
        return next((world for world in self._worlds.values() if world.access_key_id == access_key_id), None)

    async def find(self, world_id: str) -> World | None:
        """Return a world by its id."""
        return self._worlds.get(world_id)

    async def swap(self, old: World, new: World) -> bool:
        """Replace a world if `old` is still what is kept."""
        if self._worlds.get(old.id) is not old:
            return False
        self._worlds[new.id] = new
        return True
