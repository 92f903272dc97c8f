"""Create, poll, list, cancel: the four things a client does with tasks."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core import ids
from ..core.faults import Failure, Fault, explained, resolve
from ..core.mishaps import Place
from ..core.quota import Limited
from ..core.script import new_task_id, replanned
from ..core.task import Task
from ..core.timeline import Status, cancel, on_poll, plan, status_at
from .admission import check_condition, sold_model
from .media import Owner
from .worlds import Validation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.catalogue import Catalogue, ModelRow
    from ..core.task import Job
    from ..core.validation import RequestForms
    from .admission import Caller
    from .jobs import JobMaker
    from .lanes import LaneService
    from .limits import LimitService
    from .mishaps import Mishaps
    from .ports import Tasks
    from .scenarios import Fate, Scenarios

log = logging.getLogger(__name__)

# After so many tasks a listing lets others have the event loop.
_LISTED_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class CreateTask:
    """A create request whose body is a JSON object that names a model. `path` is the aigc service it was sent to."""

    path: str
    model: str
    body: Mapping[str, Any]
    resolves_oss: bool
    request_id: str


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """What a listing asks for. Instants in ms, both ends included; None means any."""

    since: int
    until: int
    page_no: int
    page_size: int
    task_id: str | None = None
    model: str | None = None
    status: Status | None = None
    region: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class SeenTask:
    """A task and its status at the instant it was looked at."""

    task: Task
    status: Status


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of a listing, newest first, and how many tasks there are in all."""

    rows: tuple[SeenTask, ...]
    total: int


