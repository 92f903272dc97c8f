"""Tasks that go by time stand in the lane of their account, region and model, where the world has quotas.

Every change of a task other than by a poll goes through here: whoever leaves a lane, or is held in it, moves others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core import lane as lanes
from ..core.faults import Fault
from ..core.lane import Lane, Ticket
from ..core.quota import Limited
from ..core.timeline import NEVER

if TYPE_CHECKING:
    from ..core.catalogue import Catalogue, ModelRow
    from ..core.quota import Quotas
    from ..core.task import Task
    from .ports import Lanes, Tasks
    from .worlds import World


class LaneService:
    """Keeps lanes and tasks in step. Each of its methods is one atomic change of both."""

    def __init__(self, catalogue: Catalogue, tasks: Tasks, lanes: Lanes) -> None:
        self._catalogue = catalogue
        self._tasks = tasks
        self._lanes = lanes

    async def check(self, world: World, region: str, model: ModelRow, now: int) -> None:
        """Raise Fault where one more task of a model could not even wait."""
        quotas = world.quotas
        old = await self._lanes.find(world.id, region, model.id) if quotas else None
        if old is not None and quotas is not None:
            self._check_queue(lanes.join(old, Ticket("", now, now, 0, NEVER), now), "", quotas, now)

    async def insert(self, world: World, task: Task) -> Task:
        """Keep a new task, in its lane if it goes by time; return it with the instants it has there. Raises Fault."""
        now, quotas, model = task.submitted_at, world.quotas, self._catalogue.models[task.model]
        if quotas is None or model.rate is None or task.goes_by_polls:
            await self._tasks.insert(task)
            return task
        gone_at = now + self._catalogue.timing.task_retention
        # What a scenario lets it wait for longer than scheduling takes, it waits outside the queue.
        queued_at = max(now, task.starts_at - self._catalogue.timing.scheduled_after_high)
        runs = NEVER if task.ends_at == NEVER else task.ends_at - task.starts_at
        ticket = Ticket(task.id, queued_at, task.starts_at, runs, gone_at)
        servers = model.rate.running if quotas.running is None else quotas.running
        while True:
            old = await self._lanes.find(world.id, task.region, task.model)
            lane = replace(old or Lane(world.id, task.region, task.model, servers), servers=servers)
            new = lanes.join(lane, ticket, now)
            self._check_queue(new, task.id, quotas, now)
            if (kept := await self._commit(old, new, None, task, now)) is not None:
                return kept

    async def swap(self, old: Task, new: Task, now: int) -> Task | None:
        """Replace a task by what was made of it at `now`; return it with the instants it has then.

        None where `old` is not what is kept any more.
        """
        lane = await self._lanes.find(old.world, old.region, old.model)
        if lane is None or lane.ticket(old.id) is None:
            return new if await self._tasks.swap(old, new) else None
        return await self._commit(lane, _after(lane, old, new, now), old, new, now)

    async def forget(self, task: Task, now: int) -> bool:
        """Drop a task's record, and its place in the lane; say whether it was there."""
        while (kept := await self._tasks.find(task.world, task.id)) is not None:
            lane = await self._lanes.find(task.world, task.region, task.model)
            if lane is None or lane.ticket(task.id) is None:
                return await self._tasks.forget(kept)
            await self._commit(lane, lanes.leave(lane, [task.id], now), kept, kept, now)
        return False

    def _check_queue(self, lane: Lane, task: str, quotas: Quotas, now: int) -> None:
        row = self._catalogue.limits.rows[Limited.QUEUE]
        most = row.value if quotas.queue is None else quotas.queue
        if lanes.overflows(lane, task, most, now):
            detail = f"{most} tasks of {lane.model} wait in {lane.region} already, behind {lane.servers} that run"
            raise Fault("throttling-allocation-quota.allocated-quota-exceeded-increase", detail=detail)

    async def _commit(self, old: Lane | None, new: Lane, before: Task | None, after: Task, now: int) -> Task | None:
        """Write a lane, the task that changed and those that moved by it; return the task, or None to try again."""
        own = new.ticket(after.id)
        # The record of a held one says when it was held, and what lay ahead of it then.
        if own is not None and not own.is_held:
            after = _timed(after, own)
        changed = [(before, after)]
        for ticket in lanes.moved(old, new):
            if ticket == own:
                continue
            task = await self._tasks.find(new.world, ticket.task)
            if task is None:
                return await self._commit(old, lanes.leave(new, [ticket.task], now), before, after, now)
            changed.append((task, replace(_timed(task, ticket), version=task.version + 1)))
        return after if await self._lanes.commit(old, new, changed) else None


def _after(lane: Lane, old: Task, new: Task, now: int) -> Lane:
    """Return the lane after what happened to a task in it."""
    # No task ends before its submission, so one that was ended on a clock that was set back ends only then.
    if new.canceled_at is not None or new.ends_at <= max(now, new.submitted_at):
        return lanes.leave(lane, [old.id], now)
    if old.held_at is None and new.held_at is not None:
        return lanes.hold(lane, old.id, now)
    if old.held_at is not None and new.held_at is None:
        return lanes.release(lane, old.id, now)
    return lane


def _timed(task: Task, ticket: Ticket) -> Task:
    """Return a task with the instants of its ticket. It is scheduled as long before its start as it was."""
    before = 0 if task.starts_at == NEVER else task.starts_at - task.scheduled_at
    scheduled = NEVER if ticket.starts_at == NEVER else max(task.submitted_at, ticket.starts_at - before)
    return replace(task, scheduled_at=scheduled, starts_at=ticket.starts_at, ends_at=ticket.ends_at)
