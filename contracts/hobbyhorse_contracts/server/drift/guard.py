"""What may be sent to a service that bills: nothing that could cost money, whatever the table of probes says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from ..bench import CREATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..wire import Request

NO_MODEL = "no-such-model"


class NotFreeError(Exception):
    """A request that could cost money, or change something; it was not sent."""


def check(request: Request, base: str, key: str, nobody: str) -> None:
    """Raise NotFreeError unless a request is known to be free.

    `base` is the base URL, `key` the account's key, `nobody` the id of a task that there is not. A create is free if
    the gateway refuses it *and* there is nothing in it that a clip could be made of.
    """
    if not request.url.startswith(f"{base}/"):
        raise NotFreeError(f"{request.method} {request.url}: it goes elsewhere than to {base}")
    parts = urlsplit(request.url.removeprefix(base))
    if request.method == "GET":
        policy = parts.path == "/uploads" and parse_qs(parts.query).get("action") == ["getPolicy"]
        is_free = policy or parts.path in {"/tasks/", f"/tasks/{nobody}"}
    elif request.method == "POST" and parts.path == CREATE:
        is_free = _is_refused(request, key) and _is_empty(request.body)
    else:
        is_free = request.method == "POST" and parts.path == f"/tasks/{nobody}/cancel"
    if not is_free:
        raise NotFreeError(f"{request.method} {parts.path}: that is none of the requests that are known to be free")


def _is_refused(request: Request, key: str) -> bool:
    """Return whether the gateway refuses a create: by its key, for want of the async header, or by its model."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    has_key = key in headers.get("authorization", "")
    return not has_key or "x-dashscope-async" not in headers or _body(request.body).get("model") == NO_MODEL


def _is_empty(raw: bytes) -> bool:
    body = _body(raw)
    return body.keys() == {"model", "input"} and body["input"] == {}


def _body(raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
