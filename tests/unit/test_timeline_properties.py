"""What holds of a task's life whatever is done to it, and a small independent model of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hobbyhorse.core import timeline
from hobbyhorse.core.catalogue import Kind
from hobbyhorse.core.task import Pace, Task
from unit.playbook import submitted
from unit.records import DAY, SUBMITTED, TIMING

RANK = {"PENDING": 0, "RUNNING": 1, "SUCCEEDED": 2, "FAILED": 2, "CANCELED": 2, "UNKNOWN": 3}

tasks = st.builds(submitted, st.sampled_from(Pace), st.sampled_from(Kind), fails=st.booleans(), seed=st.integers(0, 99))
# Short steps meet the instants of a task, long ones the end of its retention.
steps = st.one_of(st.integers(0, 120), st.sampled_from([0, 1, 40, 100, 500, 1500, 80_000, DAY]))


def instants(task: Task) -> tuple[int, int, int, int]:
    return task.submitted_at, task.scheduled_at, task.starts_at, task.ends_at


@given(tasks, st.lists(st.tuples(steps, st.booleans()), max_size=12))
def test_status_never_goes_back_and_no_instant_moves_forward_or_out_of_order(
    task: Task, moves: list[tuple[int, bool]]
) -> None:
    now, rank = SUBMITTED, 0
    for step, is_poll in moves:
        now += step
        before = instants(task)
        if is_poll:
            task = timeline.on_poll(task, now, TIMING)
        after = instants(task)
        assert list(after) == sorted(after)
        assert all(new <= old for new, old in zip(after, before, strict=True))
        found = RANK[timeline.status_at(task, now, TIMING)]
        assert rank <= found
        rank = found


@given(tasks, st.lists(st.integers(-DAY, DAY), max_size=8))
def test_the_instants_stay_in_order_on_a_clock_that_is_set_back_and_forth(task: Task, jumps: list[int]) -> None:
    for jump in jumps:
        task = timeline.on_poll(task, SUBMITTED + jump, TIMING)
        assert list(instants(task)) == sorted(instants(task))


@given(tasks, steps, st.integers(0, 3))
def test_a_look_is_always_the_same_at_one_instant_and_so_is_what_a_poll_says_of_itself(
    task: Task, step: int, polls: int
) -> None:
    now = SUBMITTED + step
    for _ in range(polls):
        task = timeline.on_poll(task, now, TIMING)
    assert timeline.status_at(task, now, TIMING) == timeline.status_at(task, now, TIMING)
    final = timeline.status_at(task, now, TIMING) in timeline.FINAL
    assert final == (timeline.on_poll(task, now, TIMING) is task) or not task.goes_by_polls


@given(tasks, steps, steps, st.integers(0, 3))
def test_a_second_cancel_is_always_refused(task: Task, first: int, second: int, polls: int) -> None:
    for _ in range(polls):
        task = timeline.on_poll(task, SUBMITTED, TIMING)
    canceled = timeline.cancel(task, SUBMITTED + first, TIMING) or task
    if canceled is not task:
        assert timeline.cancel(canceled, SUBMITTED + first + second, TIMING) is None


@given(tasks, steps)
def test_a_cancel_is_taken_exactly_while_the_task_is_pending(task: Task, step: int) -> None:
    now = SUBMITTED + step
    is_pending = timeline.status_at(task, now, TIMING) == "PENDING"
    assert is_pending == (timeline.cancel(task, now, TIMING) is not None)


class TaskLife(RuleBasedStateMachine):
    """Polls, looks, cancels and passing time against a model that counts polls and elapsed milliseconds."""

    @initialize(pace=st.sampled_from(Pace), fails=st.booleans())
    def submit(self, pace: Pace, *, fails: bool) -> None:
        self.task = submitted(pace, fails=fails)
        self.pace, self.fails = pace, fails
        self.length = self.task.ends_at - SUBMITTED
        self.elapsed = self.polls = 0
        self.is_canceled = False

    def expected(self) -> str:
        """Return the status as DESIGN tells it: by polls, or by the clock."""
        if self.elapsed >= 86_400_000:
            return "UNKNOWN"
        if self.is_canceled:
            return "CANCELED"
        if self.pace is Pace.INSTANT:
            has_started = has_ended = True
        elif self.fails:
            has_started = self.elapsed >= 40 or self.polls >= 1
            has_ended = self.elapsed >= 100 or self.polls >= 1
        elif self.pace is Pace.QUICK:
            has_started = self.elapsed >= 500 or self.polls >= 2
            has_ended = self.elapsed >= 2000 or self.polls >= 3
        else:
            has_started, has_ended = self.elapsed >= 40, self.elapsed >= self.length
        if has_ended:
            return "FAILED" if self.fails else "SUCCEEDED"
        return "RUNNING" if has_started else "PENDING"

    @property
    def now(self) -> int:
        return SUBMITTED + self.elapsed

    @rule(step=steps)
    def let_time_pass(self, step: int) -> None:
        self.elapsed += step

    @rule()
    def poll(self) -> None:
        self.task = timeline.on_poll(self.task, self.now, TIMING)
        self.polls += not self.is_canceled

    @rule()
    def cancel(self) -> None:
        is_pending = self.expected() == "PENDING"
        canceled = timeline.cancel(self.task, self.now, TIMING)
        assert is_pending == (canceled is not None)
        self.is_canceled |= is_pending
        self.task = canceled or self.task

    @invariant()
    def status_is_the_models(self) -> None:
        assert self.expected() == timeline.status_at(self.task, self.now, TIMING)

    @invariant()
    def instants_are_in_order(self) -> None:
        assert list(instants(self.task)) == sorted(instants(self.task))


TestTaskLife = TaskLife.TestCase
TestTaskLife.settings = settings(max_examples=60, stateful_step_count=20)
