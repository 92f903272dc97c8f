"""POL: what a client makes of the answers to its polls."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from .calls import Wait, creates, downloads_of, makers, polls_of, task_of, waits, was_aborted
from .reading import (
    BAD,
    BUSY,
    ENDINGS,
    GOING,
    OK,
    auto_retry,
    cut,
    failed,
    is_hidden,
    is_packed,
    said,
    status_of,
    unseeably_cut,
)
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..history import History, Row
    from ..scenario import Scenario

_GIVEN_UP = frozenset({401, 403, 404})
_MORE = 2  # polls that are still prompt
_PATIENCE = 4  # failed polls in a row that must not end a job
_OUTPUT = frozenset(
    (  # noqa: SIM905 - a list of names reads better so
        "task_id task_status submit_time scheduled_time end_time orig_prompt actual_prompt video_url code message "
        "check_audio"
    ).split()
)
_KINDS = {
    "FAILED": frozenset({"task", "moderation", "validation", "quota", "other"}),
    "CANCELED": frozenset({"canceled"}),
    "UNKNOWN": frozenset({"unknown_task"}),
}


@checks("POL-01")
def outcomes(scenario: Scenario, history: History) -> Found:
    """Hold how waits ended against the last status."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        words = [(row, None if is_hidden(scenario, row) else status_of(history, row)) for row in wait.polls]
        end = next((index for index, (_, word) in enumerate(words) if word in ENDINGS), None)
        if end is None:
            found = _gave_up(wait, words[-1:])
        else:
            row, word = words[end]
            found = _went_on(history, wait, end) or _misread(history, wait, row, word or "")
            seen.append(row)
        if found is not None:
            return found
        seen += [row for row, word in words if word in GOING]
    return kept("every wait ended as its task did", seen[-1:]) if seen else unseen("nothing was waited for")


@checks("POL-02")
def new_words(scenario: Scenario, history: History) -> Found:
    """See what becomes of a status that no page names."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        odd = [row for row in wait.polls if (word := status_of(history, row)) and word not in ENDINGS | GOING]
        if (
            odd
            and wait.polls[-1] in odd
            and wait.answer is not None
            and not wait.ran_out
            and not _was_true(history, wait)
        ):
            word = said(wait.polls[-1]).status
            return broken(f"the wait ended at the status {word!r}", [wait.polls[-1]])
        seen += odd
    return kept("waited on", seen) if seen else unseen("every status was a known one")


@checks("POL-03")
def odd_fields(scenario: Scenario, history: History) -> Found:
    """See what becomes of answers with fields added or left out."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        odd = [row for row in wait.polls if _is_odd(history, row)]
        if odd and wait.polls[-1] in odd and wait.problem is not None:
            row = wait.polls[-1]
            word = status_of(history, row)
            is_ending = word in ENDINGS and _misread(history, wait, row, word or "") is not None
            if is_ending or (word in GOING and not wait.ran_out and not _was_stopped(scenario, wait)):
                return broken(
                    f"an answer with fields added or left out ended the wait: {wait.problem.text[:160]}", [row]
                )
        seen += odd
    return kept("read all the same", seen) if seen else unseen("every answer had the usual fields")


