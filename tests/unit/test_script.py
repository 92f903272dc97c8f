"""What a rule makes of a task's plan, and odd answers laid over rendered ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse.core.catalogue import Kind
from hobbyhorse.core.scenario import Odd, Stuck, Then, contradiction
from hobbyhorse.core.script import replanned
from hobbyhorse.core.task import Pace, Script
from hobbyhorse.core.timeline import NEVER, Plan, Status, plan
from hobbyhorse.dialects.dashscope.odd import CREATE, oddly
from unit.records import SUBMITTED, TASK, TIMING

NOW = SUBMITTED
QUICK = plan(Pace.QUICK, Kind.T2V, NOW, fails=False, timing=TIMING, random=Random(1))
REALISTIC = plan(Pace.REALISTIC, Kind.T2V, NOW, fails=False, timing=TIMING, random=Random(1))


def test_what_a_rule_leaves_open_is_as_the_pace_has_it() -> None:
    assert QUICK == replanned(QUICK, Then(), NOW)
    waits = replanned(REALISTIC, Then(pending=9000), NOW)
    assert (9000, REALISTIC.ends_at - REALISTIC.starts_at) == (waits.starts_at - NOW, waits.ends_at - waits.starts_at)
    runs = replanned(QUICK, Then(running=9000), NOW)
    assert (QUICK.starts_at, QUICK.starts_at + 9000) == (runs.starts_at, runs.ends_at)
    assert (None, None) == (runs.polls_to_start, runs.polls_to_end)
    stuck = replanned(QUICK, Then(stuck=Stuck.RUNNING), NOW)
    assert (QUICK.starts_at, 1, NEVER, None) == (
        stuck.starts_at,
        stuck.polls_to_start,
        stuck.ends_at,
        stuck.polls_to_end,
    )


spans = st.none() | st.integers(0, 10**6)
THENS = st.builds(
    Then, spans, spans, st.none() | st.integers(0, 9), st.none() | st.integers(0, 9), st.none() | st.sampled_from(Stuck)
).filter(lambda then: contradiction(then) is None)


@settings(deadline=None)
@given(THENS, st.sampled_from(Pace), st.booleans())
def test_a_plan_stays_in_order(then: Then, pace: Pace, fails: bool) -> None:
    made = replanned(plan(pace, Kind.T2V, NOW, fails=fails, timing=TIMING, random=Random(1)), then, NOW)
    assert NOW <= made.scheduled_at <= made.starts_at <= made.ends_at <= NEVER
    assert (made.polls_to_start or 0) <= (made.polls_to_end if made.polls_to_end is not None else NEVER)


def shown(odd: Odd, number: int = 1, status: Status = Status.RUNNING, **output: Any) -> dict[str, Any]:
    task = replace(TASK, script=Script("x/1", (odd,)))
    body = {"request_id": "r", "output": {"task_status": status.value, **output}}
    before = repr(body)
    made = oddly(body, task, number, status)
    assert before == repr(body)
    return made


def test_an_odd_answer_without_polls_leaves_the_create_alone() -> None:
    assert "QUEUED" == shown(Odd(status="QUEUED"), 7)["output"]["task_status"]
    assert "RUNNING" == shown(Odd(status="QUEUED"), CREATE)["output"]["task_status"]
    assert "RUNNING" == shown(Odd((2,), status="QUEUED"), 1)["output"]["task_status"]
    assert "RUNNING" == shown(Odd(when="PENDING", status="QUEUED"))["output"]["task_status"]


def test_another_url_stands_only_where_there_was_one() -> None:
    assert "video_url" not in shown(Odd(video_url="x"))["output"]
    assert "x" == shown(Odd(video_url="x"), video_url="y")["output"]["video_url"]


def test_fields_are_left_out_wherever_they_stand() -> None:
    odd = Odd(without=("request_id", "video_url", "usage.SR"), extra={"progress": 1})
    assert {"output": {"task_status": "RUNNING", "progress": 1}} == shown(odd, video_url="y")
    assert {"request_id": "r"} == shown(Odd(without=("output",)))
    task = replace(TASK, script=Script("x/1", (odd,)))
    body = oddly({"output": {}, "usage": {"SR": 1, "fps": 2}}, task, 1, Status.SUCCEEDED)
    assert {"fps": 2} == body["usage"]


@pytest.mark.parametrize("script", [None, Script("x/1")])
def test_without_odd_answers_a_body_is_what_it_was(script: Script | None) -> None:
    body = {"output": {"task_status": "RUNNING"}}
    assert body is oddly(body, replace(TASK, script=script), 1, Status.RUNNING)


def test_a_plan_by_polls_is_by_polls_only() -> None:
    made = replanned(QUICK, Then(pending_polls=2, running_polls=3), NOW)
    assert Plan(QUICK.scheduled_at, NEVER, NEVER, 2, 5) == made
