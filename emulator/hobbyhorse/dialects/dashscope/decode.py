"""From bytes to commands. A body or query that cannot be read raises the Fault that upstream answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from ...core.faults import Fault
from ...core.moments import query_time
from ...core.timeline import Status
from ...service.tasks import CreateTask, TaskQuery
from .headers import is_enabled

if TYPE_CHECKING:
    from ...core.catalogue import Timing
    from ...core.tokens import TokenTerms
    from ..wire import WireRequest

_PAGE_SIZE = 10
_LARGEST_PAGE = 100  # not documented (assumed)
_LARGEST_NUMBER = 1_000_000


def create_task(request: WireRequest, request_id: str) -> CreateTask:
    """Read a create request. Raises Fault for a missing async header, a body that is no JSON object, or no model."""
    if not is_enabled(request, "x-dashscope-async"):
        raise Fault("synchronous-call", detail="the header X-DashScope-Async: enable is missing")
    body = _json_object(request)
    model = body.get("model")
    if model is None or (isinstance(model, str) and not model.strip()):
        raise Fault("empty-model", detail="the body has no model")
    if not isinstance(model, str):
        raise Fault("parameter-missing", name="model", detail=f"model is a JSON {type(model).__name__}")
    return CreateTask(
        path=request.subject,
        model=model,
        body=body,
        resolves_oss=is_enabled(request, "x-dashscope-ossresourceresolve"),
        request_id=request_id,
    )


def _json_object(request: WireRequest) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Fault("body-invalid", detail=f"Content-Type is {content_type!r}, not application/json")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise Fault("body-invalid", detail=f"not JSON: {error}") from None
    if not isinstance(body, dict):
        raise Fault("body-invalid", detail=f"a JSON {type(body).__name__}, not an object")
    return body


def task_query(request: WireRequest, now: int, timing: Timing) -> TaskQuery:
    """Read a listing's query; what it does not know is ignored. Raises Fault for a value malformed or out of range."""
    query = dict(parse_qsl(request.query))
    since, until = _window(query, now, timing.list_window)
    return TaskQuery(
        since=since,
        until=until,
        page_no=_number(query, "page_no", 1, _LARGEST_NUMBER),
        page_size=_number(query, "page_size", _PAGE_SIZE, _LARGEST_PAGE),
        task_id=query.get("task_id"),
        model=query.get("model_name"),
        status=_status(query),
        region=query.get("region"),
        key_id=query.get("api_key_id"),
    )


def upload_model(request: WireRequest) -> str:
    """Return the model for which a policy is asked. Raises Fault for another action or none, and for no model."""
    query = dict(parse_qsl(request.query))
    if query.get("action") != "getPolicy":
        raise Fault("query-malformed", detail=f"action is {query.get('action', '')[:40]!r}, not 'getPolicy'")
    if not query.get("model", "").strip():
        raise Fault("query-malformed", detail="the query has no model")
    return query["model"]


def token_seconds(request: WireRequest, terms: TokenTerms) -> int:
    """Return how long a token shall live. Raises Fault for a value malformed or out of range."""
    return _number(dict(parse_qsl(request.query)), "expire_in_seconds", terms.default, terms.most)


def _window(query: dict[str, str], now: int, span: int) -> tuple[int, int]:
    """Return both ends. One end given decides the other; none means the last 24 h."""
    start, end = _instant(query, "start_time"), _instant(query, "end_time")
    until = end + 999 if end is not None else (start + span if start is not None else now)
    since = start if start is not None else until - span
    if not 0 <= until - since <= span + 999:
        raise Fault("query-out-of-range", detail="end_time must follow start_time by at most 24 h")
    return since, until


def _instant(query: dict[str, str], name: str) -> int | None:
    if name not in query:
        return None
    try:
        return query_time(query[name])
    except ValueError:
        raise Fault("query-malformed", detail=f"{name} is {query[name][:40]!r}, not YYYYMMDDhhmmss") from None


def _number(query: dict[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise Fault("query-malformed", detail=f"{name} is {text[:40]!r}, not a number")
    if len(text) > len(str(most)) or not 1 <= int(text) <= most:
        raise Fault("query-out-of-range", detail=f"{name} is {text[:40]}, not 1 to {most}")
    return int(text)


def _status(query: dict[str, str]) -> Status | None:
    if "status" not in query:
        return None
    try:
        return Status(query["status"])
    except ValueError:
        detail = f"status is {query['status'][:40]!r}, not one of {', '.join(Status)}"
        raise Fault("query-out-of-range", detail=detail) from None
