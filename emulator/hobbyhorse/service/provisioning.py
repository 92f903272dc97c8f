"""Making worlds, changing them while they are in use, setting them back, and doing away with them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ..core.accounts import ApiKey
from ..core.clock import ClockState
from ..core.mishaps import armed
from ..core.task import Pace
from .mishaps import CONCERNED, HAPPENED
from .worlds import NOW, ClockStart, Validation, World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from random import Random

    from ..core.mishaps import Mishap
    from ..core.quota import Quotas
    from ..core.scenario import Scenario
    from .ports import Tallies
    from .worlds import Worlds

    Sweep = Callable[[str], Awaitable[None]]

# What tallies count the matches of a scenario's rules under.
MATCHED = "rule:"


class Resettable(StrEnum):
    """What can be set back, each by itself."""

    JOURNAL = "journal"
    TASKS = "tasks"
    SCENARIOS = "scenarios"
    MISHAPS = "mishaps"
    CLOCK = "clock"
    LEDGER = "ledger"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class WorldOrder:
    """How a world shall be. A key whose text is empty gets one. `url_lifetime` in ms."""

    url_lifetime: int
    name: str = ""
    keys: tuple[ApiKey, ...] = (ApiKey("main", "", None, None),)
    clock: ClockStart = NOW
    pace: Pace = Pace.QUICK
    validation: Validation = Validation.WORKER
    stamped: bool = False
    seed: int | None = None
    markers: bool = False
    quotas: Quotas | None = None
    scenarios: tuple[Scenario, ...] = ()
    mishaps: tuple[Mishap, ...] = ()
    sink: str | None = None


def new_world(world_id: str, order: WorldOrder, clock: ClockState, random: Random, *, open_keys: bool = False) -> World:
    """Return a world as ordered, with fresh secrets; scenarios and mishaps are not in it yet."""
    secret = hashlib.sha256(random.randbytes(32)).hexdigest()
    keys = [key if key.key else replace(key, key=f"sk-{random.getrandbits(128):032x}") for key in order.keys]
    return World(
        id=world_id,
        keys={key.key: key for key in keys},
        open_keys=open_keys,
        pace=order.pace,
        validation=order.validation,
        clock=clock,
        access_key_id=f"LTAI5t{secret[:18]}",
        secret=secret[18:48],
        url_lifetime=order.url_lifetime,
        stamped=order.stamped,
        name=order.name,
        seed=order.seed,
        markers=order.markers,
        quotas=order.quotas,
        sink=order.sink,
        clock_start=order.clock,
    )


def with_scenario(world: World, scenario: Scenario, now: int) -> World:
    """Return a world in which a scenario plays, in the place of one of the same name. `now` (ms) arms its mishaps."""
    kept = without_scenario(world, scenario.name)
    armed_ones = [armed(one, f"{scenario.name}/{one.id}", now) for one in scenario.mishaps]
    return replace(kept, scenarios=(*kept.scenarios, scenario), mishaps=(*kept.mishaps, *armed_ones))


def without_scenario(world: World, name: str) -> World:
    """Return a world in which a scenario does not play (any more)."""
    return replace(
        world,
        scenarios=tuple(one for one in world.scenarios if one.name != name),
        mishaps=tuple(one for one in world.mishaps if not one.id.startswith(f"{name}/")),
    )


def with_mishap(world: World, mishap: Mishap, now: int) -> tuple[World, Mishap]:
    """Return a world with one more mishap, armed at `now` (ms) under a number no other has, and that mishap."""
    numbers = [int(one.id) for one in world.mishaps if one.id.isdecimal()]
    found = armed(mishap, str(max(numbers, default=0) + 1), now)
    return replace(world, mishaps=(*world.mishaps, found)), found


class WorldGoneError(LookupError):
    """There is no world of that id (any more)."""


class Provisioning:
    """The use cases. `resets` empty stores of what is reset in a world, `drops` all stores of a world that goes.

    `time_of_day` and `monotonic` are readings in ms; `random` draws ids, keys and secrets.
    """

    def __init__(
        self,
        worlds: Worlds,
        tallies: Tallies,
        resets: Mapping[Resettable, Sequence[Sweep]],
        drops: Sequence[Sweep],
        random: Random,
        time_of_day: Callable[[], int],
        monotonic: Callable[[], int],
    ) -> None:
        self._worlds = worlds
        self._tallies = tallies
        self._drops = drops
        self._random = random
        self._time_of_day = time_of_day
        self._monotonic = monotonic
        self._resets: dict[Resettable, Sequence[Sweep]] = {
            Resettable.SCENARIOS: (self._without_rules,),
            Resettable.MISHAPS: (self._without_mishaps,),
            Resettable.CLOCK: (self._with_first_clock,),
            **resets,
        }

    async def make(self, order: WorldOrder) -> World:
        """Make a world. Raises KeyTakenError for a key that another world has."""
        clock = self._started(order.clock)
        world = new_world(f"w{self._random.getrandbits(64):016x}", order, clock, self._random)
        for scenario in order.scenarios:
            world = with_scenario(world, scenario, self._now(world))
        for mishap in order.mishaps:
            world = with_mishap(world, mishap, self._now(world))[0]
        for gone in await self._worlds.add(world):
            await self._clear(gone)
        return world

    async def delete(self, world_id: str) -> bool:
        """Do away with a world and all that was kept for it; say whether it was there. The default one stays."""
        if not await self._worlds.remove(world_id):
            return False
        await self._clear(world_id)
        return True

    async def change(self, world_id: str, change: Callable[[World], World]) -> World:
        """Replace a world by what `change` makes of it. Raises WorldGoneError, and whatever `change` raises."""
        while True:
            world = await self._worlds.find(world_id)
            if world is None:
                raise WorldGoneError(world_id)
            changed = change(world)
            if await self._worlds.swap(world, changed):
                return changed

    async def reset(self, world_id: str, what: Sequence[Resettable]) -> World:
        """Set back what is named, and nothing else. What was under way is not finished. Raises WorldGoneError."""
        world = await self.change(world_id, lambda world: replace(world, generation=world.generation + 1))
        named = list(Resettable) if Resettable.ALL in what else what
        for name in named:
            for sweep in self._resets.get(name, ()):
                await sweep(world_id)
        return await self._worlds.find(world_id) or world

    async def _without_rules(self, world_id: str) -> None:
        gone: list[str] = []

        def cleared(world: World) -> World:
            left = world
            for scenario in world.scenarios:
                left = without_scenario(left, scenario.name)
            gone[:] = [one.id for one in world.mishaps if one not in left.mishaps]
            return left

        await self.change(world_id, cleared)
        await self._tallies.forget(world_id, MATCHED)
        await self._uncount(world_id, gone)

    async def _without_mishaps(self, world_id: str) -> None:
        gone: list[str] = []

        def cleared(world: World) -> World:
            gone[:] = [one.id for one in world.mishaps]
            return replace(world, mishaps=())

        await self.change(world_id, cleared)
        await self._uncount(world_id, gone)

    async def _uncount(self, world_id: str, gone: Sequence[str]) -> None:
        """Forget how often mishaps happened. What a rule bound to tasks that are there goes on, with its counts."""
        for name in gone:
            for tally in (f"{CONCERNED}{name}", f"{HAPPENED}{name}"):
                await self._tallies.add(world_id, tally, -await self._tallies.add(world_id, tally, 0))

    async def _with_first_clock(self, world_id: str) -> None:
        await self.change(world_id, lambda world: replace(world, clock=self._started(world.clock_start)))

    async def _clear(self, world_id: str) -> None:
        for drop in self._drops:
            await drop(world_id)

    def _now(self, world: World) -> int:
        return world.clock.at(self._monotonic())

    def _started(self, start: ClockStart) -> ClockState:
        shown = self._time_of_day() if start.shown is None else start.shown
        return ClockState(shown, self._monotonic(), start.rate)
