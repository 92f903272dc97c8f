"""Memory stores: atomic swaps, order, and freeing that is late but bounded."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.accounts import ApiKey
from hobbyhorse.store.memory import MemoryTasks, MemoryWorlds
from unit.records import HOUR, SUBMITTED, TASK, WORLD, a_task, a_world

pytestmark = pytest.mark.anyio


async def test_a_task_is_found_by_its_world_and_id_only() -> None:
    tasks = MemoryTasks(HOUR)
    await tasks.insert(TASK)
    assert TASK is await tasks.find("default", TASK.id)
    assert None is await tasks.find("other", TASK.id)
    assert None is await tasks.find("default", "0")


async def test_a_swap_replaces_what_was_read() -> None:
    tasks = MemoryTasks(HOUR)
    await tasks.insert(TASK)
    newer = replace(TASK, polls=1, version=1)
    assert await tasks.swap(TASK, newer)
    assert newer is await tasks.find("default", TASK.id)


async def test_of_two_swaps_of_one_reading_the_second_fails() -> None:
    tasks = MemoryTasks(HOUR)
    await tasks.insert(TASK)
    first, second = replace(TASK, polls=1, version=1), replace(TASK, canceled_at=SUBMITTED, version=1)
    assert await tasks.swap(TASK, first)
    assert not await tasks.swap(TASK, second)
    assert first is await tasks.find("default", TASK.id)


async def test_a_task_that_is_not_kept_can_not_be_swapped() -> None:
    tasks = MemoryTasks(HOUR)
    assert not await tasks.swap(TASK, replace(TASK, version=1))
    assert None is await tasks.find("default", TASK.id)


async def test_a_worlds_tasks_come_newest_first_from_an_instant_on() -> None:
    tasks = MemoryTasks(HOUR)
    for at in range(5):
        await tasks.insert(a_task(id=str(at), submitted_at=SUBMITTED + at))
    await tasks.insert(a_task(id="foreign", world="other", submitted_at=SUBMITTED + 9))
    assert ["4", "3", "2"] == [task.id for task in await tasks.newest("default", SUBMITTED + 2)]
    assert ["foreign"] == [task.id for task in await tasks.newest("other", 0)]
    assert [] == list(await tasks.newest("mars", 0))


async def test_a_swapped_task_keeps_its_place() -> None:
    tasks = MemoryTasks(HOUR)
    one, other = a_task(id="1"), a_task(id="2", submitted_at=SUBMITTED + 1)
    await tasks.insert(one)
    await tasks.insert(other)
    await tasks.swap(one, replace(one, version=1))
    assert ["2", "1"] == [task.id for task in await tasks.newest("default", 0)]


async def test_an_outlived_record_is_freed_by_a_later_insert_and_not_before() -> None:
    tasks = MemoryTasks(HOUR)
    await tasks.insert(a_task(id="old"))
    await tasks.insert(a_task(id="just kept", submitted_at=SUBMITTED + HOUR))
    assert await tasks.find("default", "old")
    await tasks.insert(a_task(id="new", submitted_at=SUBMITTED + HOUR + 1))
    assert None is await tasks.find("default", "old")
    assert ["new", "just kept"] == [task.id for task in await tasks.newest("default", 0)]


async def test_a_jump_of_the_clock_frees_a_hundred_records_at_a_time() -> None:
    tasks = MemoryTasks(HOUR)
    for at in range(250):
        await tasks.insert(a_task(id=str(at)))
    left = []
    for at in range(3):
        await tasks.insert(a_task(id=f"late {at}", submitted_at=SUBMITTED + 2 * HOUR))
        left.append(await tasks.count("default") - at - 1)
        assert left[-1] + at + 1 == len(list(await tasks.newest("default", 0)))
    assert [150, 50, 0] == left


async def test_the_records_of_another_world_are_not_freed() -> None:
    tasks = MemoryTasks(HOUR)
    await tasks.insert(a_task(world="other"))
    await tasks.insert(a_task(submitted_at=SUBMITTED + 9 * HOUR))
    assert await tasks.find("other", TASK.id)


@given(st.lists(st.integers(0, 3 * HOUR), max_size=30))
def test_whatever_the_clock_does_nothing_young_is_lost(instants: list[int]) -> None:
    async def kept() -> set[str]:
        tasks = MemoryTasks(HOUR)
        for at, instant in enumerate(instants):
            await tasks.insert(a_task(id=str(at), submitted_at=instant))
        return {task.id for task in await tasks.newest("default", 0)}

    latest = max(instants, default=0)
    young = {str(at) for at, instant in enumerate(instants) if instant >= latest - HOUR}
    assert young <= asyncio.run(kept())


async def test_the_default_world_is_always_there() -> None:
    worlds = MemoryWorlds(WORLD)
    assert WORLD is await worlds.default()
    assert WORLD is await worlds.find("default")
    assert None is await worlds.find("mars")


async def test_a_world_is_found_by_its_access_key_and_by_its_keys() -> None:
    key = ApiKey("mine", "sk-mine", None, None)
    worlds = MemoryWorlds(a_world(keys={key.key: key}, open_keys=False))
    assert await worlds.by_key("sk-mine")
    assert None is await worlds.by_key("sk-other")
    assert await worlds.by_access_key(WORLD.access_key_id)
    assert None is await worlds.by_access_key("LTAI5tother")


async def test_a_world_is_swapped_only_if_it_is_still_the_one_that_was_read() -> None:
    worlds = MemoryWorlds(WORLD)
    newer, other = a_world(open_keys=False), a_world(pace="instant")
    assert await worlds.swap(WORLD, newer)
    assert not await worlds.swap(WORLD, other)
    assert newer is await worlds.default()
