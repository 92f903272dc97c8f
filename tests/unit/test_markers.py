"""Markers in a prompt: what each asks for, and that whatever else stands in brackets changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse.core.markers import marked
from hobbyhorse.core.scenario import Stuck, Then
from hobbyhorse.data import load

ROWS = load().errors


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a cat", None),
        ("[[pending:30s]] a cat", Then(pending=30_000)),
        ("a cat [[run:120s]]", Then(running=120_000)),
        ("[[run: 2m ]]", Then(running=120_000)),
        ("[[pending:0]][[run:1.5]]", Then(pending=0, running=1500)),
        ("[[stuck]]", Then(stuck=Stuck.RUNNING)),
        ("[[stuck:PENDING]]", Then(stuck=Stuck.PENDING)),
        ("[[polls:2,3]]", Then(pending_polls=2, running_polls=3)),
        ("[[polls: 0 , 1 ]]", Then(pending_polls=0, running_polls=1)),
        ("[[pending:300ms]] [[stuck]]", Then(pending=300, stuck=Stuck.RUNNING)),
    ],
)
def test_a_marker_asks_for_one_thing(prompt: str, expected: Then | None) -> None:
    assert (expected, ()) == marked(prompt, ROWS)


@pytest.mark.parametrize(
    ("word", "row"),
    [
        ("DataInspectionFailed", "data-inspection-failed.input-output-data-may"),
        ("data-inspection-failed.output-data-may-contain", "data-inspection-failed.output-data-may-contain"),
        ("InternalError.Timeout", "internal-error-timeout"),
        (" field-required ", "field-required"),
    ],
)
def test_an_error_is_named_by_code_or_row(word: str, row: str) -> None:
    then, ignored = marked(f"a cat [[fail:{word}]]", ROWS)
    assert then
    assert then.fail
    assert (row, ()) == (then.fail.row, ignored)
    assert ROWS[row].code == then.fail.code


def test_a_code_means_the_row_that_a_task_can_end_with() -> None:
    """Several rows have the code InvalidParameter; the first of them is refused at create."""
    then, _ = marked("[[fail:InvalidParameter]]", ROWS)
    assert then
    assert then.fail
    assert "task" in ROWS[then.fail.row].stage
    assert "{" not in then.fail.message


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("[[fial:x]]", "[[fial:x]] is no marker (did you mean 'fail'?); there are: fail, pending, run, stuck, polls"),
        ("[[wide shot]]", "[[wide shot]] is no marker"),
        ("[[fail:DataInspectionFail]]", "names no error (did you mean 'DataInspectionFailed'?)"),
        ("[[fail]]", "[[fail]] names no error"),
        ("[[run:soon]]", "should be a number of seconds or a text such as"),
        ("[[run]]", "should be a number of seconds"),
        ("[[run:-1s]]", "should be a number of seconds"),
        ("[[run:400000000]]", "should be between 0 and 366 days"),
        ("[[stuck:RUNING]]", "should be PENDING or RUNNING (did you mean 'RUNNING'?)"),
        ("[[polls:2]]", "should be two numbers"),
    ],
)
def test_what_cannot_be_done_is_told_and_ignored(prompt: str, said: str) -> None:
    then, ignored = marked(prompt, ROWS)
    assert then is None
    assert 1 == len(ignored)
    assert said in ignored[0]


@pytest.mark.parametrize(
    ("prompt", "kept", "said"),
    [
        ("[[run:1s]][[run:2s]]", Then(running=1000), "[[run:2s]] is there a second time"),
        ("[[polls:2,3]][[run:2s]]", Then(pending_polls=2, running_polls=3), "contradicts another: a task goes by time"),
        ("[[stuck]][[fail:InternalError]]", Then(stuck=Stuck.RUNNING), "a stuck task never ends"),
        ("[[stuck]][[nothing]]", Then(stuck=Stuck.RUNNING), "[[nothing]] is no marker"),
    ],
)
def test_the_first_of_two_that_exclude_each_other_is_taken(prompt: str, kept: Then, said: str) -> None:
    then, ignored = marked(prompt, ROWS)
    assert kept == then
    assert 1 == len(ignored)
    assert said in ignored[0]


@settings(deadline=None)
@given(st.text(st.sampled_from("[]: ,12sfailrunpolsuck日"), max_size=60))
def test_no_prompt_does_harm(prompt: str) -> None:
    then, ignored = marked(prompt, ROWS)
    assert (then is None) or then != Then()
    assert all(text.startswith("[[") for text in ignored)


def test_of_many_markers_twenty_are_read() -> None:
    assert 20 == len(marked("[[x]]" * 100_000, ROWS)[1])
