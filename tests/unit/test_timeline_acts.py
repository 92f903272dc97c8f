"""What acting on a task does to its life: held, released, ended; polls that are counted, and URLs that died."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core import timeline
from hobbyhorse.core.catalogue import Kind
from hobbyhorse.core.scenario import Odd
from hobbyhorse.core.task import Pace, Script
from hobbyhorse.core.timeline import FINAL, NEVER, Status, own_status_at, status_at
from unit.playbook import submitted
from unit.records import DAY, FAILURE, SUBMITTED, TIMING, a_task

if TYPE_CHECKING:
    from hobbyhorse.core.task import Task

ODD = Script("lies/1", (Odd(polls=(2,), status="QUEUED"),))
UNTIL = SUBMITTED + DAY - 1

paces = st.builds(submitted, st.sampled_from(Pace), st.sampled_from(Kind), fails=st.booleans(), seed=st.integers(0, 99))
by_polls = st.builds(
    lambda waits, runs: a_task(starts_at=NEVER, ends_at=NEVER, polls_to_start=waits, polls_to_end=waits + runs),
    st.integers(0, 4),
    st.integers(0, 4),
)
stuck = st.sampled_from(
    [
        a_task(scheduled_at=NEVER, starts_at=NEVER, ends_at=NEVER, polls_to_start=None, polls_to_end=None),
        a_task(ends_at=NEVER, polls_to_start=None, polls_to_end=None),
    ]
)
tasks = st.one_of(paces, by_polls, stuck).flatmap(lambda task: st.sampled_from([task, replace(task, script=ODD)]))
instants = st.integers(0, DAY - 1).map(lambda past: SUBMITTED + past) | st.integers(0, 3000).map(
    lambda past: SUBMITTED + past
)


def polled(task: Task, now: int = SUBMITTED, times: int = 1) -> Task:
    for _ in range(times):
        task = timeline.on_poll(task, now, TIMING)
    return task


def is_sound(task: Task) -> bool:
    found = [task.submitted_at, task.scheduled_at, task.starts_at, task.ends_at]
    return found == sorted(found)


@pytest.mark.parametrize(
    ("pace", "fails", "polls"),
    [
        ("instant", False, (0, 0)),
        ("instant", True, (0, 0)),
        ("quick", False, (1, 2)),
        ("quick", True, (0, 0)),
        ("realistic", False, (None, None)),
        ("realistic", True, (0, 0)),
    ],
)
def test_a_plan_says_how_many_polls_find_a_task_not_started_and_not_ended(
    pace: str, polls: tuple[int | None, int | None], *, fails: bool
) -> None:
    found = timeline.plan(Pace(pace), Kind.T2V, SUBMITTED, fails=fails, timing=TIMING, random=Random(1))
    assert polls == (found.polls_to_start, found.polls_to_end)


@given(st.integers(0, 6), st.integers(0, 6), st.integers(0, 5000))
def test_as_many_polls_as_counted_find_it_pending_then_running_then_final(waits: int, runs: int, step: int) -> None:
    task = a_task(starts_at=NEVER, ends_at=NEVER, polls_to_start=waits, polls_to_end=waits + runs)
    seen, now = [], SUBMITTED
    for _ in range(waits + runs + 2):
        now += step
        task = polled(task, now)
        seen.append(status_at(task, now, TIMING))
        assert is_sound(task)
    assert [Status.PENDING] * waits + [Status.RUNNING] * runs + [Status.SUCCEEDED] * 2 == seen


@given(tasks, instants, instants, st.lists(st.integers(-DAY, DAY), max_size=5))
def test_a_held_task_stands_still_whatever_clock_and_polls_do(
    task: Task, first: int, held_at: int, jumps: list[int]
) -> None:
    task = polled(task, min(first, held_at))
    held = timeline.hold(task, held_at)
    before = own_status_at(held, held_at)
    assert before == own_status_at(task, held_at)
    for jump in jumps:
        held = polled(held, max(held_at, held_at + jump))
        assert before == own_status_at(held, max(held_at, held_at + jump))
    assert (task.scheduled_at, task.starts_at, task.ends_at) == (held.scheduled_at, held.starts_at, held.ends_at)


@given(tasks, instants, st.integers(0, DAY))
def test_what_lay_ahead_of_a_held_task_lies_as_far_ahead_of_its_release(task: Task, held_at: int, wait: int) -> None:
    let_go = held_at + wait
    released = timeline.release(timeline.hold(task, held_at), let_go)
    assert is_sound(released)
    assert None is released.held_at
    for was, now_is in ((task.starts_at, released.starts_at), (task.ends_at, released.ends_at)):
        expected = was if was == NEVER or was <= held_at else was + wait
        assert expected == now_is
    # The task is where it was, and a step later where it would have been a step after it was held.
    for step in (0, 1, 40, 100, 500, 2000, 80_000):
        assert own_status_at(task, held_at + step) == own_status_at(released, let_go + step)


@given(tasks, instants, st.integers(0, DAY))
def test_a_release_on_a_clock_that_was_set_back_moves_nothing(task: Task, held_at: int, back: int) -> None:
    released = timeline.release(timeline.hold(task, held_at), held_at - back)
    assert (task.scheduled_at, task.starts_at, task.ends_at) == (
        released.scheduled_at,
        released.starts_at,
        released.ends_at,
    )


@given(tasks, instants)
def test_holding_twice_and_releasing_what_is_not_held_are_nothing(task: Task, at: int) -> None:
    held = timeline.hold(task, at)
    assert held is timeline.hold(held, at + 1)
    assert task is timeline.release(task, at)
    assert task.version + 1 == held.version
    assert task.version + 2 == timeline.release(held, at).version


def test_a_held_pending_task_can_be_canceled_and_a_held_running_one_cannot() -> None:
    pending = timeline.hold(submitted(Pace.QUICK), SUBMITTED + 400)
    canceled = timeline.cancel(pending, SUBMITTED + 9000, TIMING)
    assert canceled is not None
    assert Status.CANCELED == status_at(canceled, SUBMITTED + 9000, TIMING)
    assert Status.CANCELED == status_at(timeline.release(canceled, SUBMITTED + 9001), SUBMITTED + DAY - 1, TIMING)
    running = timeline.hold(submitted(Pace.QUICK), SUBMITTED + 500)
    assert None is timeline.cancel(running, SUBMITTED + 9000, TIMING)


def test_a_held_task_is_forgotten_like_any_other_and_its_own_status_is_not() -> None:
    held = timeline.hold(submitted(Pace.QUICK), SUBMITTED + 500)
    late = SUBMITTED + DAY
    assert (Status.RUNNING, Status.UNKNOWN) == (own_status_at(held, late), status_at(held, late, TIMING))


@given(tasks, instants, st.booleans(), st.booleans())
def test_an_ended_task_is_final_from_now_on_with_the_outcome_it_had_or_was_given(
    task: Task, at: int, is_held: bool, fails: bool
) -> None:
    task = timeline.hold(task, at) if is_held else task
    if own_status_at(task, at) in FINAL:
        return
    failure = FAILURE if fails else None
    ended = timeline.end(task, at, failure)
    expected = Status.FAILED if fails or task.fails else Status.SUCCEEDED
    assert is_sound(ended)
    assert (at, None, task.version + 1) == (ended.ends_at, ended.held_at, ended.version)
    assert expected == own_status_at(ended, at) == own_status_at(ended, UNTIL)
    assert own_status_at(ended, at - 1) not in FINAL
    assert (FAILURE if fails else task.outcome) is ended.outcome


def test_an_end_on_a_clock_set_back_before_the_submission_is_at_the_submission() -> None:
    ended = timeline.end(submitted(Pace.QUICK), SUBMITTED - 5000)
    assert is_sound(ended)
    assert SUBMITTED == ended.ends_at


def test_a_dead_url_gets_its_next_generation_from_one_poll_and_no_other() -> None:
    task = replace(submitted(Pace.INSTANT), url_is_dead=True)
    first = polled(task)
    assert (1, False, task.version + 1) == (first.generation, first.url_is_dead, first.version)
    assert first is polled(first, SUBMITTED + 9)
    again = polled(replace(first, url_is_dead=True))
    assert 2 == again.generation


@pytest.mark.parametrize(
    "task",
    [
        submitted(Pace.QUICK),
        submitted(Pace.INSTANT, fails=True),
        replace(submitted(Pace.QUICK), canceled_at=SUBMITTED),
    ],
)
def test_a_url_comes_to_life_again_with_a_success_only(task: Task) -> None:
    found = polled(replace(task, url_is_dead=True))
    assert (0, True) == (found.generation, found.url_is_dead)


def test_a_dead_url_beside_a_forgotten_task_stays_dead() -> None:
    found = polled(replace(submitted(Pace.INSTANT), url_is_dead=True), SUBMITTED + DAY)
    assert (0, True) == (found.generation, found.url_is_dead)


@pytest.mark.parametrize("pace", Pace)
@pytest.mark.parametrize("fails", [False, True])
def test_every_poll_of_an_odd_task_is_counted_however_it_ends(pace: Pace, *, fails: bool) -> None:
    task = replace(submitted(pace, fails=fails), script=ODD)
    for number in range(1, 8):
        before, task = task, polled(task, SUBMITTED + number)
        assert (number, before.version + 1) == (task.polls, task.version)
    assert is_sound(task)


def test_a_rule_without_odd_answers_counts_no_polls_of_its_own() -> None:
    task = replace(submitted(Pace.REALISTIC), script=Script("slow/1"))
    assert task is polled(task)


def test_odd_polls_are_counted_on_while_a_task_is_held_and_after_its_cancel() -> None:
    held = polled(timeline.hold(replace(submitted(Pace.QUICK), script=ODD), SUBMITTED), times=4)
    assert (4, Status.PENDING) == (held.polls, status_at(held, SUBMITTED, TIMING))
    canceled = polled(replace(submitted(Pace.QUICK), script=ODD, canceled_at=SUBMITTED), times=3)
    assert (3, Status.CANCELED) == (canceled.polls, status_at(canceled, SUBMITTED, TIMING))


def test_an_odd_success_whose_url_died_is_counted_and_gets_its_next() -> None:
    task = replace(submitted(Pace.INSTANT), script=ODD, url_is_dead=True)
    found = polled(task)
    assert (1, 1, False) == (found.polls, found.generation, found.url_is_dead)
    assert found.version > task.version


@given(tasks, st.lists(instants, max_size=6))
def test_odd_answers_change_nothing_but_the_count(task: Task, polls: list[int]) -> None:
    plain, odd = replace(task, script=None), replace(task, script=ODD)
    for now in sorted(polls):
        plain, odd = polled(plain, now), polled(odd, now)
        assert is_sound(plain)
        assert (plain.scheduled_at, plain.starts_at, plain.ends_at) == (odd.scheduled_at, odd.starts_at, odd.ends_at)