class TaskService:
    """The use cases. Stateless: what lasts is in the stores."""

    def __init__(
        self,
        catalogue: Catalogue,
        forms: RequestForms,
        jobs: JobMaker,
        tasks: Tasks,
        mishaps: Mishaps,
        scenarios: Scenarios,
        lanes: LaneService,
        limits: LimitService,
    ) -> None:
        self._catalogue = catalogue
        self._forms = forms
        self._jobs = jobs
        self._tasks = tasks
        self._mishaps = mishaps
        self._scenarios = scenarios
        self._lanes = lanes
        self._limits = limits

    async def create(self, caller: Caller, command: CreateTask) -> Task:
        """Make and keep a task.

        Raises Fault for what the gateway refuses. What the worker refuses makes a task that FAILED, unless the
        world's validation is `gateway`. Raises Interrupted where a scenario comes before.
        """
        fate = await self._scenarios.decide(caller, command.body)
        model = self._model(command, caller.region)
        check_condition(caller.key)
        await self._limits.check_create(caller, model)
        if command.body.get("input") is None:
            raise Fault("empty-input", detail="the body has no input")
        if not isinstance(command.body["input"], dict):
            raise Fault("illegal-input", detail=f"input is a JSON {type(command.body['input']).__name__}")
        if unknown := tuple(self._forms.unknown(model, command.body)):
            caller.visit.unknown += unknown
            log.info("%s does not know, and ignores: %s", model.id, ", ".join(unknown))
        outcome, detail = await self._outcome(caller, model, command)
        if fate.then.fail and not isinstance(outcome, Failure):
            outcome, detail = fate.then.fail, f"a scenario's rule: {fate.rule}"
        task = self._task(caller, command, model, outcome, fate)
        await self._mishaps.lay(caller.visit, Place.CREATE, task)
        task = await self._lanes.insert(caller.world, task)
        caller.visit.task = caller.visit.committed = task.id
        self._tell(task, detail)
        return task

    async def poll(self, caller: Caller, task_id: str) -> SeenTask | None:
        """Return a task as this GET finds and leaves it; None for one unknown, foreign or forgotten."""
        timing = self._catalogue.timing
        await self._limits.check_query(caller, Limited.GET)
        task = await self._tasks.find(caller.world.id, task_id)
        if task is not None:
            await self._mishaps.lay(caller.visit, Place.GET, task)
        while task is not None:
            polled = on_poll(task, caller.now, timing)
            if polled is task or await self._tasks.swap(task, polled):
                status = status_at(polled, caller.now, timing)
                return None if status is Status.UNKNOWN else SeenTask(polled, status)
            task = await self._tasks.find(caller.world.id, task_id)
        return None

    async def cancel(self, caller: Caller, task_id: str) -> None:
        """Cancel a PENDING task. Raises Fault for any other, known or not (the unknown one is assumed)."""
        await self._limits.check_query(caller, Limited.CANCEL)
        task = await self._tasks.find(caller.world.id, task_id)
        if task is not None:
            await self._mishaps.lay(caller.visit, Place.CANCEL, task)
        while True:
            canceled = cancel(task, caller.now, self._catalogue.timing) if task else None
            if task is None or canceled is None:
                why = "no such task" if task is None else "it is not PENDING any more"
                raise Fault("cancel-refused", detail=f"{task_id}: {why}")
            if await self._lanes.swap(task, canceled, caller.now):
                return
            task = await self._tasks.find(caller.world.id, task_id)

    async def page(self, caller: Caller, query: TaskQuery) -> TaskPage:
        """Return one page of the account's tasks."""
        await self._limits.check_query(caller, Limited.LIST)
        found: list[SeenTask] = []
        for number, task in enumerate(await self._tasks.newest(caller.world.id, query.since), 1):
            if _is_asked(task, query):
                seen = SeenTask(task, status_at(task, caller.now, self._catalogue.timing))
                if seen.status is not Status.UNKNOWN and query.status in {None, seen.status}:
                    found.append(seen)
            if number % _LISTED_AT_ONCE == 0:
                await asyncio.sleep(0)
        start = (query.page_no - 1) * query.page_size
        return TaskPage(tuple(found[start : start + query.page_size]), len(found))

    def _model(self, command: CreateTask, region: str) -> ModelRow:
        model = sold_model(self._catalogue, command.model, region)
        if command.path not in model.paths:
            raise Fault("url-error", detail=f"{model.id} is served under {' and '.join(model.paths)}")
        return model

    async def _outcome(self, caller: Caller, model: ModelRow, command: CreateTask) -> tuple[Job | Failure, str]:
        """Return what will be made, or why nothing will, and a word on it for the developer.

        Raises Fault instead where validation is `gateway`.
        """
        try:
            request = self._forms.validate(model, command.body)
            owner = Owner(caller.world.id, model.id, caller.now)
            random = caller.visit.random
            return await self._jobs.make(model, request, owner, random, resolves_oss=command.resolves_oss), ""
        except Fault as fault:
            if caller.world.validation is Validation.GATEWAY:
                raise
            return resolve(fault, self._catalogue.errors), fault.detail

    def _tell(self, task: Task, detail: str) -> None:
        """Tell the developer what became of a create."""
        made = task.outcome
        if not isinstance(made, Failure):
            size = f"{made.width}x{made.height}"
            log.info("task %s created: %s %s, %g s (%s)", task.id, task.model, size, made.seconds, task.region)
            return
        said = explained(made, self._catalogue.errors, detail)
        log.warning("task %s (%s) will be FAILED: %s", task.id, task.model, said)

    def _task(self, caller: Caller, command: CreateTask, model: ModelRow, outcome: Job | Failure, fate: Fate) -> Task:
        fails = isinstance(outcome, Failure)
        pace, timing, random = caller.world.pace, self._catalogue.timing, caller.visit.random
        times = plan(pace, model.kind, caller.now, fails=fails, timing=timing, random=random)
        times = replanned(times, fate.then, caller.now)
        task_id = new_task_id(fate.then.task_id, random)
        return Task(
            id=task_id,
            world=caller.world.id,
            region=caller.region,
            key_id=ids.key_id(caller.key.key),
            request_id=command.request_id,
            model=model.id,
            outcome=outcome,
            submitted_at=caller.now,
            scheduled_at=times.scheduled_at,
            starts_at=times.starts_at,
            ends_at=times.ends_at,
            polls_to_start=times.polls_to_start,
            polls_to_end=times.polls_to_end,
            script=fate.script(task_id, caller.now),
        )


def _is_asked(task: Task, query: TaskQuery) -> bool:
    """Whether a task is asked for, leaving its status aside."""
    wanted = (
        (query.task_id, task.id),
        (query.model, task.model),
        (query.region, task.region),
        (query.key_id, task.key_id),
    )
    return task.submitted_at <= query.until and all(asked is None or asked == found for asked, found in wanted)
