"""How the reference client fails: one exception with the fields that a caller needs, and the table of its kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .effects import Reply

# Codes by their beginning, first match wins; upstream's error codes, dashscope-api §7.
_KINDS = (
    ("DataInspection", "moderation"),
    ("IPInfringement", "moderation"),
    ("InvalidApiKey", "auth"),
    ("NOT AUTHORIZED", "auth"),
    ("AllocationQuota", "quota"),  # the free tier, with HTTP 403
    ("Throttling", "quota"),
    ("Arrearage", "quota"),
    ("CommodityNotPurchased", "quota"),
    ("PrepaidBillOverdue", "quota"),
    ("PostpaidBillOverdue", "quota"),
)
_STATUSES = {400: "validation", 401: "auth", 403: "auth", 404: "validation", 413: "validation", 429: "quota"}


class ClientError(Exception):
    """A call failed. `kind` says which way; `code`, `message`, `request_id`, `http_status` are upstream's, unaltered.

    str() is what a user should read. `task_id` is there whenever a task is, or may be, to be asked for again.
    """

    def __init__(
        self,
        kind: str,
        text: str,
        *,
        code: str | None = None,
        message: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        task_id: str | None = None,
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self.code = code
        self.message = message
        self.request_id = request_id
        self.http_status = http_status
        self.task_id = task_id


def kind_of(code: str | None, status: int) -> str:
    """Return the kind of an error that upstream answered."""
    for beginning, kind in _KINDS:
        if code and (code.startswith(beginning) or f".{beginning}" in code):
            return kind
    return _STATUSES.get(status, "other")


def refusal(reply: Reply, doing: str, *, kind: str | None = None, task_id: str | None = None) -> ClientError:
    """Return the error for an HTTP error answer: upstream's fields where it has them, else status and an excerpt."""
    said = reply.json() or {}
    code, message = text_of(said.get("code")), text_of(said.get("message"))
    request_id = text_of(said.get("request_id"))
    shown = f"{code}: {message}" if code or message else f"no JSON error but {reply.excerpt()!r}"
    parts = [f"{doing}: HTTP {reply.status}, {shown}"]
    if request_id:
        parts.append(f"request {request_id}")
    if task_id:
        parts.append(f"task {task_id}")
    return ClientError(
        kind or kind_of(code, reply.status),
        "; ".join(parts),
        code=code,
        message=message if message is not None else reply.excerpt() or None,
        request_id=request_id,
        http_status=reply.status,
        task_id=task_id,
    )


def text_of(value: Any) -> str | None:
    """Return a field as text, None where it is absent."""
    return None if value is None else str(value)
