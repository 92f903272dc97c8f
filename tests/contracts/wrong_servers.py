"""Servers that are wrong in one respect: each stands between the probes and the emulator and alters what passes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hobbyhorse_contracts.server.bench import CREATE
from hobbyhorse_contracts.server.wire import Reply, Request, Send, WireError, send

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong, the promise that must notice it, and what makes the server so: a sender from a sender."""

    name: str
    promise: str
    make: Callable[[], Send]


_ROUTES = (
    (CREATE, "create"),
    ("/cancel", "cancel"),
    ("/tasks/", "list"),
    (".mp4", "result"),
    ("/dashscope-file-mgr", "upload"),
    ("/uploads", "policy"),
)


def route(request: Request) -> str:
    path = urlsplit(request.url).path
    other = "poll" if "/tasks/" in path else "other"
    return next((name for end, name in _ROUTES if path.endswith(end)), other)


def with_json(reply: Reply, body: Any, status: int | None = None) -> Reply:
    return replace(reply, body=json.dumps(body).encode(), status=status or reply.status)


def with_body(request: Request, change: Callable[[Any], Any]) -> Request:
    try:
        body = json.loads(request.body)
    except ValueError:
        return request
    return replace(request, body=json.dumps(change(body)).encode()) if isinstance(body, dict) else request


def answers(where: str, change: Callable[[Reply], Reply]) -> Callable[[], Send]:
    """Alter the answers of a route, or of all: `any`."""

    def altered(request: Request) -> Reply:
        reply = send(request)
        return change(reply) if where in {"any", route(request)} else reply

    return lambda: altered


def bodies(where: str, change: Callable[[Any], Any]) -> Callable[[], Send]:
    """Alter the JSON of the answers of a route: `change` gets it and changes it, or returns another."""

    def altered(reply: Reply) -> Reply:
        body = reply.json
        return with_json(reply, change(body) or body) if isinstance(body, dict) else reply

    return answers(where, altered)


def requests(where: str, change: Callable[[Request], Request]) -> Callable[[], Send]:
    """Alter requests to a route before the emulator sees them."""
    return lambda: lambda request: send(change(request) if route(request) == where else request)


def status_of(state: str, status: int) -> Callable[[], Send]:
    def altered(reply: Reply) -> Reply:
        output = (reply.json or {}).get("output", {})
        return replace(reply, status=status) if output.get("task_status") == state else reply

    return answers("poll", altered)


def statuses(where: str, old: int, new: int) -> Callable[[], Send]:
    return answers(where, lambda reply: replace(reply, status=new) if reply.status == old else reply)


def headers(where: str, **changed: str | None) -> Callable[[], Send]:
    """Set headers of answers; None takes one away."""
    names = {name.replace("_", "-"): value for name, value in changed.items()}

    def altered(reply: Reply) -> Reply:
        found = {**reply.headers, **names}
        return replace(reply, headers={name: value for name, value in found.items() if value is not None})

    return answers(where, altered)


def remembering(where: str, is_worse: Callable[[Reply], bool]) -> Callable[[], Send]:
    """Answer as before where the emulator now answers worse: of one path, whatever else is asked."""

    def make() -> Send:
        known: dict[str, Reply] = {}

        def remembered(request: Request) -> Reply:
            reply, path = send(request), urlsplit(request.url).path
            if route(request) != where:
                return reply
            if is_worse(reply):
                return known.get(path, reply)
            known[path] = reply
            return reply

        return remembered

    return make


def also(where: str, status: range, change: Callable[[Request], Request]) -> Callable[[], Send]:
    """Send another request after one whose answer has a status of these."""

    def altered(request: Request) -> Reply:
        reply = send(request)
        if route(request) == where and reply.status in status:
            send(change(request))
        return reply

    return lambda: altered


def once_each() -> Send:
    """Answer equal creates as one."""
    known: dict[tuple[bytes, str], Reply] = {}

    def altered(request: Request) -> Reply:
        if route(request) != "create":
            return send(request)
        key = (request.body, request.headers.get("Authorization", ""))
        if key not in known:
            known[key] = send(request)
        return known[key]

    return altered


