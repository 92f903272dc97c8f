"""Worlds made, changed under a race, set back piece by piece, and done away with."""

from __future__ import annotations

from dataclasses import fields, replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse import wiring
from hobbyhorse.core.accounts import ApiKey
from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.mishaps import Mishap, Moment, Place
from hobbyhorse.core.quota import Quotas
from hobbyhorse.core.scenario import Rule, Scenario, Then, When
from hobbyhorse.core.task import Pace
from hobbyhorse.service.ledger import LedgerService
from hobbyhorse.service.mishaps import CONCERNED, HAPPENED
from hobbyhorse.service.provisioning import (
    MATCHED,
    Provisioning,
    Resettable,
    WorldGoneError,
    WorldOrder,
    with_mishap,
    with_scenario,
    without_scenario,
)
from hobbyhorse.service.worlds import ClockStart, KeyTakenError, Validation
from hobbyhorse.settings import Settings
from hobbyhorse.store.memory import MemoryTallies, MemoryWorlds
from unit.records import CATALOGUE, DAY, HOUR, SUBMITTED, WORLD, a_world

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hobbyhorse.service.worlds import World

pytestmark = pytest.mark.anyio
ORDER = WorldOrder(url_lifetime=DAY)
HTML = Mishap("1", "html", Moment.BEFORE, frozenset({Place.GET}))
SLOW = Scenario("slow", "", (Rule("slow/1", When(nth=(1,)), Then(pending=5)),), (replace(HTML, id="m1", alive=HOUR),))


class Here:
    """The use cases over worlds and tallies in memory; what is swept elsewhere is written down."""

    def __init__(self, worlds: MemoryWorlds | None = None, seed: int = 1) -> None:
        self.reading, self.time_of_day = 0, SUBMITTED
        self.worlds = worlds or MemoryWorlds(WORLD, lambda: self.reading)
        self.tallies = MemoryTallies()
        self.swept: list[str] = []
        own = (Resettable.JOURNAL, Resettable.TASKS, Resettable.LEDGER, Resettable.ALL)
        self.service = Provisioning(
            self.worlds,
            self.tallies,
            resets={name: (self._sweep(f"reset {name}"),) for name in own},
            drops=(self._sweep("drop one"), self._sweep("drop other"), self.tallies.drop),
            random=Random(seed),
            time_of_day=lambda: self.time_of_day,
            monotonic=lambda: self.reading,
        )

    def _sweep(self, name: str) -> Callable[[str], Awaitable[None]]:
        async def sweep(world_id: str) -> None:
            self.swept.append(f"{name} of {world_id}")

        return sweep

    async def make(self, **order: Any) -> World:
        return await self.service.make(replace(ORDER, **order))

    async def kept(self, world: World) -> World:
        found = await self.worlds.find(world.id)
        assert found is not None
        return found

    async def tally(self, world: World) -> list[int]:
        """Return the counters of a rule, of its scenario's mishap, and of requests."""
        names = (f"{MATCHED}slow/1", f"{CONCERNED}slow/m1", f"{HAPPENED}slow/m1", "requests")
        return [await self.tallies.add(world.id, name, 0) for name in names]

    async def count(self, world: World) -> None:
        for name in (f"{MATCHED}slow/1", f"{CONCERNED}slow/m1", f"{HAPPENED}slow/m1", "requests"):
            await self.tallies.add(world.id, name)


async def test_a_world_is_as_it_was_ordered() -> None:
    here = Here()
    keys = (ApiKey("a", "sk-a", "us-east-1", "ws-1"), ApiKey("b", "", None, None))
    world = await here.make(
        url_lifetime=5000,
        name="mine",
        keys=keys,
        pace=Pace.REALISTIC,
        validation=Validation.GATEWAY,
        stamped=True,
        seed=7,
        markers=True,
        quotas=Quotas(qps=3),
        sink="http://127.0.0.1:9/",
    )
    assert world is await here.worlds.find(world.id)
    assert ("mine", 5000, Pace.REALISTIC, Validation.GATEWAY) == (
        world.name,
        world.url_lifetime,
        world.pace,
        world.validation,
    )
    assert (True, 7, True, Quotas(qps=3), "http://127.0.0.1:9/", 0, False) == (
        world.stamped,
        world.seed,
        world.markers,
        world.quotas,
        world.sink,
        world.generation,
        world.open_keys,
    )
    assert ["a", "b"] == [key.name for key in world.keys.values()]
    assert keys[0] is world.keys["sk-a"]
    assert [text for text, key in world.keys.items() if text != key.key] == []


