"""The journal in memory: one ring a world, bounded by count and bytes, and by bytes over all worlds together."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from .port import Gap, Page, Query

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from .entry import Entry

_Key = TypeVar("_Key")

_MB = 1 << 20
_REMEMBERED = 20_000  # connections that ended, worlds that went
_SPARE = 16  # of the budget of all worlds, one part in so many is freed at once, so that it is seldom done


@dataclass(slots=True)
class _Ring:
    """A world's entries, oldest first. `weight` in bytes; `news` wakes followers.

    Up to the number `forgotten` a reset took them, which nobody misses.
    """

    entries: deque[tuple[Entry, int]] = field(default_factory=deque)
    weight: int = 0
    last: int = 0
    dropped: int = 0
    forgotten: int = 0
    is_gone: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Let followers look again."""
        self.news.set()
        self.news = asyncio.Event()

    def shed(self) -> int:
        """Drop the oldest entry; return its weight."""
        _, weight = self.entries.popleft()
        self.weight -= weight
        self.dropped += 1
        return weight

    def after(self, number: int) -> list[Entry]:
        """Return the entries past a number. Costs as much as there are."""
        newest: list[Entry] = []
        for entry, _ in reversed(self.entries):
            if entry.number <= number:
                break
            newest.append(entry)
        newest.reverse()
        return newest


class MemoryJournal:
    """A journal (`port.Journal`) that lies in memory. Used from one event loop.

    A world holds at most `entries` of them and `world_bytes`; all worlds together `total_bytes`, and where that is
    exceeded the world that holds the most gives way.
    """

    def __init__(self, *, entries: int = 10_000, world_bytes: int = 64 * _MB, total_bytes: int = 256 * _MB) -> None:
        self._entries = entries
        self._world_bytes = world_bytes
        self._total_bytes = total_bytes
        self._rings: dict[str, _Ring] = {}
        self._weight = 0
        self._is_closed = False
        self._closed: OrderedDict[int, str] = OrderedDict()
        self._gone: OrderedDict[str, str] = OrderedDict()

    async def append(self, entry: Entry) -> Entry:
        """Write an entry; return it with its number."""
        if entry.world in self._gone:
            return entry
        ring = self._ring(entry.world)
        ring.last += 1
        entry = replace(entry, number=ring.last)
        weight = entry.weight
        ring.entries.append((entry, weight))
        ring.weight += weight
        self._weight += weight
        while len(ring.entries) > self._entries or ring.weight > self._world_bytes:
            self._weight -= ring.shed()
        if self._weight > self._total_bytes:
            self._give_way()
        ring.wake()
        return entry

    async def query(self, world: str, query: Query) -> Page:
        """Return what there is. A world without requests has an empty page."""
        ring = self._rings.get(world, _Ring())
        found = [entry for entry, _ in ring.entries if query.takes(entry)]
        limited = found[-query.limit :] if query.after is None else found[: query.limit]
        return Page([self._seen(entry) for entry in limited], ring.last, ring.dropped, len(limited) < len(found))

    async def find(self, world: str, number: int) -> Entry | None:
        """Return one entry, or None for a number never written or dropped since."""
        ring = self._rings.get(world)
        if ring is None or not ring.entries:
            return None
        place = number - ring.entries[0][0].number  # numbers follow on each other
        return self._seen(ring.entries[place][0]) if 0 <= place < len(ring.entries) else None

    async def follow(self, world: str, after: int | None = None) -> AsyncIterator[Entry | Gap]:
        """Yield the entries after a number (None: only new ones) as they are written, until the world is gone.

        Whoever reads too slowly gets a `Gap` for what was dropped meanwhile. A reset is no gap.
        """
        ring = self._ring(world)
        number = ring.last if after is None else after
        while True:
            news, steps = ring.news, list(_steps(ring, number))
            number = max(number, ring.last)
            for step in steps:
                yield step if isinstance(step, Gap) else self._seen(step)
            if ring.is_gone or self._is_closed:
                return
            await news.wait()

    async def reset(self, world: str) -> None:
        """Forget a world's entries and what was dropped of them. Numbers go on."""
        ring = self._rings.get(world)
        if ring:
            self._weight -= ring.weight
            ring.entries.clear()
            ring.weight = ring.dropped = 0
            ring.forgotten = ring.last

    async def drop(self, world: str) -> None:
        """Forget a world that is gone, and let its followers go. Answers that still come are not written."""
        _remember(self._gone, world, "")
        ring = self._rings.pop(world, None)
        if ring:
            self._weight -= ring.weight
            ring.is_gone = True
            ring.wake()

    def close(self) -> None:
        """Let all followers go: the server stops. What is still answered is written."""
        self._is_closed = True
        for ring in self._rings.values():
            ring.wake()

    def note_closed(self, connection: int, how: str) -> None:
        """Remember how a connection ended, for all entries that came on it."""
        _remember(self._closed, connection, how)

    def _ring(self, world: str) -> _Ring:
        ring = self._rings.get(world)
        if ring is None:
            ring = self._rings[world] = _Ring()
        return ring

    def _seen(self, entry: Entry) -> Entry:
        """Return an entry with how its connection ended, if it has since it was written."""
        connection = entry.connection
        if connection.id is None or connection.closed is not None or connection.id not in self._closed:
            return entry
        return replace(entry, connection=replace(connection, closed=self._closed[connection.id]))

    def _give_way(self) -> None:
        """Free a part of the budget of all worlds, from those that hold the most."""
        enough = self._total_bytes - self._total_bytes // _SPARE
        while self._weight > enough:
            ring = max(self._rings.values(), key=lambda ring: ring.weight)
            least = ring.weight // 2
            while self._weight > enough and ring.weight > least:
                self._weight -= ring.shed()


def _steps(ring: _Ring, number: int) -> Iterator[Entry | Gap]:
    """Yield what a follower at a number has not seen."""
    entries = ring.after(number)
    first = entries[0].number if entries else ring.last + 1
    missed = first - 1 - max(number, ring.forgotten)
    if missed > 0:
        yield Gap(missed)
    yield from entries


def _remember(kept: OrderedDict[_Key, str], key: _Key, text: str) -> None:
    """Keep the newest few."""
    kept[key] = text
    if len(kept) > _REMEMBERED:
        kept.popitem(last=False)
