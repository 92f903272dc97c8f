"""The handle for asyncio: the same methods, awaited, and nothing blocks the loop."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hobbyhorse import AsyncEmulator, AsyncWorld, ControlError, Emulator, World
from hobbyhorse.handle import aio
from hobbyhorse.handle.clock import Clock
from hobbyhorse.handle.journal import Journal
from hobbyhorse.handle.placed import Placed
from hobbyhorse.handle.tasks import Tasks

from .conftest import CREATE

if TYPE_CHECKING:
    from collections.abc import Callable

INSTANT = pytest.mark.hobbyhorse(pace="instant")
TWINS = [
    (Emulator, aio.AsyncEmulator),
    (World, aio.AsyncWorld),
    (Clock, aio.AsyncClock),
    (Tasks, aio.AsyncTasks),
    (Journal, aio.AsyncJournal),
    (Placed, aio.AsyncPlaced),
]
# Made by a class or a block, or the other kind's own.
NOT_TWINNED = {"at", "aio", "afollow", "sync"}  # `follow` gives either kind of iterator


def public(kind: type) -> set[str]:
    return {name for name in {*dir(kind), *inspect.get_annotations(kind)} if not name.startswith("_")} - NOT_TWINNED


@pytest.mark.parametrize(("sync", "twin"), TWINS, ids=lambda kind: kind.__name__)
def test_whatever_one_can_do_the_other_can(sync: type, twin: type) -> None:
    assert public(sync) - public(twin) == set()
    assert public(twin) - public(sync) == set()
    for name, method in inspect.getmembers(sync, inspect.isfunction):
        if name in public(twin):
            assert parameters(getattr(twin, name)) == parameters(method), name


def parameters(method: Callable[..., object]) -> dict[str, Any]:
    """Return the names and types of what a method takes."""
    return {name: row.annotation for name, row in inspect.signature(method).parameters.items()}


async def submit(world: AsyncWorld) -> str:
    env = world.env()
    headers = {"Authorization": f"Bearer {env['DASHSCOPE_API_KEY']}", "X-DashScope-Async": "enable"}
    body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        answer = await client.post(env["DASHSCOPE_HTTP_BASE_URL"] + CREATE, json=body)
        return str(answer.json()["output"]["task_id"])


@pytest.mark.parametrize("process", [True, False], ids=["process", "thread"])
def test_a_server_and_a_world_last_as_long_as_their_blocks(process: bool) -> None:
    async def scene() -> None:
        async with Emulator(process=process) as emulator:
            assert isinstance(emulator, AsyncEmulator)
            assert (await emulator.health())["status"] == "ok"
            async with emulator.world(pace="realistic", clock={"frozen": True}) as world:
                task = await submit(world)
                before = await world.clock.now()
                await world.clock.advance(3)
                assert await world.clock.now() == before + 3
                assert (await world.tasks.only()).id == task
                assert (await world.tasks.finish(task)).status == "SUCCEEDED"
                assert [entry.route for entry in await world.journal.entries()] == ["create"]
                assert "create" in await world.journal.story()
                assert (await world.ledger).pending == 0
                assert (await emulator.find(world.id)).key == world.key
                assert {other.id for other in await emulator.worlds()} == {"default", world.id}
            with pytest.raises(ControlError, match="there is no world"):
                await world.view()
            assert (await emulator.default).id == "default"
            kept = await emulator.world(name="kept")
            assert (await kept.view())["name"] == "kept"
        with pytest.raises(RuntimeError, match="does not run"):
            await emulator.health()

    asyncio.run(scene())


@INSTANT
def test_scenarios_and_mishaps_are_awaited_or_last_a_block(world: World) -> None:
    async def scene() -> None:
        here = world.aio
        async with here.scenario("outage") as scenario:
            assert (await here.view())["scenarios"] == [scenario.name] == ["outage"]
        mishap = await here.mishap("html", at="get", count=1)
        assert [row["id"] for row in await here.mishaps] == [mishap.name]
        await mishap.remove()
        assert await here.mishaps == []
        with pytest.raises(ControlError, match="did you mean 'reset'"):
            await here.mishap("rest")
        await here.reset("journal")

    asyncio.run(scene())


@INSTANT
def test_a_journal_is_followed_beside_other_work_and_let_go_when_cancelled(world: World) -> None:
    async def scene() -> list[str]:
        seen: list[str] = []
        first = asyncio.Event()

        async def follow() -> None:
            async for entry in world.aio.journal.follow(after=0):
                seen.append(entry.method)
                first.set()

        following = asyncio.create_task(follow())
        await submit(world.aio)
        await asyncio.wait_for(first.wait(), 10)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        return seen

    assert asyncio.run(scene()) == ["POST"]


@pytest.mark.hobbyhorse(pace="realistic", clock={"frozen": True})
def test_the_clock_stands_in_for_the_sleep_of_a_coroutine(world: World) -> None:
    async def wait(task: str, sleep: Callable[[float], Any]) -> int:
        """Poll every 15 s until the task has ended; return how often."""
        headers = {"Authorization": f"Bearer {world.key}"}
        async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
            for polls in range(1, 100):
                answer = await client.get(f"{world.base_url()}/tasks/{task}")
                if answer.json()["output"]["task_status"] == "SUCCEEDED":
                    return polls
                await sleep(15)
        raise AssertionError("it did not end")

    async def scene() -> int:
        return await wait(await submit(world.aio), world.aio.clock.advance)

    assert 5 <= asyncio.run(scene()) <= 9
