"""Which rows belong to which call: what it made, what it waited for, and how that ended."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from .memory import remembered
from .reading import GOING, asked_task, in_order, number_of, part, same_text, sent, status_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..history import Answer, History, Problem, Row
    from ..scenario import Call, Scenario

MAKERS = frozenset({"generate", "submit"})
WAITERS = frozenset({"generate", "wait"})
_INTERVAL_S = 15.0  # what the docs advise
_PLACE = re.compile(r"\{task:([^}]*)\}")
_MS = 1000


@dataclass(frozen=True, slots=True)
class Wait:
    """A call that waits for a task: its polls in order, and how it ended (None: it never did).

    `began_ms` and `deadline_ms` are instants of the history; no deadline where the caller gave none.
    """

    call: Call
    task: str
    polls: tuple[Row, ...]
    answer: Answer | None
    began_ms: float
    deadline_ms: float | None
    interval_ms: float

    @property
    def ok(self) -> bool:
        """Whether it ended in success."""
        return self.answer is not None and self.answer.ok

    @property
    def problem(self) -> Problem | None:
        """The error that it ended in."""
        return self.answer.error if self.answer and not self.answer.ok else None

    @property
    def kind(self) -> str:
        """The kind of that error; empty where there is none."""
        return self.problem.kind if self.problem else ""

    @property
    def ran_out(self) -> bool:
        """Whether it ended because its time was over: it says so, and it was, give or take one interval."""
        if self.kind != "timeout" or self.answer is None:
            return False
        return self.deadline_ms is None or self.answer.at_ms >= self.deadline_ms - self.interval_ms - _MS


def makers(scenario: Scenario) -> list[Call]:
    """Return the calls that may make a task, once each."""
    return [call for call in scenario.calls if call.op in MAKERS]


@remembered
def creates(history: History) -> list[Row]:
    """Return the create requests, in order."""
    return in_order(row for row in history.on("create") if row.method == "POST" and row.origin == "api")


@remembered
def owners(scenario: Scenario, history: History) -> dict[int, str]:
    """Return the calls to which create rows belong, by number of the row; those that cannot be told are left out."""
    calls = makers(scenario)
    rows = creates(history)
    if len(calls) == 1:
        return {row.number: calls[0].id for row in rows}
    told = _told(history)
    # By what was sent first: whose tasks they are is what a client that mixes its calls gets wrong.
    prompts = [(call.id, prompt_of(call.request)) for call in calls]
    found = {row.number: _by_prompt(prompts, row) or told.get(row.committed or "") for row in rows}
    ids = {call.id for call in calls}
    return {number: call for number, call in found.items() if call in ids}


@remembered
def posts(scenario: Scenario, history: History) -> dict[str, list[Row]]:
    """Return every making call's create rows, in order."""
    owner = owners(scenario, history)
    found: dict[str, list[Row]] = {call.id: [] for call in makers(scenario)}
    for row in creates(history):
        if row.number in owner:
            found[owner[row.number]].append(row)
    return found


def made(rows: Iterable[Row]) -> list[str]:
    """Return the tasks that create rows made, each once, in order."""
    return list(dict.fromkeys(row.committed for row in rows if row.committed))


def task_of(scenario: Scenario, history: History, call: Call) -> str | None:
    """Return the task that a call is about: the one it names, else the one it made; None where that is not known."""
    named = call.options.get("task_id")
    if isinstance(named, str) and named:
        found = _PLACE.fullmatch(named)
        if not found:
            return named
        return _made_by(scenario, history, found[1])
    return _made_by(scenario, history, call.id)


def began_ms(history: History, call: Call) -> float:
    """Return when a call began: without `batch` not before the calls before it were answered."""
    return max(call.at * _MS, *_ends_before(history, call), 0)


def was_aborted(scenario: Scenario, history: History, wait: Wait) -> bool:
    """Whether the kit aborted a wait not later than it ended: then no answer need have ended it."""
    aborts = [call for call in scenario.calls if call.op == "abort"]
    mine = [call for call in aborts if str(call.options.get("call", scenario.calls[0].id)) == wait.call.id]
    return wait.answer is not None and any(began_ms(history, call) <= wait.answer.at_ms for call in mine)


def lasts_with(history: History, call: Call, others: Iterable[Call]) -> bool:
    """Whether another call lasts, were it for an instant, while a call does: then whose a request is cannot be told."""
    first, last = span(history, call)
    spans = [span(history, other) for other in others if other.id != call.id]
    return any(begins <= last and ends >= first for begins, ends in spans)


