"""REQ: how requests are made."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .calls import creates, owners, task_of, waits
from .reading import asked_task, cut, in_order, raw_task, said, sent
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from ..history import History, Row
    from ..scenario import Scenario

CREATE = "/services/aigc/video-generation/video-synthesis"
_KEYFRAMES = "/services/aigc/image2video/video-synthesis"  # the documented path of the kf2v models
_SEGMENT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]+")
_PRODUCT = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+)/\S*\d")
# What HTTP libraries call themselves when nobody tells them otherwise.
_LIBRARIES = frozenset(
    (  # noqa: SIM905 - a list of names reads better so
        "python-requests python-urllib python-urllib3 urllib3 python-httpx httpx aiohttp python node node-fetch undici "
        "axios got deno bun go-http-client okhttp java java-http-client apache-httpclient curl libcurl wget reqwest "
        "hyper ktor-client guzzlehttp dart mozilla"
    ).split()
)


@checks("REQ-01")
def asynchronous(_: Scenario, history: History) -> Found:
    """Hold the header of every create."""
    rows = creates(history)
    bad = [row for row in rows if [v.strip().lower() for v in row.header_values("x-dashscope-async")] != ["enable"]]
    return _all(rows, bad, "`X-DashScope-Async: enable` is missing or something else", "nothing was created")


@checks("REQ-02")
def bearer(_: Scenario, history: History) -> Found:
    """Hold the Authorization of every request to the API."""
    rows = _api(history)
    bad = [row for row in rows if not _is_bearer(row, history.key)]
    return _all(rows, bad, "not exactly one `Authorization: Bearer` with the key", "nothing was sent to the API")


@checks("REQ-03")
def utf8_json(_: Scenario, history: History) -> Found:
    """Hold the body and the content type of every create."""
    rows = creates(history)
    bad = [row for row in rows if not _is_json(row)]
    return _all(rows, bad, "the body is no UTF-8 JSON sent as `application/json`", "nothing was created")


@checks("REQ-04")
def path(scenario: Scenario, history: History) -> Found:
    """Hold the path of everything that looks like a create."""
    rows = [row for row in _api(history) if row.method == "POST" and row.route in {"create", "route"}]
    owner = owners(scenario, history)
    bad = [row for row in rows if row.path.removesuffix("/") not in _paths(history, owner.get(row.number), row)]
    rows = [row for row in rows if row.route == "create" or row in bad]
    return _all(rows, bad, "the path is not that of a create below the base URL", "nothing was created")


@checks("REQ-05")
def base_url(_: Scenario, history: History) -> Found:
    """Hold every request's path against the base URLs that the calls were given."""
    below = tuple(f"{_base(url)}/" for url in history.bases.values())
    if not below:
        return unseen("no call was given a base URL")
    rows = _api(history)
    bad = [row for row in rows if not row.path.startswith(below)]
    return _all(rows, bad, "not below the base URL that the caller gave", "nothing was sent to the API")


@checks("REQ-06")
def own_task(scenario: Scenario, history: History) -> Found:
    """Hold the id of every poll against the ids that creates were answered with and callers named."""
    known = {row.committed for row in creates(history)} | {task.id for task in history.tasks}
    known |= {task_of(scenario, history, call) for call in scenario.calls}
    rows = [row for row in history.on("get") if row.origin == "api"]
    bad = [row for row in rows if asked_task(row) not in known]
    return _all(rows, bad, "a poll for an id that no create was answered with", "nothing was polled")


@checks("REQ-07")
def opaque_id(scenario: Scenario, history: History) -> Found:
    """See that ids of every form are polled, and hold how they stand in the path."""
    for wait in waits(scenario, history):
        answered = [row for row in creates(history) if row.committed == wait.task and said(row).task_id == wait.task]
        gave_up = wait.kind in {"canceled", "timeout"}  # perhaps before its first poll
        if answered and not cut(answered[-1]) and not wait.polls and wait.problem and not gave_up:
            return broken(f"the task id {wait.task!r} was answered and never polled", answered)
    rows = [row for row in history.on("get", "cancel") if row.origin == "api" and raw_task(row)]
    ids = {task.id for task in history.tasks} | {row.committed for row in creates(history) if row.committed}
    bad = [row for row in rows if not _SEGMENT.fullmatch(raw_task(row) or "")]
    bad += [row for row in rows if asked_task(row) not in ids and _is_rewritten(asked_task(row) or "", ids)]
    return _all(rows, bad, "the id was rewritten, or is not encoded as a path segment", "nothing was polled")


@checks("REQ-08")
def bare_gets(_: Scenario, history: History) -> Found:
    """Hold what GET requests carry."""
    rows = [row for row in history.on("get", "list", "download") if row.method == "GET"]
    bad = [row for row in rows if row.body.size or "json" in (row.header("content-type") or "").lower()]
    return _all(rows, bad, "a GET with a body or a JSON content type", "nothing was asked for")


@checks("REQ-09")
def user_agent(_: Scenario, history: History) -> Found:
    """Hold the User-Agent of every request to the API."""
    rows = _api(history)
    bad = [row for row in rows if not _is_named(row.header("user-agent") or "")]
    named = f": {bad[0].header('user-agent') or 'none'}" if bad else ""
    return _all(rows, bad, f"no User-Agent of the client's own{named}", "nothing was sent to the API")


def _all(rows: list[Row], bad: list[Row], wrong: str, nothing: str) -> Found:
    if bad:
        return broken(f"{wrong} ({len(bad)} of {len(rows)} requests)", bad)
    return kept(f"in all {len(rows)} requests", rows) if rows else unseen(nothing)


def _api(history: History) -> list[Row]:
    return in_order(row for row in history.rows if row.origin == "api")


def _is_bearer(row: Row, key: str) -> bool:
    values = row.header_values("authorization")
    scheme, _, credential = values[0].partition(" ") if len(values) == 1 else ("", "", "")
    return scheme.lower() == "bearer" and credential == key


def _is_json(row: Row) -> bool:
    media = (row.header("content-type") or "").lower().split(";")
    charset = next((piece.split("=")[1].strip('" ') for piece in media[1:] if piece.strip().startswith("charset=")), "")
    if media[0].strip() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        return False
    text = row.body.text
    if text is None or text.startswith("\ufeff"):
        return False
    if row.body.is_cut:
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _paths(history: History, call: str | None, row: Row) -> set[str]:
    bases = [history.bases[call]] if call and call in history.bases else list(history.bases.values())
    ends = [CREATE, _KEYFRAMES] if "kf2v" in str(sent(row).get("model")) else [CREATE]
    return {f"{_base(url)}{end}" for url in bases for end in ends}


def _base(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return url


def _is_rewritten(asked: str, ids: set[str]) -> bool:
    """Whether an id looks like one of those made, changed on the way."""
    plain = _bare(asked)
    return any(plain == _bare(known) or (len(plain) > 1 and _bare(known).startswith(plain)) for known in ids)


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", unquote(text).lower())


def _is_named(agent: str) -> bool:
    return any(name.lower() not in _LIBRARIES for name in _PRODUCT.findall(agent))