@checks("POL-06")
def failed_polls(scenario: Scenario, history: History) -> Found:
    """See whether a failed poll ended the job."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        bad = [failed(row) for row in wait.polls]
        run = next((index for index, is_bad in enumerate(reversed(bad)) if not is_bad), len(bad))
        is_over = wait.answer is not None and not wait.ran_out and not was_aborted(scenario, history, wait)
        if 0 < run <= _PATIENCE and is_over:
            problem = wait.problem
            words = f"{problem.text} {problem.message}" if problem else ""
            is_named = problem is not None and (problem.task_id == wait.task or wait.task in words)
            if auto_retry(history) or not is_named:
                more = "" if is_named else ", and its task id is not told"
                return broken(f"{run} failed polls in a row ended the job{more}", wait.polls[-run:])
        seen += [row for row, is_bad in zip(wait.polls, bad, strict=True) if is_bad and run <= _PATIENCE]
    return kept("the job went on, or can be taken up again", seen) if seen else unseen("no poll failed")


@checks("POL-07")
def throttled(scenario: Scenario, history: History) -> Found:
    """See whether a 429 on a poll ended the job."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        busy = [row for row in wait.polls if row.status == BUSY and not cut(row)]
        is_over = wait.answer is not None and not wait.ran_out and not was_aborted(scenario, history, wait)
        if busy and wait.polls[-1] in busy and is_over:
            return broken("a 429 on a poll ended the job", [wait.polls[-1]])
        seen += busy
    return kept("waited out", seen) if seen else unseen("no poll was answered 429")


@checks("POL-08")
def refused_polls(scenario: Scenario, history: History) -> Found:
    """Count polls after one that was refused for good."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        index = next((n for n, row in enumerate(wait.polls) if row.status in _GIVEN_UP and not cut(row)), None)
        if index is None:
            continue
        more = wait.polls[index + 1 :]
        if len(more) > _MORE:
            return broken(
                f"answered {wait.polls[index].status}, it was polled {len(more)} times more", wait.polls[index:]
            )
        seen.append(wait.polls[index])
    return kept("it ended promptly", seen) if seen else unseen("no poll was answered 401, 403 or 404")


@checks("POL-11")
def true_success(scenario: Scenario, history: History) -> Found:
    """Look for successes of tasks that were never seen to succeed."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        if wait.answer is None:
            continue
        done = [row for row in polls_of(history, wait.task) if status_of(history, row) == "SUCCEEDED"]
        if wait.ok and not done and not _was_true(history, wait):
            return broken("a success, and no answer had said SUCCEEDED", wait.polls[-1:])
        seen += done or list(wait.polls[-1:])
    loose = [call for call in makers(scenario) if call.op == "generate" and (a := history.answer(call.id)) and a.ok]
    if loose and not creates(history):
        return broken("a success, and nothing was created")
    return kept("no success without SUCCEEDED", seen) if seen else unseen("nothing was waited for")


@checks("POL-12")
def resumed(scenario: Scenario, history: History) -> Found:
    """See what a wait for a task of the past sends."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        if wait.call.op != "wait" or wait.answer is None:
            continue
        others = [history.answer(call.id) for call in makers(scenario)]
        last = max((other.at_ms for other in others if other), default=-1)
        new = [row for row in creates(history) if wait.began_ms <= row.at_ms <= wait.answer.at_ms and row.at_ms > last]
        if new or (task_of(scenario, history, wait.call) and len(creates(history)) and not makers(scenario)):
            return broken("the wait for a task that was there made another one", new or creates(history))
        if not wait.polls and wait.ok:
            return broken("a success, and the task was not asked for")
        seen += wait.polls
    return kept("polls alone", seen) if seen else unseen("no wait for a task of the past")


@checks("POL-13")
def no_url(scenario: Scenario, history: History) -> Found:
    """See what becomes of SUCCEEDED without a URL."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        done = [n for n, row in enumerate(wait.polls) if status_of(history, row) == "SUCCEEDED" and not is_packed(row)]
        bare = [n for n in done if not said(wait.polls[n]).url]
        if not bare or wait.answer is None:
            continue
        if len(wait.polls) - bare[0] - 1 > _MORE:
            return broken("SUCCEEDED without a URL was polled on and on", wait.polls[bare[0] :])
        if wait.ok and len(bare) == len(done):
            return broken("SUCCEEDED without a URL was taken for a success", [wait.polls[bare[0]]])
        if wait.kind == "timeout":
            return broken("SUCCEEDED without a URL was told as a timeout", [wait.polls[bare[0]]])
        seen.append(wait.polls[bare[0]])
    return kept("an error, or the URL came", seen) if seen else unseen("every success had its URL")


