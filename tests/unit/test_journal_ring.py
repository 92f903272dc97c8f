"""The journal in memory: numbered, bounded, honest about what it dropped, and followed without missing anything."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.mishaps import Place
from hobbyhorse.journal.entry import Connection, Entry, Origin
from hobbyhorse.journal.port import Gap, Page, Query
from hobbyhorse.journal.record import Draft
from hobbyhorse.journal.ring import MemoryJournal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hobbyhorse.journal.port import Journal

PLAIN = Draft("w", 0, 0.0, Origin.API, Place.GET, "GET", "/", "", []).entry()


def numbers(page: Page) -> list[int]:
    return [entry.number for entry in page.entries]


async def written(journal: Journal, count: int, world: str = "w", connection: Connection = PLAIN.connection) -> None:
    for number in range(count):
        await journal.append(replace(PLAIN, world=world, at=number, connection=connection))


async def taken(steps: AsyncIterator[Entry | Gap], count: int) -> list[int | Gap]:
    found: list[int | Gap] = []
    for _ in range(count):
        step = await asyncio.wait_for(anext(steps), 5)
        found.append(step if isinstance(step, Gap) else step.number)
    return found


def test_entries_are_numbered_in_each_world() -> None:
    async def go() -> None:
        journal = MemoryJournal()
        assert (await journal.append(PLAIN)).number == 1
        assert (await journal.append(replace(PLAIN, world="other"))).number == 1
        assert (await journal.append(PLAIN)).number == 2
        assert numbers(await journal.query("w", Query())) == [1, 2]
        assert numbers(await journal.query("other", Query())) == [1]
        assert await journal.query("none", Query()) == Page([], 0, 0, more=False)
        assert await journal.find("other", 0) is None
        assert await journal.find("other", 2) is None
        assert await journal.find("none", 1) is None
        found = await journal.find("w", 2)
        assert found
        assert found.number == 2

    asyncio.run(go())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), [1, 2, 3, 4, 5]),
        (Query(task="a"), [1, 2, 4]),
        (Query(route=Place.CREATE), [1]),
        (Query(since=20), [2, 3, 4, 5]),
        (Query(until=20), [1, 2]),
        (Query(since=20, until=30), [2, 3]),
        (Query(after=3), [4, 5]),
        (Query(after=5), []),
        (Query(limit=2), [4, 5]),
        (Query(after=0, limit=2), [1, 2]),
        (Query(task="a", after=1, limit=1), [2]),
    ],
)
def test_queries(query: Query, expected: list[int]) -> None:
    async def go() -> Page:
        journal = MemoryJournal()
        await journal.append(replace(PLAIN, at=10, route=Place.CREATE, committed="a"))
        await journal.append(replace(PLAIN, at=20, task="a"))
        await journal.append(replace(PLAIN, at=30, task="b"))
        await journal.append(replace(PLAIN, at=40, task="a", committed="a"))
        await journal.append(replace(PLAIN, at=50))
        return await journal.query("w", query)

    page = asyncio.run(go())
    assert numbers(page) == expected
    assert page.more == (query.limit == len(expected))
    assert (page.last, page.dropped) == (5, 0)


@given(st.lists(st.integers(0, 5000), max_size=60), st.integers(1, 10), st.integers(1, 60_000))
def test_a_world_keeps_to_its_bounds_and_says_what_it_dropped(sizes: list[int], entries: int, size: int) -> None:
    async def go() -> tuple[Page, int]:
        journal = MemoryJournal(entries=entries, world_bytes=size)
        for length in sizes:
            await journal.append(replace(PLAIN, query="q" * length))
        return await journal.query("w", Query()), journal._weight

    page, weight = asyncio.run(go())
    held = [entry.weight for entry in page.entries]
    assert len(held) <= entries
    assert sum(held) <= size
    assert weight == sum(held)
    assert page.dropped + len(held) == page.last == len(sizes)
    assert numbers(page) == list(range(page.dropped + 1, page.last + 1))


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5000)), max_size=80), st.integers(5_000, 60_000))
def test_all_worlds_together_keep_to_a_bound(written_to: list[tuple[str, int]], size: int) -> None:
    async def go() -> list[Page]:
        journal = MemoryJournal(total_bytes=size)
        for world, length in written_to:
            await journal.append(replace(PLAIN, world=world, query="q" * length))
        return [await journal.query(world, Query()) for world in "abc"]

    pages = asyncio.run(go())
    held = [entry.weight for page in pages for entry in page.entries]
    assert sum(held) <= size
    assert [page.dropped + len(page.entries) for page in pages] == [page.last for page in pages]


def test_the_world_that_holds_most_gives_way_and_the_small_one_keeps_its_own() -> None:
    async def go() -> tuple[Page, Page]:
        journal = MemoryJournal(total_bytes=200 * PLAIN.weight)
        await written(journal, 3, "small")
        await written(journal, 5000, "large")
        return await journal.query("small", Query()), await journal.query("large", Query())

    small, large = asyncio.run(go())
    assert (small.dropped, len(small.entries)) == (0, 3)
    assert large.dropped > 4000


def test_of_many_worlds_alike_none_loses_everything() -> None:
    async def go() -> list[int]:
        journal = MemoryJournal(total_bytes=200 * PLAIN.weight)
        worlds = [f"w{number}" for number in range(40)]
        for world in worlds:
            await written(journal, 6, world)
        return [len((await journal.query(world, Query())).entries) for world in worlds]

    assert min(asyncio.run(go())) >= 2


def test_a_follower_sees_what_was_and_what_comes() -> None:
    async def go() -> None:
        journal = MemoryJournal()
        await written(journal, 2)
        everything, news = journal.follow("w", 0), journal.follow("w")
        late = asyncio.ensure_future(taken(news, 2))
        assert await taken(everything, 2) == [1, 2]
        soon = asyncio.ensure_future(taken(everything, 2))
        await asyncio.sleep(0)
        assert not soon.done()
        await written(journal, 2)
        assert await soon == [3, 4]
        assert await late == [3, 4]

    asyncio.run(go())


def test_what_is_written_while_a_follower_reads_is_not_missed() -> None:
    async def go() -> None:
        journal = MemoryJournal()
        await written(journal, 2)
        steps = journal.follow("w", 0)
        assert await taken(steps, 1) == [1]
        await written(journal, 2)
        assert await taken(steps, 3) == [2, 3, 4]

    asyncio.run(go())


def test_a_follower_that_is_too_slow_hears_what_it_missed_but_a_reset_is_no_loss() -> None:
    async def go() -> None:
        journal = MemoryJournal(entries=3)
        await written(journal, 5)
        steps = journal.follow("w", 0)
        assert await taken(steps, 4) == [Gap(2), 3, 4, 5]
        await written(journal, 7)
        assert await taken(steps, 4) == [Gap(4), 10, 11, 12]
        await written(journal, 2)
        await journal.reset("w")
        await written(journal, 1)
        assert await taken(steps, 1) == [15]

    asyncio.run(go())


def test_a_reset_forgets_entries_and_numbers_go_on() -> None:
    async def go() -> None:
        journal = MemoryJournal(entries=2)
        await written(journal, 5)
        await written(journal, 1, "other")
        await journal.reset("w")
        await journal.reset("never seen")
        assert await journal.query("w", Query()) == Page([], 5, 0, more=False)
        await written(journal, 1)
        assert numbers(await journal.query("w", Query())) == [6]
        assert numbers(await journal.query("other", Query())) == [1]
        assert journal._weight == 2 * PLAIN.weight

    asyncio.run(go())


def test_a_world_that_goes_lets_its_followers_go_and_takes_no_late_answers() -> None:
    async def go() -> None:
        journal = MemoryJournal()
        steps = journal.follow("w")
        waiting = asyncio.ensure_future(anext(steps, None))
        await asyncio.sleep(0)
        await written(journal, 1, "other")
        await journal.drop("w")
        assert await asyncio.wait_for(waiting, 5) is None
        assert (await journal.append(PLAIN)).number == 0
        assert (await journal.query("w", Query())).last == 0
        assert list(journal._rings) == ["other"]
        assert journal._weight == PLAIN.weight

    asyncio.run(go())


def test_a_journal_that_closes_lets_all_followers_go_and_still_writes() -> None:
    async def go() -> None:
        journal = MemoryJournal()
        waiting = [asyncio.ensure_future(anext(journal.follow(world), None)) for world in ("w", "other")]
        await asyncio.sleep(0)
        journal.close()
        assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [None, None]
        await written(journal, 1)
        assert await taken(journal.follow("w", 0), 1) == [1]
        assert [step async for step in journal.follow("w", 1)] == []

    asyncio.run(go())


def test_how_a_connection_ended_shows_in_all_its_entries() -> None:
    async def go() -> list[str | None]:
        journal = MemoryJournal()
        await written(journal, 2, connection=Connection(7, 1))
        await written(journal, 1, connection=Connection(8, 1))
        await written(journal, 1, connection=Connection(7, 3, "reset by mishap"))
        await written(journal, 1)
        journal.note_closed(7, "client closed")
        found = await journal.find("w", 1)
        assert found
        assert found.connection == Connection(7, 1, "client closed")
        return [entry.connection.closed for entry in (await journal.query("w", Query())).entries]

    assert asyncio.run(go()) == ["client closed", "client closed", None, "reset by mishap", None]


def test_what_is_remembered_of_connections_and_worlds_is_bounded() -> None:
    async def go() -> None:
        journal = MemoryJournal()
        for number in range(30_000):
            journal.note_closed(number, "client closed")
            await journal.drop(f"w{number}")
        assert len(journal._closed) == len(journal._gone) == 20_000
        assert 29_999 in journal._closed

    asyncio.run(go())