def span(history: History, call: Call) -> tuple[float, float]:
    """Return when a call began and was answered; one that never was lasts to the end. An abort is but an instant."""
    began, answer = began_ms(history, call), history.answer(call.id)
    if call.op == "abort":
        return (began, began)
    return (began, answer.at_ms if answer else max(began, history.ended_ms))


def begins_between(scenario: Scenario, history: History, first_ms: float, last_ms: float) -> bool:
    """Whether a later call begins between two instants: then what is sent there may be that call's, and its caller's.

    What begins with the scenario does not count.
    """
    later = [call for call in scenario.calls if call.at > 0 or _ends_before(history, call)]
    return any(first_ms <= began_ms(history, call) <= last_ms for call in later)


def polls_of(history: History, task: str) -> list[Row]:
    """Return the polls of a task, in order."""
    return polls(history).get(task, [])


@remembered
def waits(scenario: Scenario, history: History) -> list[Wait]:
    """Return the calls that wait for a task whose id is known."""
    found = [_wait(scenario, history, call) for call in scenario.calls if call.op in WAITERS]
    return [wait for wait in found if wait is not None]


def downloads_of(history: History, task: str) -> list[Row]:
    """Return the downloads of a task's clip, in order."""
    return in_order(row for row in history.on("download") if row.task == task and row.method == "GET")


@remembered
def polls(history: History) -> dict[str | None, list[Row]]:
    """Return the polls of every task that was asked for, in order."""
    found: dict[str | None, list[Row]] = {}
    for row in in_order(row for row in history.on("get") if row.origin == "api"):
        found.setdefault(asked_task(row), []).append(row)
    return found


def _wait(scenario: Scenario, history: History, call: Call) -> Wait | None:
    task = task_of(scenario, history, call)
    if task is None:
        return None
    began, answer = began_ms(history, call), history.answer(call.id)
    end = answer.at_ms if answer else None
    mine = [row for row in polls_of(history, task) if row.at_ms >= began and (end is None or row.at_ms <= end)]
    if end is not None and begins_between(scenario, history, end, end):
        mine = _until(history, mine, end)
    limit = number_of(call.options.get("timeout_s"), -1)
    declared = number_of(history.config.get("poll_interval_s"), _INTERVAL_S)
    interval = number_of(call.options.get("poll_interval_s"), declared)
    deadline = began + limit * _MS if limit >= 0 else None
    return Wait(call, task, tuple(mine), answer, began, deadline, max(interval, 0) * _MS)


def _ends_before(history: History, call: Call) -> list[int]:
    """Return the ends of calls for which a call had to wait; an abort waits for none but the one that it names."""
    if "batch" not in history.capabilities and call.op != "abort":
        return [one.at_ms for one in takewhile(lambda one: one.call != call.id, history.answers)]
    before = history.answer(call.after) if call.after else None
    return [before.at_ms] if before else []


def _until(history: History, rows: Iterable[Row], end: float) -> list[Row]:
    """Return polls up to the one with which a wait ended, where another call's begin at that instant."""
    found: list[Row] = []
    for row in rows:
        found.append(row)
        if row.at_ms == end and status_of(history, row) not in GOING:
            break
    return found


def _made_by(scenario: Scenario, history: History, name: str) -> str | None:
    tasks = made(posts(scenario, history).get(name, []))
    if not tasks:
        return next((task for task, call in _told(history).items() if call == name), None)
    told = {task for task, call in _told(history).items() if call == name}
    mine = [task for task in tasks if task in told] or [task for task in tasks if polls_of(history, task)] or tasks
    return mine[-1]


@remembered
def _told(history: History) -> dict[str, str]:
    """Return the calls by the tasks of which the client says that they are theirs."""
    found: dict[str, str] = {}
    for event in history.events:
        if event.event == "task_created" and event.task_id:
            found.setdefault(event.task_id, event.call)
    for answer in history.answers:
        for task in (answer.result and answer.result.task_id, answer.error and answer.error.task_id):
            if task:
                found.setdefault(task, answer.call)
    return found


def _by_prompt(prompts: Iterable[tuple[str, str]], row: Row) -> str | None:
    shown = part(sent(row), "input").get("prompt")
    if not isinstance(shown, str):
        return None
    mine = [call for call, prompt in prompts if same_text(prompt, shown)]
    return mine[0] if len(mine) == 1 else None


def prompt_of(request: Mapping[str, object]) -> str:
    """Return the prompt of a request; empty where it has none."""
    given = part(request, "input").get("prompt")
    return given if isinstance(given, str) else ""
