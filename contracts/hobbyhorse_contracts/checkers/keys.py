"""SEC: keys, signatures, redirects, certificates."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .calls import creates, waits
from .reading import BAD, MULTIPLE, has_key, in_order, moment, said, shows_key, status_of
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..history import History, Row
    from ..scenario import Scenario

_API = re.compile(r"/(?:api/v1|services/aigc|tasks|uploads)(?:/|$)")
_SIGNATURE = re.compile(r"Signature=(?!<)[A-Za-z0-9%+/=_-]{8,}")


@checks("SEC-01")
def result_host(_: Scenario, history: History) -> Found:
    """Look for the key in requests for clips."""
    rows = [row for row in in_order(history.rows) if row.origin == "results" and row.route != "upload"]
    rows = [row for row in rows if not _API.search(row.path)]  # what a redirect led there is SEC-04's
    bad = [row for row in rows if row.header("authorization") is not None or shows_key(history, row)]
    if bad:
        return broken("the result host was sent an Authorization", bad)
    done = [row for row in history.on("get") if status_of(history, row) == "SUCCEEDED"]
    return kept("the result host saw no key", rows) if rows or done else unseen("no clip was there to fetch")


@checks("SEC-02")
def outside_headers(_: Scenario, history: History) -> Found:
    """Look for the key in URLs, Referers and bodies."""
    for row in in_order(history.rows):
        where = _place(history, row)
        if where:
            return broken(f"the key is in the {where}", [row])
    return kept("in no URL, Referer or body", history.rows) if history.rows else unseen("nothing was sent")


@checks("SEC-03")
def outputs(_: Scenario, history: History) -> Found:
    """Look for the key in what the client said and wrote."""
    if history.leaks:
        leak = history.leaks[0]
        what = {"key": "the key", "base64": "the key in base64", "slice": "a part of the key"}[leak.what]
        return broken(f"{what} is in {leak.place or leak.where}")
    return kept("in nothing that was said") if history.answers or history.rows else unseen("nothing was said")


@checks("SEC-04")
def redirected_key(_: Scenario, history: History) -> Found:
    """Look for the key in requests to which a redirect led."""
    redirects = list(_redirects(history, *(row for row in history.rows if row.origin == "api")))
    bad = [
        later for _, rows in redirects for later in rows if shows_key(history, later) or later.header("authorization")
    ]
    if bad:
        return broken("the key went along to another origin", bad)
    return (
        kept("the key did not go along", [row for row, _ in redirects])
        if redirects
        else unseen("nothing was redirected")
    )


@checks("SEC-05")
def redirected_create(_: Scenario, history: History) -> Found:
    """Look for requests that a redirected create became."""
    redirects = list(_redirects(history, *creates(history)))
    for row, rows in redirects:
        changed = [one for one in history.on("create") if one.method != "POST" and moment(one) > moment(row)]
        if rows or changed:
            return broken("a redirected create was sent on", [row, *rows, *changed])
    return kept("not followed", [row for row, _ in redirects]) if redirects else unseen("no create was redirected")


@checks("SEC-06")
def logged_urls(_: Scenario, history: History) -> Found:
    """Look for signatures in the log."""
    done = [row for row in in_order(history.on("get")) if status_of(history, row) == "SUCCEEDED" and said(row).url]
    bad = [row for row in done if _is_logged(said(row).url or "", history.stderr)]
    if bad:
        return broken("a clip's signed URL is in stderr", bad)
    return kept("no signed URL in stderr", done) if done else unseen("no clip had a URL")


@checks("SEC-07")
def certificates(scenario: Scenario, history: History) -> Found:
    """See whether anything was sent to a server whose certificate nobody trusts."""
    if not scenario.untrusted:
        return unseen("the certificate was a trusted one, or none")
    if history.rows:
        return broken("a request was sent to a server that nobody vouches for", in_order(history.rows))
    if any(answer.ok for answer in history.answers):
        return broken("a success, and nothing could have been sent")
    return kept("nothing was sent") if history.answers else unseen("no call was answered")


@checks("SEC-08")
def hostile_url(scenario: Scenario, history: History) -> Found:
    """See what becomes of a URL that no client should fetch."""
    seen: list[Row] = []
    for wait in waits(scenario, history):
        rows = [row for row in wait.polls if _is_hostile(said(row).url, history.results)]
        if not rows or wait.answer is None:
            continue
        if wait.ok and _is_hostile(said(wait.polls[-1]).url, history.results):
            return broken(f"taken for a clip: {said(rows[-1]).url}"[:200], rows)
        seen += rows
    return kept("refused", seen) if seen else unseen("every URL was a clip's")


def _place(history: History, row: Row) -> str:
    """Say where in a request the key stands that it must not; nothing where it does not."""
    if has_key(history, row.path) or has_key(history, row.query):
        return "URL"
    if has_key(history, row.header("referer")):
        return "Referer"
    return "body" if has_key(history, row.body.text) else ""


def _redirects(history: History, *rows: Row) -> Iterator[tuple[Row, list[Row]]]:
    """Yield rows that were redirected to another origin, with the requests that followed there."""
    for row in rows:
        if row.status is None or not MULTIPLE <= row.status < BAD:
            continue
        there = _split(row.reply_header("location") or "")
        bases = {_split(url)[0] for url in (*history.bases.values(), *history.apis.values())}
        if there[0] in {"", *bases}:
            continue
        later = [one for one in in_order(history.rows) if one.origin == "results" and moment(one) > moment(row)]
        yield row, [one for one in later if one.path == there[1]]


def _split(url: str) -> tuple[str, str]:
    """Return host and port, and path, of a URL; empty where it is none."""
    try:
        found = urlsplit(url)
    except ValueError:
        return "", ""
    return found.netloc, found.path


def _is_logged(url: str, log: str) -> bool:
    """Whether a clip's URL stands in a log with its signature; that of a picture is its owner's matter."""
    path = _split(url)[1]
    return len(path) > 1 and re.search(rf"{re.escape(path)}\?[^\s\"']*{_SIGNATURE.pattern}", log) is not None


def _is_hostile(url: str | None, results: str) -> bool:
    """Whether a URL is no web address, or one inside the machine's own network that is not the result host."""
    if url is None or (results and url.startswith(results)):
        return False
    try:
        found = urlsplit(url)
        host = found.hostname or ""
    except ValueError:
        return True
    if found.scheme not in {"http", "https"}:
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".internal"))
