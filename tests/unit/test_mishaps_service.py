"""Which mishaps happen to a request: counted, bound, by chance, and those that come before its effect."""

from __future__ import annotations

from typing import Any

import pytest

from hobbyhorse.core.mishaps import Mishap, Moment, Occasion, Place, Target
from hobbyhorse.core.task import Script, Task
from hobbyhorse.service.mishaps import Mishaps
from hobbyhorse.service.visit import Interrupted, Visit
from hobbyhorse.store.memory import MemoryTallies
from unit.records import SUBMITTED, TASK_ID, a_task, a_world
from unit.services import a_visit

pytestmark = pytest.mark.anyio
GET = Occasion(Place.GET, SUBMITTED, task=TASK_ID)


def one(name: str = "m", kind: str = "html", at: Place = Place.GET, **more: Any) -> Mishap:
    return Mishap(**{"id": name, "kind": kind, "moment": Moment.AFTER, "at": frozenset({at}), **more})


def scripted(*mishaps: Mishap) -> Task:
    return a_task(script=Script("rule/1", mishaps=mishaps))


def ids(mishaps: list[Mishap]) -> list[str]:
    return [mishap.id for mishap in mishaps]


class Here:
    """The service, and a world whose own mishaps are given."""

    def __init__(self, *mishaps: Mishap, **world: Any) -> None:
        self.tallies = MemoryTallies()
        self.service = Mishaps(self.tallies)
        self.world = a_world(mishaps=mishaps, **world)

    @property
    def visit(self) -> Visit:
        return a_visit(self.world)

    async def happen(self, times: int, occasion: Occasion = GET) -> list[list[str]]:
        return [ids(await self.service.of_world(self.visit, occasion)) for _ in range(times)]

    async def laid(self, task: Task, place: Place = Place.GET, **more: Any) -> tuple[list[str], str | None]:
        """Return what was noted, and what interrupted."""
        visit = self.visit
        try:
            await self.service.lay(visit, place, task, **more)
        except Interrupted as cut:
            return ids(visit.mishaps), cut.mishap.id
        return ids(visit.mishaps), None


async def test_a_world_without_mishaps_is_spared_and_counts_nothing() -> None:
    here = Here()
    assert [[], []] == await here.happen(2)
    assert {} == here.tallies._counts


async def test_skip_and_count_are_of_the_requests_a_mishap_concerns() -> None:
    here = Here(one(skip=1, count=2))
    other = Occasion(Place.LIST, SUBMITTED)
    assert [[]] == await here.happen(1)
    assert [[]] * 5 == await here.happen(5, other)
    assert [["m"], ["m"], [], []] == await here.happen(4)
    assert 2 == await here.service.happened("default", "m")


async def test_each_mishap_counts_for_itself_and_all_of_them_happen_together() -> None:
    here = Here(one("a", count=1), one("b", skip=1), one("c", on=Target(task="another")))
    assert [["a"], ["b"], ["b"]] == await here.happen(3)
    assert [1, 2, 0] == [await here.service.happened("default", name) for name in "abc"]


async def test_a_mishap_ends_with_its_age() -> None:
    here = Here(one(until=SUBMITTED + 1))
    late = Occasion(Place.GET, SUBMITTED + 1)
    assert [["m"]] == await here.happen(1)
    assert [[]] == await here.happen(1, late)


async def test_asking_how_often_one_happened_counts_nothing() -> None:
    here = Here(one(count=1))
    assert 0 == await here.service.happened("default", "m")
    assert 0 == await here.service.happened("default", "m")
    assert [["m"]] == await here.happen(1)


async def test_chance_repeats_in_worlds_of_one_seed_and_differs_in_others() -> None:
    async def run(**world: Any) -> list[list[str]]:
        return await Here(one(probability=0.5), **world).happen(60)

    seeded = await run(seed=7)
    assert seeded == await run(seed=7, secret="another")
    assert seeded != await run(seed=8)
    assert await run(secret="one") != await run(secret="another")
    assert 15 < seeded.count(["m"]) < 45


async def test_chance_is_drawn_for_each_mishap_by_itself() -> None:
    rows = await Here(one("a", probability=0.5), one("b", probability=0.5), seed=1).happen(60)
    assert {0, 1, 2} == {len(row) for row in rows}


async def test_the_chance_of_none_never_happens_and_is_counted_on() -> None:
    here = Here(one(probability=0.0))
    assert [[]] * 20 == await here.happen(20)
    assert 0 == await here.service.happened("default", "m")


