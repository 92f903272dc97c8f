"""RES: whether what is handed over as a clip is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .calls import downloads_of, polls_of, task_of
from .memory import remembered
from .reading import BAD, MULTIPLE, OK, cut, in_order, is_hidden, is_packed, moment, said, status_of, unseeably_cut
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..history import Answer, File, History, Row, Truth
    from ..scenario import Call, Scenario

_AT_ONCE_MS = 5000


class Fetch(NamedTuple):
    """A call that fetches a clip: its answer, its task as it truly is, the downloads of that clip in order."""

    call: Call
    answer: Answer
    truth: Truth
    rows: list[Row]

    @property
    def is_right(self) -> bool | None:
        """Whether the bytes are the clip's; None where the client does not say which bytes it got."""
        result, truth = self.answer.result, self.truth
        if result is None or (result.sha256 is None and result.bytes is None):
            return None
        is_same = result.sha256 is None or truth.clip_sha256 is None or result.sha256.lower() == truth.clip_sha256
        return is_same and (result.bytes is None or truth.clip_bytes is None or result.bytes == truth.clip_bytes)


@remembered
def fetches(scenario: Scenario, history: History) -> list[Fetch]:
    """Return the calls that may have fetched a clip."""
    found = []
    for call in scenario.calls:
        answer, task = history.answer(call.id), task_of(scenario, history, call)
        truth = history.task(task) if task else None
        if call.op in {"generate", "wait", "download"} and answer and task and truth and truth.clip_sha256:
            found.append(Fetch(call, answer, truth, downloads_of(history, task)))
    return found


@checks("RES-01")
def bytes_(scenario: Scenario, history: History) -> Found:
    """Hold the bytes of every success against the clip."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        if not fetch.answer.ok or any(map(unseeably_cut, fetch.rows)):
            continue  # a clip that HTTP cannot show to be cut is RES-04's
        if fetch.call.op != "wait" and fetch.is_right is None:
            return broken("a success that says nothing of its bytes", fetch.rows)
        if fetch.is_right is False:
            return broken("the bytes of a success are not the clip's", fetch.rows)
        seen += fetch.rows
    return kept("the clip's bytes", seen) if seen else unseen("no clip was fetched")


@checks("RES-02")
def short(scenario: Scenario, history: History) -> Found:
    """See what becomes of bodies shorter than their length."""

    def is_short(row: Row) -> bool:
        return row.reply_header("content-length") is not None and cut(row) and row.status is not None

    return _noticed(scenario, history, is_short, "a body shorter than its Content-Length")


@checks("RES-03")
def unfinished(scenario: Scenario, history: History) -> Found:
    """See what becomes of chunked bodies without their end."""

    def is_unfinished(row: Row) -> bool:
        is_chunked = row.reply_header("content-length") is None and "close-delimited" not in row.mishaps
        return "missing-last-chunk" in row.mishaps or (is_chunked and cut(row) and row.status is not None)

    return _noticed(scenario, history, is_unfinished, "a chunked body without its last chunk")


@checks("RES-04")
def unseeable(scenario: Scenario, history: History) -> Found:
    """See what becomes of clips whose loss HTTP does not show."""
    return _noticed(scenario, history, unseeably_cut, "a spoiled clip")


@checks("RES-07")
def error_page(scenario: Scenario, history: History) -> Found:
    """Look for error pages among what was kept."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        pages = [row for row in fetch.rows if _is_page(row)]
        prints = {row.reply_body.sha256 for row in pages if row.reply_body.size}
        saved = [file for file in history.files if file.sha256 in prints]
        result = fetch.answer.result
        if saved or (fetch.answer.ok and result and result.sha256 in prints):
            return broken(f"an error page was kept as {saved[0].name if saved else 'the clip'}", pages)
        if pages and fetch.answer.ok and fetch.is_right is False:
            return broken("after an error page, what was kept is not the clip", pages)
        seen += pages
    return kept("no error page was kept", seen) if seen else unseen("no download was answered with an error page")


