"""What a world's run would have cost, and how much of its free tiers it used."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

from ..core.billing import Count, counted, priced, used_ms
from ..core.timeline import FINAL, own_status_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..core.billing import Statement
    from ..core.catalogue import Catalogue, ModelRow
    from ..core.task import Task
    from .ports import Ledger, Tasks
    from .visit import Visits
    from .worlds import Worlds

# After so many tasks a count lets others have the event loop.
_COUNTED_AT_ONCE = 2000


class LedgerService:
    """Counts kept tasks when somebody asks; what is gone was settled when it went."""

    def __init__(self, catalogue: Catalogue, tasks: Tasks, ledger: Ledger, worlds: Worlds, visits: Visits) -> None:
        self._models = catalogue.models
        self._tasks = tasks
        self._ledger = ledger
        self._worlds = worlds
        self._visits = visits

    async def statement(self, world: str, now: int) -> Statement:
        """Return a world's ledger at an instant (ms, its clock)."""
        return priced(await self._count(world, now), self._models)

    async def used_ms(self, world: str, model: ModelRow, region: str, now: int) -> int:
        """Return how many ms of a model's free tier were used in a region, or are by tasks under way."""
        settled, _ = await self._ledger.read(world)
        sorts = settled.made.items()
        used = sum(done.billed_ms(model) for sort, done in sorts if (sort.model, sort.region) == (model.id, region))
        async for tasks in self._kept(world):
            used += used_ms(tasks, model, region, now)
        return used

    async def settle(self, world: str) -> None:
        """Settle what has ended, because all of a world's records are about to be taken away."""
        now = await self._now(world)
        count = Count()
        async for tasks in self._kept(world):
            count += counted(tasks, now)
        await self._ledger.settle(world, count)

    async def settle_task(self, task: Task, now: int) -> None:
        """Settle one task whose record is about to be taken away."""
        _, apart = await self._ledger.read(task.world)
        if task.id not in apart:
            await self._ledger.settle(task.world, counted([task], now))

    async def empty(self, world: str) -> None:
        """Begin anew: what has ended so far has no part in the ledger any more."""
        now = await self._now(world)
        _, apart = await self._ledger.read(world)
        # Only of kept tasks: a world with a seed may have another one of the same id later.
        kept = await self._tasks.newest(world, 0)
        await self._ledger.empty(world, [one.id for one in kept if one.id in apart or own_status_at(one, now) in FINAL])

    async def _now(self, world: str) -> int:
        found = await self._worlds.find(world)
        return 0 if found is None else self._visits.now(found)

    async def _count(self, world: str, now: int) -> Count:
        """Return what was settled, and what has become of the kept tasks."""
        count, _ = await self._ledger.read(world)
        async for tasks in self._kept(world):
            count += counted(tasks, now)
        return count

    async def _kept(self, world: str) -> AsyncIterator[list[Task]]:
        """Yield the kept tasks that have a part in the ledger, some at a time."""
        _, apart = await self._ledger.read(world)
        tasks = await self._tasks.newest(world, 0)
        while some := list(islice(tasks, _COUNTED_AT_ONCE)):
            yield [task for task in some if task.id not in apart]
            await asyncio.sleep(0)
