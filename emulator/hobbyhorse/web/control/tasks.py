"""The tasks of a world: as they are, and acting on one."""

from __future__ import annotations

import hashlib
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from ...core.faults import Failure, chosen, row_named
from ...core.task import Task  # noqa: TC001 - FastAPI reads annotations when routes are added
from ...core.timeline import NEVER, Status, status_at
from ...journal.redaction import redacted
from ...service.acting import RefusedError
from ...service.worlds import World  # noqa: TC001 - same
from .errors import BadInputError
from .parts import Parts  # noqa: TC001 - same

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI

    from ...core.catalogue import Timing

# A length is what makes pydantic refuse halves of surrogate pairs, which no answer could hold.
Text = Annotated[str, Field(max_length=10_000)]
_TASK = "/_hobbyhorse/worlds/{world_id}/tasks/{task_id}"


class FailureView(BaseModel):
    """Why a task fails: row of the catalogue, code and message."""

    row: str
    code: str
    message: str


class ClipView(BaseModel):
    """The clip of a task that SUCCEEDED. `sha256` is that of the whole file."""

    seconds: float
    width: int
    height: int
    bytes: int
    sha256: str


class TaskView(BaseModel):
    """One task. Instants in epoch ms on the world's clock, null where they will never come."""

    id: str
    status: Status
    model: str
    region: str
    key_id: str
    prompt: str | None
    submitted_at: int
    starts_at: int | None
    ends_at: int | None
    canceled_at: int | None
    polls: int
    held: bool
    url_generation: int
    error: FailureView | None
    rule: str | None
    video_url: str | None = None
    clip: ClipView | None = None


class TaskList(BaseModel):
    """Tasks, newest first, and how many records there are in all."""

    tasks: list[TaskView]
    total: int


class Wanted(BaseModel):
    """Which tasks are wanted."""

    model_config = ConfigDict(extra="forbid")

    status: Status | None = None
    limit: Annotated[int, Field(ge=1, le=1000, description="how many at most")] = 100


class FailWith(BaseModel):
    """With what a task shall fail: a code or the id of a row, and another message where wanted."""

    model_config = ConfigDict(extra="forbid", strict=True)

    error: Text
    message: Text | None = None


def add_tasks(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""

    @app.get("/_hobbyhorse/worlds/{world_id}/tasks", tags=["tasks"])
    async def list_tasks(world_id: str, wanted: Annotated[Wanted, Query()]) -> TaskList:
        """List a world's tasks, newest first."""
        world = await parts.world(world_id)
        timing, now = parts.catalogue.timing, parts.visits.now(world)
        views = (_view(task, now, timing) for task in await parts.tasks.newest(world_id, 0))
        found = islice((view for view in views if wanted.status in {None, view.status}), wanted.limit)
        return TaskList(tasks=list(found), total=await parts.tasks.count(world_id))

    @app.get(_TASK, tags=["tasks"])
    async def read_task(world_id: str, task_id: str) -> TaskView:
        """Show a task, and of a success its URL and its clip, made now if it was not yet."""
        world = await parts.world(world_id)
        task = await parts.tasks.find(world_id, task_id)
        return await _whole_view(parts, world, _there(task, task_id))

    @app.post(f"{_TASK}/fail", tags=["tasks"])
    async def fail_task(world_id: str, task_id: str, failure: FailWith) -> TaskView:
        """End a task now with an error."""
        failed = _failure(parts, failure)
        return await _act(parts, world_id, task_id, lambda world: parts.acting.fail(world, task_id, failed))

    @app.post(f"{_TASK}/{{act}}", tags=["tasks"])
    async def act_on_task(
        world_id: str, task_id: str, act: Literal["finish", "hold", "release", "expire", "forget"]
    ) -> TaskView:
        """Finish a task now, hold or release it, kill its URL, or forget it."""
        return await _act(parts, world_id, task_id, lambda world: getattr(parts.acting, act)(world, task_id))


async def _act(parts: Parts, world_id: str, task_id: str, act: Callable[[World], Awaitable[Task | None]]) -> TaskView:
    world = await parts.world(world_id)
    try:
        task = _there(await act(world), task_id)
    except RefusedError as error:
        raise HTTPException(409, str(error)) from None
    return _view(task, parts.visits.now(world), parts.catalogue.timing)


def _there(task: Task | None, task_id: str) -> Task:
    if task is None:
        raise HTTPException(404, f"there is no task {task_id[:100]!r} in this world")
    return task


def _failure(parts: Parts, given: FailWith) -> Failure:
    rows = parts.catalogue.errors
    row = row_named(given.error, rows, "task")
    if row is None:
        words = {*rows, *(row.code for row in rows.values())}
        raise BadInputError(["error"], "there is no such error code or row", given.error, words)
    return chosen(row, given.message)


def _view(task: Task, now: int, timing: Timing) -> TaskView:
    made, failure = (None, task.outcome) if isinstance(task.outcome, Failure) else (task.outcome, None)
    return TaskView(
        id=task.id,
        status=status_at(task, now, timing),
        model=task.model,
        region=task.region,
        key_id=task.key_id,
        prompt=redacted(made.prompt) if made and made.prompt is not None else None,
        submitted_at=task.submitted_at,
        starts_at=None if task.starts_at >= NEVER else task.starts_at,
        ends_at=None if task.ends_at >= NEVER else task.ends_at,
        canceled_at=task.canceled_at,
        polls=task.polls,
        held=task.held_at is not None,
        url_generation=task.generation,
        error=_failure_view(failure) if failure else None,
        rule=task.script.rule if task.script else None,
    )


def _failure_view(failure: Failure) -> FailureView:
    """Return a failure without the secrets that a client's URL in its message may hold."""
    return FailureView(row=failure.row, code=failure.code, message=redacted(failure.message))


async def _whole_view(parts: Parts, world: World, task: Task) -> TaskView:
    view = _view(task, parts.visits.now(world), parts.catalogue.timing)
    if view.status is not Status.SUCCEEDED or isinstance(task.outcome, Failure):
        return view
    clip, job = await parts.results.clip(world, task), task.outcome
    view.video_url = parts.results.video_url(parts.origins.results, world, task)
    view.clip = ClipView(
        seconds=job.seconds,
        width=job.width,
        height=job.height,
        bytes=len(clip.data),
        sha256=hashlib.sha256(clip.data).hexdigest(),
    )
    return view