async def test_worlds_made_by_default_share_nothing() -> None:
    here = Here()
    made = [await here.make() for _ in range(20)]
    for secrets in (
        {world.id for world in made},
        {world.secret for world in made},
        {world.access_key_id for world in made},
        {key for world in made for key in world.keys},
    ):
        assert 20 == len(secrets)
    assert {1} == {len(world.keys) for world in made}


async def test_a_made_key_can_be_used_and_so_can_the_access_key() -> None:
    here = Here()
    world = await here.make()
    for key in world.keys:
        assert world is await here.worlds.by_key(key)
    assert world is await here.worlds.by_access_key(world.access_key_id)
    # Shaped as OSS's own: LTAI5t and 18 characters.
    assert 24 == len(world.access_key_id)


@pytest.mark.parametrize("seed", [None, 7])
async def test_a_seed_of_the_world_does_not_tell_its_secrets(seed: int | None) -> None:
    one, other = await Here(seed=1).make(seed=seed), await Here(seed=2).make(seed=seed)
    assert one.secret != other.secret
    assert set(one.keys) != set(other.keys)


async def test_a_key_of_another_world_is_refused_and_nothing_is_made() -> None:
    here = Here()
    await here.make(keys=(ApiKey("a", "sk-a", None, None),))
    with pytest.raises(KeyTakenError) as caught:
        await here.make(keys=(ApiKey("mine", "sk-a", None, None),))
    assert "mine" == caught.value.key.name
    assert 2 == len(await here.worlds.every())
    assert [] == here.swept


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (ClockStart(), (SUBMITTED + 9, SUBMITTED + 1009)),
        (ClockStart(rate=0.0), (SUBMITTED + 9, SUBMITTED + 9)),
        (ClockStart(shown=5000, rate=60.0), (5000, 65_000)),
    ],
)
async def test_a_clock_begins_as_ordered(start: ClockStart, expected: tuple[int, int]) -> None:
    here = Here()
    here.reading, here.time_of_day = 400, SUBMITTED + 9
    clock = (await here.make(clock=start)).clock
    assert expected == (clock.at(400), clock.at(1400))


async def test_scenarios_and_mishaps_are_armed_on_the_new_worlds_clock() -> None:
    here = Here()
    mishaps = (replace(HTML, id="x", alive=1000), replace(HTML, id="y"))
    world = await here.make(clock=ClockStart(shown=5000, rate=0.0), scenarios=(SLOW,), mishaps=mishaps)
    assert (SLOW,) == world.scenarios
    assert [("slow/m1", 5000 + HOUR), ("1", 6000), ("2", None)] == [(one.id, one.until) for one in world.mishaps]


async def test_who_has_to_go_for_a_new_world_is_swept_out() -> None:
    here = Here(MemoryWorlds(WORLD, most=2))
    one = await here.make()
    assert [] == here.swept
    await here.make()
    assert [f"drop one of {one.id}", f"drop other of {one.id}"] == here.swept


async def test_a_deleted_world_is_swept_out_of_every_store_and_no_other_is() -> None:
    here = Here()
    one, other = await here.make(), await here.make()
    await here.count(one)
    await here.count(other)
    assert await here.service.delete(one.id)
    assert [f"drop one of {one.id}", f"drop other of {one.id}"] == here.swept
    assert [[0] * 4, [1] * 4] == [await here.tally(world) for world in (one, other)]
    assert None is await here.worlds.find(one.id)
    assert other is await here.worlds.find(other.id)


