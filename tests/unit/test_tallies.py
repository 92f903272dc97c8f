"""Counters of worlds: each by itself, asked without counting, begun anew by their first letters."""

from __future__ import annotations

import pytest

from hobbyhorse.store.memory import MemoryTallies

pytestmark = pytest.mark.anyio


async def test_each_name_in_each_world_is_counted_by_itself() -> None:
    tallies = MemoryTallies()
    assert [1, 2, 1, 1] == [await tallies.add(*at) for at in (("a", "x"), ("a", "x"), ("a", "y"), ("b", "x"))]
    assert 7 == await tallies.add("a", "x", 5)


async def test_asking_counts_nothing_and_keeps_nothing() -> None:
    tallies = MemoryTallies()
    for _ in range(3):
        assert [0, 0] == [await tallies.add(world, "x", 0) for world in ("a", "b")]
    assert 1 == await tallies.add("a", "x")
    assert [1, 0] == [await tallies.add("a", name, 0) for name in ("x", "y")]
    assert {"a": {"x": 1}} == {world: dict(counts) for world, counts in tallies._counts.items()}


async def test_names_are_forgotten_by_what_they_begin_with_in_one_world() -> None:
    tallies = MemoryTallies()
    for world in "ab":
        for name in ("rule:slow/1", "rule:slow/2", "rule:slower/1", "rules"):
            await tallies.add(world, name)
    await tallies.forget("a", "rule:slow/")
    left = [await tallies.add("a", name, 0) for name in ("rule:slow/1", "rule:slow/2", "rule:slower/1", "rules")]
    assert [0, 0, 1, 1] == left
    assert 1 == await tallies.add("b", "rule:slow/1", 0)
    await tallies.forget("nowhere", "rule:")


async def test_a_dropped_world_counts_from_the_start_and_no_other_does() -> None:
    tallies = MemoryTallies()
    for world in "ab":
        await tallies.add(world, "x")
    await tallies.drop("a")
    await tallies.drop("nowhere")
    assert [1, 2] == [await tallies.add(world, "x") for world in "ab"]
