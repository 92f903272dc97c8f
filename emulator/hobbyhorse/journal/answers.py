"""What an answer said, read back from its entry: task status, error code and message. Odd answers are no error here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.catalogue import ErrorRow, OssErrorRow
    from .entry import Entry

    Rows = Mapping[str, ErrorRow] | Mapping[str, OssErrorRow]

_ELEMENT = re.compile(r"<(Code|Message)>([^<]*)</")
_SLOT = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` of the task, and `code` and `message` of an error or a FAILED task. None where it did not say."""

    status: str | None = None
    code: str | None = None
    message: str | None = None
    seconds_asked: str | None = None


def answer_of(entry: Entry) -> Answer:
    """Return what the body of an answer said, as far as it can be read."""
    text = entry.reply_body.text or dict(entry.reply_headers).get("x-oss-err", "").removeprefix("<base64> ")
    wait = dict(entry.reply_headers).get("retry-after")
    if text.startswith("<"):
        found = {name: unescape(value) for name, value in _ELEMENT.findall(text)}
        return Answer(None, found.get("Code"), found.get("Message"), wait)
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return Answer(seconds_asked=wait)
    body = body if isinstance(body, dict) else {}
    output = body.get("output")
    told = output if isinstance(output, dict) else {}
    said = told if "code" in told else body
    return Answer(_text(told.get("task_status")), _text(said.get("code")), _text(said.get("message")), wait)


def row_of(code: str | None, message: str | None, rows: Rows) -> str | None:
    """Return the id of the row that an error must be from: the same code, and a message that its template can give."""
    same = [row for row in rows.values() if row.code == code]
    fitting = [row for row in same if _gives(row.message, message or "")] or (same if len(same) == 1 else [])
    # Where several templates fit, the one that leaves the least open says the most.
    return max(fitting, key=lambda row: len(_SLOT.sub("", row.message))).id if fitting else None


def _gives(template: str, message: str) -> bool:
    pieces = [re.escape(piece) for piece in _SLOT.split(template)]
    return re.fullmatch(".*".join(pieces), message, re.DOTALL) is not None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
