"""What the rest of the emulator needs of a journal: a Protocol, so that replicas can share one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ..core.mishaps import Place
    from .entry import Entry


@dataclass(frozen=True, slots=True)
class Query:
    """Which entries are asked for. `since` and `until` (ms, the world's clock) include their ends.

    With `after`, the first `limit` entries of a higher number; without it, the last `limit` there are.
    """

    task: str | None = None
    route: Place | None = None
    since: int | None = None
    until: int | None = None
    after: int | None = None
    limit: int = 1000

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is asked for, leaving the limit aside."""
        return (
            (self.after is None or entry.number > self.after)
            and (self.task is None or self.task in {entry.task, entry.committed})
            and (self.route is None or self.route is entry.route)
            and (self.since is None or self.since <= entry.at)
            and (self.until is None or entry.at <= self.until)
        )


@dataclass(frozen=True, slots=True)
class Page:
    """What a query found, in the order of numbers. `more` tells that the limit left some out.

    `last` is the number of the newest entry ever written, 0 before the first. `dropped` counts the entries that had
    to go because the journal is bounded: where it is not 0, the journal tells less than the truth.
    """

    entries: Sequence[Entry]
    last: int
    dropped: int
    more: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Entries that a follower missed because it read more slowly than they were dropped."""

    missed: int


class Journal(Protocol):
    """What was asked and answered in every world, bounded. Numbers go on after a reset."""

    async def append(self, entry: Entry) -> Entry:
        """Write an entry; return it with its number."""

    async def query(self, world: str, query: Query) -> Page:
        """Return what there is."""

    async def find(self, world: str, number: int) -> Entry | None:
        """Return one entry, or None for a number never written or dropped since."""

    def follow(self, world: str, after: int | None = None) -> AsyncIterator[Entry | Gap]:
        """Yield the entries after a number (None: only new ones) as they are written, until the world is gone."""

    async def reset(self, world: str) -> None:
        """Forget a world's entries and what was dropped of them."""

    async def drop(self, world: str) -> None:
        """Forget a world that is gone, and let its followers go."""

    def close(self) -> None:
        """Let all followers go: the server stops."""

    def note_closed(self, connection: int, how: str) -> None:
        """Remember how a connection ended, for all entries that came on it. Called by the transport."""
