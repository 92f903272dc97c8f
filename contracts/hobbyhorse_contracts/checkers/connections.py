"""CON: connections, and many calls at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import Wait, creates, made, makers, prompt_of, waits
from .reading import BAD, BUSY, ENDINGS, cut, failed, idle_end, in_order, moment, part, same_text, sent, status_of
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from ..history import History, Row
    from ..scenario import Scenario

_POLLS = 5  # fewer may have a connection each by chance
_MANY = 2


@checks("CON-01")
def reuse(_: Scenario, history: History) -> Found:
    """Count the connections of polls."""
    rows = [row for row in in_order(history.on("get")) if row.connection_id is not None]
    if len(rows) < _POLLS:
        return unseen(f"fewer than {_POLLS} polls")
    if any(row.mishaps and (cut(row) or idle_end(row)) for row in rows):
        return unseen("the service itself ended connections")
    ids = {row.connection_id for row in rows}
    if len(ids) == len(rows):
        return broken(f"{len(rows)} polls on {len(ids)} connections", rows)
    return kept(f"{len(rows)} polls on {len(ids)} connections", rows)


@checks("CON-02")
def idle(scenario: Scenario, history: History) -> Found:
    """See what follows a connection that the service closed while it was idle."""
    seen: list[Row] = []
    tasks = made(creates(history))
    ended = [row for row in in_order(history.rows) if idle_end(row) and row.origin == "api"]
    if ended and len(tasks) > len(makers(scenario)):
        return broken("after an idle connection was closed, a task was made twice", [*ended, *creates(history)])
    for wait in waits(scenario, history):
        mine = [row for row in ended if row.task == wait.task and status_of(history, row) not in ENDINGS]
        last = max((row for row in history.rows if row.task == wait.task), key=moment, default=None)
        if mine and last is mine[-1] and wait.kind in {"network", "other", "ambiguous"}:
            return broken("the next request on a closed connection failed, and was not sent again", [mine[-1]])
        seen += [row for row in mine if last is not row]
    return kept("sent again", seen) if seen else unseen("no idle connection was closed before a request")


@checks("CON-03")
def apart(scenario: Scenario, history: History) -> Found:
    """Hold many calls' answers against their own tasks."""
    calls = makers(scenario)
    if len(calls) < _MANY or sum(history.answer(call.id) is not None for call in calls) < _MANY:
        return unseen("there were not several calls")
    mixed = _mixed(scenario, history)
    if mixed:
        return mixed
    for wait in waits(scenario, history):
        truth = history.task(wait.task)
        if truth and truth.status == "SUCCEEDED" and wait.problem and not _had_trouble(history, wait):
            return broken(f"the task of call {wait.call.id} SUCCEEDED, and it was not waited for", wait.polls[-1:])
    return kept("each answer has its own task", creates(history))


def _mixed(scenario: Scenario, history: History) -> Found | None:
    """Return what is wrong where calls were mixed; None where nothing is."""
    made_by = {row.committed: row for row in creates(history) if row.committed}
    given: dict[str, str] = {}
    for call in makers(scenario):
        answer = history.answer(call.id)
        task = answer.result.task_id if answer and answer.ok and answer.result else None
        if task is None:
            continue
        row = made_by.get(task)
        if task in given:
            return broken(f"calls {given[task]} and {call.id} were given the same task", [row] if row else [])
        given[task] = call.id
        shown = part(sent(row), "input").get("prompt") if row else None
        wanted = prompt_of(call.request)
        is_others = isinstance(shown, str) and any(
            other.id != call.id and prompt_of(other.request) != wanted and same_text(prompt_of(other.request), shown)
            for other in makers(scenario)
        )
        if is_others and not same_text(wanted, str(shown)):
            return broken(f"call {call.id} was given the task of another call", [row] if row else [])
        truth = history.task(task)
        result = answer.result if answer else None
        if truth and result and result.sha256 and truth.clip_sha256 not in {None, result.sha256}:
            others = [one for one in history.tasks if one.clip_sha256 == result.sha256]
            if others:
                return broken(f"call {call.id} was given the clip of another call", [row] if row else [])
    return None


def _had_trouble(history: History, wait: Wait) -> bool:
    """Whether something else than other calls explains that a wait failed."""
    rows = [row for row in history.rows if row.task == wait.task]
    return wait.ran_out or any(
        failed(row) or row.status == BUSY or row.mishaps or (row.status or 0) >= BAD for row in rows
    )
