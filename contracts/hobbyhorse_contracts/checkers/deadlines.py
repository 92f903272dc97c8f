"""POL-09, POL-10, POL-15: when waiting ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import Wait, waits
from .reading import BUSY, ENDINGS, failed, status_of
from .registry import Found, broken, checks, kept, unseen, worse

if TYPE_CHECKING:
    from ..history import History, Row
    from ..scenario import Scenario

_MS = 1000
_ERROR_SLACK_MS = 60_000  # waits after errors may be longer than one interval
_DAY_MS = 86_400_000
# What tells a reader that the task goes on; in the languages clients speak to their users.
_GOES_ON = (
    *("may ", "might", "still", "later", "resume", "continue", "running", "again", "not finished", "in progress"),
    *("pick up", "可能", "仍", "稍后", "继续"),
)


@checks("POL-09")
def deadline(scenario: Scenario, history: History) -> Found:
    """Hold the end of waits against their deadlines."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        over_at = next((row.at_ms for row in wait.polls if status_of(history, row) in ENDINGS), None)  # then downloads
        end = over_at or (wait.answer.at_ms if wait.answer else history.ended_ms)
        latest = _latest(wait)
        if end > latest:
            over = (end - (wait.deadline_ms or 0)) / _MS
            how = f"it ended {over:g} s after its deadline" if wait.answer else "it went on after its deadline"
            return broken(how, wait.polls[-1:])
        if wait.answer is None or wait.kind != "timeout":
            continue
        if not wait.ran_out and wait.polls and status_of(history, wait.polls[-1]):
            early = ((wait.deadline_ms or 0) - end) / _MS
            return broken(f"it timed out {early:g} s before its deadline", wait.polls[-1:])
        seen += wait.polls[-1:]
    return kept("it ended at its deadline", seen) if seen else unseen("no wait came to its deadline")


@checks("POL-10")
def told(scenario: Scenario, history: History) -> Found:
    """See what the error at the deadline says."""
    seen: list[Row] = []
    mute = False
    for wait in waits(scenario, history):
        if not wait.ran_out or wait.problem is None or not wait.polls:
            continue
        words = f"{wait.problem.text} {wait.problem.message or ''}"
        if wait.problem.task_id != wait.task and wait.task not in words:
            return broken("the error at the deadline does not have the task id", wait.polls[-1:])
        mute = mute or not any(word in f"{words} ".lower() for word in _GOES_ON)
        seen += wait.polls[-1:]
    if mute:
        return worse("the error at the deadline does not say that the task may still finish", seen)
    return kept("with the task id", seen) if seen else unseen("no wait came to its deadline")


@checks("POL-15")
def wall_clock(scenario: Scenario, history: History) -> Found:
    """See whether a Date header that is off moved the end of a wait."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        skewed = [row for row in wait.polls if "date-skew" in row.mishaps]
        if not skewed:
            continue
        over_at = next((row.at_ms for row in wait.polls if status_of(history, row) in ENDINGS), None)  # then downloads
        end = over_at or (wait.answer.at_ms if wait.answer else history.ended_ms)
        if end > _latest(wait):
            return broken("with a Date that is off, the wait ended too late", skewed)
        if wait.kind == "timeout" and not wait.ran_out:
            return broken("with a Date that is off, the wait ended too early", skewed)
        seen += skewed
    return kept("the Date made no difference", seen) if seen else unseen("no answer to a poll had a Date that is off")


def _latest(wait: Wait) -> float:
    """Return the last instant (ms) at which a wait may end."""
    if wait.deadline_ms is None:
        return wait.began_ms + 2 * _DAY_MS
    had_errors = any(failed(row) or row.status == BUSY for row in wait.polls)
    return wait.deadline_ms + wait.interval_ms + _MS + (_ERROR_SLACK_MS if had_errors else 0)
