"""Completion events: computed for every task that ended, handed over where a world has a sink."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ..core.events import Attempt, completion, next_try
from ..core.timeline import NEVER, Status, own_status_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..core.catalogue import Catalogue
    from ..core.task import Task
    from .ports import Tasks
    from .visit import Visits
    from .worlds import World, Worlds

log = logging.getLogger(__name__)

_REPORTED = frozenset({Status.SUCCEEDED, Status.FAILED})
# After so many tasks others have the event loop.
_AT_ONCE = 1000
# The courier looks again after so many real seconds at the latest: a clock may have been set.
_LOOKS_AGAIN = 60.0


class Attempts(Protocol):
    """Where it is kept what became of events. Keyed by world and task id."""

    async def add(self, world: str, task_id: str, attempt: Attempt) -> None:
        """Keep one more attempt."""

    async def of(self, world: str, task_id: str) -> tuple[Attempt, ...]:
        """Return the attempts so far."""


class Post(Protocol):
    """Sends to a sink."""

    async def post(self, url: str, event: dict[str, Any]) -> int:
        """POST an event as JSON; return the status. Raises OSError, with words for people, where none came."""


@dataclass(frozen=True, slots=True)
class Reported:
    """An event, and the attempts to hand it over."""

    event: dict[str, Any]
    attempts: tuple[Attempt, ...]


class Events:
    """What there is to report of a world."""

    def __init__(self, catalogue: Catalogue, tasks: Tasks, visits: Visits, attempts: Attempts) -> None:
        self._catalogue = catalogue
        self._tasks = tasks
        self._visits = visits
        self._attempts = attempts

    async def of(self, world: World) -> list[Reported]:
        """Return the events of all tasks that ended, those that ended last first."""
        now = self._visits.now(world)
        ended = [task async for task in self.reportable(world) if task.ends_at <= now]
        ended.sort(key=lambda task: task.ends_at, reverse=True)
        return [Reported(self.event(task), await self._attempts.of(world.id, task.id)) for task in ended]

    def event(self, task: Task) -> dict[str, Any]:
        """Return a task's event. The task ends by time, or has ended."""
        return completion(task, own_status_at(task, task.ends_at), self._catalogue)

    async def reportable(self, world: World) -> AsyncIterator[Task]:
        """Yield the tasks that end, or have ended, in a way that is reported."""
        for number, task in enumerate(await self._tasks.newest(world.id, 0), 1):
            if task.held_at is None and task.ends_at < NEVER and own_status_at(task, task.ends_at) in _REPORTED:
                yield task
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)


class Courier:
    """Hands events over to the sinks of worlds that have one. Begins with the first `nudge`, inside the event loop."""

    def __init__(self, worlds: Worlds, visits: Visits, events: Events, attempts: Attempts, post: Post) -> None:
        self._worlds = worlds
        self._visits = visits
        self._events = events
        self._attempts = attempts
        self._post = post
        self._news: asyncio.Event | None = None
        self._running: asyncio.Task[None] | None = None

    def nudge(self) -> None:
        """Look now: a task was made or moved, or a clock."""
        if self._news is None:
            self._news = asyncio.Event()
            self._running = asyncio.get_running_loop().create_task(self._run())
        self._news.set()

    async def _run(self) -> None:
        news = self._news or asyncio.Event()
        while True:
            news.clear()
            wait = await self._rounds()
            # Not wait_for: that of Python 3.11 does not hear a cancel that comes with the news (gh-86296).
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await news.wait()

    async def _rounds(self) -> float:
        """Look at every world that has a sink; return in how many real seconds to look again."""
        waits = [_LOOKS_AGAIN]
        for world in await self._worlds.every():
            if world.sink is not None:
                try:
                    waits.append(await self._round(world, world.sink))
                except Exception:
                    log.exception("a bug in hobbyhorse, please report it: the events of world %s", world.id)
        return min(waits)

    async def _round(self, world: World, sink: str) -> float:
        """Hand over what is due in a world; return in how many real seconds something else will be."""
        wait = _LOOKS_AGAIN
        async for task in self._events.reportable(world):
            due = next_try(task.ends_at, await self._attempts.of(world.id, task.id))
            if due is None:
                continue
            left = due - self._visits.now(world)
            if left > 0:
                wait = min(wait, left / 1000 / world.clock.rate) if world.clock.rate else wait
                continue
            attempt = await self._try(world, sink, task)
            await self._attempts.add(world.id, task.id, attempt)
            if not attempt.succeeded:
                wait = 0.0  # find out when the next try is
        return wait

    async def _try(self, world: World, sink: str, task: Task) -> Attempt:
        now = self._visits.now(world)
        try:
            return Attempt(now, status=await self._post.post(sink, self._events.event(task)))
        except OSError as error:
            log.warning("the event of task %s did not reach its sink: %s", task.id, error)
            return Attempt(now, error=str(error))
