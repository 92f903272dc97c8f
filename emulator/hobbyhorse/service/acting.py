"""Acting on one task from outside the API: finish it, fail it, hold it, release it, expire its URL, forget it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.timeline import FINAL, Status, end, hold, release, status_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.catalogue import Catalogue
    from ..core.faults import Failure
    from ..core.task import Task
    from .lanes import LaneService
    from .ledger import LedgerService
    from .ports import Tasks
    from .visit import Visits
    from .worlds import World


class RefusedError(ValueError):
    """What was asked cannot be done to the task as it is. The message says why, for people."""


class Acting:
    """The use cases. Each returns the task as it is then; None where there is no such task (any more)."""

    def __init__(
        self, catalogue: Catalogue, tasks: Tasks, lanes: LaneService, ledger: LedgerService, visits: Visits
    ) -> None:
        self._timing = catalogue.timing
        self._tasks = tasks
        self._lanes = lanes
        self._ledger = ledger
        self._visits = visits

    async def find(self, world: World, task_id: str) -> tuple[Task, Status] | None:
        """Return a task and its status."""
        task = await self._tasks.find(world.id, task_id)
        return None if task is None else (task, status_at(task, self._visits.now(world), self._timing))

    async def finish(self, world: World, task_id: str) -> Task | None:
        """End a task now, the way it was going to end. Raises RefusedError for one that ended."""
        return await self._change(world, task_id, self._ended)

    async def fail(self, world: World, task_id: str, failure: Failure) -> Task | None:
        """End a task now with a failure. Raises RefusedError for one that ended."""
        return await self._change(world, task_id, lambda task, now: self._ended(task, now, failure))

    async def hold(self, world: World, task_id: str) -> Task | None:
        """Make a task stand still, whatever the clock and polls do. Raises RefusedError for one that ended."""

        def held(task: Task, now: int) -> Task:
            self._check_going(task, now)
            return hold(task, now)

        return await self._change(world, task_id, held)

    async def release(self, world: World, task_id: str) -> Task | None:
        """Let a held task go on where it stood still. Raises RefusedError for one that is not held."""

        def released(task: Task, now: int) -> Task:
            if task.held_at is None:
                raise RefusedError(f"task {task.id} is not held")
            return release(task, now)

        return await self._change(world, task_id, released)

    async def expire(self, world: World, task_id: str) -> Task | None:
        """Kill a task's URL; its next poll gives another. Raises RefusedError for one that has none."""

        def expired(task: Task, now: int) -> Task:
            status = status_at(task, now, self._timing)
            if status is not Status.SUCCEEDED:
                raise RefusedError(f"task {task.id} is {status} and has no URL")
            return replace(task, url_is_dead=True, version=task.version + 1)

        return await self._change(world, task_id, expired)

    async def forget(self, world: World, task_id: str) -> Task | None:
        """Drop a task's record: it is UNKNOWN from now on, and its URL leads nowhere."""
        task = await self._tasks.find(world.id, task_id)
        if task is None:
            return None
        now = self._visits.now(world)
        await self._ledger.settle_task(task, now)
        return task if await self._lanes.forget(task, now) else None

    async def _change(self, world: World, task_id: str, change: Callable[[Task, int], Task]) -> Task | None:
        while True:
            task = await self._tasks.find(world.id, task_id)
            if task is None:
                return None
            now = self._visits.now(world)
            changed = change(task, now)
            kept = task if changed is task else await self._lanes.swap(task, changed, now)
            if kept is not None:
                return kept

    def _ended(self, task: Task, now: int, failure: Failure | None = None) -> Task:
        self._check_going(task, now)
        return end(task, now, failure)

    def _check_going(self, task: Task, now: int) -> None:
        # A cancel stands, also where the clock was set back before it.
        status = Status.CANCELED if task.canceled_at is not None else status_at(task, now, self._timing)
        if status in FINAL:
            raise RefusedError(f"task {task.id} is {status} already")
