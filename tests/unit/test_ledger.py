"""The ledger of a world over its whole life: records that go, resets, and what is asked in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.core.timeline import NEVER
from hobbyhorse.service.ledger import LedgerService
from hobbyhorse.service.visit import Visits
from hobbyhorse.store.memory.limits import MemoryLedger
from hobbyhorse.store.memory.tallies import MemoryTallies
from hobbyhorse.store.memory.tasks import MemoryTasks
from hobbyhorse.store.memory.worlds import MemoryWorlds
from unit.records import CATALOGUE, DAY, FAILURE, SUBMITTED, a_task, a_world

if TYPE_CHECKING:
    from hobbyhorse.core.billing import Statement
    from hobbyhorse.core.task import Task

pytestmark = pytest.mark.anyio


class Here:
    """A world whose clock stands where it is put, with its tasks and its ledger."""

    def __init__(self) -> None:
        self.worlds = MemoryWorlds(a_world())
        self.store = MemoryLedger(2 * DAY)
        self.tasks = MemoryTasks(2 * DAY, self.store.freed)
        visits = Visits(self.worlds, MemoryTallies(), lambda: 0)
        self.service = LedgerService(CATALOGUE, self.tasks, self.store, self.worlds, visits)
        self.now = SUBMITTED

    async def at(self, now: int) -> None:
        self.now = now
        world = await self.worlds.default()
        assert await self.worlds.swap(world, replace(world, clock=replace(world.clock, shown=now)))

    async def submit(self, name: str, **changes: Any) -> Task:
        times = {"submitted_at": self.now, "scheduled_at": self.now, "starts_at": self.now, "ends_at": self.now + 2000}
        task = a_task(**{"id": name, **times, **changes})
        await self.tasks.insert(task)
        return task

    async def statement(self) -> Statement:
        return await self.service.statement("default", self.now)

    async def costs(self) -> float:
        return (await self.statement()).totals.get("CNY", 0)


async def test_a_task_is_billed_once_it_ended() -> None:
    here = Here()
    await here.submit("a")
    assert (await here.costs(), (await here.statement()).count.pending) == (0, 1)
    await here.at(SUBMITTED + 2000)
    assert (await here.costs(), (await here.statement()).count.pending) == (4.5, 0)


async def test_records_that_were_freed_stay_billed() -> None:
    here = Here()
    for number in range(250):
        await here.submit(f"old {number}")
    for name, changes in (
        ("f", {"outcome": FAILURE}),
        ("c", {"canceled_at": SUBMITTED + 1}),
        ("s", {"ends_at": NEVER}),
    ):
        await here.submit(name, **changes)
    await here.at(SUBMITTED + 3 * DAY)
    for number in range(3):
        await here.submit(f"new {number}")

    assert await here.tasks.count("default") == 3
    said = await here.statement()
    assert (said.totals, said.count.failed, said.count.canceled, said.count.pending) == ({"CNY": 1125.0}, 1, 1, 3)


async def test_taking_all_records_away_keeps_what_had_ended() -> None:
    here = Here()
    await here.submit("a")
    await here.submit("f", outcome=FAILURE)
    await here.at(SUBMITTED + 2000)
    await here.submit("b")
    await here.service.settle("default")
    await here.tasks.drop("default")
    await here.at(SUBMITTED + 9000)

    said = await here.statement()
    assert (said.totals, said.count.failed, said.count.pending) == ({"CNY": 4.5}, 1, 0)


async def test_a_forgotten_task_stays_billed_if_it_had_ended() -> None:
    here = Here()
    done, going = await here.submit("a"), await here.submit("b", ends_at=SUBMITTED + 5000)
    await here.at(SUBMITTED + 2000)
    for task in (done, going):
        await here.service.settle_task(task, here.now)
        assert await here.tasks.forget(task)
    await here.at(SUBMITTED + 9000)

    assert await here.costs() == 4.5


async def test_an_emptied_ledger_begins_anew_and_bills_what_ends_later() -> None:
    here = Here()
    await here.submit("a")
    await here.submit("b", ends_at=SUBMITTED + 5000)
    await here.at(SUBMITTED + 2000)
    await here.service.empty("default")
    assert await here.statement() == replace(await here.statement(), totals={}, lines=())
    await here.at(SUBMITTED + 5000)
    assert await here.costs() == 4.5
    await here.service.empty("default")
    assert await here.costs() == 0


async def test_what_was_emptied_stays_so_on_a_clock_that_is_set_back() -> None:
    here = Here()
    await here.submit("a")
    await here.at(SUBMITTED + 2000)
    await here.service.empty("default")
    await here.at(SUBMITTED + 1000)
    await here.service.empty("default")
    await here.at(SUBMITTED + 2000)
    assert await here.costs() == 0


async def test_what_was_emptied_does_not_come_back_when_its_records_go() -> None:
    here = Here()
    task = await here.submit("a")
    await here.submit("b")
    await here.at(SUBMITTED + 2000)
    await here.service.empty("default")
    await here.service.settle_task(task, here.now)
    await here.tasks.forget(task)
    assert await here.costs() == 0
    await here.at(SUBMITTED + 3 * DAY)
    await here.submit("new")
    assert await here.tasks.count("default") == 1
    assert await here.costs() == 0


async def test_a_world_that_is_dropped_leaves_nothing() -> None:
    here = Here()
    await here.submit("a")
    await here.at(SUBMITTED + 2000)
    await here.service.settle("default")
    await here.tasks.drop("default")
    await here.store.drop("default")

    assert await here.costs() == 0
