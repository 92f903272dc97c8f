"""RES: how clips are fetched when something goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .calls import creates, made, makers, polls_of
from .clips import Fetch, fetches
from .reading import BROKEN, BUSY, auto_retry, cut, in_order, moment, unseeably_cut
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from ..history import History, Row
    from ..scenario import Scenario

_FORBIDDEN, _UNSATISFIABLE = 403, 416
_WITH_BYTES = {200, 206}


@checks("RES-05")
def again(scenario: Scenario, history: History) -> Found:
    """See what follows a download that failed."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        bad = [row for row in fetch.rows if _has_failed(row)]
        if not bad:
            continue
        if len(made(creates(history))) > len(makers(scenario)):
            return broken("after a failed download another task was made", [*bad, *creates(history)])
        problem = fetch.answer.error
        if problem is not None and problem.kind != "timeout" and bad[0] is fetch.rows[-1]:
            is_named = problem.task_id == fetch.truth.id or fetch.truth.id in problem.text
            if auto_retry(history) or not is_named:
                return broken("a failed download was not tried again", bad)
        seen += bad
    return kept("tried again, or told with its task id", seen) if seen else unseen("no download failed")


@checks("RES-06")
def new_url(scenario: Scenario, history: History) -> Found:
    """See what follows a URL that has expired."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        dead = [row for row in fetch.rows if row.status == _FORBIDDEN and not cut(row)]  # else: broken, for the client
        if not dead:
            continue
        wrong = _after_expiry(history, fetch, dead[0])
        if wrong:
            return broken(wrong, dead)
        seen += dead
    return kept("polled again, and fetched from the new URL", seen) if seen else unseen("no URL had expired")


@checks("RES-10")
def resumed(scenario: Scenario, history: History) -> Found:
    """See how a download goes on after it broke off."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        parts = [row for row in fetch.rows if row.status in _WITH_BYTES and row.reply_body.size]
        broke = [row for row in parts if cut(row) and not unseeably_cut(row)]
        later = [row for row in fetch.rows if broke and moment(row) > moment(broke[0])]
        if not later:
            continue
        ranged = [row for row in later if row.header("range")]
        if not ranged:
            return broken("it was begun anew", later)
        bare = [row for row in ranged if not row.header("if-range")]
        if bare:
            return broken("`Range` was sent without `If-Range`", bare)
        if fetch.answer.ok and fetch.is_right is False:
            return broken("the pieces do not make the clip", ranged)
        if fetch.answer.error and ranged[-1] is fetch.rows[-1] and ranged[-1].status in {_UNSATISFIABLE, 200}:
            return broken(f"an answer of {ranged[-1].status} to a Range ended the download", ranged)
        seen += ranged
    return kept("went on with `If-Range`", seen) if seen else unseen("no download broke off and went on")


@checks("RES-12")
def slow(scenario: Scenario, history: History) -> Found:
    """See what becomes of bodies that come slowly but steadily."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        rows = [row for row in fetch.rows if "slow-body" in row.mishaps and not cut(row)]
        if rows and (not fetch.answer.ok or fetch.is_right is False):
            return broken("a body that came slowly was given up", rows)
        seen += rows
    return kept("waited for", seen) if seen else unseen("no body came slowly")


@checks("RES-13")
def twice(scenario: Scenario, history: History) -> Found:
    """See what fetching a clip a second time does."""
    found = [fetch for fetch in fetches(scenario, history) if fetch.call.op in {"generate", "download"}]
    seen: list[Row] = []
    for index, fetch in enumerate(found):
        earlier = [one for one in found[:index] if one.truth.id == fetch.truth.id and one.answer.ok]
        if not earlier or fetch.answer.harness_error:
            continue
        if not fetch.answer.ok or fetch.is_right is False:
            return broken("the second time it did not give the clip", fetch.rows)
        name = str(fetch.call.options.get("out", "")).replace("\\", "/").rpartition("/")[2]
        prints = [file.sha256 for file in history.files if name and file.name == name]
        whole = prints.index(fetch.truth.clip_sha256) if fetch.truth.clip_sha256 in prints else len(prints)
        if any(one != fetch.truth.clip_sha256 for one in prints[whole:]):
            return broken("a complete file was overwritten or taken away", fetch.rows)
        seen += fetch.rows
    if seen and len(made(creates(history))) > len(makers(scenario)):
        return broken("fetching a clip again made another task", in_order(creates(history)))
    return kept("the same file, no new task", seen) if seen else unseen("no clip was fetched twice")


def _has_failed(row: Row) -> bool:
    """Whether a download got no clip, for a reason that may pass."""
    return cut(row) or (row.status or 0) >= BROKEN or row.status in {BUSY, 408}


def _after_expiry(history: History, fetch: Fetch, dead: Row) -> str:
    """Say what is wrong with what followed a dead URL; nothing where it is right."""
    polls = [row for row in polls_of(history, fetch.truth.id) if moment(row) > moment(dead)]
    later = [row for row in fetch.rows if moment(row) > moment(dead)]
    same = [row for row in later if (row.path, row.query) == (dead.path, dead.query)]
    if not polls:
        return "the task was not asked for a new URL" if not same else "the dead URL was asked again, the task was not"
    if len(same) > 1:
        return f"the dead URL was asked {len(same)} times more"
    if fetch.answer.error and fetch.answer.error.kind != "timeout" and not [row for row in later if row not in same]:
        return "the clip was not fetched from the new URL"
    return ""
