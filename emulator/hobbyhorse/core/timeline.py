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
    from .faults import Failure


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


# An instant that no clock reaches: where a stuck task starts or ends.
NEVER = 1 << 52


def status_at(task: Task, now: int, timing: Timing) -> Status:
    """Return the status of a task at an instant (ms)."""
    status = own_status_at(task, now)
    is_forgotten = task.submitted_at + timing.task_retention <= now
    return (TRANSITIONS[status][Event.FORGOTTEN] if is_forgotten else None) or status


def own_status_at(task: Task, now: int) -> Status:
    """Return the same, leaving aside that the upstream forgets: what the ledger goes by."""
    status = Status.PENDING
    for at, event in _history(task, now):
        if at <= now:
            status = TRANSITIONS[status][event] or status
    return status


def _history(task: Task, now: int) -> Iterator[tuple[int, Event]]:
    """Yield what happens to a task, in order. A cancel is only ever recorded while the task was PENDING.

    What had not happened to a held task when it was held happens once it is released.
    """
    if task.canceled_at is not None:
        yield task.canceled_at, Event.CANCELED
    until = now if task.held_at is None else task.held_at
    if task.starts_at <= until:
        yield task.starts_at, Event.STARTED
    if task.ends_at <= until:
        yield task.ends_at, Event.FAILED if task.fails else Event.SUCCEEDED


@dataclass(frozen=True, slots=True)
class Plan:
    """When a new task will be scheduled, start and end (ms), and after how many polls at the latest (None: by time)."""

    scheduled_at: int
    starts_at: int
    ends_at: int
    polls_to_start: int | None = None
    polls_to_end: int | None = None


def plan(pace: Pace, kind: Kind, now: int, *, fails: bool, timing: Timing, random: Random) -> Plan:
    """Choose a task's instants. `fails` tells of a worker-stage fault, which shows at once in every pace.

    Quick: PENDING on the first poll, RUNNING on the second, final on the third, or sooner by the clock. Instant and
    any pace with a worker-stage fault: final on the first. Realistic: by time only.
    """
    if pace is Pace.INSTANT:
        return Plan(now, now, now, 0, 0)
    scheduled = now + random.randint(timing.scheduled_after_low, timing.scheduled_after_high)
    if fails:
        return Plan(scheduled, scheduled, now + timing.judged_after, 0, 0)
    if pace is Pace.QUICK:
        return Plan(scheduled, now + timing.quick_starts_after, now + timing.quick_ends_after, 1, 2)
    # A tenth either way: the documented samples are single runs, their spread is not known (assumed).
    return Plan(scheduled, scheduled, scheduled + int(timing.realistic[kind] * random.uniform(0.9, 1.1)))


def on_poll(task: Task, now: int, timing: Timing) -> Task:
    """Return the task as a GET at `now` leaves it: instants are pulled back to `now` where polls move it.

    Never forward, and never before the submission or past a cancel, also on a clock that was set back. A success
    whose URL is dead gets its next URL. A poll of a held task moves nothing, and brings nothing nearer either.
    """
    status = status_at(task, now, timing)
    if status is Status.SUCCEEDED and task.url_is_dead:
        task = replace(task, generation=task.generation + 1, url_is_dead=False, version=task.version + 1)
    is_final = task.canceled_at is not None or status in FINAL
    is_counted = task.script is not None and bool(task.script.odd)
    if not is_counted and (is_final or task.held_at is not None or not task.goes_by_polls):
        return task
    if task.held_at is not None:
        task = replace(task, polls_to_start=_later(task.polls_to_start), polls_to_end=_later(task.polls_to_end))
    elif not is_final:
        task = _pulled_back(task, max(now, task.submitted_at))
    return replace(task, polls=task.polls + 1, version=task.version + 1)


def _later(polls: int | None) -> int | None:
    return None if polls is None else polls + 1


def _pulled_back(task: Task, at: int) -> Task:
    """Return a task that goes by polls as one more of them leaves it."""
    starts, ends = task.starts_at, task.ends_at
    if task.polls_to_start is not None and task.polls >= task.polls_to_start:
        starts = min(starts, at)
    if task.polls_to_end is not None and task.polls >= task.polls_to_end:
        ends = min(ends, at)
    return replace(task, scheduled_at=min(task.scheduled_at, starts), starts_at=min(starts, ends), ends_at=ends)


def cancel(task: Task, now: int, timing: Timing) -> Task | None:
    """Return the canceled task, or None where the table refuses it."""
    if TRANSITIONS[status_at(task, now, timing)][Event.CANCELED] is None:
        return None
    return replace(task, canceled_at=now, version=task.version + 1)


def hold(task: Task, now: int) -> Task:
    """Return the task standing still from `now` on, whatever the clock and polls do. A held one stays as it is."""
    return task if task.held_at is not None else replace(task, held_at=now, version=task.version + 1)


def release(task: Task, now: int) -> Task:
    """Return a held task going on: what lay ahead of it when it was held lies as far ahead of `now`."""
    if task.held_at is None:
        return task
    late = max(0, now - task.held_at)
    starts = task.starts_at + late if task.held_at < task.starts_at < NEVER else task.starts_at
    ends = task.ends_at + late if task.held_at < task.ends_at < NEVER else task.ends_at
    scheduled = min(task.scheduled_at + late, starts) if task.held_at < task.scheduled_at else task.scheduled_at
    return replace(task, scheduled_at=scheduled, starts_at=starts, ends_at=ends, held_at=None, version=task.version + 1)


def end(task: Task, now: int, failure: Failure | None = None) -> Task:
    """Return the task ending now: as it would have, or with a failure. It must not have ended yet."""
    at = max(now, task.submitted_at)
    return replace(
        task,
        outcome=failure or task.outcome,
        scheduled_at=min(task.scheduled_at, at),
        starts_at=min(task.starts_at, at),
        ends_at=at,
        held_at=None,
        version=task.version + 1,
    )
