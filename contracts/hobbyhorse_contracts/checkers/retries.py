"""CRE-04 to CRE-07: when a refused request may be sent again, and when not."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from .calls import begins_between, makers, posts
from .reading import BROKEN, BUSY, asked_task, auto_retry, cut, in_order, refused
from .registry import Found, broken, checks, kept, unseen, worse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..history import Answer, History, Row
    from ..scenario import Scenario

FINAL = frozenset({400, 401, 403, 404})
_UNAVAILABLE = 503
_MOST_POSTS = 20
_LEAST_WAIT_MS = 500  # less is no wait
_SAME = 1.05  # two waits that differ by less are the same
_SLACK_MS = 50
_DATE_SLACK_MS = 1000  # a date has whole seconds
_LONGEST = 400 * 86400  # seconds; what asks for more is no wait


@checks("CRE-04")
def throttled(scenario: Scenario, history: History) -> Found:
    """See what becomes of a 429 on create."""
    seen: list[Row] = []
    for call, rows in posts(scenario, history).items():
        busy = [row for row in rows if row.status == BUSY and not cut(row)]
        if not busy:
            continue
        is_alone = len(makers(scenario)) == 1
        answer = history.answer(call)
        found = _retried(rows, busy, is_alone=is_alone) if auto_retry(history) else _surfaced(answer, rows, busy)
        if found is not None:
            return found
        seen += busy
    return kept("waited out, or told as what it is", seen) if seen else unseen("no create was answered 429")


@checks("CRE-05")
def retry_after(scenario: Scenario, history: History) -> Found:
    """Hold the next request of the same kind against every `Retry-After`."""
    seen: list[Row] = []
    for rows in _flows(scenario, history):
        for row, after in pairwise([*rows, None]):
            if row is None or row.status not in {BUSY, _UNAVAILABLE} or cut(row):
                continue
            bound, slack = _bound_ms(row)
            if bound is None:
                continue
            if after is not None and after.at_ms + slack < row.at_ms + bound:
                if row.route != "create" and begins_between(scenario, history, row.at_ms, after.at_ms):
                    continue  # a call ended with the refusal, and its caller made another
                waited = (after.at_ms - row.at_ms) / 1000
                return broken(f"asked to wait {bound / 1000:g} s, it waited {waited:g} s", [row, after])
            seen.append(row)
    return kept("waited for, or not tried again", seen) if seen else unseen("no answer carried a `Retry-After`")


@checks("CRE-06")
def server_errors(scenario: Scenario, history: History) -> Found:
    """See after which 5xx a create was sent again."""
    seen: list[Row] = []
    for rows in posts(scenario, history).values():
        for row, after in pairwise([*rows, None]):
            if row is None or (row.status or 0) < BROKEN or cut(row):
                continue
            is_refusal = row.status == _UNAVAILABLE and refused(row)
            if after is not None and not is_refusal:
                return broken(
                    f"a {row.status} leaves open whether a task was made, and it was sent again", [row, after]
                )
            seen.append(row)
    return kept("not sent again, or after a plain refusal", seen) if seen else unseen("no create was answered 5xx")


@checks("CRE-07")
def final(scenario: Scenario, history: History) -> Found:
    """Look for creates of a call after one that was refused for good."""
    seen: list[Row] = []
    for rows in posts(scenario, history).values():
        for index, row in enumerate(rows):
            if row.status not in FINAL or cut(row):
                continue
            if rows[index + 1 :]:
                return broken(f"answered {row.status}, and sent again", rows[index:])
            seen.append(row)
    return kept("not sent again", seen) if seen else unseen("no create was answered 400, 401, 403 or 404")


def _retried(rows: Sequence[Row], busy: Sequence[Row], *, is_alone: bool) -> Found | None:
    """Return what is wrong with how a client that retries did so; None where nothing is."""
    if len(rows) == 1:
        return broken("a 429 on create ended the call without another try", rows)
    if len(rows) > _MOST_POSTS:
        return broken(f"sent {len(rows)} times", rows)
    gaps = [after.at_ms - row.at_ms for row, after in pairwise(rows) if row in busy]
    if gaps and min(gaps) < _LEAST_WAIT_MS:
        return broken(f"sent again after {min(gaps) / 1000:g} s", rows)
    if not is_alone:
        return None  # a queue of the process's own has a part in how long each of many calls waits
    own = [
        after.at_ms - row.at_ms
        for row, after in pairwise(rows)
        if row in busy and row.reply_header("retry-after") is None
    ]
    if len(own) > 2 and max(own[1:]) <= own[0] * _SAME:  # noqa: PLR2004 - two waits may be alike by chance
        return worse(f"the waits do not grow: {', '.join(f'{gap / 1000:g} s' for gap in own)}", rows)
    return None


def _surfaced(answer: Answer | None, rows: Sequence[Row], busy: Sequence[Row]) -> Found | None:
    """Return what is wrong with how a client without retries told of a 429; None where nothing is."""
    if answer is None or answer.ok or len(rows) > len(busy):
        return None
    problem = answer.error
    if problem is not None and (
        problem.http_status == BUSY or problem.kind == "quota" or "Throttling" in (problem.code or "")
    ):
        return None
    return broken("a 429 was not told as one", rows)


def _flows(scenario: Scenario, history: History) -> Iterator[list[Row]]:
    """Yield requests that are tries of the same thing: a call's creates, a task's polls, lists, cancels of a task."""
    yield from posts(scenario, history).values()
    tasks: dict[tuple[str, str | None], list[Row]] = {}
    for row in in_order(history.on("get", "cancel", "list", "uploads")):
        tasks.setdefault((row.route, asked_task(row)), []).append(row)
    yield from tasks.values()


def _bound_ms(row: Row) -> tuple[float | None, int]:
    """Return how long (ms) an answer asks to wait, and how exactly that can be said; None where it does not.

    A date is held against the answer's own Date and against the service's clock; where these differ, the lesser wait
    is demanded, because either can be meant.
    """
    value = (row.reply_header("retry-after") or "").strip()
    if value.isdecimal():
        return (float(min(int(value[:12]), _LONGEST)) * 1000, _SLACK_MS)
    try:
        until = parsedate_to_datetime(value)
        date = parsedate_to_datetime(row.reply_header("date") or "")
        wait = (until - date).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return (None, 0)
    if "date-skew" in row.mishaps:
        return (None, 0)
    return (min(max(wait, 0.0), _LONGEST) * 1000, _DATE_SLACK_MS)
