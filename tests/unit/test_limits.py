"""What one request too many is answered with, and what it is counted together with."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.core.accounts import ApiKey
from hobbyhorse.core.faults import Fault
from hobbyhorse.core.quota import Limited, Quotas
from hobbyhorse.core.timeline import NEVER
from hobbyhorse.service.admission import Caller
from hobbyhorse.service.lanes import LaneService
from hobbyhorse.service.ledger import LedgerService
from hobbyhorse.service.limits import LimitService
from hobbyhorse.service.visit import Visit, Visits
from hobbyhorse.store.memory.limits import MemoryLanes, MemoryLedger, MemoryWindows
from hobbyhorse.store.memory.tallies import MemoryTallies
from hobbyhorse.store.memory.tasks import MemoryTasks
from hobbyhorse.store.memory.worlds import MemoryWorlds
from unit.records import CATALOGUE, DAY, FAILURE, SUBMITTED, a_job, a_task, a_world

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.anyio
RATE = "throttling-rate-quota.requests-rate-limit-exceeded"
T2V = "happyhorse-1.1-t2v"


class Here:
    """The service with its stores, and a caller that can go elsewhere."""

    def __init__(self, **quotas: Any) -> None:
        self.world = a_world(quotas=Quotas(**quotas))
        worlds = MemoryWorlds(self.world)
        self.ledger_store = MemoryLedger(2 * DAY)
        self.tasks = MemoryTasks(2 * DAY, self.ledger_store.freed)
        visits = Visits(worlds, MemoryTallies(), lambda: 0)
        self.ledger = LedgerService(CATALOGUE, self.tasks, self.ledger_store, worlds, visits)
        lanes = LaneService(CATALOGUE, self.tasks, MemoryLanes(self.tasks))
        self.service = LimitService(CATALOGUE, MemoryWindows(), lanes, self.ledger)
        self.lanes = lanes
        self.now, self.region, self.key = SUBMITTED, "cn-beijing", ApiKey("open", "sk-open", None, None)

    @property
    def caller(self) -> Caller:
        return Caller(Visit(self.world, True, self.now, Random(1)), self.key, self.region)  # noqa: FBT003

    async def create(self, model: str = T2V) -> str:
        return await said(lambda: self.service.check_create(self.caller, CATALOGUE.models[model]))

    async def ask(self, limited: Limited) -> str:
        return await said(lambda: self.service.check_query(self.caller, limited))

    async def policy(self, model: str = T2V) -> str:
        return await said(lambda: self.service.check_policy(self.caller, CATALOGUE.models[model]))


async def said(check: Callable[[], Awaitable[None]]) -> str:
    try:
        await check()
    except Fault as fault:
        return fault.row
    return "ok"


async def test_creates_a_second_are_those_of_the_models_row() -> None:
    here = Here()

    assert [await here.create() for _ in range(7)] == ["ok"] * 5 + [RATE] * 2
    assert [await here.create("wan2.2-t2v-plus") for _ in range(3)] == ["ok"] * 2 + [RATE]
    here.now += 1000
    assert await here.create() == "ok"


async def test_creates_are_counted_by_model_region_and_world_and_not_by_key() -> None:
    here = Here(submit_rps=1)
    assert await here.create() == "ok"
    here.key = ApiKey("other", "sk-other", None, None)
    assert await here.create() == RATE
    assert await here.create("happyhorse-1.0-t2v") == "ok"
    here.region = "ap-southeast-1"
    assert await here.create() == "ok"
    here.world = replace(here.world, id="other")
    assert await here.create() == "ok"


@pytest.mark.parametrize("limited", [Limited.GET, Limited.LIST, Limited.CANCEL])
async def test_twenty_queries_a_second_are_let_in_of_each_sort(limited: Limited) -> None:
    here = Here()

    assert [await here.ask(limited) for _ in range(21)] == ["ok"] * 20 + [RATE]
    others = {Limited.GET, Limited.LIST, Limited.CANCEL} - {limited}
    assert [await here.ask(other) for other in others] == ["ok", "ok"]
    here.region = "ap-southeast-1"
    assert await here.ask(limited) == "ok"


async def test_a_hundred_policies_a_second_are_granted_for_each_model() -> None:
    here = Here()

    assert [await here.policy() for _ in range(101)] == ["ok"] * 100 + [RATE]
    assert await here.policy("happyhorse-1.1-i2v") == "ok"


@pytest.mark.parametrize(
    ("limits", "ask"),
    [
        ({"submit_rps": 2}, lambda here: here.create()),
        ({"qps": 2}, lambda here: here.ask(Limited.GET)),
        ({"policy_qps": 2}, lambda here: here.policy()),
    ],
)
async def test_a_world_can_have_numbers_of_its_own(limits: dict[str, int], ask: Any) -> None:
    here = Here(**limits)

    assert [await ask(here) for _ in range(3)] == ["ok", "ok", RATE]


async def test_without_quotas_everything_is_let_in() -> None:
    here = Here()
    here.world = a_world(quotas=None)

    assert {await here.create() for _ in range(50)} == {"ok"}
    assert {await here.ask(Limited.GET) for _ in range(50)} == {"ok"}
    assert {await here.policy() for _ in range(150)} == {"ok"}


async def test_a_full_queue_is_told_after_the_rate() -> None:
    here = Here(running=1, queue=0, submit_rps=2)
    await here.lanes.insert(here.world, a_task(polls_to_start=None, polls_to_end=None, starts_at=SUBMITTED))

    found = [await here.create() for _ in range(3)]
    assert found == ["throttling-allocation-quota.allocated-quota-exceeded-increase"] * 2 + [RATE]


async def test_an_account_that_has_only_its_free_tier_is_refused_once_the_seconds_are_used() -> None:
    here = Here(free_tier_seconds=10)
    await here.tasks.insert(a_task(id="a"))
    assert await here.create() == "ok"
    await here.tasks.insert(a_task(id="b", outcome=FAILURE))
    await here.tasks.insert(a_task(id="c", canceled_at=SUBMITTED))
    assert await here.create() == "ok"
    await here.tasks.insert(a_task(id="d", ends_at=NEVER))
    assert await here.create() == "free-tier-exhausted"
    assert await here.create("happyhorse-1.0-t2v") == "ok"


async def test_models_and_regions_without_a_free_tier_are_not_limited_by_one() -> None:
    here = Here(free_tier_seconds=0)
    assert [await here.create(), await here.create("wan2.7-t2v")] == ["free-tier-exhausted", "ok"]
    here.region = "ap-southeast-1"
    assert await here.create() == "ok"


async def test_the_free_tier_comes_before_the_rate_and_a_refused_create_does_not_count() -> None:
    here = Here(free_tier_seconds=5, submit_rps=1)
    await here.tasks.insert(a_task(id="a"))
    assert [await here.create() for _ in range(3)] == ["free-tier-exhausted"] * 3
    here.world = replace(here.world, quotas=Quotas(submit_rps=1))
    assert await here.create() == "ok"


async def test_used_seconds_stay_used_when_records_are_gone_until_the_ledger_is_emptied() -> None:
    here = Here(free_tier_seconds=10)
    await here.tasks.insert(a_task(id="a", outcome=a_job(seconds=12)))
    here.now += 5000
    here.world = replace(here.world, clock=replace(here.world.clock, shown=here.now))
    for number in range(2):
        await here.tasks.insert(a_task(id=f"later {number}", submitted_at=SUBMITTED + 3 * DAY, model="wan2.7-t2v"))
    assert await here.tasks.find("default", "a") is None
    assert [await here.create(), await here.create("happyhorse-1.0-t2v")] == ["free-tier-exhausted", "ok"]
    await here.ledger.empty("default")
    assert await here.create() == "ok"
