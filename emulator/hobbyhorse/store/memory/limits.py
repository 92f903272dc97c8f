"""Windows, lanes and ledgers in this process's memory, world by world."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...core.billing import Count, counted
from ...core.quota import admitted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ...core.lane import Lane
    from ...core.quota import Window
    from ...core.task import Task
    from ...service.ports import Tasks


class MemoryWindows:
    """Sliding windows by world and name."""

    def __init__(self) -> None:
        self._windows: dict[str, dict[str, Window]] = {}

    async def admit(self, world: str, name: str, now: int, limit: int) -> bool:
        """Let one more in if there is room; say whether it was let in."""
        windows = self._windows.setdefault(world, {})
        after = admitted(windows.get(name, ()), now, limit)
        if after is not None:
            windows[name] = after
        return after is not None

    async def drop(self, world: str) -> None:
        """Drop all of a world's windows."""
        self._windows.pop(world, None)


class MemoryLanes:
    """Lanes by world, region and model. An empty lane is none."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._lanes: dict[str, dict[tuple[str, str], Lane]] = {}

    async def find(self, world: str, region: str, model: str) -> Lane | None:
        """Return a lane."""
        return self._lanes.get(world, {}).get((region, model))

    async def commit(self, old: Lane | None, new: Lane, changed: Sequence[tuple[Task | None, Task]]) -> bool:
        """Replace a lane and some tasks at once, or nothing.

        The task store waits for nothing, so that nobody comes in between.
        """
        if await self.find(new.world, new.region, new.model) is not old:
            return False
        for before, after in changed:
            kept = await self._tasks.find(after.world, after.id)
            if (kept and kept.version) != (before and before.version):
                return False
        for before, after in changed:
            if before is None:
                await self._tasks.insert(after)
            else:
                await self._tasks.swap(before, after)
        self._keep(new)
        return True

    async def drop(self, world: str) -> None:
        """Drop all of a world's lanes."""
        self._lanes.pop(world, None)

    def _keep(self, lane: Lane) -> None:
        lanes = self._lanes.setdefault(lane.world, {})
        if lane.tickets:
            lanes[lane.region, lane.model] = lane
        else:
            lanes.pop((lane.region, lane.model), None)


@dataclass(slots=True)
class _Book:
    """One world's: what was settled, and the kept tasks that have no part any more."""

    count: Count = field(default_factory=Count)
    apart: frozenset[str] = frozenset()


class MemoryLedger:
    """Ledgers by world. `keeps` (ms) is how long after submission the task store keeps a record."""

    def __init__(self, keeps: int) -> None:
        self._keeps = keeps
        self._books: dict[str, _Book] = {}

    def freed(self, task: Task) -> None:
        """Settle a task whose record goes because it is older than `keeps`."""
        book = self._books.setdefault(task.world, _Book())
        if task.id not in book.apart:
            book.count += _ended(counted([task], task.submitted_at + self._keeps))

    async def read(self, world: str) -> tuple[Count, Collection[str]]:
        """Return what was settled, and the ids of the kept tasks that have no part any more."""
        book = self._books.get(world) or _Book()
        return book.count, book.apart

    async def settle(self, world: str, count: Count) -> None:
        """Add what has ended of a count."""
        self._books.setdefault(world, _Book()).count += _ended(count)

    async def empty(self, world: str, apart: Iterable[str]) -> None:
        """Begin anew with an empty count."""
        self._books[world] = _Book(apart=frozenset(apart))

    async def drop(self, world: str) -> None:
        """Drop a world's ledger."""
        self._books.pop(world, None)


def _ended(count: Count) -> Count:
    return replace(count, pending=0)