async def test_a_mishap_that_kills_urls_is_no_answer() -> None:
    here = Here(one(kind="dead-url", at=Place.DOWNLOAD))
    assert [[]] == await here.happen(1, Occasion(Place.DOWNLOAD, SUBMITTED))
    assert {} == here.tallies._counts


async def test_a_task_without_script_lays_nothing() -> None:
    here = Here(one(at=Place.CREATE))
    assert ([], None) == await here.laid(a_task(), Place.CREATE)
    assert ([], None) == await here.laid(a_task(script=Script("rule/1")), Place.CREATE)
    assert {} == here.tallies._counts


async def test_what_a_script_lays_over_an_answer_is_noted_in_order() -> None:
    task = scripted(one("a", count=1), one("b", at=Place.CREATE), one("c"))
    here = Here()
    assert [(["a", "c"], None), (["c"], None)] == [await here.laid(task) for _ in range(2)]
    assert (["b"], None) == await here.laid(task, Place.CREATE)


async def test_what_comes_before_the_effect_interrupts_and_is_not_laid_over_it() -> None:
    task = scripted(one("a"), one("cut", moment=Moment.BEFORE, count=1), one("b"))
    here = Here()
    assert (["a", "b"], "cut") == await here.laid(task)
    assert (["a", "b"], None) == await here.laid(task)
    assert 1 == await here.service.happened("default", "cut")


async def test_a_delay_before_the_effect_holds_nothing_up() -> None:
    task = scripted(one("late", kind="delay", moment=Moment.BEFORE))
    assert (["late"], None) == await Here().laid(task)


async def test_a_script_can_be_bound_to_more_than_its_task() -> None:
    key = "1d/8e/20260420/bc34de8b/x.mp4"
    bound = (
        one("url", at=Place.DOWNLOAD, on=Target(url="bc34de8b")),
        one("key", at=Place.DOWNLOAD, on=Target(key="main")),
        one("other task", at=Place.DOWNLOAD, on=Target(task="another")),
        one("own task", at=Place.DOWNLOAD, on=Target(task=TASK_ID)),
        one("connection", at=Place.DOWNLOAD, on=Target(connection=3, request=2)),
    )
    here, visit = Here(), a_visit()
    visit.occasion = Occasion(Place.DOWNLOAD, SUBMITTED, key=("sk-x", "main"), connection=3, request=2)
    await here.service.lay(visit, Place.DOWNLOAD, scripted(*bound), url=key)
    assert ["url", "key", "own task", "connection"] == ids(visit.mishaps)


async def test_a_url_is_killed_by_the_world_or_by_its_tasks_script() -> None:
    task = scripted(one("script", kind="dead-url", at=Place.DOWNLOAD, count=1))
    here = Here(one("world", kind="dead-url", at=Place.DOWNLOAD, count=1))
    killers = [await here.service.dead_url(here.visit, task) for _ in range(3)]
    assert ["world", None, None] == [killer and killer.id for killer in killers]
    assert [1, 1] == [await here.service.happened("default", name) for name in ("world", "script")]


async def test_only_what_kills_urls_kills_them() -> None:
    here = Here(one("html", at=Place.DOWNLOAD))
    assert None is await here.service.dead_url(here.visit, scripted(one(at=Place.DOWNLOAD)))
    assert {} == here.tallies._counts


async def test_a_url_is_killed_only_where_the_mishap_is_bound_to_it() -> None:
    here = Here(one("a", kind="dead-url", at=Place.DOWNLOAD, on=Target(task="another")))
    assert None is await here.service.dead_url(here.visit, a_task())
    here = Here(one("a", kind="dead-url", at=Place.DOWNLOAD, on=Target(url="/bc34de8b/")))
    visit = here.visit
    visit.occasion = Occasion(Place.DOWNLOAD, SUBMITTED, url="1d/8e/20260420/bc34de8b/x.mp4")
    found = await here.service.dead_url(visit, a_task())
    assert found is not None


async def test_the_mishaps_of_two_worlds_are_counted_apart() -> None:
    here, tallies = Here(one(count=1)), MemoryTallies()
    here.service = Mishaps(tallies)
    other = a_visit(a_world(id="other", mishaps=here.world.mishaps))
    assert [["m"], []] == await here.happen(2)
    assert ["m"] == ids(await here.service.of_world(other, GET))
