"""One request's visit to a world: whose it is, when it came, and what is noted of it on the way, for the journal."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from ..core.mishaps import Occasion, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.accounts import ApiKey
    from ..core.mishaps import Mishap
    from .ports import Tallies
    from .worlds import World, Worlds


_NOWHERE = Occasion(Place.ROUTE, 0)


@dataclass(slots=True)
class Visit:
    """Notes on one request. `world` is whose clock and journal it is; where it `is_known` not, the default one's.

    `occasion` is what mishaps see of it. `api_key` is the text that was sent, `key` what it is in that world. `arrived`
    is in ms on the world's clock. `row` is the error row that was answered, `task` the id it was about, `committed`
    that of a task it made, `rule` the scenario's rule that matched, `mishaps` what a scenario lays over the answer,
    `unknown` what was ignored.
    """

    world: World
    is_known: bool
    arrived: int
    random: Random
    occasion: Occasion = _NOWHERE
    api_key: str = ""
    key: ApiKey | None = None
    row: str | None = None
    detail: str = ""
    task: str | None = None
    committed: str | None = None
    rule: str | None = None
    unknown: tuple[str, ...] = ()
    mishaps: list[Mishap] = field(default_factory=list)


class Interrupted(Exception):  # noqa: N818 - nothing is wrong: a scenario wanted it so
    """A mishap of a scenario happens before the request has its effect: there is no answer to give."""

    def __init__(self, mishap: Mishap) -> None:
        super().__init__(mishap.id)
        self.mishap = mishap


class Visits:
    """Finds the world of a request."""

    def __init__(self, worlds: Worlds, tallies: Tallies, monotonic: Callable[[], int]) -> None:
        self._worlds = worlds
        self._tallies = tallies
        self._monotonic = monotonic
        self._system = SystemRandom()

    async def by_key(self, api_key: str) -> Visit:
        """Return the visit of a request to the API that carries a key (empty: none)."""
        world = await self._worlds.by_key(api_key) if api_key else None
        visit = await self._begun(world)
        visit.api_key = api_key
        visit.key = world.key(api_key) if world else None
        return visit

    async def by_access_key(self, access_key_id: str) -> Visit:
        """Return the visit of a request to the result origin."""
        return await self._begun(await self._worlds.by_access_key(access_key_id) if access_key_id else None)

    def now(self, world: World) -> int:
        """Return what a world's clock shows."""
        return world.clock.at(self._monotonic())

    async def _begun(self, found: World | None) -> Visit:
        world = found or await self._worlds.default()
        return Visit(world, found is not None, self.now(world), await self._random(world))

    async def _random(self, world: World) -> Random:
        """Return where a request's ids come from. In a seeded world its number decides them, on any replica."""
        if world.seed is None:
            return self._system
        number = await self._tallies.add(world.id, "requests")
        return Random(f"{world.seed}/{number}")  # noqa: S311 - ids, no secrets
