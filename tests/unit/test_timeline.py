"""The states of a task: the table itself, and lives told as transcripts."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

import pytest

from hobbyhorse.core import timeline
from hobbyhorse.core.catalogue import Kind
from hobbyhorse.core.task import Pace
from hobbyhorse.core.timeline import FINAL, TRANSITIONS, Event, Status
from unit.playbook import ACCEPTED, REFUSED, Playbook, after, cancel, look, poll, submitted
from unit.records import SUBMITTED, TIMING

PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, UNKNOWN = Status

# Every move there is; every other pair of state and event changes nothing.
MOVES = {
    ("PENDING", "canceled by its owner"): "CANCELED",
    ("PENDING", "started"): "RUNNING",
    ("PENDING", "ended with a fault"): "FAILED",
    ("PENDING", "24 h passed"): "UNKNOWN",
    ("RUNNING", "ended well"): "SUCCEEDED",
    ("RUNNING", "ended with a fault"): "FAILED",
    ("RUNNING", "24 h passed"): "UNKNOWN",
    ("SUCCEEDED", "24 h passed"): "UNKNOWN",
    ("FAILED", "24 h passed"): "UNKNOWN",
    ("CANCELED", "24 h passed"): "UNKNOWN",
}


def test_the_table_has_every_state_against_every_event() -> None:
    assert [set(Event)] * len(Status) == [set(TRANSITIONS[status]) for status in Status]


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_the_table_makes_the_documented_moves_and_no_other(status: Status, event: Event) -> None:
    assert MOVES.get((status.value, event.value)) == TRANSITIONS[status][event]


def test_a_final_state_is_left_for_unknown_only() -> None:
    assert {SUCCEEDED, FAILED, CANCELED, UNKNOWN} == FINAL
    assert {None, UNKNOWN} == {after for status in FINAL for after in TRANSITIONS[status].values()}


def test_quick_is_pending_then_running_then_final_poll_by_poll() -> None:
    assert Playbook(Pace.QUICK) >> poll << PENDING >> poll << RUNNING >> poll << SUCCEEDED >> poll << SUCCEEDED


def test_quick_is_running_after_half_a_second_and_final_after_two_without_any_poll() -> None:
    book = Playbook(Pace.QUICK) >> look << PENDING
    assert book >> after(0.499) >> look << PENDING >> after(0.001) >> look << RUNNING
    assert book >> after(1.499) >> look << RUNNING >> after(0.001) >> look << SUCCEEDED


def test_a_first_poll_after_half_a_second_finds_a_quick_task_running() -> None:
    assert Playbook(Pace.QUICK) >> after(0.5) >> poll << RUNNING >> poll << RUNNING >> poll << SUCCEEDED


def test_looking_moves_nothing() -> None:
    book = Playbook(Pace.QUICK) >> look << PENDING >> look << PENDING >> look << PENDING >> look << PENDING
    assert book >> poll << PENDING >> look << PENDING >> poll << RUNNING >> look << RUNNING


def test_instant_is_final_on_the_first_poll() -> None:
    assert Playbook(Pace.INSTANT) >> poll << SUCCEEDED


@pytest.mark.parametrize(
    ("kind", "seconds"), [("t2v", 80), ("i2v", 104), ("r2v", 40), ("video-edit", 59), ("kf2v", 104), ("vace", 59)]
)
def test_realistic_takes_the_documented_time_of_its_kind_give_or_take_a_tenth(kind: str, seconds: int) -> None:
    lengths = [
        (task.ends_at - task.starts_at) / 1000
        for task in (submitted(Pace.REALISTIC, Kind(kind), seed=seed) for seed in range(200))
    ]
    assert seconds * 0.9 <= min(lengths) < seconds * 0.93
    assert seconds * 1.07 < max(lengths) <= seconds * 1.1


def test_realistic_goes_by_time_only() -> None:
    book = Playbook(Pace.REALISTIC) >> poll << PENDING >> poll << PENDING >> poll << PENDING
    assert book >> after(0.04) >> poll << RUNNING >> poll << RUNNING >> poll << RUNNING
    assert book >> after(71.9) >> poll << RUNNING >> after(16.1) >> poll << SUCCEEDED


@pytest.mark.parametrize("pace", Pace)
def test_a_worker_stage_fault_is_final_on_the_first_poll(pace: Pace) -> None:
    assert Playbook(pace, fails=True) >> poll << FAILED >> poll << FAILED


@pytest.mark.parametrize("pace", [Pace.QUICK, Pace.REALISTIC])
def test_a_worker_stage_fault_shows_by_itself_after_a_tenth_of_a_second(pace: Pace) -> None:
    book = Playbook(pace, fails=True) >> look << PENDING >> after(0.04) >> look << RUNNING
    assert book >> after(0.059) >> look << RUNNING >> after(0.001) >> look << FAILED


def test_a_pending_task_can_be_canceled_once() -> None:
    book = Playbook() >> poll << PENDING >> cancel << ACCEPTED >> poll << CANCELED >> cancel << REFUSED
    assert book >> after(10) >> poll << CANCELED >> cancel << REFUSED


def test_a_running_task_can_not_be_canceled() -> None:
    book = Playbook() >> poll << PENDING >> poll << RUNNING >> cancel << REFUSED
    assert book >> poll << SUCCEEDED >> cancel << REFUSED


def test_the_clock_closes_the_door_to_a_cancel_as_well() -> None:
    assert Playbook() >> after(0.499) >> cancel << ACCEPTED
    assert Playbook() >> after(0.5) >> cancel << REFUSED
    assert Playbook(Pace.INSTANT) >> cancel << REFUSED


@pytest.mark.parametrize("pace", Pace)
@pytest.mark.parametrize("fails", [False, True])
def test_a_task_is_unknown_24_hours_after_its_submission(pace: Pace, *, fails: bool) -> None:
    final = FAILED if fails else SUCCEEDED
    book = Playbook(pace, fails=fails) >> after(24 * 3600 - 0.001) >> look << final
    assert book >> after(0.001) >> look << UNKNOWN >> poll << UNKNOWN >> cancel << REFUSED


def test_a_canceled_task_is_unknown_24_hours_after_its_submission_not_after_its_cancel() -> None:
    book = Playbook() >> after(0.4) >> cancel << ACCEPTED >> after(24 * 3600 - 0.401) >> poll << CANCELED
    assert book >> after(0.001) >> poll << UNKNOWN


def test_a_poll_pulls_the_instants_back_to_itself() -> None:
    book = Playbook() >> after(0.02) >> poll << PENDING >> after(0.01) >> poll << RUNNING
    assert SUBMITTED + 30 == book.task.starts_at
    assert SUBMITTED + 30 == book.task.scheduled_at
    assert SUBMITTED + 2000 == book.task.ends_at
    assert book >> after(0.01) >> poll << SUCCEEDED
    assert SUBMITTED + 40 == book.task.ends_at


def test_polling_a_final_task_leaves_its_record_alone() -> None:
    task = (Playbook(Pace.INSTANT) >> poll << SUCCEEDED).task
    assert task is timeline.on_poll(task, SUBMITTED + 5000, TIMING)


def test_each_poll_that_moves_a_task_makes_a_next_version() -> None:
    book = Playbook() >> poll >> poll >> poll >> poll
    assert (3, 3) == (book.task.polls, book.task.version)


def test_a_cancel_makes_a_next_version_and_notes_its_instant() -> None:
    book = Playbook() >> after(0.1) >> cancel
    assert (1, SUBMITTED + 100) == (book.task.version, book.task.canceled_at)


def test_a_clock_set_back_before_the_submission_pulls_no_instant_before_it() -> None:
    book = Playbook() >> after(-3600) >> poll << PENDING >> poll << PENDING >> poll << PENDING
    assert (SUBMITTED, SUBMITTED, SUBMITTED) == (book.task.scheduled_at, book.task.starts_at, book.task.ends_at)


def test_a_clock_set_back_does_not_revive_a_canceled_task() -> None:
    book = Playbook() >> after(0.4) >> cancel << ACCEPTED >> after(-0.2) >> poll << PENDING >> poll << PENDING
    assert book >> poll << PENDING >> after(0.2) >> poll << CANCELED


@pytest.mark.parametrize(("pace", "starts"), [(Pace.QUICK, 500), (Pace.REALISTIC, 30)])
def test_a_task_is_scheduled_30_to_50_ms_after_its_submission(pace: Pace, starts: int) -> None:
    loose = replace(TIMING, scheduled_after_low=30, scheduled_after_high=50)
    plans = [timeline.plan(pace, Kind.T2V, 0, fails=False, timing=loose, random=Random(seed)) for seed in range(300)]
    assert set(range(30, 51)) == {plan.scheduled_at for plan in plans}
    assert starts == min(plan.starts_at for plan in plans)
