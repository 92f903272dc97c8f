"""ERR: what the caller is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .calls import Wait, made, posts, waits
from .reading import BAD, asked_task, cut, in_order, is_packed, refused, said, same_text, status_of
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..history import Answer, History, Problem, Row
    from ..scenario import Scenario

_UNAUTHORIZED = 401
_REGION = re.compile(r"region|base[ _-]?url|endpoint|host|地域|区域|地址", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z\u4e00-\u9fff][\w-]{3,}")
_TAG = re.compile(r"<[^>]*>")
# What an error of the service is about, by the beginning of its code; the first that fits.
_ABOUT: tuple[tuple[str, frozenset[str]], ...] = (
    ("DataInspectionFailed", frozenset({"moderation"})),
    ("IPInfringementSuspect", frozenset({"moderation"})),
    ("InvalidApiKey", frozenset({"auth"})),
    ("NOT AUTHORIZED", frozenset({"auth"})),
    ("Throttling", frozenset({"quota"})),
    ("AllocationQuota", frozenset({"quota"})),
    ("Arrearage", frozenset({"quota", "auth"})),
    ("CommodityNotPurchased", frozenset({"quota", "auth"})),
    ("AccessDenied", frozenset({"auth", "quota"})),
    ("Model.AccessDenied", frozenset({"auth", "quota", "validation"})),
    ("Workspace", frozenset({"auth", "validation"})),
    ("WorkSpace", frozenset({"auth", "validation"})),
    ("Invalid", frozenset({"validation"})),
    ("BadRequest", frozenset({"validation"})),
    ("ModelNotFound", frozenset({"validation"})),
)


@checks("ERR-01")
def fields(scenario: Scenario, history: History) -> Found:
    """Hold the fields of errors against the last answer that refused."""
    seen: list[Row] = []
    for problem, rows in _ends(scenario, history):
        if not refused(rows[-1]) or problem.kind == "timeout":
            continue
        wrong = _wrong_fields(problem, rows)
        if wrong:
            return broken(f"{wrong} of the answer did not reach the caller", [rows[-1]])
        seen.append(rows[-1])
    return kept("all fields reached the caller", seen) if seen else unseen("no call ended in an error of the service")


@checks("ERR-02")
def failure(scenario: Scenario, history: History) -> Found:
    """Hold what is told of FAILED tasks against what stood in `output`."""
    seen: list[Row] = []
    for wait, rows in _failures(scenario, history):
        problem, what = wait.problem, said(rows[-1])
        if problem is None or what.code is None:
            continue
        ids = {said(row).request_id for row in rows}
        missing = [
            name
            for name, is_there in (
                ("code", problem.code == what.code),
                ("message", what.message is None or same_text(problem.message or "", what.message)),
                ("task id", problem.task_id == wait.task),
                ("request id", problem.request_id in ids or ids == {None}),
            )
            if not is_there
        ]
        if missing:
            return broken(f"the {' and the '.join(missing)} of a FAILED task did not reach the caller", [rows[-1]])
        seen.append(rows[-1])
    return kept("told as in `output`", seen) if seen else unseen("no task FAILED with a code")


@checks("ERR-03")
def bare_failure(scenario: Scenario, history: History) -> Found:
    """See what is told of FAILED tasks without a code."""
    seen: list[Row] = []
    for wait, rows in _failures(scenario, history):
        what = said(rows[-1])
        if what.code is not None or what.message is not None:
            continue
        if wait.kind != "task":
            return broken(f"a FAILED task without a reason was told as {wait.kind or 'a success'!r}", [rows[-1]])
        seen.append(rows[-1])
    return kept("told as failed", seen) if seen else unseen("no task FAILED without a reason")


@checks("ERR-04")
def excerpt(scenario: Scenario, history: History) -> Found:
    """See what is told of errors that are no JSON."""
    seen: list[Row] = []
    for problem, rows in _ends(scenario, history):
        row = rows[-1]
        if (
            (row.status or 0) < BAD
            or cut(row)
            or is_packed(row)
            or said(row).body is not None
            or problem.kind == "timeout"
        ):
            continue
        words = f"{problem.text} {problem.message or ''} {problem.code or ''}"
        if problem.http_status != row.status and str(row.status) not in words:
            return broken(f"the status {row.status} of an answer that is no JSON is not told", [row])
        body = set(_WORD.findall(_TAG.sub(" ", row.reply_body.text or "")))
        if body and not any(word in words for word in body):
            return broken("nothing of the body of an answer that is no JSON is told", [row])
        seen.append(row)
    return kept("status and an excerpt", seen) if seen else unseen("no call ended in an error that is no JSON")


@checks("ERR-05")
def region(scenario: Scenario, history: History) -> Found:
    """See whether the error after a 401 speaks of the region."""
    seen: list[Row] = []
    for problem, rows in _ends(scenario, history):
        if rows[-1].status != _UNAUTHORIZED or cut(rows[-1]):
            continue
        if not _REGION.search(f"{problem.text} {problem.message or ''}"):
            return broken("the error after a 401 does not mention region or base URL", [rows[-1]])
        seen.append(rows[-1])
    return kept("it is mentioned", seen) if seen else unseen("no call ended in a 401")


@checks("ERR-06")
def kinds(scenario: Scenario, history: History) -> Found:
    """Hold the kinds of errors against what the service said."""
    seen: list[Row] = []
    for problem, rows in _ends(scenario, history):
        row = rows[-1]
        is_failure = row.route == "get" and status_of(history, row) == "FAILED"
        if problem.kind == "timeout" or not (refused(row) or is_failure):
            continue
        about = _about(said(row).code or "", row.status or 0)
        right = about | {"task"} if is_failure else about
        if right and problem.kind not in right:
            return broken(f"{said(row).code} was told as {problem.kind!r}, not as {' or '.join(sorted(right))}", [row])
        seen.append(row)
    return kept("each told as what it is", seen) if seen else unseen("no call ended in an error of the service")


@checks("ERR-07")
def one_answer(scenario: Scenario, history: History) -> Found:
    """Count the answers of every call."""
    if history.silent:
        return broken(f"no answer to {', '.join(history.silent)}", in_order(history.rows)[-3:])
    counts = {call.id: sum(answer.call == call.id for answer in history.answers) for call in scenario.calls}
    twice = [call for call, count in counts.items() if count > 1]
    if twice:
        return broken(f"more than one answer to {', '.join(twice)}")
    missing = [call for call, count in counts.items() if not count]
    return unseen(f"the run ended before {missing[0]} was answered") if missing else kept("every call got one answer")


def _ends(scenario: Scenario, history: History) -> Iterator[tuple[Problem, list[Row]]]:
    """Yield every error that the wire explains, with the call's requests in order; the last of them ended it."""
    groups = posts(scenario, history)
    for call in scenario.calls:
        answer = history.answer(call.id)
        if answer is None or answer.error is None:
            continue
        tasks = set(made(groups.get(call.id, [])))
        tasks |= {wait.task for wait in waits(scenario, history) if wait.call.id == call.id}
        rows = list(groups.get(call.id, []))
        if len(scenario.calls) == 1:
            rows = [row for row in history.rows if row.route != "upload"]
        else:
            # A cancel of the task is another call's: its answer ended no wait.
            others = [row for row in history.rows if row.route not in {"create", "cancel"}]
            rows += [row for row in others if row.task in tasks or asked_task(row) in tasks]
        rows = [row for row in rows if _is_within(row, history, answer, call.after)]
        if rows:
            yield answer.error, in_order(rows)


