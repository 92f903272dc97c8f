"""Acting on a task from outside: what each act makes of it, when it is refused, and that a race loses nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.core.quota import Quotas
from hobbyhorse.core.timeline import NEVER, Status, on_poll
from hobbyhorse.service.acting import Acting, RefusedError
from hobbyhorse.store.memory import MemoryTasks
from unit.records import CATALOGUE, DAY, FAILURE, SUBMITTED, TASK, TASK_ID, TIMING, a_task, a_world
from unit.services import Services

if TYPE_CHECKING:
    from hobbyhorse.core.task import Task

pytestmark = pytest.mark.anyio
RUNNING_FROM, ENDS = 500, 2000
ACTS = ("finish", "fail", "hold", "release", "expire", "forget")
OTHER = a_task(id="other")


class Here:
    """One task in a world whose clock stands where it is put, and a second one beside it."""

    def __init__(self, task: Task | None = TASK, at: int = 0, store: MemoryTasks | None = None, **world: Any) -> None:
        self.parts = Services(a_world(**world), tasks=store)
        self.acting = Acting(CATALOGUE, self.parts.tasks, self.parts.lanes, self.parts.ledger, self.parts.visits)
        self.tasks, self.first, self.at = self.parts.tasks, task, at

    async def act(self, name: str, task_id: str = TASK_ID) -> Task | None:
        """Keep the task, if it is not there yet, and act on it; None where there is none."""
        if self.first is not None:
            await self.tasks.insert(self.first)
            await self.tasks.insert(OTHER)
            self.first = None
        more = (FAILURE,) if name == "fail" else ()
        found: Task | None = await getattr(self.acting, name)(self.world, task_id, *more)
        return found

    @property
    def world(self) -> Any:
        world = self.parts.worlds._worlds["default"]
        return replace(world, clock=replace(world.clock, shown=SUBMITTED + self.at))

    async def status(self) -> str:
        found = await self.acting.find(self.world, TASK_ID)
        return found[1] if found else "nothing"


@pytest.mark.parametrize("at", [0, RUNNING_FROM])
@pytest.mark.parametrize(("act", "expected"), [("finish", "SUCCEEDED"), ("fail", "FAILED")])
async def test_a_task_ends_at_once(act: str, expected: str, at: int) -> None:
    here = Here(at=at)
    ended = await here.act(act)
    assert ended is not None
    assert SUBMITTED + at == ended.ends_at
    assert expected == await here.status()
    assert ended is await here.tasks.find("default", TASK_ID)
    assert OTHER is await here.tasks.find("default", "other")


async def test_a_task_that_was_going_to_fail_is_finished_with_that_fault() -> None:
    here = Here(a_task(outcome=FAILURE))
    await here.act("finish")
    assert "FAILED" == await here.status()


async def test_a_failure_is_the_one_that_was_given() -> None:
    found = await Here(a_task(outcome=replace(FAILURE, message="other"))).act("fail")
    assert found is not None
    assert FAILURE is found.outcome


@pytest.mark.parametrize("act", ["finish", "fail"])
async def test_a_stuck_or_held_task_can_be_ended(act: str) -> None:
    stuck = a_task(scheduled_at=NEVER, starts_at=NEVER, ends_at=NEVER, polls_to_start=None, polls_to_end=None)
    for task in (stuck, a_task(held_at=SUBMITTED)):
        here = Here(task, at=10_000)
        found = await here.act(act)
        assert found is not None
        assert (SUBMITTED + 10_000, None) == (found.ends_at, found.held_at)
        assert await here.status() in {"SUCCEEDED", "FAILED"}


async def test_a_held_task_stands_still_until_it_is_released() -> None:
    here = Here(at=400)
    held = await here.act("hold")
    here.at = 50_000
    assert held is not None
    assert held is on_poll(held, SUBMITTED + here.at, TIMING)
    assert "PENDING" == await here.status()
    released = await here.act("release")
    assert released is not None
    assert (SUBMITTED + 50_100, SUBMITTED + 51_600, None) == (released.starts_at, released.ends_at, released.held_at)
    here.at = 51_600
    assert "SUCCEEDED" == await here.status()


async def test_holding_a_held_task_changes_nothing() -> None:
    here = Here()
    held = await here.act("hold")
    here.at = 300
    assert held is await here.act("hold")


async def test_an_expired_url_has_its_next_after_a_poll() -> None:
    here = Here(at=ENDS)
    dead = await here.act("expire")
    assert dead is not None
    assert (True, 0, TASK.version + 1) == (dead.url_is_dead, dead.generation, dead.version)
    assert "SUCCEEDED" == await here.status()
    assert 1 == on_poll(dead, SUBMITTED + ENDS, TIMING).generation


async def test_a_forgotten_task_is_gone_and_its_neighbour_is_not() -> None:
    here = Here(at=ENDS)
    assert TASK is await here.act("forget")
    assert "nothing" == await here.status()
    assert None is await here.act("forget")
    assert OTHER is await here.tasks.find("default", "other")


@pytest.mark.parametrize("act", ACTS)
async def test_there_is_nothing_to_do_to_a_task_that_is_not_there(act: str) -> None:
    here = Here()
    assert None is await here.act(act, "nowhere")
    assert TASK is await here.tasks.find("default", TASK_ID)


CANCELED = a_task(canceled_at=SUBMITTED + 1)


@pytest.mark.parametrize(
    ("act", "task", "at", "says"),
    [
        ("finish", TASK, ENDS, "is SUCCEEDED already"),
        ("finish", CANCELED, 1, "is CANCELED already"),
        ("finish", TASK, DAY, "is UNKNOWN already"),
        ("fail", TASK, ENDS, "is SUCCEEDED already"),
        ("fail", a_task(outcome=FAILURE), ENDS, "is FAILED already"),
        ("fail", CANCELED, 1, "is CANCELED already"),
        ("hold", TASK, ENDS, "is SUCCEEDED already"),
        ("hold", CANCELED, 1, "is CANCELED already"),
        ("release", TASK, 0, "is not held"),
        ("release", TASK, ENDS, "is not held"),
        ("expire", TASK, 0, "is PENDING and has no URL"),
        ("expire", TASK, RUNNING_FROM, "is RUNNING and has no URL"),
        ("expire", a_task(outcome=FAILURE), ENDS, "is FAILED and has no URL"),
        ("expire", CANCELED, ENDS, "is CANCELED and has no URL"),
        ("expire", TASK, DAY, "is UNKNOWN and has no URL"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_the_reason_and_changes_nothing(
    act: str, task: Task, at: int, says: str
) -> None:
    here = Here(task, at)
    with pytest.raises(RefusedError, match=f"task {TASK_ID} {says}"):
        await here.act(act)
    assert task is await here.tasks.find("default", TASK_ID)


@pytest.mark.parametrize("act", ["finish", "fail", "hold"])
async def test_a_canceled_task_stays_canceled_on_a_clock_that_was_set_back(act: str) -> None:
    here = Here(a_task(canceled_at=SUBMITTED + 400), at=100)
    with pytest.raises(RefusedError, match="is CANCELED already"):
        await here.act(act)
    here.at = 400
    assert "CANCELED" == await here.status()


class Racing(MemoryTasks):
    """A store in which polls are always a little earlier, for a few times."""

    def __init__(self, races: int) -> None:
        super().__init__(9 * DAY)
        self.races = races

    async def swap(self, old: Task, new: Task) -> bool:
        if self.races:
            self.races -= 1
            await super().swap(old, on_poll(old, SUBMITTED, TIMING))
        return await super().swap(old, new)


@pytest.mark.parametrize("act", ["fail", "hold"])
async def test_an_act_that_lost_its_race_is_made_to_what_is_kept_then(act: str) -> None:
    found = await Here(store=Racing(2)).act(act)
    assert found is not None
    assert (2, 3) == (found.polls, found.version)


async def test_an_act_that_comes_too_late_is_refused() -> None:
    # Three polls are in between: the third one ends the task.
    with pytest.raises(RefusedError, match="is SUCCEEDED already"):
        await Here(store=Racing(3)).act("fail")


async def test_what_happens_to_one_in_a_lane_moves_those_behind_it() -> None:
    here = Here(None, quotas=Quotas(running=1))
    times = {"polls_to_start": None, "polls_to_end": None, "scheduled_at": SUBMITTED, "starts_at": SUBMITTED}
    for name in (TASK_ID, "second"):
        await here.parts.lanes.insert(here.world, a_task(id=name, ends_at=SUBMITTED + ENDS, **times))
    assert SUBMITTED + ENDS == (await here.tasks.find("default", "second")).starts_at  # type: ignore[union-attr]
    here.at = 700
    await here.act("finish")
    assert SUBMITTED + 700 == (await here.tasks.find("default", "second")).starts_at  # type: ignore[union-attr]


async def test_a_forgotten_success_stays_in_the_ledger_once() -> None:
    here = Here(at=ENDS)
    for _ in range(2):
        await here.act("forget")
    statement = await here.parts.ledger.statement("default", SUBMITTED + 2 * ENDS)
    # The neighbour is the second one.
    assert [2] == [line.tasks for line in statement.lines]


async def test_what_a_task_is_can_be_asked() -> None:
    here = Here()
    await here.act("hold")
    found = await here.acting.find(here.world, TASK_ID)
    assert found is not None
    assert (TASK_ID, Status.PENDING) == (found[0].id, found[1])
    assert None is await here.acting.find(here.world, "nowhere")
