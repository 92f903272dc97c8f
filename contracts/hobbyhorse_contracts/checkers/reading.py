"""What rows say: requests and answers read back. Nothing here raises, whatever a client or a mishap made of a body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..history import History, Row
    from ..scenario import Scenario

ENDINGS = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"})
GOING = frozenset({"PENDING", "RUNNING"})
OK, MULTIPLE, BAD, BUSY, BROKEN = 200, 300, 400, 429, 500

# Mishaps after which an answer did not arrive whole, though HTTP shows it; and those that HTTP cannot show.
CUTS = frozenset({"short-body", "missing-last-chunk"})
UNSEEABLE = frozenset({"truncated-mp4", "corrupt-mp4", "short-length"})
_ENDS = frozenset({"reset", "close"})
_SPOILED = frozenset({"malformed-json", "empty-body", "short-length"})
_HIDDEN = re.compile(r"<(?:api-key|token|signature|policy|secret|credentials|cookie|bytes) [0-9a-f]{5,7}>")
_TASK = re.compile(r"/tasks/([^/]+)(/cancel)?/?$")


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer's body said; None where it did not. `body` is None where it cannot be read as a JSON object."""

    body: Mapping[str, Any] | None = None
    output: Mapping[str, Any] | None = None
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    task_id: str | None = None
    status: str | None = None
    url: str | None = None


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Return rows in the order in which their requests came."""
    return sorted(rows, key=moment)


def moment(row: Row) -> tuple[int, float, int]:
    """Return what orders a row among others."""
    return (row.at_ms, row.monotonic_s, row.number)


def sent(row: Row) -> Mapping[str, Any]:
    """Return the JSON object that a request carried; an empty one where there is none that can be read."""
    found = _parsed(row.body.text or "")
    return found if isinstance(found, Mapping) else {}


def part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object inside an object; an empty one where there is none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def said(row: Row) -> Said:
    """Return what the answer said."""
    body = _parsed(row.reply_body.text or "")
    if not isinstance(body, Mapping):
        return Said()
    output = part(body, "output")
    told = output if "code" in output or "message" in output else body
    words = (told.get("code"), told.get("message"), body.get("request_id"))
    return Said(body, output, *map(_text, (*words, *map(output.get, ("task_id", "task_status", "video_url")))))


def status_of(history: History, row: Row) -> str | None:
    """Return the task's status that a poll was answered with; None where the client got none.

    A compressed body is not in the journal: then it is the truth at that instant.
    """
    if failed(row) or not _fine(row):
        return None
    if is_packed(row):
        truth = history.task(row.task or "")
        if truth is None:
            return None
        return truth.status if truth.ends_ms is not None and truth.ends_ms <= row.at_ms else "RUNNING"
    return said(row).status


def is_hidden(scenario: Scenario, row: Row) -> bool:
    """Whether nobody can tell what an answer said: its body was compressed, and odd answers were asked for."""
    has_odd = bool(scenario.timeline.odd) or any("odd" in str(rule) for rule in scenario.rules)
    return is_packed(row) and has_odd


def is_packed(row: Row) -> bool:
    """Whether the answer's body was compressed."""
    return (row.reply_header("content-encoding") or "").lower() not in {"", "identity"}


def cut(row: Row) -> bool:
    """Whether the answer did not arrive whole, and HTTP shows it."""
    if row.status is None or not CUTS.isdisjoint(row.mishaps):
        return True
    return not _ENDS.isdisjoint(row.mishaps) and _is_short(row)


def idle_end(row: Row) -> bool:
    """Whether the connection ended after the whole answer, while it was idle."""
    return not _ENDS.isdisjoint(row.mishaps) and row.status is not None and not _is_short(row)


def unseeably_cut(row: Row) -> bool:
    """Whether the body was spoiled in a way that HTTP does not show."""
    if not UNSEEABLE.isdisjoint(row.mishaps):
        return True
    return "close-delimited" in row.mishaps and bool({"reset", "close", "short-body"} & set(row.mishaps))


def failed(row: Row) -> bool:
    """Whether a request to the API got no usable answer: none, a cut one, a 5xx, or a 2xx that cannot be read.

    A 4xx is an answer whatever became of its body: the status says enough.
    """
    if cut(row) or (row.status or 0) >= BROKEN:
        return True
    if not _SPOILED.isdisjoint(row.mishaps):
        return not BAD <= (row.status or 0) < BROKEN
    return _fine(row) and not is_packed(row) and not row.reply_body.is_cut and said(row).body is None


def refused(row: Row) -> bool:
    """Whether it was answered with an error in the service's own words."""
    return (row.status or 0) >= BAD and not cut(row) and said(row).code is not None


def asked_task(row: Row) -> str | None:
    """Return the task id in the path of a poll or cancel, decoded; None where there is none."""
    raw = raw_task(row)
    return None if raw is None else unquote(raw)


def raw_task(row: Row) -> str | None:
    """Return the task id in the path of a poll or cancel as it was sent."""
    found = _TASK.search(row.path)
    return found[1] if found else None


def same_text(wanted: str, shown: str) -> bool:
    """Whether a text is the one wanted, as far as the journal shows it: it hides what looks like a secret."""
    if wanted == shown:
        return True
    if not _HIDDEN.search(shown):
        return False
    pattern = ".+".join(re.escape(piece) for piece in _HIDDEN.split(shown))
    return re.fullmatch(pattern, wanted, re.DOTALL) is not None


def has_key(history: History, text: str | None) -> bool:
    """Whether the API key is in a text."""
    return text is not None and history.key in text


def shows_key(history: History, row: Row) -> bool:
    """Whether a request carried the key in any header."""
    return any(has_key(history, value) for _, value in row.headers)


def auto_retry(history: History) -> bool:
    """Whether the client declares that it tries again by itself."""
    return bool(history.config.get("auto_retry")) or "auto_retry" in history.capabilities


def number_of(value: object, default: float) -> float:
    """Return a number that stands in a document, or a default."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value == value else default  # type: ignore[arg-type]  # noqa: PLR0124 - NaN


@lru_cache(maxsize=8192)
def _parsed(text: str) -> Any:
    """Return what JSON says, or None. It is shared: nobody writes to it."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _fine(row: Row) -> bool:
    return row.status is not None and OK <= row.status < MULTIPLE


def _is_short(row: Row) -> bool:
    """Whether fewer bytes of the body were sent than were announced, or an unannounced one was cut on purpose."""
    length = row.reply_header("content-length")
    if length is None:
        return "close-delimited" in row.mishaps or row.reply_header("transfer-encoding") is not None
    return length.isdecimal() and row.reply_body.size < int(length[:18])
