"""What the fixtures show, read from the fixtures alone: which errors at which operation, which models and states."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from .transcript import Conversation, Exchange, conversations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OPERATIONS = (
    ("create", re.compile(r"POST \S*/api/v1/services/aigc/(?:video-generation|image2video)/video-synthesis/?")),
    ("cancel", re.compile(r"POST \S*/api/v1/tasks/[^/?]+/cancel/?")),
    ("get", re.compile(r"GET \S*/api/v1/tasks/[^/?]+/?(?:\?\S*)?")),
    ("uploads", re.compile(r"GET \S*/api/v1/uploads/?(?:\?\S*)?")),
    ("tokens", re.compile(r"POST \S*/api/v1/tokens/?(?:\?\S*)?")),
    ("list", re.compile(r"GET \S*/api/v1/tasks/?(?:\?\S*)?")),
)


class Seen(NamedTuple):
    """An error that a fixture expects. The status is the one on the wire, so 200 where the operation is `task`."""

    operation: str
    status: int
    code: str
    message: str


def covered(said: Iterable[Conversation] | None = None) -> set[Seen]:
    """Return every error the fixtures expect, by operation: create, task, get, list, cancel, uploads, tokens, download,
    upload, route.

    `task` is the failure inside `output` of a FAILED task, wherever it is read; `route` is a path or a method that is
    no operation of the API. A HEAD answer carries no text and is not counted.
    """
    return {seen for exchange in exchanges(said) for seen in _errors(exchange)}


def exchanges(said: Iterable[Conversation] | None = None) -> Iterator[Exchange]:
    """Yield all exchanges of all conversations."""
    for conversation in conversations() if said is None else said:
        yield from (step for step in conversation.steps if isinstance(step, Exchange))


def operation(request: Mapping[str, Any]) -> str:
    """Return what a request asks for, by its origin, method and path."""
    if request.get("origin") == "results":
        return "upload" if request["method"] == "POST" else "download"
    line = f"{request['method']} {request['path']}"
    return next((name for name, pattern in OPERATIONS if pattern.fullmatch(line)), "route")


def _errors(exchange: Exchange) -> Iterator[Seen]:
    asked, answer = operation(exchange.request), exchange.response
    if "xml" in answer:
        texts = {name: text for row in answer["xml"] if row != "..." for name, text in row.items()}
        yield Seen(asked, answer["status"], texts["Code"], texts["Message"])
    body = answer.get("body", {})
    if "code" in body:
        yield Seen(asked, answer["status"], body["code"], body["message"])
    output = body.get("output", {})
    if "code" in output:
        yield Seen("task", answer["status"], output["code"], output["message"])
