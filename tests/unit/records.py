"""Records to test with. Their instant is the reference's sample: 2026-04-20 14:01:10.341 in UTC+8."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hobbyhorse.core.catalogue import Kind, Timing
from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.faults import Failure
from hobbyhorse.core.task import Job, Pace, Task
from hobbyhorse.data import load
from hobbyhorse.service.worlds import Validation, World

if TYPE_CHECKING:
    from hobbyhorse.core.catalogue import ModelRow

CATALOGUE = load()
SUBMITTED = 1_776_664_870_341
HOUR = 3_600_000
DAY = 24 * HOUR
TASK_ID = "0385dc79-5ff8-4d82-bcb6-1c4d2e8f7a90"
REQUEST_ID = "4909100c-7b5a-9f92-bfe5-3a1b0c2d4e5f"

# By hand from the design, not from the rows, so that a changed row shows in the tests of the rows.
TIMING = Timing(
    task_retention=DAY,
    url_lifetime=DAY,
    list_window=DAY,
    scheduled_after_low=40,
    scheduled_after_high=40,
    judged_after=100,
    quick_starts_after=500,
    quick_ends_after=2000,
    realistic={
        Kind.T2V: 80_000,
        Kind.I2V: 104_000,
        Kind.R2V: 40_000,
        Kind.VIDEO_EDIT: 59_000,
        Kind.KF2V: 104_000,
        Kind.VACE: 59_000,
        Kind.GENERAL: 80_000,
    },
)

JOB = Job(
    prompt="a paper city at night",
    seed=7,
    tier="720P",
    ratio="16:9",
    width=1280,
    height=720,
    seconds=5,
    watermark=True,
    audio=True,
)
FAILURE = Failure("field-required", 400, "InvalidParameter", "Field required: input.prompt")
TASK = Task(
    id=TASK_ID,
    world="default",
    region="cn-beijing",
    key_id="1234567",
    request_id=REQUEST_ID,
    model="happyhorse-1.1-t2v",
    outcome=JOB,
    submitted_at=SUBMITTED,
    scheduled_at=SUBMITTED + 41,
    starts_at=SUBMITTED + 500,
    ends_at=SUBMITTED + 2000,
    polls_to_start=1,
    polls_to_end=2,
)
WORLD = World(
    id="default",
    keys=CATALOGUE.keys,
    open_keys=True,
    pace=Pace.QUICK,
    validation=Validation.WORKER,
    clock=ClockState(SUBMITTED, 0, 0.0),
    access_key_id="LTAI5tabcdefghijklmnopqr",
    secret="0123456789abcdef0123456789abcd",
    url_lifetime=DAY,
)


def a_job(**changes: Any) -> Job:
    """Return the sample job with some fields changed."""
    return replace(JOB, **changes)


def a_task(**changes: Any) -> Task:
    """Return the sample task with some fields changed."""
    return replace(TASK, **changes)


def a_world(**changes: Any) -> World:
    """Return the sample world with some fields changed."""
    return replace(WORLD, **changes)


def a_model(model_id: str) -> ModelRow:
    """Return a model's row."""
    return CATALOGUE.models[model_id]
