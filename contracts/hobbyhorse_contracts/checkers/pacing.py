"""How often a client asks: POL-04, POL-05, POL-14, CON-04. All instants are the world's."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from .calls import begins_between, polls
from .reading import BAD, BUSY, asked_task, cut, failed, in_order, status_of
from .registry import Found, broken, checks, kept, unseen, worse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..history import History, Row
    from ..scenario import Scenario

_MS = 1000
_LEAST_MS, _CALM_MS, _MINUTE_MS = 1000, 5000, 60_000
_SLACK_MS = 20  # instants are cut to whole ms, on both sides
_SCALED_SLACK = 0.5  # of a threshold, where time runs scaled and sockets take their share of it
_MOST_A_SECOND = 20
_SLOW_MS = 10_000  # waits that need not grow
_GROWTH = 1.2
_RUN, _CROWD, _WAVE = 4, 10, 3
_WINDOW_MS = 15_000


@checks("POL-04")
def apart(scenario: Scenario, history: History) -> Found:
    """Hold the gaps between the polls of each task."""
    slack = _SLACK_MS if history.mode != "scale" else _LEAST_MS * _SCALED_SLACK
    quick: list[Row] = []
    seen: list[Row] = []
    for rows in _by_task(history):
        for row, after in pairwise(rows):
            gap = after.at_ms - row.at_ms
            seen += [row, after]
            if _is_excused(scenario, history, row, after):
                continue
            if gap < _LEAST_MS - slack:
                return broken(f"polled again after {gap / _MS:g} s", [row, after])
            if row.at_ms - rows[0].at_ms > _MINUTE_MS and gap < _CALM_MS - slack:
                quick += [row, after]
    if quick:
        return worse("polled more often than every 5 s after the first minute", quick)
    return kept("far enough apart", seen) if seen else unseen("no task was polled twice")


@checks("POL-05")
def together(_: Scenario, history: History) -> Found:
    """Count all polls in every second."""
    rows = in_order(row for row in history.on("get") if row.origin == "api")
    for first, row in enumerate(rows):
        window = [later for later in rows[first : first + 2 * _MOST_A_SECOND] if later.at_ms < row.at_ms + _MS]
        if len(window) > _MOST_A_SECOND:
            return broken(f"{_upto(window)} polls within a second", window)
    return kept("20 a second at the most", rows) if rows else unseen("nothing was polled")


@checks("POL-14")
def backing_off(_: Scenario, history: History) -> Found:
    """See whether waits grow over repeated errors, and whether tasks that failed together come back together."""
    runs = [run for rows in _by_task(history) for run in _runs(rows)]
    for run in runs:
        gaps = [after.at_ms - row.at_ms for row, after in pairwise(run)]
        if max(gaps) < _GROWTH * gaps[0] and min(gaps) < _SLOW_MS:
            return broken(f"{len(gaps)} errors in a row, and always {gaps[0] / _MS:g} s between", run)
    crowds = list(_crowds(history))
    for crowd in crowds:
        if len({row.at_ms for row in crowd}) == 1:
            return broken(f"{len(crowd)} tasks failed together and came back together", crowd)
    seen = [row for group in (*runs, *crowds) for row in group]
    return kept("waits grow or are long, and are spread", seen) if seen else unseen("no errors in a row or together")


@checks("CON-04")
def whole_process(_: Scenario, history: History) -> Found:
    """Count requests before and after a wave of 429s."""
    rows = in_order(row for row in history.on("get") if row.origin == "api")
    waves = [row for row in rows if row.status == BUSY]
    if len(waves) < _WAVE or len({asked_task(row) for row in waves}) < 2:  # noqa: PLR2004 - two are not one
        return unseen("no wave of 429s over several tasks")
    start = waves[0].at_ms
    end = max(row.at_ms for row in waves if row.at_ms < start + _MS)
    before = [row for row in rows if start - _WINDOW_MS <= row.at_ms < start]
    after = [row for row in rows if end < row.at_ms <= end + _WINDOW_MS]
    allowed = max(len(before), len({asked_task(row) for row in rows if row.at_ms <= end}))
    if len(after) > allowed:
        return broken(f"{len(before)} polls in the 15 s before a wave of 429s, {len(after)} in the 15 s after", after)
    return kept("not more requests after the wave", [*waves, *after])


def _by_task(history: History) -> Iterator[list[Row]]:
    yield from (rows for task, rows in polls(history).items() if task is not None)


def _is_excused(scenario: Scenario, history: History, row: Row, after: Row) -> bool:
    """Whether a quick second poll is all right.

    After a reused connection broke, most HTTP libraries send a GET again by themselves. After a download failed, the
    task is asked for a new URL. And another call may ask for the same task.
    """
    if row.status is None and (row.request_on_connection or 1) > 1 and cut(row):
        return True
    if status_of(history, row) == "SUCCEEDED":
        between = [one for one in history.on("download") if row.at_ms <= one.at_ms <= after.at_ms]
        if any(cut(one) or (one.status or 0) >= BAD for one in between):
            return True
    return begins_between(scenario, history, row.at_ms, after.at_ms)


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield runs of at least three errors of one task, with the poll after the last; none where an answer says when."""
    run: list[Row] = []
    for row in rows:
        run.append(row)
        if not (failed(row) or row.status == BUSY) or row.reply_header("retry-after") is not None:
            if len(run) >= _RUN:
                yield run
            run = []
    if len(run) >= _RUN:
        yield run


def _crowds(history: History) -> Iterator[list[Row]]:
    """Yield the next polls of tasks that failed at the same instant, where there are many."""
    pairs = [(row, after) for rows in _by_task(history) for row, after in pairwise(rows)]
    bad = sorted(
        ((row.at_ms, row.number, after) for row, after in pairs if failed(row) or row.status == BUSY),
        key=lambda found: found[:2],
    )
    for _, group in groupby(bad, key=lambda found: found[0]):
        crowd = [after for _, _, after in group]
        if len(crowd) >= _CROWD:
            yield crowd


def _upto(window: Sequence[Row]) -> str:
    return f"at least {len(window)}" if len(window) == 2 * _MOST_A_SECOND else str(len(window))
