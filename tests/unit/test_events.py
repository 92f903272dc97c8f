"""Completion events: their form (dashscope-api.md §5), when they are handed over, and how often."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.events import Attempt, completion, is_sink, next_try
from hobbyhorse.core.timeline import NEVER
from hobbyhorse.service.events import Courier, Events
from hobbyhorse.service.visit import Visits
from hobbyhorse.sink import Sink
from hobbyhorse.store.memory import MemoryTallies, MemoryTasks, MemoryWorlds
from hobbyhorse.store.memory.attempts import MemoryAttempts
from unit.records import CATALOGUE, DAY, FAILURE, REQUEST_ID, SUBMITTED, TASK_ID, WORLD, a_task

pytestmark = pytest.mark.anyio
SINK = "http://127.0.0.1:9/events"
ENDED = SUBMITTED + 2000


class Receiver:
    """A sink that answers what it is told to, and nothing once it has no more answers."""

    def __init__(self, *answers: int | OSError) -> None:
        self.answers = list(answers)
        self.events: list[dict[str, Any]] = []

    async def post(self, url: str, event: dict[str, Any]) -> int:
        assert url == SINK
        self.events.append(event)
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer


class Setup:
    """One world with a sink, whose clock stands at an instant."""

    def __init__(self, receiver: Receiver) -> None:
        self.worlds = MemoryWorlds(replace(WORLD, sink=SINK))
        self.tasks = MemoryTasks(keeps=2 * DAY)
        self.attempts = MemoryAttempts()
        visits = Visits(self.worlds, MemoryTallies(), lambda: 0)
        self.events = Events(CATALOGUE, self.tasks, visits, self.attempts)
        self.courier = Courier(self.worlds, visits, self.events, self.attempts, receiver)

    async def at(self, instant: int) -> None:
        """Set the clock, and let the courier do all that is to be done then."""
        world = await self.worlds.default()
        assert await self.worlds.swap(world, replace(world, clock=ClockState(instant, 0, 0.0)))
        self.courier.nudge()
        for _ in range(20):
            await asyncio.sleep(0)


def test_an_event_is_a_cloudevent_that_holds_no_result() -> None:
    event = completion(a_task(starts_at=SUBMITTED + 41), "SUCCEEDED", CATALOGUE)

    assert event["data"] == {
        "start_time": "2026-04-20 14:01:10",
        "end_time": "2026-04-20 14:01:12",
        "user_api_unique_key": "apikey:v1:aigc:video-generation:video-synthesis:happyhorse-1.1-t2v",
        "task_status": "SUCCEEDED",
        "contain_result": False,
        "task_id": TASK_ID,
        "region": "cn-beijing",
        "request_id": REQUEST_ID,
        "api_key_id": "1234567",
    }
    assert ("1.0", "acs.dashscope", "dashscope:System:AsyncTaskFinish", "default") == (
        event["specversion"],
        event["source"],
        event["type"],
        event["aliyuneventbusname"],
    )
    assert ("2026-04-20T06:01:12.341Z", "cn-beijing") == (event["aliyunpublishtime"], event["aliyunregionid"])
    assert (
        completion(a_task(), "SUCCEEDED", CATALOGUE)["id"]
        == event["id"]
        != completion(a_task(id="other"), "SUCCEEDED", CATALOGUE)["id"]
    )


@pytest.mark.parametrize(
    ("attempts", "due"),
    [
        ((), 1000),
        ((Attempt(1000, 200),), None),
        ((Attempt(1000, 204),), None),
        ((Attempt(1000, 500),), 16_000),
        ((Attempt(1000, 302), Attempt(16_000, error="reset")), 31_000),
        (tuple(Attempt(at, 500) for at in (1, 2, 3, 4)), None),
    ],
)
def test_an_event_is_tried_until_it_is_taken_and_four_times_at_most(
    attempts: tuple[Attempt, ...], due: int | None
) -> None:
    assert due == next_try(1000, attempts)


async def test_an_event_is_listed_once_the_task_ended_and_only_then() -> None:
    setup = Setup(Receiver())
    await setup.tasks.insert(a_task())
    await setup.tasks.insert(a_task(id="failed", outcome=FAILURE, ends_at=SUBMITTED + 100))
    await setup.tasks.insert(a_task(id="canceled", canceled_at=SUBMITTED + 1))
    await setup.tasks.insert(a_task(id="stuck", ends_at=NEVER))
    await setup.tasks.insert(a_task(id="held", held_at=SUBMITTED + 1))

    async def listed(instant: int) -> list[tuple[str, str]]:
        world = replace(await setup.worlds.default(), clock=ClockState(instant, 0, 0.0))
        data = [one.event["data"] for one in await setup.events.of(world)]
        return [(one["task_id"], one["task_status"]) for one in data]

    assert await listed(SUBMITTED + 99) == []
    assert await listed(SUBMITTED + 100) == [("failed", "FAILED")]
    assert await listed(ENDED) == [(TASK_ID, "SUCCEEDED"), ("failed", "FAILED")]


async def test_an_event_is_handed_over_when_its_task_ends_and_once() -> None:
    receiver = Receiver(200)
    setup = Setup(receiver)
    await setup.tasks.insert(a_task())
    await setup.at(ENDED - 1)
    assert receiver.events == []
    await setup.at(ENDED)
    await setup.at(ENDED + DAY)

    assert [TASK_ID] == [event["data"]["task_id"] for event in receiver.events]
    assert (Attempt(ENDED, 200),) == await setup.attempts.of("default", TASK_ID)


async def test_an_event_that_is_not_taken_is_tried_again_15_s_later_on_the_worlds_clock_three_times() -> None:
    receiver = Receiver(500, OSError("ConnectError"), 404, 503)
    setup = Setup(receiver)
    await setup.tasks.insert(a_task())
    for after in (0, 14_999, 15_000, 30_000, 45_000, 60_000, DAY):
        await setup.at(ENDED + after)

    assert await setup.attempts.of("default", TASK_ID) == (
        Attempt(ENDED, 500),
        Attempt(ENDED + 15_000, error="ConnectError"),
        Attempt(ENDED + 30_000, 404),
        Attempt(ENDED + 45_000, 503),
    )


async def test_a_world_without_a_sink_tells_nobody() -> None:
    receiver = Receiver()
    setup = Setup(receiver)
    world = await setup.worlds.default()
    assert await setup.worlds.swap(world, replace(world, sink=None))
    await setup.tasks.insert(a_task())
    await setup.at(ENDED)

    assert receiver.events == []


async def test_a_courier_that_is_stopped_stops_also_in_the_moment_it_was_told_something() -> None:
    setup = Setup(Receiver())
    await setup.at(SUBMITTED)
    running = setup.courier._running
    assert running is not None
    setup.courier.nudge()
    running.cancel()
    for _ in range(20):
        await asyncio.sleep(0)
    assert running.cancelled()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://[::1",
        "http://127.0.0.1:99999/",
        "",
    ],
)
async def test_a_sink_is_on_this_machine_or_is_none(url: str) -> None:
    assert not is_sink(url)
    with pytest.raises(OSError, match="does not lead to this machine"):
        await Sink().post(url, {})


@pytest.mark.parametrize("url", [SINK, "http://localhost:80/a?b", "http://[::1]:80/"])
def test_loopback_is_this_machine(url: str) -> None:
    assert is_sink(url)
