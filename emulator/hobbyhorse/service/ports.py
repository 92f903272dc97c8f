"""What the service needs from the outside, as small Protocols. All of them are atomic: never get-mutate-put."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..core.catalogue import MediaLimits
    from ..core.clip import Clip, ClipSpec, Picture
    from ..core.task import Task


class Tasks(Protocol):
    """Where task records lie. Keyed by world and task id."""

    async def insert(self, task: Task) -> None:
        """Keep a new task."""

    async def find(self, world: str, task_id: str) -> Task | None:
        """Return the record, also one whose retention has passed but whose URL may still live; else None."""

    async def swap(self, old: Task, new: Task) -> bool:
        """Replace `old` by `new` if `old` is still what is kept; say whether it was."""

    async def newest(self, world: str, since: int) -> list[Task]:
        """Return a world's tasks submitted at `since` (ms) or later, newest first."""


class Renderer(Protocol):
    """Makes clips. The same spec gives the same bytes."""

    async def clip(self, spec: ClipSpec) -> Clip:
        """Return the finished clip, from the cache or made now, off the event loop."""


class Pictures(Protocol):
    """Keeps callers' pictures, content-addressed and bounded."""

    async def keep(self, data: bytes, limits: MediaLimits) -> Picture:
        """Decode, judge and keep a picture. Raises Fault (a worker-stage row) for one the upstream refuses."""