def persistent() -> Send:
    """Send a create again when its connection was lost."""

    def altered(request: Request) -> Reply:
        try:
            return send(request)
        except WireError:
            if route(request) == "create":
                send(request)
            raise

    return altered


def strict(request: Request) -> Reply:
    """Find at the create what a worker finds, and what nobody minds."""
    reply = send(request)
    if route(request) == "create" and reply.status == 200:
        body = json.loads(request.body)
        unknown = body.keys() - {"model", "input", "parameters"}
        if unknown or not body["input"].get("prompt"):
            refusal = {"code": "InvalidParameter", "message": "Field required: input.prompt", "request_id": "x"}
            return with_json(reply, refusal, 400)
    return reply


def head_as_get(request: Request) -> Reply:
    if request.method != "HEAD":
        return send(request)
    return replace(send(replace(request, method="GET")), body=b"")


def lazy(request: Request) -> Reply:
    """Answer a cancel and do nothing."""
    if route(request) != "cancel":
        return send(request)
    reply = send(replace(request, url=request.url.removesuffix("/cancel"), method="GET"))
    return with_json(reply, {"request_id": reply.json["request_id"]})


def milliseconds(reply: Reply) -> Reply:
    after = reply.headers.get("retry-after", "")
    return replace(reply, headers={**reply.headers, "retry-after": f"{after}000"}) if after.isdecimal() else reply


def hasty(body: Any) -> None:
    if body["output"]["task_status"] == "PENDING":
        body["output"]["task_status"] = "RUNNING"


def one_model(request: Request) -> Request:
    return with_body(request, lambda body: {**body, "model": "happyhorse-1.1-i2v"})


def resolved(request: Request) -> Request:
    return replace(request, headers={**request.headers, "X-DashScope-OssResourceResolve": "enable"})


def page_from_zero(request: Request) -> Request:
    return replace(request, url=re.sub(r"page_no=(\d+)", lambda found: f"page_no={int(found[1]) + 1}", request.url))


def deeper(reply: Reply) -> Reply:
    return with_json(reply, {"error": reply.json}) if reply.status >= 400 and reply.json else reply


def _drop(body: Any, *path: str) -> None:
    for name in path[:-1]:
        body = body.get(name, {})
    body.pop(path[-1], None)


def _put(body: Any, value: Any, *path: str) -> None:
    for name in path[:-1]:
        body = body.get(name, {})
    if path[-1] in body:
        body[path[-1]] = value


def _as_int(body: Any, name: str, change: Callable[[Any], Any]) -> None:
    for row in body.get("data", []):
        row[name] = change(row[name])


def _utc(body: Any) -> None:
    for name, value in body["output"].items():
        if name.endswith("_time"):
            body["output"][name] = re.sub(r" (\d\d)", lambda found: f" {(int(found[1]) - 8) % 24:02}", value)


def _unkeyed(request: Request) -> Request:
    return replace(request, headers={k: v for k, v in request.headers.items() if k != "Authorization"})


def _async(request: Request) -> Request:
    return replace(request, headers={**request.headers, "X-DashScope-Async": "enable"})


def _valid(request: Request) -> Request:
    body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "x"}}
    return replace(_async(request), body=json.dumps(body).encode())


def _parameters(**values: Any) -> Callable[[Request], Request]:
    return lambda request: with_body(
        request, lambda body: {**body, "parameters": {**values, **body.get("parameters", {})}}
    )


def _forced(**values: Any) -> Callable[[Request], Request]:
    return lambda request: with_body(
        request, lambda body: {**body, "parameters": {**body.get("parameters", {}), **values}}
    )


def _stripped(request: Request) -> Request:
    return with_body(
        request, lambda body: {**body, "input": {"prompt": " ".join(body["input"].get("prompt", "").split())}}
    )


_IS_UNKNOWN: Callable[[Reply], bool] = lambda reply: reply.json["output"]["task_status"] == "UNKNOWN"  # noqa: E731 - named where it is used
_REFUSED = range(400, 500)