async def test_what_is_not_there_or_must_stay_is_not_deleted_nor_swept() -> None:
    here = Here()
    assert [False, False] == [await here.service.delete(name) for name in ("nowhere", "default")]
    assert [] == here.swept


class Racing(MemoryWorlds):
    """Somebody else is always a little earlier, for a few times."""

    def __init__(self, races: int, *, removes: bool = False) -> None:
        super().__init__(WORLD)
        self.races, self.removes = races, removes

    async def swap(self, old: World, new: World) -> bool:
        if self.races:
            self.races -= 1
            if self.removes:
                await self.remove(old.id)
            else:
                await super().swap(old, replace(old, mishaps=(*old.mishaps, HTML)))
        return await super().swap(old, new)


async def test_a_change_that_lost_its_race_is_made_to_the_newer_world() -> None:
    here = Here(Racing(3))
    world = await here.make()
    changed = await here.service.change(world.id, lambda world: with_scenario(world, SLOW, 0))
    assert (SLOW,) == changed.scenarios
    assert 3 + 1 == len(changed.mishaps)
    assert changed is await here.worlds.find(world.id)


async def test_two_resets_at_once_are_two_generations() -> None:
    here = Here(Racing(2))
    assert 1 == (await here.service.reset("default", [Resettable.JOURNAL])).generation
    assert 2 == (await here.service.reset("default", [Resettable.JOURNAL])).generation


async def test_a_world_that_goes_under_a_change_is_gone() -> None:
    here = Here(Racing(1, removes=True))
    world = await here.make()
    with pytest.raises(WorldGoneError):
        await here.service.change(world.id, lambda world: replace(world, name="x"))
    for name in (world.id, "nowhere"):
        with pytest.raises(WorldGoneError, match=name):
            await here.service.reset(name, [Resettable.ALL])
    assert [] == here.swept


async def test_what_a_change_raises_leaves_the_world_alone() -> None:
    here = Here()

    def broken(_: World) -> World:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await here.service.change("default", broken)
    assert WORLD is await here.worlds.default()


async def full(here: Here) -> World:
    """Make a world that has something of everything that can be set back, its clock an hour past its start."""
    world = await here.make(clock=ClockStart(shown=5000, rate=2.0), scenarios=(SLOW,), mishaps=(HTML,), name="full")
    clock = ClockState(5000 + HOUR, 0, 0.0)
    world = await here.service.change(world.id, lambda world: replace(world, clock=clock, pace=Pace.INSTANT))
    await here.count(world)
    here.reading = 900
    return world


@pytest.mark.parametrize("name", [name for name in Resettable if name is not Resettable.ALL])
async def test_each_reset_alone_sets_back_what_it_names_and_nothing_else(name: Resettable) -> None:
    here = Here()
    world = await full(here)
    before = await here.tally(world)
    found = await here.service.reset(world.id, [name])
    assert found is await here.worlds.find(world.id)

    elsewhere = name in {Resettable.JOURNAL, Resettable.TASKS, Resettable.LEDGER}
    assert ([f"reset {name} of {world.id}"] if elsewhere else []) == here.swept
    expected = replace(world, generation=1)
    counts = list(before)
    if name is Resettable.CLOCK:
        expected = replace(expected, clock=ClockState(5000, 900, 2.0))
    if name is Resettable.MISHAPS:
        expected, counts[1:3] = replace(expected, mishaps=()), [0, 0]
    if name is Resettable.SCENARIOS:
        own = tuple(one for one in world.mishaps if one.id == "1")
        expected, counts[0] = replace(expected, scenarios=(), mishaps=own), 0
        counts[1:3] = [0, 0]  # of its own mishaps, which went with it
    assert expected == found
    assert counts == await here.tally(world)


async def test_several_are_set_back_in_one_generation() -> None:
    here = Here()
    world = await full(here)
    found = await here.service.reset(world.id, [Resettable.TASKS, Resettable.MISHAPS])
    assert [f"reset tasks of {world.id}"] == here.swept
    assert (1, (), (SLOW,)) == (found.generation, found.mishaps, found.scenarios)