def _is_within(row: Row, history: History, answer: Answer, after: str | None) -> bool:
    before = history.answer(after) if after else None
    return (before.at_ms if before else 0) <= row.at_ms <= answer.at_ms


def _failures(scenario: Scenario, history: History) -> Iterator[tuple[Wait, list[Row]]]:
    """Yield waits whose last poll said FAILED, with all that did."""
    for wait in waits(scenario, history):
        rows = [row for row in wait.polls if status_of(history, row) == "FAILED" and not is_packed(row)]
        if rows and rows[-1] is wait.polls[-1] and wait.answer is not None:
            yield wait, rows


def _wrong_fields(problem: Problem, rows: list[Row]) -> str:
    """Name the fields that are not as in the last answer; an earlier one with the same code may have been told."""
    last = said(rows[-1])
    same = [row for row in rows if refused(row) and said(row).code == last.code]
    ids = {said(row).request_id for row in same}
    wrong = [
        name
        for name, is_right in (
            ("code", problem.code == last.code),
            (
                "message",
                last.message is None or any(same_text(problem.message or "", said(row).message or "") for row in same),
            ),
            ("HTTP status", problem.http_status in {row.status for row in same}),
            ("request id", problem.request_id in ids or ids == {None}),
        )
        if not is_right
    ]
    return " and ".join(wrong)


def _about(code: str, status: int) -> frozenset[str]:
    found = next((kinds for start, kinds in _ABOUT if code.startswith(start)), frozenset[str]())
    return frozenset({"auth"}) if not found and status == _UNAUTHORIZED else found