@checks("RES-08")
def at_once(scenario: Scenario, history: History) -> Found:
    """Hold the start of downloads against the poll that named the URL."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        done = [row for row in polls_of(history, fetch.truth.id) if status_of(history, row) == "SUCCEEDED"]
        if fetch.call.op != "generate" or not done or not (said(done[0]).url or is_packed(done[0])):
            continue
        first = next((row for row in fetch.rows if moment(row) > moment(done[0])), None)
        if first is None and fetch.answer.ok and not fetch.is_right:
            return broken("a success, and the clip was not fetched", done)
        if first is not None and first.at_ms - done[0].at_ms > _AT_ONCE_MS:
            # A try on a kept connection that was closed under it leaves no row: what is seen may be the second one.
            if any(mishap.get("where") == "idle" for mishap in scenario.mishaps):
                continue
            return broken(f"fetched {(first.at_ms - done[0].at_ms) / 1000:g} s after SUCCEEDED", [done[0], first])
        seen += [first] if first else []
    return kept("fetched at once", seen) if seen else unseen("no clip was there to fetch")


@checks("RES-09")
def final_name(scenario: Scenario, history: History) -> Found:
    """Look for incomplete files under the final name."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        name = str(fetch.call.options.get("out", "")).replace("\\", "/").rpartition("/")[2]
        bad = [row for row in fetch.rows if cut(row) or (row.status or OK) >= BAD]
        if not name or not bad:
            continue
        unseen_cuts = {row.reply_body.sha256 for row in fetch.rows if unseeably_cut(row)}
        half = [file for file in history.files if _is_half(file, name, fetch.truth) and file.sha256 not in unseen_cuts]
        if half:
            return broken(f"{half[0].bytes} of {fetch.truth.clip_bytes} bytes lay under the name {name!r}", bad)
        seen += bad
    return kept("never half a file", seen) if seen else unseen("no download that was to be saved broke off")


@checks("RES-11")
def packed(scenario: Scenario, history: History) -> Found:
    """See what becomes of answers in gzip."""
    rows = [row for row in in_order(history.rows) if is_packed(row) and row.origin == "api"]
    rows = [row for row in rows if row.route in {"create", "get"} and row.task and not cut(row)]
    rows = [row for row in rows if row.route == "create" or not is_hidden(scenario, row)]
    for row in rows:
        answers = [
            a
            for call in scenario.calls
            if task_of(scenario, history, call) == row.task and (a := history.answer(call.id))
        ]
        later = [one for one in in_order(history.rows) if one.task == row.task and moment(one) > moment(row)]
        truth = history.task(row.task or "")
        is_ending = (
            row.route == "get" and truth and truth.status != "SUCCEEDED" and status_of(history, row) == truth.status
        )
        is_wrong = any(answer.error and answer.error.kind not in {"timeout", "canceled"} for answer in answers)
        if not later and is_wrong and not is_ending:
            return broken("an answer in gzip ended the call", [row])
    return kept("decoded", rows) if rows else unseen("no answer came in gzip")


def _noticed(scenario: Scenario, history: History, spoiled: Callable[[Row], bool], what: str) -> Found:
    """Say whether the calls whose download was spoiled handed over something else than the clip."""
    seen: list[Row] = []
    for fetch in fetches(scenario, history):
        rows = [row for row in fetch.rows if spoiled(row)]
        if rows and fetch.answer.ok and fetch.is_right is False:
            return broken(f"{what} was taken for the clip", rows)
        if rows and not (fetch.answer.ok and fetch.is_right is None):
            seen += rows
    return kept("noticed", seen) if seen else unseen(f"there was no {what.removeprefix('a ')}")


def _is_page(row: Row) -> bool:
    """Whether a download was answered with a page instead of a clip."""
    media = (row.reply_header("content-type") or "").lower()
    is_text = any(word in media for word in ("html", "xml", "json"))
    status = row.status or 0
    return status >= BAD or (OK <= status < MULTIPLE and is_text and "content-type" not in row.mishaps)


def _is_half(file: File, name: str, truth: Truth) -> bool:
    return file.name == name and file.bytes is not None and file.sha256 != truth.clip_sha256
