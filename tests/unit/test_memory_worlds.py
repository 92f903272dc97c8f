"""The worlds of a process: who is found by what, who has to go for a new one, and that nothing of the gone is left."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hobbyhorse.core import tokens
from hobbyhorse.core.accounts import ApiKey
from hobbyhorse.service.worlds import KeyTakenError, World
from hobbyhorse.store.memory import MemoryWorlds
from unit.records import HOUR, SUBMITTED, WORLD, a_world

pytestmark = pytest.mark.anyio


def made(name: str, *keys: str) -> World:
    """Return a world called so, with declared keys only: `sk-<name>` if none are named."""
    texts = keys or (f"sk-{name}",)
    return a_world(
        id=name,
        keys={text: ApiKey(text, text, None, None) for text in texts},
        open_keys=False,
        access_key_id=f"LTAI5t{name}",
        secret=f"secret of {name}",
    )


class Here:
    """A store, and the reading it goes by."""

    def __init__(self, most: int = 10_000, idle: int = HOUR) -> None:
        self.reading = 0
        self.worlds = MemoryWorlds(WORLD, lambda: self.reading, most=most, idle=idle)

    async def ids(self) -> list[str]:
        return [world.id for world in await self.worlds.every()]


async def found(worlds: MemoryWorlds, key: str) -> str | None:
    world = await worlds.by_key(key)
    return world.id if world else None


async def test_a_key_leads_to_the_world_that_declared_it_and_any_other_to_the_open_one() -> None:
    worlds = MemoryWorlds(WORLD)
    await worlds.add(made("a", "sk-one", "sk-two"))
    await worlds.add(made("b"))
    assert ["a", "a", "b"] == [await found(worlds, key) for key in ("sk-one", "sk-two", "sk-b")]
    assert ["default", None] == [await found(worlds, key) for key in ("sk-three", "nonsense")]


async def test_without_open_keys_nobody_takes_a_key_that_was_not_declared() -> None:
    worlds = MemoryWorlds(a_world(open_keys=False))
    await worlds.add(made("a"))
    assert [None, "a"] == [await found(worlds, key) for key in ("sk-three", "sk-a")]


async def test_a_token_leads_to_the_world_that_issued_it() -> None:
    worlds, other = MemoryWorlds(WORLD), made("a")
    await worlds.add(other)
    for world, key in ((WORLD, "sk-any"), (other, "sk-a")):
        token = tokens.issue(world.secret, key, SUBMITTED, 1)
        assert world.id == await found(worlds, token)


async def test_a_token_with_another_worlds_seal_is_nobodys_where_keys_are_declared() -> None:
    worlds = MemoryWorlds(a_world(open_keys=False))
    await worlds.add(made("a"))
    assert None is await found(worlds, tokens.issue("secret of b", "sk-a", SUBMITTED, 1))


async def test_an_access_key_leads_to_its_world() -> None:
    worlds, other = MemoryWorlds(WORLD), made("a")
    await worlds.add(other)
    assert other is await worlds.by_access_key("LTAI5ta")
    assert WORLD is await worlds.by_access_key(WORLD.access_key_id)
    assert None is await worlds.by_access_key("LTAI5tb")


async def test_a_key_that_another_world_has_is_refused_and_nothing_is_kept() -> None:
    worlds = MemoryWorlds(WORLD)
    await worlds.add(made("a"))
    with pytest.raises(KeyTakenError, match="'sk-a'"):
        await worlds.add(made("b", "sk-free", "sk-a"))
    declared = next(iter(WORLD.keys))
    with pytest.raises(KeyTakenError):
        await worlds.add(made("b", declared))
    assert ["default", "a"] == [world.id for world in await worlds.every()]
    assert ["default", "a"] == [await found(worlds, key) for key in ("sk-free", "sk-a")]
    assert None is await worlds.by_access_key("LTAI5tb")


async def test_a_removed_world_leaves_nothing_and_its_keys_are_free_again() -> None:
    worlds, other = MemoryWorlds(WORLD), made("a")
    await worlds.add(other)
    token = tokens.issue(other.secret, "sk-a", SUBMITTED, 1)
    assert await worlds.remove("a")
    assert not await worlds.remove("a")
    assert None is await worlds.find("a")
    assert None is await worlds.by_access_key("LTAI5ta")
    assert ["default"] == [world.id for world in await worlds.every()]
    # The default world takes any key; what is gone is that they lead elsewhere.
    assert ["default", "default"] == [await found(worlds, text) for text in ("sk-a", token)]
    assert [] == list(await worlds.add(made("b", "sk-a")))
    assert "b" == await found(worlds, "sk-a")


async def test_the_default_world_can_not_be_removed() -> None:
    worlds = MemoryWorlds(WORLD)
    assert not await worlds.remove("default")
    assert WORLD is await worlds.default()


async def test_a_changed_world_is_found_by_all_its_names() -> None:
    worlds, other = MemoryWorlds(WORLD), made("a")
    await worlds.add(other)
    newer = replace(other, generation=1)
    assert await worlds.swap(other, newer)
    assert not await worlds.swap(other, replace(other, generation=2))
    assert newer is await worlds.find("a") is await worlds.by_key("sk-a") is await worlds.by_access_key("LTAI5ta")


async def test_a_world_that_is_gone_is_not_brought_back_by_a_swap() -> None:
    worlds, other = MemoryWorlds(WORLD), made("a")
    await worlds.add(other)
    await worlds.remove("a")
    assert not await worlds.swap(other, replace(other, generation=1))
    assert None is await worlds.find("a")


@pytest.mark.parametrize("use", ["key", "access key", "id", "token"])
async def test_the_longest_unused_goes_for_a_new_one(use: str) -> None:
    here = Here(most=4)
    for name in "abc":
        await here.worlds.add(made(name))
    match use:
        case "key":
            await here.worlds.by_key("sk-a")
        case "access key":
            await here.worlds.by_access_key("LTAI5ta")
        case "id":
            await here.worlds.find("a")
        case "token":
            await here.worlds.by_key(tokens.issue("secret of a", "sk-a", SUBMITTED, 1))
    assert ["b"] == list(await here.worlds.add(made("d")))
    assert ["default", "a", "c", "d"] == await here.ids()
    assert "default" == await found(here.worlds, "sk-b")


async def test_being_listed_is_no_use() -> None:
    here = Here(most=3)
    for name in "ab":
        await here.worlds.add(made(name))
    await here.worlds.every()
    assert ["a"] == list(await here.worlds.add(made("c")))


async def test_the_default_world_stays_however_long_nobody_used_it() -> None:
    here = Here(most=3, idle=1000)
    for at in range(1, 9):
        here.reading = at * 600
        await here.worlds.add(made(f"w{at}"))
    assert ["default", "w7", "w8"] == await here.ids()
    here.reading = 10**9
    assert ["w7", "w8"] == list(await here.worlds.add(made("late")))
    assert ["default", "late"] == await here.ids()


@pytest.mark.parametrize(("reading", "gone"), [(HOUR, []), (HOUR + 1, ["a"])])
async def test_a_world_goes_after_an_hour_without_use(reading: int, gone: list[str]) -> None:
    here = Here()
    await here.worlds.add(made("a"))
    here.reading = reading
    assert gone == list(await here.worlds.add(made("b")))


async def test_use_keeps_a_world_for_another_hour() -> None:
    here = Here()
    await here.worlds.add(made("a"))
    here.reading = HOUR
    await here.worlds.by_key("sk-a")
    here.reading = 2 * HOUR
    assert [] == list(await here.worlds.add(made("b")))


async def test_a_key_of_a_world_that_has_to_go_anyway_can_be_had() -> None:
    here = Here()
    await here.worlds.add(made("a"))
    here.reading = HOUR + 1
    assert ["a"] == list(await here.worlds.add(made("b", "sk-a")))
    assert "b" == await found(here.worlds, "sk-a")


async def test_a_world_that_is_refused_drives_nobody_out() -> None:
    here = Here(most=3)
    for name in "ab":
        await here.worlds.add(made(name))
    with pytest.raises(KeyTakenError):
        await here.worlds.add(made("c", "sk-b"))
    assert ["default", "a", "b"] == await here.ids()


class WorldsComeAndGo(RuleBasedStateMachine):
    """Worlds are made, used and removed while time passes, against a plain list in order of use."""

    most, idle = 4, 100

    @initialize()
    def begin(self) -> None:
        self.here = Here(self.most, self.idle)
        self.used: list[tuple[str, int]] = []  # the longest unused first, without the default one
        self.number = 0

    def run(self, work: object) -> object:
        """Run a coroutine that waits for nothing."""
        try:
            work.send(None)  # type: ignore[attr-defined]
        except StopIteration as ended:
            return ended.value
        raise AssertionError("it waited")

    @rule(passed=st.sampled_from([0, 1, 40, 101]))
    def let_time_pass(self, passed: int) -> None:
        self.here.reading += passed

    @rule()
    def add(self) -> None:
        gone = [name for name, used in self.used if self.here.reading - used > self.idle]
        left = [name for name, _ in self.used if name not in gone]
        while len(left) + 2 > self.most:
            gone.append(left.pop(0))
        self.number += 1
        name = f"w{self.number}"
        assert gone == list(self.run(self.here.worlds.add(made(name))))  # type: ignore[call-overload]
        self.used = [row for row in self.used if row[0] not in gone] + [(name, self.here.reading)]

    @rule(place=st.integers(0, 3))
    def use(self, place: int) -> None:
        if place < len(self.used):
            name, _ = self.used.pop(place)
            assert self.run(self.here.worlds.by_key(f"sk-{name}"))
            self.used.append((name, self.here.reading))

    @rule(place=st.integers(0, 3))
    def remove(self, place: int) -> None:
        if place < len(self.used):
            name, _ = self.used.pop(place)
            assert self.run(self.here.worlds.remove(name))

    @invariant()
    def they_are_those_of_the_list(self) -> None:
        worlds = self.run(self.here.worlds.every())
        assert {"default", *(name for name, _ in self.used)} == {world.id for world in worlds}  # type: ignore[attr-defined]


TestWorldsComeAndGo = WorldsComeAndGo.TestCase
TestWorldsComeAndGo.settings = settings(max_examples=60, stateful_step_count=20)
