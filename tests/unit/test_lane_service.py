"""Tasks in their lanes: who is let in, who moves when one leaves, and that lane and records stay in step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hobbyhorse.core import timeline
from hobbyhorse.core.faults import Fault
from hobbyhorse.core.quota import Quotas
from hobbyhorse.core.timeline import NEVER, own_status_at
from hobbyhorse.service.lanes import LaneService
from hobbyhorse.store.memory.limits import MemoryLanes
from hobbyhorse.store.memory.tasks import MemoryTasks
from unit.records import CATALOGUE, DAY, SUBMITTED, TIMING, a_task, a_world

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from hobbyhorse.core.task import Task

pytestmark = pytest.mark.anyio
MODEL = CATALOGUE.models["happyhorse-1.1-t2v"]
FULL = "throttling-allocation-quota.allocated-quota-exceeded-increase"


class Here:
    """The service with its stores, and a world whose quotas can be set."""

    def __init__(self, **quotas: Any) -> None:
        self.tasks = MemoryTasks(9 * DAY)
        self.lanes = MemoryLanes(self.tasks)
        self.service = LaneService(CATALOGUE, self.tasks, self.lanes)
        self.world = a_world(quotas=Quotas(**quotas))
        self.now = SUBMITTED

    def task(self, name: str, pending: int = 0, running: int = 100, **changes: Any) -> Task:
        starts = self.now + pending
        times = {"submitted_at": self.now, "scheduled_at": starts, "starts_at": starts, "ends_at": starts + running}
        return a_task(**{"id": name, "polls_to_start": None, "polls_to_end": None, **times, **changes})

    async def submit(self, name: str, pending: int = 0, running: int = 100, **changes: Any) -> Task:
        return await self.service.insert(self.world, self.task(name, pending, running, **changes))

    async def change(self, name: str, act: Any, **arguments: Any) -> Task:
        task = await self.kept(name)
        changed = await self.service.swap(task, act(task, self.now, **arguments), self.now)
        assert changed is not None
        return changed

    async def kept(self, name: str) -> Task:
        task = await self.tasks.find("default", name)
        assert task is not None
        return task

    async def starts(self, *names: str) -> list[int]:
        """Return when tasks start, in ms from the first submission; -1 stands for never."""
        found = [(await self.kept(name)).starts_at for name in names]
        return [-1 if instant == NEVER else instant - SUBMITTED for instant in found]


async def test_as_many_run_as_the_quota_says_and_the_rest_wait_in_order() -> None:
    here = Here(running=2)
    for name, running in zip("abcd", (100, 60, 50, 10), strict=True):
        await here.submit(name, running=running)

    assert await here.starts(*"abcd") == [0, 0, 60, 100]
    assert (await here.kept("c")).ends_at == SUBMITTED + 110


async def test_without_a_number_of_its_own_a_world_has_that_of_the_model() -> None:
    here = Here()
    for name in "abcdef":
        await here.submit(name)

    assert await here.starts(*"abcdef") == [0] * 5 + [100]


async def test_a_task_is_answered_with_the_instants_it_is_kept_with() -> None:
    here = Here(running=1)
    await here.submit("a", pending=40)
    task = await here.submit("b", pending=30, running=50)

    assert task == await here.kept("b")
    assert (task.scheduled_at, task.starts_at, task.ends_at) == (SUBMITTED + 140, SUBMITTED + 140, SUBMITTED + 190)


async def test_a_task_that_a_scenario_lets_wait_lets_others_pass_and_is_moved_by_them() -> None:
    here = Here(running=1)
    await here.submit("a", pending=500, running=50)
    await here.submit("b", pending=30, running=1000)

    first, second = await here.kept("a"), await here.kept("b")
    assert (second.starts_at, second.ends_at) == (SUBMITTED + 30, SUBMITTED + 1030)
    assert (first.scheduled_at, first.starts_at, first.ends_at) == (
        SUBMITTED + 1030,
        SUBMITTED + 1030,
        SUBMITTED + 1080,
    )


async def test_a_task_is_scheduled_as_long_before_its_start_as_it_would_have_been_alone() -> None:
    here = Here(running=1)
    await here.submit("a")
    task = await here.submit("b", pending=60, scheduled_at=SUBMITTED + 40)

    assert (task.scheduled_at, task.starts_at) == (SUBMITTED + 80, SUBMITTED + 100)


async def test_with_another_quota_a_lane_has_other_servers() -> None:
    here = Here(running=1)
    for name in "ab":
        await here.submit(name)
    here.world = a_world(quotas=Quotas(running=3))
    await here.submit("c")

    assert await here.starts(*"abc") == [0, 0, 0]


async def test_lanes_are_apart_by_model_region_and_world() -> None:
    here = Here(running=1)
    await here.submit("a")
    await here.submit("b", model="happyhorse-1.0-t2v")
    await here.submit("c", region="ap-southeast-1")
    here.world = replace(here.world, id="other")
    task = await here.submit("d", world="other")

    assert await here.starts(*"abc") == [0, 0, 0]
    assert task.starts_at == SUBMITTED


@pytest.mark.parametrize(
    "changes", [{"polls_to_start": 1, "polls_to_end": 2}, {"polls_to_start": 0, "polls_to_end": 0}]
)
async def test_a_task_that_polls_move_stands_in_no_lane(changes: dict[str, Any]) -> None:
    here = Here(running=1)
    await here.submit("a", **changes)
    await here.submit("b")

    assert await here.starts("b") == [0]


async def test_without_quotas_nobody_waits() -> None:
    here = Here()
    here.world = a_world(quotas=None)
    for name in "abcdefgh":
        await here.submit(name)

    assert await here.starts(*"abcdefgh") == [0] * 8
    assert await here.lanes.find("default", "cn-beijing", MODEL.id) is None


async def test_a_full_queue_refuses_one_more_before_and_after_its_media_were_judged() -> None:
    here = Here(running=1, queue=2)
    for name in "ab":
        await here.submit(name)
        await here.service.check(here.world, "cn-beijing", MODEL, here.now)
    await here.submit("c")

    for refused in (here.service.check(here.world, "cn-beijing", MODEL, here.now), here.submit("d")):
        with pytest.raises(Fault) as found:
            await refused
        assert found.value.row == FULL
    assert await here.tasks.count("default") == 3
    here.now += 100
    await here.service.check(here.world, "cn-beijing", MODEL, here.now)
    assert (await here.submit("d")).starts_at == SUBMITTED + 300


async def test_with_no_queue_at_all_only_who_can_run_is_let_in() -> None:
    here = Here(running=2, queue=0)
    for name in "ab":
        await here.submit(name, pending=40)
    with pytest.raises(Fault):
        await here.submit("c", pending=40)


async def test_those_behind_a_canceled_one_move_up_and_their_records_with_them() -> None:
    here = Here(running=1)
    for name in "abc":
        await here.submit(name)
    before = await here.kept("c")
    here.now += 30
    task = await here.kept("b")
    canceled = timeline.cancel(task, here.now, TIMING)
    assert canceled
    assert await here.service.swap(task, canceled, here.now) == canceled

    after = await here.kept("c")
    assert (before.starts_at - SUBMITTED, after.starts_at - SUBMITTED) == (200, 100)
    assert (after.scheduled_at, after.ends_at) == (SUBMITTED + 100, SUBMITTED + 200)
    assert after.version > before.version


async def test_a_task_that_is_ended_from_outside_makes_room_at_once() -> None:
    here = Here(running=1)
    for name in "abc":
        await here.submit(name)
    here.now += 30
    await here.change("a", timeline.end)

    assert await here.starts(*"bc") == [30, 130]


async def test_a_held_task_keeps_its_server_and_runs_for_what_was_left_when_let_go() -> None:
    here = Here(running=1)
    for name in "ab":
        await here.submit(name)
    here.now += 30
    await here.change("a", timeline.hold)
    here.now += 1000
    assert own_status_at(await here.kept("a"), here.now) == "RUNNING"
    assert own_status_at(await here.kept("b"), here.now) == "PENDING"

    task = await here.change("a", timeline.release)
    assert task.ends_at == here.now + 70
    assert await here.starts("b") == [1030 + 70]


async def test_a_held_task_that_waits_lets_others_pass_and_waits_again_when_let_go() -> None:
    here = Here(running=1)
    for name in "abc":
        await here.submit(name)
    await here.change("b", timeline.hold)
    assert await here.starts("b", "c") == [100, 100]  # what lay ahead of it stays in its record
    here.now += 150
    assert own_status_at(await here.kept("b"), here.now) == "PENDING"

    task = await here.change("b", timeline.release)
    assert (task.starts_at, task.ends_at) == (SUBMITTED + 200, SUBMITTED + 300)


async def test_a_task_let_go_where_every_server_is_stuck_waits_for_ever() -> None:
    here = Here(running=1)
    await here.submit("a", ends_at=NEVER)
    await here.submit("b")
    await here.change("b", timeline.hold)
    here.now += 500
    task = await here.change("b", timeline.release)

    assert (task.starts_at, task.ends_at) == (NEVER, NEVER)


async def test_a_stuck_task_gives_its_server_back_when_it_is_forgotten_after_its_retention() -> None:
    here = Here(running=1)
    await here.submit("a", ends_at=NEVER)
    here.now += 1000
    await here.submit("b")

    assert await here.starts("b") == [DAY]


async def test_a_forgotten_task_leaves_its_place() -> None:
    here = Here(running=1)
    for name in "abc":
        await here.submit(name)
    here.now += 10

    assert await here.service.forget(await here.kept("a"), here.now)
    assert await here.tasks.find("default", "a") is None
    assert await here.starts(*"bc") == [10, 110]
    assert not await here.service.forget(here.task("a"), here.now)


async def test_a_record_that_is_gone_has_no_place_any_more() -> None:
    here = Here(running=1)
    for name in "abc":
        await here.submit(name)
    await here.tasks.forget(await here.kept("b"))
    here.now += 10
    await here.change("a", timeline.end)

    assert await here.starts("c") == [10]


async def test_a_change_of_an_outdated_record_is_refused_and_moves_nobody() -> None:
    here = Here(running=1)
    for name in "ab":
        await here.submit(name)
    old = await here.kept("a")
    await here.tasks.swap(old, replace(old, version=old.version + 1))

    assert await here.service.swap(old, timeline.end(old, here.now), here.now) is None
    assert await here.starts("b") == [100]


async def test_a_change_that_moves_nothing_is_kept_all_the_same() -> None:
    here = Here(running=1)
    await here.submit("a")
    task = await here.kept("a")
    dead = replace(task, url_is_dead=True, version=task.version + 1)

    assert await here.service.swap(task, dead, here.now) == dead
    assert (await here.kept("a")).url_is_dead


async def test_a_lane_and_its_tasks_are_written_together_or_not_at_all() -> None:
    here = Here(running=1)
    await here.submit("a")
    lane = await here.lanes.find("default", "cn-beijing", MODEL.id)
    assert lane
    task = await here.kept("a")
    changed = replace(task, version=task.version + 1)

    assert not await here.lanes.commit(None, replace(lane, version=9), [(task, changed)])
    assert not await here.lanes.commit(lane, replace(lane, version=9), [(task, changed), (changed, changed)])
    assert not await here.lanes.commit(lane, replace(lane, version=9), [(task, changed), (None, changed)])
    assert await here.lanes.find("default", "cn-beijing", MODEL.id) is lane
    assert await here.kept("a") is task
    assert await here.lanes.commit(lane, replace(lane, version=9), [(task, changed)])


class LaneServiceMachine(RuleBasedStateMachine):
    """Whatever is done to tasks: no more run than may, nobody waits for nothing, and the lane says what records say."""

    @initialize(running=st.integers(1, 3))
    def begin(self, running: int) -> None:
        self.here = Here(running=running)
        self.running = running
        self.names: list[str] = []
        self.ready: dict[str, int] = {}

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """Run to its end what waits for nothing: that is what makes the stores atomic."""
        try:
            doing.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("it waits")

    def pick(self, number: int) -> Task | None:
        """Return one of the tasks that have not ended."""
        kept = [self.run(self.here.tasks.find("default", name)) for name in self.names]
        going = [one for one in kept if one and own_status_at(one, self.here.now) in {"PENDING", "RUNNING"}]
        return going[number % len(going)] if going else None

    @rule(pending=st.integers(0, 50) | st.just(200), running=st.integers(1, 60) | st.just(NEVER - SUBMITTED - 1000))
    def submit(self, pending: int, running: int) -> None:
        name = str(len(self.names))
        self.names.append(name)
        self.ready[name] = self.here.now + pending
        self.run(self.here.submit(name, pending, running))

    @rule(number=st.integers(0, 99), act=st.sampled_from([timeline.end, timeline.hold, timeline.release, "cancel"]))
    def change(self, number: int, act: Any) -> None:
        task = self.pick(number)
        if task is None:
            return
        now = self.here.now
        changed = timeline.cancel(task, now, TIMING) if act == "cancel" else act(task, now)
        if changed is not None and changed is not task:
            assert self.run(self.here.service.swap(task, changed, now)) is not None

    @rule(number=st.integers(0, 99))
    def forget(self, number: int) -> None:
        task = self.pick(number)
        if task is not None:
            assert self.run(self.here.service.forget(task, self.here.now))

    @rule(span=st.integers(1, 80))
    def wait(self, span: int) -> None:
        self.here.now += span

    @invariant()
    def the_lane_holds(self) -> None:
        now = self.here.now
        kept = [self.run(self.here.tasks.find("default", name)) for name in self.names]
        tasks = [one for one in kept if one is not None]
        said = [own_status_at(one, now).value for one in tasks]
        assert said.count("RUNNING") <= self.running
        waiting = [one for one, status in zip(tasks, said, strict=True) if status == "PENDING" and one.held_at is None]
        unready = sum(self.ready[one.id] > now for one in waiting)
        if said.count("RUNNING") + unready < self.running:
            assert unready == len(waiting)
        for one in tasks:
            assert one.submitted_at <= one.scheduled_at <= one.starts_at <= one.ends_at

    @invariant()
    def records_and_tickets_say_the_same(self) -> None:
        lane = self.run(self.here.lanes.find("default", "cn-beijing", MODEL.id))
        for ticket in lane.tickets if lane else ():
            task = self.run(self.here.kept(ticket.task))
            if not ticket.is_held:
                assert (task.starts_at, task.ends_at) == (ticket.starts_at, ticket.ends_at)
            assert ticket.is_held == (task.held_at is not None)


TestLaneService = LaneServiceMachine.TestCase
TestLaneService.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