WRONG = (
    Wrong(
        "a create answers RUNNING",
        "S-ENV-01",
        bodies("create", lambda body: _put(body, "RUNNING", "output", "task_status")),
    ),
    Wrong("a create says code", "S-ENV-01", bodies("create", lambda body: {**body, "code": ""})),
    Wrong("errors are nested", "S-ENV-02", answers("create", deeper)),
    Wrong("a 401 has no code", "S-ENV-02", bodies("create", lambda body: _drop(body, "code"))),
    Wrong("a success has a code on top", "S-ENV-03", bodies("poll", lambda body: {**body, "code": ""})),
    Wrong("a failure is told on top too", "S-ENV-03", bodies("poll", lambda body: {**body.get("output", {}), **body})),
    Wrong("all answers have one id", "S-ENV-04", bodies("any", lambda body: {**body, "request_id": "5a" * 16})),
    Wrong("polls are plain JSON", "S-ENV-05", headers("poll", content_type="application/json")),
    Wrong("polls come from the gateway", "S-ENV-06", headers("poll", x_dashscope_call_gateway="true")),
    Wrong("a 401 has no id in its head", "S-ENV-07", headers("any", x_request_id=None)),
    Wrong("unknown fields are refused", "S-ENV-08", lambda: strict),
    Wrong("the Date is any", "S-ENV-09", headers("any", date="Sat, 21 Nov 2026 02:21:12 GMT")),
    Wrong("a 401 without code", "S-ERR-01", bodies("any", lambda body: _drop(body, "code"))),
    Wrong("no key is a 403", "S-ERR-01", statuses("any", 401, 403)),
    Wrong("any key is let in", "S-ERR-02", statuses("list", 401, 200)),
    Wrong("creates need no async header", "S-ERR-03", requests("create", _async)),
    Wrong(
        "any model is there",
        "S-ERR-04",
        requests("create", lambda r: with_body(r, lambda b: {**b, "model": "happyhorse-1.1-t2v"})),
    ),
    Wrong("no JSON is a 500", "S-ERR-05", statuses("create", 400, 500)),
    Wrong("a refused create is made all the same", "S-ERR-06", also("create", _REFUSED, _valid)),
    Wrong("parameters are judged at the create", "S-ERR-07", lambda: strict),
    Wrong("a wrong path is a page", "S-ERR-08", answers("other", lambda reply: replace(reply, body=b"<html>"))),
    Wrong("a create commits twice", "S-CRE-01", also("create", range(200, 201), _async)),
    Wrong("equal creates are one", "S-CRE-02", once_each),
    Wrong("a lost create is sent again", "S-CRE-03", persistent),
    Wrong("by default there is no watermark", "S-CRE-04", requests("create", _parameters(watermark=False))),
    Wrong("the default is 720P", "S-CRE-04", requests("create", _parameters(resolution="720P"))),
    Wrong("there is always a watermark", "S-CRE-05", requests("create", _forced(watermark=True))),
    Wrong("there is no rate limit", "S-CRE-06", statuses("create", 429, 200)),
    Wrong(
        "a throttled create has another code",
        "S-CRE-06",
        bodies("create", lambda body: _put(body, "Throttling", "code")),
    ),
    Wrong("Retry-After is in milliseconds", "S-CRE-07", answers("create", milliseconds)),
    Wrong("each answer has Retry-After", "S-CRE-07", headers("create", retry_after="1")),
    Wrong("UNKNOWN is a 404", "S-STA-01", status_of("UNKNOWN", 404)),
    Wrong("FAILED is a 400", "S-STA-01", status_of("FAILED", 400)),
    Wrong("FAILED is a 500", "S-STA-02", status_of("FAILED", 500)),
    Wrong(
        "a failure's code is on top",
        "S-STA-02",
        bodies("poll", lambda body: {**body, "code": body["output"].pop("code", "")}),
    ),
    Wrong("an unknown id is a 404", "S-STA-03", status_of("UNKNOWN", 404)),
    Wrong(
        "UNKNOWN says when it was submitted",
        "S-STA-03",
        bodies("poll", lambda body: body["output"].update(submit_time="")),
    ),
    Wrong("a task is never forgotten", "S-STA-04", remembering("poll", _IS_UNKNOWN)),
    Wrong("no poll finds a task PENDING", "S-STA-05", bodies("poll", hasty)),
    Wrong("times are UTC", "S-STA-06", bodies("poll", _utc)),
    Wrong("usage is there from the first", "S-STA-07", bodies("poll", lambda body: {"usage": None, **body})),
    Wrong(
        "the prompt is told early",
        "S-STA-07",
        bodies("poll", lambda body: body["output"].setdefault("orig_prompt", "")),
    ),
    Wrong("usage is in broken numbers", "S-STA-08", bodies("poll", lambda body: _put(body, 7.0, "usage", "duration"))),
    Wrong("prompts are tidied up", "S-STA-09", requests("create", _stripped)),
    Wrong("tasks are everybody's", "S-STA-10", remembering("poll", _IS_UNKNOWN)),
    Wrong("a cancel answers with the task", "S-CAN-01", bodies("cancel", lambda body: {**body, "output": {}})),
    Wrong("a cancel is answered and not done", "S-CAN-01", lambda: lazy),
    Wrong("a cancel is always taken", "S-CAN-02", statuses("cancel", 400, 200)),
    Wrong("the cancel of nobody is a 404", "S-CAN-03", statuses("cancel", 400, 404)),
    Wrong(
        "a page has twenty rows",
        "S-LST-01",
        requests("list", lambda r: replace(r, url=r.url if "?" in r.url else r.url + "?page_size=20")),
    ),
    Wrong("a list lacks total_page", "S-LST-01", bodies("list", lambda body: _drop(body, "total_page"))),
    Wrong("pages begin with 0", "S-LST-02", requests("list", page_from_zero)),
    Wrong(
        "a list's times are seconds",
        "S-LST-03",
        bodies("list", lambda body: _as_int(body, "gmt_create", lambda ms: ms // 1000)),
    ),
    Wrong("a list's times are texts", "S-LST-03", bodies("list", lambda body: _as_int(body, "end_time", str))),
    Wrong(
        "the filter by status does nothing",
        "S-LST-04",
        requests("list", lambda r: replace(r, url=r.url.replace("status=", "state="))),
    ),
    Wrong("a list begins with the oldest", "S-LST-05", bodies("list", lambda body: body["data"].reverse())),
    Wrong("an ETag is anything", "S-URL-01", headers("result", etag='"0"')),
    Wrong("a clip is any bytes", "S-URL-01", headers("result", content_type="application/octet-stream")),
    Wrong("a URL never expires", "S-URL-02", remembering("result", lambda reply: reply.status == 403)),
    Wrong("an expired URL is a 404", "S-URL-02", statuses("result", 403, 404)),
    Wrong("a HEAD is as good as a GET", "S-URL-03", lambda: head_as_get),
    Wrong("nobody looks at a signature", "S-URL-04", statuses("result", 403, 200)),
    Wrong("a key does no harm at a URL", "S-URL-05", requests("result", _unkeyed)),
    Wrong(
        "a range beyond the end is a 416",
        "S-URL-06",
        requests("result", lambda r: replace(r, headers={**r.headers, "x-oss-range-behavior": "standard"})),
    ),
    Wrong("a range is ignored", "S-URL-06", requests("result", lambda r: replace(r, headers={}))),
    Wrong(
        "a policy is for an hour",
        "S-UPL-01",
        bodies("policy", lambda body: _put(body, 3600, "data", "expire_in_seconds")),
    ),
    Wrong("a file can be replaced", "S-UPL-02", statuses("upload", 409, 200)),
    Wrong("an upload is a 204", "S-UPL-02", statuses("upload", 200, 204)),
    Wrong("a policy never expires", "S-UPL-03", statuses("upload", 403, 200)),
    Wrong("a file is any model's", "S-UPL-04", requests("create", one_model)),
    Wrong("a file needs no header", "S-UPL-04", requests("create", resolved)),
)
