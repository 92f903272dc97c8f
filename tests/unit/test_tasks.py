"""Create, poll, list and cancel, with a job maker that does as it is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.core.accounts import ApiKey, Condition
from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.faults import Failure, Fault
from hobbyhorse.core.timeline import Status
from hobbyhorse.core.validation import RequestForms
from hobbyhorse.service.scenarios import Scenarios
from hobbyhorse.service.tasks import CreateTask, SeenTask, TaskQuery, TaskService
from hobbyhorse.service.worlds import Validation
from hobbyhorse.store.memory import MemoryTasks
from unit.records import CATALOGUE, DAY, JOB, REQUEST_ID, SUBMITTED, TASK, a_task, a_world
from unit.services import OPEN_KEY, Services, a_caller

if TYPE_CHECKING:
    from hobbyhorse.core.task import Job, Task
    from hobbyhorse.service.admission import Caller

pytestmark = pytest.mark.anyio
PROMPT = {"input": {"prompt": "x"}}


class Jobs:
    """Makes the sample job, or raises a fault."""

    fault: Fault | None = None

    async def make(self, *_: Any, **__: Any) -> Job:
        if self.fault:
            raise self.fault
        return JOB


class Here:
    """A task service with its store, and a caller whose clock can be moved."""

    def __init__(self, store: MemoryTasks | None = None, key: ApiKey = OPEN_KEY, **world: Any) -> None:
        self.store, self.jobs, self.key, self.region = store or MemoryTasks(9 * DAY), Jobs(), key, "cn-beijing"
        self.world, self.now = a_world(**world), SUBMITTED
        parts = Services(self.world, tasks=self.store)
        self.service = TaskService(
            CATALOGUE,
            RequestForms(CATALOGUE),
            self.jobs,  # type: ignore[arg-type]
            self.store,
            parts.mishaps,
            Scenarios(CATALOGUE, parts.tallies),
            parts.lanes,
            parts.limits,
        )

    @property
    def caller(self) -> Caller:
        return a_caller(self.world, self.now, self.key, self.region)

    async def create(
        self, body: dict[str, Any] | None = None, model: str = "happyhorse-1.1-t2v", path: str = "video-generation"
    ) -> Task:
        command = CreateTask(path, model, PROMPT if body is None else body, resolves_oss=False, request_id=REQUEST_ID)
        return await self.service.create(self.caller, command)

    async def refused(self, *args: Any, **kwargs: Any) -> str:
        with pytest.raises(Fault) as found:
            await self.create(*args, **kwargs)
        assert 0 == await self.store.count("default")
        return found.value.row

    async def poll(self, task_id: str) -> str:
        seen = await self.service.poll(self.caller, task_id)
        return seen.status if seen else "nothing"

    async def listed(self, **query: Any) -> tuple[list[str], int]:
        asked = TaskQuery(**{"since": self.now - DAY, "until": self.now, "page_no": 1, "page_size": 10} | query)
        page = await self.service.page(self.caller, asked)
        return [seen.task.id for seen in page.rows], page.total


async def test_a_created_task_is_kept_with_all_that_the_request_said() -> None:
    here = Here()
    task = await here.create()
    assert task is await here.store.find("default", task.id)
    assert ("default", "cn-beijing", REQUEST_ID, "happyhorse-1.1-t2v", JOB, (1, 2), SUBMITTED, 0, None) == (
        task.world,
        task.region,
        task.request_id,
        task.model,
        task.outcome,
        (task.polls_to_start, task.polls_to_end),
        task.submitted_at,
        task.polls,
        task.canceled_at,
    )
    assert SUBMITTED + 30 <= task.scheduled_at <= SUBMITTED + 50
    assert (SUBMITTED + 500, SUBMITTED + 2000) == (task.starts_at, task.ends_at)


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({}, "empty-input"),
        ({"input": None}, "empty-input"),
        ({"input": "a cat"}, "illegal-input"),
        ({"input": []}, "illegal-input"),
        ({"input": 0}, "illegal-input"),
    ],
)
async def test_an_input_that_is_missing_or_no_object_is_refused_at_create(body: dict[str, Any], row: str) -> None:
    assert row == await Here().refused(body)


@pytest.mark.parametrize("model", ["happyhorse-1.1-video-edit", "", "HAPPYHORSE-1.1-T2V", "x" * 10_000])
async def test_an_unknown_model_is_refused_at_create(model: str) -> None:
    assert "model-not-exist" == await Here().refused(model=model)


@pytest.mark.parametrize(
    ("model", "region", "is_sold"),
    [
        ("happyhorse-1.0-t2v", "ap-northeast-1", False),
        ("happyhorse-1.1-t2v", "ap-northeast-1", True),
        ("happyhorse-1.1-t2v", "cn-hongkong", False),
        ("wan3.0-video", "cn-hongkong", True),
        ("wan2.1-t2v-plus", "cn-beijing", False),
        ("wanx2.1-t2v-plus", "cn-beijing", True),
    ],
)
async def test_a_model_exists_only_where_it_is_sold(model: str, region: str, *, is_sold: bool) -> None:
    here = Here()
    here.region = region
    if is_sold:
        assert region == (await here.create(model=model)).region
    else:
        assert "model-not-exist" == await here.refused(model=model)


@pytest.mark.parametrize(
    ("model", "path"), [("happyhorse-1.1-t2v", "image2video"), ("wan2.2-kf2v-flash", "video-generation")]
)
async def test_a_model_asked_for_at_another_service_is_a_url_error(model: str, path: str) -> None:
    assert "url-error" == await Here().refused(model=model, path=path)


@pytest.mark.parametrize("path", ["video-generation", "image2video"])
async def test_the_older_image_models_are_served_at_both(path: str) -> None:
    here = Here()
    task = await here.create({"input": {"img_url": "https://example.com/a.png"}}, "wanx2.1-i2v-turbo", path)
    assert JOB == task.outcome


async def test_the_account_is_judged_after_the_model_and_before_the_input() -> None:
    here = Here(key=ApiKey("x", "sk-x", None, None, Condition.ARREARS))
    assert "model-not-exist" == await here.refused({}, model="nonsense")
    assert "url-error" == await here.refused({}, path="image2video")
    assert "arrearage" == await here.refused({})
    assert "arrearage" == await here.refused()


async def test_a_broken_worker_rule_makes_a_task_that_fails() -> None:
    here = Here()
    task = await here.create({"input": {}})
    assert Failure("field-required", 400, "InvalidParameter", "Field required: input.prompt") == task.outcome
    assert "FAILED" == await here.poll(task.id)


async def test_a_fault_of_the_job_maker_makes_a_task_that_fails_as_well() -> None:
    here = Here()
    here.jobs.fault = Fault("url-invalid")
    task = await here.create()
    message = "Required URL is missing or invalid, please check the request URL."
    assert Failure("url-invalid", 400, "InvalidURL", message) == task.outcome


async def test_with_validation_at_the_gateway_the_same_faults_are_refused_at_create() -> None:
    here = Here(validation=Validation.GATEWAY)
    assert "field-required" == await here.refused({"input": {}})
    here.jobs.fault = Fault("url-invalid")
    assert "url-invalid" == await here.refused()


async def test_polls_move_a_task_and_are_kept() -> None:
    here = Here()
    task = await here.create()
    assert ["PENDING", "RUNNING", "SUCCEEDED", "SUCCEEDED"] == [await here.poll(task.id) for _ in range(4)]
    kept = await here.store.find("default", task.id)
    assert kept is not None
    assert SUBMITTED == kept.ends_at


async def test_a_task_that_is_unknown_foreign_or_forgotten_is_nothing() -> None:
    here = Here()
    task = await here.create()
    assert "nothing" == await here.poll("connectivity-test-nonexistent")
    here.now = SUBMITTED + DAY
    assert "nothing" == await here.poll(task.id)
    other = Here(here.store, id="other")
    assert "nothing" == await other.poll(task.id)


async def test_every_key_of_an_account_sees_its_tasks() -> None:
    here = Here()
    task = await here.create()
    assert "PENDING" == await Here(here.store, key=ApiKey("x", "sk-x", None, None)).poll(task.id)


async def test_a_pending_task_is_canceled_and_nothing_else_is() -> None:
    here = Here()
    task = await here.create()
    await here.service.cancel(here.caller, task.id)
    assert "CANCELED" == await here.poll(task.id)
    for task_id, why in ((task.id, "it is not PENDING any more"), ("unknown", "no such task")):
        with pytest.raises(Fault) as found:
            await here.service.cancel(here.caller, task_id)
        assert ("cancel-refused", f"{task_id}: {why}") == (found.value.row, found.value.detail)


class Racing(MemoryTasks):
    """A store in which somebody else is always a little earlier, for a few times."""

    def __init__(self, races: int) -> None:
        super().__init__(9 * DAY)
        self.races = races

    async def swap(self, old: Task, new: Task) -> bool:
        if self.races:
            self.races -= 1
            await super().swap(old, replace(old, version=old.version + 1))
        return await super().swap(old, new)


async def test_a_poll_that_lost_its_race_is_made_again() -> None:
    here = Here(Racing(3))
    task = await here.create()
    assert ["PENDING", "RUNNING", "SUCCEEDED"] == [await here.poll(task.id) for _ in range(3)]


async def test_a_cancel_that_lost_its_race_is_judged_again() -> None:
    here = Here(Racing(2))
    task = await here.create()
    await here.service.cancel(here.caller, task.id)
    assert "CANCELED" == await here.poll(task.id)


async def test_a_listing_is_newest_first_in_pages() -> None:
    here = Here()
    for at in range(25):
        await here.store.insert(a_task(id=str(at), submitted_at=SUBMITTED - 25 + at))
    assert ([str(at) for at in range(24, 14, -1)], 25) == await here.listed()
    assert (["4", "3", "2", "1", "0"], 25) == await here.listed(page_no=3)
    assert ([], 25) == await here.listed(page_no=4)
    assert (["24", "23", "22"], 25) == await here.listed(page_size=3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"task_id": "b"}, ["b"]),
        ({"model": "wan2.7-t2v"}, ["b"]),
        ({"status": Status.CANCELED}, ["c"]),
        ({"status": Status.SUCCEEDED}, ["d", "a"]),
        ({"status": Status.RUNNING}, ["b"]),
        ({"status": Status.FAILED}, []),
        ({"region": "us-east-1"}, ["d"]),
        ({"key_id": "7654321"}, ["c"]),
        ({"region": "us-east-1", "task_id": "b"}, []),
        ({"since": SUBMITTED - 3000}, ["d", "c"]),
        ({"until": SUBMITTED - 3000}, ["c", "b", "a"]),
        ({"since": SUBMITTED - 3000, "until": SUBMITTED - 3000}, ["c"]),
        ({}, ["d", "c", "b", "a"]),
    ],
)
async def test_a_listing_is_filtered_by_every_word_it_knows(query: dict[str, Any], expected: list[str]) -> None:
    here = Here()
    tasks: list[dict[str, Any]] = [
        {"id": "a"},
        {"id": "b", "model": "wan2.7-t2v", "ends_at": SUBMITTED + 1},
        {"id": "c", "canceled_at": SUBMITTED - 2950, "key_id": "7654321"},
        {"id": "d", "region": "us-east-1"},
    ]
    for at, changes in enumerate(tasks):
        start = SUBMITTED - 5000 + at * 1000
        times = {"submitted_at": start, "scheduled_at": start, "starts_at": start + 100, "ends_at": start + 200}
        await here.store.insert(a_task(**times | changes))
    assert (expected, len(expected)) == await here.listed(**query)


async def test_a_listing_moves_no_task_and_leaves_forgotten_ones_out() -> None:
    here = Here()
    await here.store.insert(TASK)
    for _ in range(4):
        page = await here.service.page(here.caller, TaskQuery(0, here.now, 1, 10))
        assert (SeenTask(TASK, Status.PENDING),) == page.rows
    here.now = SUBMITTED + DAY
    assert ([], 0) == await here.listed(since=0)


async def test_the_clock_of_the_world_decides_what_is_seen() -> None:
    here = Here(clock=ClockState(SUBMITTED, 0, 0.0))
    task = await here.create()
    here.now = SUBMITTED + 500
    assert "RUNNING" == await here.poll(task.id)
    here.now = SUBMITTED + 2000
    assert "SUCCEEDED" == await here.poll(task.id)