@pytest.mark.parametrize("what", [[Resettable.ALL], [Resettable.CLOCK, Resettable.ALL]])
async def test_all_is_each_of_the_others_once_and_more(what: list[Resettable]) -> None:
    here = Here()
    world = await full(here)
    found = await here.service.reset(world.id, what)
    assert [f"reset {name} of {world.id}" for name in ("journal", "tasks", "ledger", "all")] == here.swept
    assert (1, (), (), 5000) == (found.generation, found.scenarios, found.mishaps, found.clock.at(900))
    assert 0 == (await here.tally(world))[0]


async def test_a_reset_keeps_name_keys_and_ways() -> None:
    here = Here()
    world = await full(here)
    found = await here.service.reset(world.id, [Resettable.ALL])
    same = replace(found, scenarios=world.scenarios, mishaps=world.mishaps, clock=world.clock, generation=0)
    assert world == same


async def test_the_mishaps_of_a_scenario_that_was_reset_begin_anew_those_of_world_and_tasks_go_on() -> None:
    here = Here()
    world = await full(here)
    bound_to_a_task = f"{HAPPENED}slow/1/1:0385dc79"
    for name in (f"{HAPPENED}1", bound_to_a_task):
        await here.tallies.add(world.id, name, 4)
    await here.service.reset(world.id, [Resettable.SCENARIOS])
    assert [4, 4] == [await here.tallies.add(world.id, name, 0) for name in (f"{HAPPENED}1", bound_to_a_task)]


async def test_a_clock_that_began_at_the_time_of_day_begins_anew_at_that_of_the_reset() -> None:
    here = Here()
    world = await here.make()
    here.reading, here.time_of_day = 50, SUBMITTED + HOUR
    found = await here.service.reset(world.id, [Resettable.CLOCK])
    assert SUBMITTED + HOUR == found.clock.at(50)


def test_a_scenario_of_the_same_name_takes_the_others_place() -> None:
    world = with_scenario(with_scenario(WORLD, SLOW, 0), replace(SLOW, name="slower"), 0)
    again = with_scenario(world, replace(SLOW, description="new", mishaps=()), 0)
    assert ["slower", "slow"] == [one.name for one in again.scenarios]
    assert ["slower/m1"] == [one.id for one in again.mishaps]
    assert ["slow"] == [one.name for one in without_scenario(again, "slower").scenarios]
    assert a_world() == without_scenario(without_scenario(again, "slow"), "slower")


def test_mishaps_are_numbered_as_no_other_is() -> None:
    world, first = with_mishap(with_scenario(WORLD, SLOW, 0), HTML, 0)
    world, second = with_mishap(world, HTML, 0)
    world = replace(world, mishaps=tuple(one for one in world.mishaps if one.id != first.id))
    _, third = with_mishap(world, HTML, 0)
    assert ["1", "2", "3"] == [one.id for one in (first, second, third)]


def test_the_wired_sweeps_reach_every_store_there_is() -> None:
    stores = wiring._stores(Settings(), CATALOGUE)
    try:
        kept = {field.name: getattr(stores, field.name) for field in fields(stores)}
        ledger = LedgerService(CATALOGUE, stores.tasks, stores.bills, stores.worlds, None)  # type: ignore[arg-type]
        provisioning = wiring._provisioning(stores, ledger)
    finally:
        stores.objects.close()
    dropped = [sweep.__self__ for sweep in provisioning._drops]  # type: ignore[attr-defined]
    assert {"worlds"} == {name for name, store in kept.items() if store not in dropped}
    swept = {id(sweep.__self__) for row in provisioning._resets.values() for sweep in row}  # type: ignore[attr-defined]
    # The ledger of a world that is reset begins anew through its service, which knows what tasks cost so far.
    assert {"worlds", "bills"} == {name for name, store in kept.items() if id(store) not in swept}
