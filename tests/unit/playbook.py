"""The life of one task as a transcript: `assert Playbook() >> poll << PENDING >> poll << RUNNING`.

`>>` plays a step, `<<` says what must have come of it. Mismatches are collected; the whole transcript is shown.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from hobbyhorse.core import timeline
from hobbyhorse.core.catalogue import Kind
from hobbyhorse.core.task import Pace
from unit.records import FAILURE, JOB, SUBMITTED, TIMING, a_task

if TYPE_CHECKING:
    from collections.abc import Callable

    from hobbyhorse.core.task import Task

    Step = Callable[["Playbook"], str]

ACCEPTED, REFUSED = "accepted", "refused"


def submitted(pace: Pace, kind: Kind = Kind.T2V, *, fails: bool = False, seed: int = 1) -> Task:
    """Return a task as it is at its submission."""
    times = timeline.plan(pace, kind, SUBMITTED, fails=fails, timing=TIMING, random=Random(seed))
    return a_task(
        outcome=FAILURE if fails else JOB,
        scheduled_at=times.scheduled_at,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        polls_to_start=times.polls_to_start,
        polls_to_end=times.polls_to_end,
    )


class Playbook:
    """One task, its clock, and what was asked of it so far."""

    def __init__(self, pace: Pace = Pace.QUICK, kind: Kind = Kind.T2V, *, fails: bool = False) -> None:
        self.task = submitted(pace, kind, fails=fails)
        self.now = SUBMITTED
        self._answer = ""
        self._lines: list[str] = []
        self._holds = True

    def __rshift__(self, step: Step) -> Playbook:
        self._answer = step(self)
        self._lines.append(f"{self.now - SUBMITTED:>9} ms  >> {step.__name__}")
        return self

    def __lshift__(self, expected: str) -> Playbook:
        is_right = expected == self._answer
        self._holds &= is_right
        self._lines.append(f"{'':>12}  << {expected}" + ("" if is_right else f"   BUT IT WAS {self._answer}"))
        return self

    def __bool__(self) -> bool:
        return self._holds

    def __repr__(self) -> str:
        return "\n".join(["the transcript", *self._lines])


def poll(book: Playbook) -> str:
    """GET the task: what the answer says."""
    book.task = timeline.on_poll(book.task, book.now, TIMING)
    return look(book)


def look(book: Playbook) -> str:
    """See the task in a listing, which moves nothing."""
    return timeline.status_at(book.task, book.now, TIMING)


def cancel(book: Playbook) -> str:
    """Try to cancel the task."""
    canceled = timeline.cancel(book.task, book.now, TIMING)
    book.task = canceled or book.task
    return ACCEPTED if canceled else REFUSED


def after(seconds: float) -> Step:
    """Let time pass (the clock may also be set back)."""

    def pass_time(book: Playbook) -> str:
        book.now += round(seconds * 1000)
        return ""

    return pass_time
