"""Worlds in this process's memory: found by key or access key, bounded, the idle ones dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core import tokens
from ...service.worlds import KeyTakenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...service.worlds import World

MOST_WORLDS = 10_000
_HOUR = 3_600_000


class MemoryWorlds:
    """The worlds of this process.

    At most `most` of them: for a new one the longest unused has to go, and all that nobody used for `idle` ms of the
    monotonic reading. The default one stays.
    """

    def __init__(
        self,
        default: World,
        monotonic: Callable[[], int] = lambda: 0,
        *,
        most: int = MOST_WORLDS,
        idle: int = _HOUR,
    ) -> None:
        self._default = default.id
        self._monotonic = monotonic
        self._most = most
        self._idle = idle
        self._worlds: dict[str, World] = {}
        self._by_key: dict[str, str] = {}
        self._by_fingerprint: dict[str, str] = {}
        self._by_access_key: dict[str, str] = {}
        # Ids in order of use, the longest unused first, each with the instant of its last use.
        self._used: dict[str, int] = {}
        self._keep(default)

    async def default(self) -> World:
        """Return the world that is always there."""
        return self._worlds[self._default]

    async def add(self, world: World) -> Sequence[str]:
        """Keep a new world; return the ids of those that had to go for it. Raises KeyTakenError."""
        gone = self._outlived()
        for key in world.keys.values():
            if self._by_key.get(key.key) not in {None, *gone}:
                raise KeyTakenError(key)
        for world_id in gone:
            await self.remove(world_id)
        self._keep(world)
        return gone

    async def by_key(self, api_key: str) -> World | None:
        """Return the world that takes a key: the one that declared it or issued it as a token, else the open one."""
        found = self._by_key.get(api_key)
        if found is None and (parent := tokens.parent_of(api_key)) is not None:
            found = self._by_fingerprint.get(parent)
        if found is not None and self._worlds[found].key(api_key):
            return self._touched(found)
        default = self._worlds[self._default]
        return default if default.key(api_key) else None

    async def by_access_key(self, access_key_id: str) -> World | None:
        """Return the world whose result URLs carry an access key id."""
        found = self._by_access_key.get(access_key_id)
        return None if found is None else self._touched(found)

    async def find(self, world_id: str) -> World | None:
        """Return a world by its id."""
        return self._touched(world_id) if world_id in self._worlds else None

    async def every(self) -> Sequence[World]:
        """Return all worlds, the default one first, then in the order they were made."""
        return tuple(self._worlds.values())

    async def swap(self, old: World, new: World) -> bool:
        """Replace a world if `old` is still what is kept. Keys and ids stay what they were."""
        if self._worlds.get(old.id) is not old:
            return False
        self._worlds[new.id] = new
        return True

    async def remove(self, world_id: str) -> bool:
        """Forget a world; say whether it was there. The default one stays."""
        world = self._worlds.get(world_id)
        if world is None or world_id == self._default:
            return False
        for key in world.keys.values():
            del self._by_key[key.key]
            del self._by_fingerprint[tokens.fingerprint(key.key)]
        del self._by_access_key[world.access_key_id], self._used[world_id], self._worlds[world_id]
        return True

    def _keep(self, world: World) -> None:
        for key in world.keys.values():
            self._by_key[key.key] = world.id
            self._by_fingerprint[tokens.fingerprint(key.key)] = world.id
        self._by_access_key[world.access_key_id] = world.id
        self._worlds[world.id] = world
        self._used[world.id] = self._monotonic()

    def _touched(self, world_id: str) -> World:
        self._used.pop(world_id, None)
        self._used[world_id] = self._monotonic()
        return self._worlds[world_id]

    def _outlived(self) -> list[str]:
        """Return the worlds that have to go before one more is kept."""
        before, too_many = self._monotonic() - self._idle, len(self._worlds) + 1 - self._most
        gone: list[str] = []
        for world_id, used in self._used.items():
            if len(gone) >= too_many and used >= before:
                break
            if world_id != self._default:
                gone.append(world_id)
        return gone
