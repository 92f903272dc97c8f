"""CAN: canceling and aborting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import began_ms, lasts_with, polls_of, span, task_of, waits
from .reading import BAD, GOING, OK, asked_task, cut, in_order, said, status_of
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from ..history import Answer, History, Row
    from ..scenario import Call, Scenario

_NETWORK = frozenset({"network", "timeout"})


@checks("CAN-01")
def canceled(scenario: Scenario, history: History) -> Found:
    """Hold what is told of cancels that the service accepted, and how the task's wait ended."""
    seen: list[Row] = []
    for call, answer, rows in _cancels(scenario, history):
        if not rows:
            if answer.ok:
                return broken("told as canceled, and the service was not asked")
            if _is_pending(scenario, history, call, answer) and answer.error and answer.error.kind not in _NETWORK:
                return broken("a PENDING task was to be canceled, and the service was not asked")
            continue
        row = rows[-1]
        if row.status == OK and not cut(row):
            if not answer.ok:
                return broken("the service canceled the task, and the caller is told otherwise", [row])
            task = task_of(scenario, history, call)
            wrong = [wait for wait in waits(scenario, history) if wait.task == task and wait.kind == "task"]
            if wrong:
                return broken("a canceled task was told as failed", [row, *wrong[0].polls[-1:]])
        elif answer.ok and (answer.result is None or answer.result.status in {None, "CANCELED"}):
            return broken("told as canceled, and the service did not say so", rows)
        seen.append(row)
    return kept("told as canceled", seen) if seen else unseen("the service canceled nothing")


@checks("CAN-02")
def refused(scenario: Scenario, history: History) -> Found:
    """Hold what is told of cancels that the service refused."""
    seen: list[Row] = []
    for call, answer, rows in _cancels(scenario, history):
        if (
            not rows
            or rows[-1].status is None
            or rows[-1].status < BAD
            or said(rows[-1]).code != "UnsupportedOperation"
        ):
            continue
        task = task_of(scenario, history, call) or ""
        if answer.ok and (answer.result is None or answer.result.status in {None, "CANCELED"}):
            return broken("the service refused to cancel, and the caller is told that it did", rows)
        if answer.error and not _tells(answer, task):
            return broken("a refused cancel is not told with its reason and the task id", rows)
        seen += rows
    return kept("told as refused", seen) if seen else unseen("the service refused no cancel")


@checks("CAN-03")
def aborted(scenario: Scenario, history: History) -> Found:
    """See what an abort leaves behind."""
    seen: list[Row] = []
    for call in scenario.calls:
        target = str(call.options.get("call") or next((c.id for c in scenario.calls if c.op == "generate"), ""))
        task = next((task_of(scenario, history, c) for c in scenario.calls if c.id == target), None)
        answers = [answer for name in (call.id, target) if (answer := history.answer(name))]
        if call.op != "abort" or task is None or not answers:
            continue
        at = began_ms(history, call)
        polls = [row for row in polls_of(history, task) if row.at_ms <= at]
        status = next((word for row in reversed(polls) if (word := status_of(history, row))), "PENDING")
        asked = [row for row in in_order(history.on("cancel")) if asked_task(row) == task and row.at_ms >= at]
        is_named = any(_names(answer, task) for answer in answers) or any(e.task_id == task for e in history.events)
        if status == "PENDING" and not asked:
            return broken("aborted while PENDING, and not canceled upstream", polls)
        if status in GOING and status != "PENDING" and not is_named:
            return broken("aborted while RUNNING, and the task id was not handed back", polls)
        seen += asked or polls
    return kept("canceled, or handed back", seen) if seen else unseen("nothing was aborted")


def _cancels(scenario: Scenario, history: History) -> list[tuple[Call, Answer, list[Row]]]:
    """Return the cancel calls that were answered, with their requests in order.

    Left out are those that overlap with another of the same task: whose request is whose cannot be told.
    """
    found = []
    calls = [(call, task_of(scenario, history, call)) for call in scenario.calls if call.op == "cancel"]
    for call, task in calls:
        answer = history.answer(call.id)
        rivals = [other for other, its in calls if its == task]
        if answer is None or task is None or lasts_with(history, call, rivals):
            continue
        first, last = span(history, call)
        asked = [row for row in in_order(history.on("cancel")) if asked_task(row) == task and row.method == "POST"]
        is_alone = len(rivals) == 1
        found.append((call, answer, [row for row in asked if is_alone or first <= row.at_ms <= last]))
    return found


def _is_pending(scenario: Scenario, history: History, call: Call, answer: Answer) -> bool:
    truth = history.task(task_of(scenario, history, call) or "")
    if truth is None or scenario.timeline.polls is not None:
        return False
    return answer.at_ms < truth.submitted_ms + scenario.timeline.pending_s * 1000


def _tells(answer: Answer, task: str) -> bool:
    problem = answer.error
    if problem is None:
        return False
    words = f"{problem.text} {problem.message or ''} {problem.code or ''}"
    return "UnsupportedOperation" in words and _names(answer, task)


def _names(answer: Answer, task: str) -> bool:
    if answer.result is not None and answer.result.task_id == task:
        return True
    problem = answer.error
    return problem is not None and (problem.task_id == task or task in f"{problem.text} {problem.message or ''}")
