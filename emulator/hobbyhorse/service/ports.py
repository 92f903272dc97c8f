"""What the service needs from the outside, as small Protocols. All of them are atomic: never get-mutate-put."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ..core.billing import Count
    from ..core.catalogue import MediaLimits
    from ..core.clip import Clip, ClipSpec, Footage, Picture
    from ..core.lane import Lane
    from ..core.task import Task


class Tasks(Protocol):
    """Where task records lie. Keyed by world and task id."""

    async def insert(self, task: Task) -> None:
        """Keep a new task."""

    async def find(self, world: str, task_id: str) -> Task | None:
        """Return the record, also one whose retention has passed but whose URL may still live; else None."""

    async def swap(self, old: Task, new: Task) -> bool:
        """Replace `old` by `new` if `old` is still what is kept; say whether it was."""

    async def newest(self, world: str, since: int) -> Iterator[Task]:
        """Return a world's tasks submitted at `since` (ms) or later, newest first. Reading on is free of waits."""

    async def count(self, world: str) -> int:
        """Return how many records a world has."""

    async def forget(self, task: Task) -> bool:
        """Drop one record; say whether it was there."""


class Renderer(Protocol):
    """Makes clips. The same spec gives the same bytes."""

    async def clip(self, spec: ClipSpec) -> Clip:
        """Return the finished clip, from the cache or made now, off the event loop."""


class Inputs(Protocol):
    """Judges callers' media and keeps what clips show of them, content-addressed and bounded.

    `name` is what messages call the input (its URL as people may see it). All methods raise Fault (a worker-stage
    row) for what the upstream refuses, and `url-timeout` where judging takes too long.
    """

    async def keep(self, data: bytes, limits: MediaLimits, name: str = "the input") -> Picture:
        """Decode, judge and keep a picture."""

    async def keep_footage(self, data: bytes, limits: MediaLimits, longest: float, name: str = "the input") -> Footage:
        """Judge, decode and keep the first `longest` seconds of a video."""

    async def judge_sound(self, data: bytes, limits: MediaLimits, name: str = "the input") -> float:
        """Return how many seconds a sound lasts. Nothing of it is kept."""


class Fetch(Protocol):
    """Gets what lies under callers' URLs, as far as it may."""

    async def fetch(self, url: str, max_mb: float) -> bytes | None:
        """Return the bytes, or None where it may not ask. Raises Fault where it may and there is nothing to have."""


class Uploads(Protocol):
    """What was uploaded, for 48 h, to the account and model it was uploaded for."""

    async def open(self, world: str, key: str, model: str, now: int, max_mb: float) -> bytes | None:
        """Return an object's bytes; None for one unknown, expired, of another account or for another model.

        Raises Fault for one over `max_mb` (2**20 bytes), without reading it.
        """


class Tallies(Protocol):
    """Counters of a world: how often a rule matched, a mishap happened, a request came."""

    async def add(self, world: str, name: str, by: int = 1) -> int:
        """Count on; return the new number. `by` 0 asks for it."""

    async def forget(self, world: str, prefix: str) -> None:
        """Begin anew with all counters of a world whose names begin so."""


class Windows(Protocol):
    """What was let in within the last second, by world and name."""

    async def admit(self, world: str, name: str, now: int, limit: int) -> bool:
        """Let one more in at `now` (ms) if that makes no more than `limit` a second; say whether it was let in."""


class Lanes(Protocol):
    """The lanes that are not empty, by world, region and model."""

    async def find(self, world: str, region: str, model: str) -> Lane | None:
        """Return a lane."""

    async def commit(self, old: Lane | None, new: Lane, changed: Sequence[tuple[Task | None, Task]]) -> bool:
        """Replace a lane and some tasks at once, each as it was and as it will be (None: a new one).

        Nothing is written unless the lane and all of the tasks are still what they were; say whether it was.
        """


class Ledger(Protocol):
    """What records that are gone have cost. The task store settles those that go because they are old."""

    async def read(self, world: str) -> tuple[Count, Collection[str]]:
        """Return that count, and the ids of the kept tasks that have no part in the ledger any more."""

    async def settle(self, world: str, count: Count) -> None:
        """Add what has ended of a count, because the records it counts are about to be taken away."""

    async def empty(self, world: str, apart: Iterable[str]) -> None:
        """Begin anew with an empty count, in which some kept tasks, and no others, have no part."""
