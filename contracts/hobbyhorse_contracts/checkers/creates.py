"""CRE: what a create may cost. Commits are counted as the service counts them, answers as the client got them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import creates, made, makers, polls_of, posts
from .reading import BROKEN, MULTIPLE, OK, asked_task, cut, in_order, is_packed, moment, said, status_of
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from ..history import Answer, History, Row
    from ..scenario import Scenario


@checks("CRE-01")
def one_task(scenario: Scenario, history: History) -> Found:
    """Count the tasks that calls made, each by itself and all together."""
    rows = [row for row in creates(history) if row.committed]
    if not creates(history):
        return unseen("nothing was created")
    for call, mine in posts(scenario, history).items():
        if len(made(mine)) > 1:
            return broken(
                f"call {call} made {len(made(mine))} tasks; each one is paid for", [r for r in mine if r.committed]
            )
    tasks, calls = len(made(rows)), len(makers(scenario))
    if tasks > calls:
        return broken(f"{tasks} tasks were made where {calls} were asked for", rows)
    return kept(f"{tasks} {'task' if tasks == 1 else 'tasks'} for {calls} {'call' if calls == 1 else 'calls'}", rows)


@checks("CRE-02")
def ambiguous(scenario: Scenario, history: History) -> Found:
    """See what the caller is told when an accepted create was not answered, or with a 5xx."""
    seen: list[Row] = []
    for call, rows in posts(scenario, history).items():
        lost = [row for row in rows if row.committed and (cut(row) or (row.status or 0) >= BROKEN)]
        answer = history.answer(call)
        if not lost or answer is None:
            continue
        if answer.error is not None and answer.error.kind != "ambiguous":
            return broken(f"the task may have been made, and the caller is told {_told(answer)}", lost)
        if answer.ok and len(made(rows)) > 1:
            continue  # the caller got a clip for two tasks: CRE-01 says so
        seen += lost
    return kept("told as ambiguous, or found again", seen) if seen else unseen("no accepted create went unanswered")


@checks("CRE-03")
def unsent(scenario: Scenario, history: History) -> Found:
    """See what becomes of a create whose connection never came about."""
    if scenario.closed_s <= 0:
        return unseen("the port was open all the time")
    for call in makers(scenario):
        answer = history.answer(call.id)
        if answer is None:
            continue
        if answer.error is not None and answer.error.kind not in {"network", "timeout"}:
            return broken(f"nothing was sent, and the caller is told {_told(answer)}", creates(history))
        if answer.ok and not made(creates(history)):
            return broken("a success without a task")
        return kept("tried again" if answer.ok else "told as a matter of the network", creates(history))
    return unseen("no call was answered")


@checks("CRE-08")
def failed_once(scenario: Scenario, history: History) -> Found:
    """Look for creates of a call after its task has FAILED."""
    seen: list[Row] = []
    for call, rows in posts(scenario, history).items():
        for task in made(rows):
            said_so = [row for row in polls_of(history, task) if status_of(history, row) == "FAILED"]
            again = [row for row in rows if said_so and moment(row) > moment(said_so[0])]
            if again:
                return broken(f"the task of call {call} FAILED and was made again", [said_so[0], *again])
            seen += said_so
    rows = creates(history)
    later = [row for row in rows if row.committed and seen and moment(row) > moment(in_order(seen)[0])]
    if later and len(made(rows)) > len(makers(scenario)):
        return broken("a task FAILED, and more were made than asked for", [*seen, *later])
    return kept("not made again", seen) if seen else unseen("no task was seen to fail")


@checks("CRE-09")
def without_id(scenario: Scenario, history: History) -> Found:
    """See what becomes of a 200 that names no task."""
    seen: list[Row] = []
    for call, rows in posts(scenario, history).items():
        odd = [row for row in rows if _is_nameless(row)]
        answer = history.answer(call)
        if not odd or answer is None:
            continue
        known = {row.committed for row in creates(history)}
        astray = [row for row in history.on("get") if asked_task(row) not in known]
        if astray:
            return broken(f"a task {asked_task(astray[0])!r} was polled, which nobody named", [*odd, *in_order(astray)])
        if answer.error is not None and answer.error.kind == "ambiguous":
            seen += odd
        elif answer.error is not None or not polls_of(history, answer.result.task_id or "" if answer.result else ""):
            return broken(f"a 200 without a task id, and the caller is told {_told(answer)}", odd)
    return kept("told as ambiguous", seen) if seen else unseen("every 200 named its task")


@checks("CRE-10")
def told_early(scenario: Scenario, history: History) -> Found:
    """Hold the instant at which the caller was given the task id against the first wait and poll."""
    seen: list[Row] = []
    for call in makers(scenario):
        rows = [
            row for row in posts(scenario, history)[call.id] if row.committed and said(row).task_id == row.committed
        ]
        if not rows or cut(rows[-1]):
            continue
        task, answer = rows[-1].committed or "", history.answer(call.id)
        if call.op == "submit":
            if answer and answer.ok and (answer.result is None or answer.result.task_id != task):
                return broken(f"the call ended without the id of its task {task}", rows)
        elif "events" in history.capabilities and not _is_early(history, call.id, rows[-1]):
            return broken(f"the caller was not given the id of task {task} before the first wait", rows)
        elif "events" not in history.capabilities:
            continue
        seen.append(rows[-1])
    return kept("given before the first wait", seen) if seen else unseen("no create was answered with an id")


def _told(answer: Answer) -> str:
    if answer.error is None:
        return "that all is well"
    return f"{answer.error.kind!r}: {answer.error.text or answer.error.message or ''}"[:200]


def _is_nameless(row: Row) -> bool:
    """Whether a create was answered with a whole 2xx that names no task."""
    is_fine = row.status is not None and OK <= row.status < MULTIPLE and not cut(row)
    return is_fine and not is_packed(row) and said(row).task_id is None


def _is_early(history: History, call: str, row: Row) -> bool:
    """Whether the task was told before the first sleep or poll after its create; waits for a place do not count."""
    told = [event.at_ms for event in history.events if event.call == call and event.task_id == row.committed]
    first = [poll.at_ms for poll in polls_of(history, row.committed or "")][:1]
    first += [sleep.at_ms for sleep in history.sleeps if sleep.call == call and sleep.at_ms >= row.at_ms][:1]
    return bool(told) and (not first or min(told) <= min(first))
