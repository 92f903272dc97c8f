"""The order in which things happened, what is folded and left out, and where it stands in the picture."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from hobbyhorse_contracts.history import Answer, Event, History, Result, Row, Sleep, Truth
from hobbyhorse_contracts.report.moments import folded, letters, moments, shortened
from hobbyhorse_contracts.report.picture import picture
from hobbyhorse_contracts.report.printable import clipped, columns, hidden, plain
from hobbyhorse_contracts.report.timeline import timeline
from hobbyhorse_contracts.scenario import Call, Scenario

from .campaigns import recorded


def poll(number: int, at_ms: int, task: str = "t1") -> Row:
    return Row(number, at_ms, "get", "GET", f"/api/v1/tasks/{task}", task=task, monotonic_s=number / 1000)


def create(number: int, at_ms: int, task: str = "t1", **rest: object) -> Row:
    row = Row(number, at_ms, "create", "POST", "/create", task=task, committed=task, monotonic_s=number / 1000)
    return replace(row, **rest)  # type: ignore[arg-type] # a test says which


def waiting(polls: int) -> History:
    rows = (create(1, 0), *(poll(2 + turn, 15_000 * (turn + 1)) for turn in range(polls)))
    return History(
        "long", rows=rows, sleeps=tuple(Sleep(15_000 * turn, 15.0) for turn in range(polls)), ended_ms=15_000 * polls
    )


ONE = Scenario("one", (Call(),))


def test_a_create_that_was_sent_twice_is_told_as_it_was() -> None:
    case = recorded("lost-create")
    told = moments(case.scenario, case.history, (1, 2))

    assert [(moment.kind, moment.made or moment.task) for moment in told] == [
        ("call", None),
        ("request", "A"),
        ("sleep", None),
        ("request", "B"),
        ("event", "B"),
        ("sleep", None),
        ("request", "B"),
        ("sleep", None),
        ("request", "B"),
        ("request", "B"),
        ("answer", "B"),
    ]
    assert [moment.row for moment in told if moment.is_proof] == [1, 2]
    assert [moment.row for moment in told if moment.is_lost] == [1]


def test_at_one_instant_a_call_ends_before_the_next_one_begins() -> None:
    scenario = Scenario("two", (Call("c1", "submit"), Call("c2", "wait", after="c1", options={"task_id": "{task:c1}"})))
    history = History(
        "two",
        rows=(create(1, 0), poll(2, 0), poll(3, 15_000)),
        answers=(Answer("c2", ok=True, result=Result("t1"), at_ms=15_000), Answer("c1", ok=True, result=Result("t1"))),
        events=(Event("c1", "task_created", task_id="t1"),),
        sleeps=(Sleep(0, 15.0, "c2"),),
    )
    kinds = [(moment.kind, moment.call or moment.row) for moment in moments(scenario, history)]

    assert kinds == [
        ("call", "c1"),
        ("request", 1),
        ("event", "c1"),
        ("answer", "c1"),
        ("call", "c2"),
        ("request", 2),
        ("sleep", "c2"),
        ("request", 3),
        ("answer", "c2"),
    ]


def test_rows_are_in_the_order_in_which_they_came_not_in_which_they_ended() -> None:
    late = replace(poll(1, 0), monotonic_s=0.9)
    history = History("x", rows=(late, replace(poll(2, 0), monotonic_s=0.1)))

    assert [moment.row for moment in moments(ONE, history) if moment.kind == "request"] == [2, 1]


def test_a_call_that_was_never_answered_is_told_last() -> None:
    history = History("x", rows=(poll(1, 0),), silent=("c1",), ended_ms=9000)

    assert moments(ONE, history)[-1].kind == "silence"


def test_turns_that_are_alike_are_told_once() -> None:
    told = folded(moments(ONE, waiting(40)))

    assert [(moment.kind, moment.times) for moment in told] == [
        ("call", 1),
        ("request", 1),
        ("sleep", 40),
        ("request", 40),
    ]
    assert told[-1].until_ms == 600_000


@pytest.mark.parametrize("proof", [(20,), (20, 21, 22, 23)])
def test_what_a_verdict_rests_on_is_never_folded_away(proof: tuple[int, ...]) -> None:
    told = folded(moments(ONE, waiting(40), proof=proof))

    assert tuple(moment.row for moment in told if moment.is_proof) == proof
    assert sum(moment.times for moment in told if moment.kind == "request") == 41


@pytest.mark.parametrize("row", [replace(poll(20, 0), mishaps=("reset",)), replace(poll(20, 0), status=500)])
def test_a_turn_that_was_different_is_not_folded_with_the_others(row: Row) -> None:
    history = waiting(40)
    rows = tuple(replace(row, at_ms=one.at_ms, monotonic_s=0.02) if one.number == 20 else one for one in history.rows)
    told = folded(moments(ONE, replace(history, rows=rows)))

    assert sorted(moment.times for moment in told if moment.kind == "request") == [1, 1, 18, 21]


def test_what_lies_far_from_the_proof_is_left_out_first() -> None:
    told = moments(ONE, waiting(40), proof=(20,))
    some, left_out = shortened(told, 5)

    assert [moment.row for moment in some if moment.row] == [19, 20, 21]
    assert left_out == len(told) - 5


def test_tasks_have_letters_in_the_order_in_which_they_were_made() -> None:
    rows = tuple(create(number, 0, f"t{number}") for number in range(1, 29))

    assert list(letters(History("x", rows=rows)).values())[:27:13] == ["A", "N", "A2"]


def test_nothing_in_a_picture_stands_over_something_else() -> None:
    for name in ("lost-create", "long-job", "failed-then-resumed"):
        case = recorded(name)
        drawn = picture(case.scenario, case.history, (1,))

        assert all(above.y + above.height <= below.y for above, below in pairwise(drawn.slots))
        assert all(life.top < life.bottom <= drawn.height for life in drawn.lives)
        labels = sorted(life.label_y for life in drawn.lives)
        assert all(below - above >= 16 for above, below in pairwise(labels))


def test_a_task_that_nobody_asked_for_is_marked_and_the_other_not() -> None:
    case = recorded("lost-create")

    assert {life.letter: life.is_unseen for life in picture(case.scenario, case.history).lives} == {
        "A": True,
        "B": False,
    }


def test_a_task_that_has_not_ended_is_open_to_the_bottom() -> None:
    history = replace(waiting(2), tasks=(Truth("t1", "RUNNING", ends_ms=None),))
    drawn = picture(ONE, history)

    assert [life.is_open for life in drawn.lives] == [True]


def test_a_longer_sleep_is_drawn_higher() -> None:
    short = picture(ONE, History("x", sleeps=(Sleep(0, 1.0),)))
    long = picture(ONE, History("x", sleeps=(Sleep(0, 600.0),)))

    assert short.slots[1].height < long.slots[1].height < 4 * short.slots[1].height


def test_a_picture_of_nothing_can_be_drawn() -> None:
    assert picture(ONE, History("x")).height > 0


def test_the_timeline_has_a_line_a_moment_and_names_the_tasks() -> None:
    case = recorded("lost-create")
    lines = timeline(case.scenario, case.history, (1, 2))

    assert [line[:19] for line in lines[:3]] == ["+0 s       client  ", "+0 s     ◆ api     ", "+0 s       client  "]
    assert "POST create → no answer, reset by mishap [mishap reset] makes A" in lines[1]
    assert lines[-2].startswith("task A is ")
    assert lines[-2].endswith(", in truth SUCCEEDED")


def test_a_timeline_keeps_to_its_width_and_length() -> None:
    case = recorded("long-job")
    lines = timeline(case.scenario, case.history, wide=50, most=6)

    assert max(map(columns, lines)) <= 50
    assert lines[6] == f"… {len(moments(case.scenario, case.history)) - 16 - 6} more moments are not shown"


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("一匹纸马", 8, "一匹纸马"),
        ("一匹纸马", 7, "一匹纸…"),
        ("a\nb", 5, "a b"),
    ],
)
def test_text_is_cut_by_columns(text: str, most: int, shown: str) -> None:
    assert clipped(text, most) == shown


def test_what_controls_a_terminal_is_made_visible() -> None:
    assert plain("a\x1b[31mb\x00\u202ec\r\n\t🐴") == "a\ufffd[31mb\ufffd\ufffdc\ufffd\n\t🐴"


def test_what_looks_like_a_key_is_hidden_wherever_it_stands() -> None:
    key = "sk-0123456789abcdef0123456789abcdef"

    assert hidden({"a": [f"x={key}&y"], key: "st-abcdefghijkl123"}) == {
        "a": ["x=<api-key hidden>&y"],
        "<api-key hidden>": "<token hidden>",
    }
    assert hidden("sk-facade000000000000000000000000b1 task-1 risk-management-of-it") == (
        "sk-facade000000000000000000000000b1 task-1 risk-management-of-it"
    )
