"""The life of a task: one literal, complete table, and pure functions over it.

A record holds instants; its status at `now` is what the table makes of everything that has happened by then.
Nothing here changes a record but `on_poll` and `cancel`, which return a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from .task import Pace, Task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from .catalogue import Kind, Timing


class Status(StrEnum):
    """The states a task can be in, spelled as on the wire."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


class Event(StrEnum):
    """What can happen to a task."""

    CANCELED = "canceled by its owner"
    STARTED = "started"
    SUCCEEDED = "ended well"
    FAILED = "ended with a fault"
    FORGOTTEN = "24 h passed"


# Every state against every event; None means that the event changes nothing (a cancel is then refused).
TRANSITIONS: Mapping[Status, Mapping[Event, Status | None]] = {
    Status.PENDING: {
        Event.CANCELED: Status.CANCELED,
        Event.STARTED: Status.RUNNING,
        Event.SUCCEEDED: None,
        Event.FAILED: Status.FAILED,
        Event.FORGOTTEN: Status.UNKNOWN,
    },
    Status.RUNNING: {
        Event.CANCELED: None,
        Event.STARTED: None,
        Event.SUCCEEDED: Status.SUCCEEDED,
        Event.FAILED: Status.FAILED,
        Event.FORGOTTEN: Status.UNKNOWN,
    },
    Status.SUCCEEDED: {
        Event.CANCELED: None,
        Event.STARTED: None,
        Event.SUCCEEDED: None,
        Event.FAILED: None,
        Event.FORGOTTEN: Status.UNKNOWN,
    },
    Status.FAILED: {
        Event.CANCELED: None,
        Event.STARTED: None,
        Event.SUCCEEDED: None,
        Event.FAILED: None,
        Event.FORGOTTEN: Status.UNKNOWN,
    },
    Status.CANCELED: {
        Event.CANCELED: None,
        Event.STARTED: None,
        Event.SUCCEEDED: None,
        Event.FAILED: None,
        Event.FORGOTTEN: Status.UNKNOWN,
    },
    Status.UNKNOWN: {
        Event.CANCELED: None,
        Event.STARTED: None,
        Event.SUCCEEDED: None,
        Event.FAILED: None,
        Event.FORGOTTEN: None,
    },
}

FINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.CANCELED, Status.UNKNOWN})


def status_at(task: Task, now: int, timing: Timing) -> Status:
    """Return the status of a task at an instant (ms)."""
    status = Status.PENDING
    for at, event in _history(task, timing):
        if at <= now:
            status = TRANSITIONS[status][event] or status
    return status


def _history(task: Task, timing: Timing) -> Iterator[tuple[int, Event]]:
    """Yield what happens to a task, in order. A cancel is only ever recorded while the task was PENDING."""
    if task.canceled_at is not None:
        yield task.canceled_at, Event.CANCELED
    yield task.starts_at, Event.STARTED
    yield task.ends_at, Event.FAILED if task.fails else Event.SUCCEEDED
    yield task.submitted_at + timing.task_retention, Event.FORGOTTEN


@dataclass(frozen=True, slots=True)
class Plan:
    """When a new task will be scheduled, start and end (ms)."""

    scheduled_at: int
    starts_at: int
    ends_at: int


def plan(pace: Pace, kind: Kind, now: int, *, fails: bool, timing: Timing, random: Random) -> Plan:
    """Choose a task's instants. `fails` tells of a worker-stage fault, which shows at once in every pace."""
    if pace is Pace.INSTANT:
        return Plan(now, now, now)
    scheduled = now + random.randint(timing.scheduled_after_low, timing.scheduled_after_high)
    if fails:
        return Plan(scheduled, scheduled, now + timing.judged_after)
    if pace is Pace.QUICK:
        return Plan(scheduled, now + timing.quick_starts_after, now + timing.quick_ends_after)
    # A tenth either way: the documented samples are single runs, their spread is not known (assumed).
    return Plan(scheduled, scheduled, scheduled + int(timing.realistic[kind] * random.uniform(0.9, 1.1)))


def on_poll(task: Task, now: int, timing: Timing) -> Task:
    """Return the task as a GET at `now` leaves it: instants are pulled back to `now` where the pace says so.

    Quick: PENDING on the first poll, RUNNING on the second, final on the third, or sooner by the clock. Instant
    and any pace with a worker-stage fault: final on the first. Realistic: by time only. Never forward, and never
    before the submission or past a cancel, also on a clock that was set back.
    """
    if task.canceled_at is not None or status_at(task, now, timing) in FINAL:
        return task
    at = max(now, task.submitted_at)
    if task.fails or task.pace is Pace.INSTANT:
        starts, ends = at, at
    elif task.pace is Pace.QUICK:
        starts = at if task.polls >= 1 else task.starts_at
        ends = at if task.polls >= 2 else task.ends_at  # noqa: PLR2004 - the third poll
    else:
        return task
    starts, ends = min(starts, task.starts_at), min(ends, task.ends_at)
    return replace(
        task,
        scheduled_at=min(task.scheduled_at, starts),
        starts_at=starts,
        ends_at=ends,
        polls=task.polls + 1,
        version=task.version + 1,
    )


def cancel(task: Task, now: int, timing: Timing) -> Task | None:
    """Return the canceled task, or None where the table refuses it."""
    if TRANSITIONS[status_at(task, now, timing)][Event.CANCELED] is None:
        return None
    return replace(task, canceled_at=now, version=task.version + 1)