@checks("POL-16")
def backwards(scenario: Scenario, history: History) -> Found:
    """See what becomes of RUNNING, then PENDING."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        words = [(row, word) for row in wait.polls if (word := status_of(history, row))]
        back = [
            after
            for (_, one), (after, other) in pairwise(words)
            if one not in {"PENDING", *ENDINGS} and other == "PENDING"
        ]
        if back and wait.polls[-1] in back and wait.answer is not None and not wait.ran_out:
            return broken("the wait ended when the status went back to PENDING", [wait.polls[-1]])
        seen += back
    return kept("waited on", seen) if seen else unseen("no status went backwards")


def _gave_up(wait: Wait, last: Sequence[tuple[Row, str | None]]) -> Found | None:
    """Return what is wrong where a wait ended while its task was going on; None where nothing is."""
    if wait.problem is None or wait.kind in {"timeout", "canceled"}:
        return None
    for row, word in last:
        if word in GOING:
            return broken(f"the task was {word}, and the wait ended in {wait.kind!r}", [row])
    return None


def _went_on(history: History, wait: Wait, end: int) -> Found | None:
    """Return what is wrong where a final status did not end the polls."""
    row, more = wait.polls[end], wait.polls[end + 1 :]
    if status_of(history, row) == "SUCCEEDED" or len(more) <= 1:
        return None
    if any(status_of(history, later) in GOING for later in more):
        return None  # it went backwards: POL-16
    return broken(f"{status_of(history, row)} was polled {len(more)} times more", wait.polls[end:])


def _misread(history: History, wait: Wait, row: Row, word: str) -> Found | None:
    """Return what is wrong with how a wait ended after a final status."""
    if wait.answer is None:
        return None
    if word == "SUCCEEDED":
        if wait.ok or _has_trouble(history, wait, row):
            return None
        return broken(f"the task SUCCEEDED, and the wait ended in {wait.kind!r}", [row])
    if wait.ok:
        return broken(f"the task was {word}, and the wait ended in success", [row])
    if wait.kind not in _KINDS[word]:
        return broken(f"the task was {word}, and the wait ended in {wait.kind!r}", [row])
    return None


def _has_trouble(history: History, wait: Wait, row: Row) -> bool:
    """Whether something after SUCCEEDED can have made the call fail: no URL, a foreign one, a download that failed."""
    url = said(row).url
    if not is_packed(row) and (url is None or not (history.results and url.startswith(history.results))):
        return True
    later = downloads_of(history, wait.task)
    return any(
        cut(one) or unseeably_cut(one) or (one.status or 0) >= BAD or "slow-body" in one.mishaps for one in later
    )


def _was_true(history: History, wait: Wait) -> bool:
    """Whether a success is true, although no answer said so in the usual word."""
    truth = history.task(wait.task)
    is_done = truth is not None and truth.status == "SUCCEEDED" and truth.ends_ms is not None
    return bool(wait.ok and is_done and truth and wait.answer and (truth.ends_ms or 0) <= wait.answer.at_ms)


def _was_stopped(scenario: Scenario, wait: Wait) -> bool:
    return wait.kind == "canceled" or any(call.op in {"abort", "cancel"} for call in scenario.calls)


def _is_odd(history: History, row: Row) -> bool:
    """Whether an answer with a known status has fields that no page names, or lacks optional ones."""
    word = status_of(history, row)
    if word not in ENDINGS | GOING or is_packed(row) or (row.status or OK) != OK:
        return False
    what = said(row)
    if word == "SUCCEEDED" and not what.url:
        return False
    fields = set(what.output or {})
    missing = {"submit_time", "end_time", "orig_prompt"} - fields if word == "SUCCEEDED" else set()
    lacks_usage = word == "SUCCEEDED" and "usage" not in (what.body or {})
    return bool(fields - _OUTPUT or missing or lacks_usage or what.request_id is None)
