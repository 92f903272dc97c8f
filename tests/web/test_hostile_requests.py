"""Paths, task ids, methods and headers that no client needs: upstream's envelope answers, in one log line each."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from web.api import CALLER, TASKS, Answer, Api
from web.models import MODELS
from web.refusals import BAD_BODY, BAD_KEY, NO_KEY, NO_WORKSPACE, SYNCHRONOUS
from web.requests import KEYS, plain_request

if TYPE_CHECKING:
    from web.conftest import Eye

NO_PATH = (404, "NotFound", "Request path not found.")
PLAIN = plain_request(MODELS["happyhorse-1.1-t2v"])
KEY = CALLER["authorization"].encode()
IDS = (
    "a%0A12:00:00 ERROR forged",
    "%0D%0A%0D%0A",
    "%00",
    "%1B[31mred",
    "%FF%FE",
    "%C0%AF",
    "%ED%A0%80",
    "%E2%80%A8line",
    "%zz",
    "%",
    "..",
    "%2e%2e",
    ".",
    "*",
    "'; DROP TABLE tasks; --",
    "<script>alert(1)",
    "{task_id}",
    "%25s%25n",
    "connectivity-test-nonexistent",
    "夜",
    "x" * 100_000,
)
PATHS = (
    "",
    "/",
    "*",
    "//",
    "/%2F",
    "/..",
    "/api",
    "/api/v1",
    "/api/v1/",
    "/api/v1/../../etc/passwd",
    "/api/v1/tasks/a%2Fb",
    "/api/v1/tasks/../x",
    "/api/v1//tasks/x",
    "//api//v1//tasks//x",
    "/API/V1/TASKS/x",
    "/api/v1/tasks/x/cancel/y",
    "/api/v1/task",
    "/api/v2/tasks",
    "/api/v1/services/aigc/video-generation",
    "/api/v1/services/aigc/text-generation/generation",
    "/compatible-mode/v1/chat/completions",
    "/docs",
    "/redoc",
    "/favicon.ico",
    "/%00",
    "/%FF",
    "/" + "x" * 100_000,
    "/" + "a/" * 50_000,
)
METHODS = ("HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", "G\tT")


LETTERS = st.sampled_from(string.printable + "夜\x00\x85")


def is_envelope(answer: Answer) -> bool:
    return set(answer.json) == {"code", "message", "request_id"} and dict(answer.headers)["content-type"].startswith(
        "application/json"
    )


@pytest.mark.parametrize("task_id", IDS, ids=lambda text: text[:20])
def test_a_strange_id_is_an_unknown_one(worker: Api, task_id: str) -> None:
    polled, canceled = worker.poll(task_id), worker.cancel(task_id)

    assert polled.json["output"] == {"task_id": unquote(task_id, errors="replace"), "task_status": "UNKNOWN"}
    assert canceled.fault[:2] == (400, "UnsupportedOperation")


@given(task_id=st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: "/" not in text))
@example("a\r\n\u2028\x85b")
def test_any_id_is_answered(worker: Api, task_id: str) -> None:
    assert worker.poll(quote(task_id, safe="")).json["output"]["task_id"] == task_id
    assert worker.cancel(quote(task_id, safe="")).status == 400
    assert worker.list(f"?task_id={quote(task_id, safe='')}").json["total"] == 0


@pytest.mark.parametrize("path", PATHS, ids=lambda text: text[:20] or "none")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_strange_path_is_none(worker: Api, method: str, path: str) -> None:
    answer = worker.send(method, path)

    assert answer.fault == NO_PATH
    assert is_envelope(answer)


@given(
    path=st.text(st.sampled_from(string.printable + "夜\x00\x85"), max_size=40), method=st.sampled_from(["GET", "POST"])
)
def test_any_path_is_answered(worker: Api, method: str, path: str) -> None:
    answer = worker.send(method, quote(f"/api/v1/{path}", safe="/%?"))

    assert answer.status in {200, 400, 403, 404}
    assert "message" not in answer.json or is_envelope(answer)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", [f"{TASKS}/x", TASKS, f"{TASKS}/x/cancel", PLAIN.path])
def test_a_strange_method_is_not_supported(worker: Api, method: str, path: str) -> None:
    answer = worker.send(method, path)

    if method == "HEAD":
        assert (400, b"") == (answer.status, answer.content)
        length = len(worker.send("HEAP", path).content)  # a word as long, in the same message
        assert dict(answer.headers)["content-length"] == str(length)
        return
    assert answer.fault == (400, "InvalidParameter", f"Request method '{method}' is not supported.")
    assert is_envelope(answer)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{TASKS}/x"),
        ("POST", TASKS),
        ("GET", f"{TASKS}/x/cancel"),
        ("GET", f"{TASKS}/x/cancel/"),  # what the aio client of dashscope 1.24.10 sends
        ("GET", PLAIN.path),
    ],
)
def test_a_method_of_another_operation_is_not_supported(worker: Api, path: str, method: str) -> None:
    assert worker.send(method, path).fault == (400, "InvalidParameter", f"Request method '{method}' is not supported.")


# Name of a case, header lines as octets beside or in place of the plain ones, and the row of a create with them.
PLAIN_LINES = {
    b"authorization": f"Bearer {KEYS[PLAIN.region]}".encode(),
    b"content-type": b"application/json",
    b"x-dashscope-async": b"enable",
}
HEADERS: dict[str, tuple[list[tuple[bytes, bytes]], Any]] = {
    "bearer in small letters": ([(b"authorization", KEY.replace(b"Bearer", b"bearer"))], None),
    "bearer in capitals": ([(b"authorization", KEY.replace(b"Bearer", b"BEARER"))], None),
    "spaces around the key": ([(b"authorization", b"  Bearer   " + KEY[7:] + b"  ")], None),
    "a key twice": ([(b"authorization", KEY), (b"authorization", KEY)], None),
    "a bad key, then a good one": ([(b"authorization", b"Bearer x"), (b"authorization", KEY)], None),
    "a good key, then a bad one": ([(b"authorization", KEY), (b"authorization", b"Bearer x")], BAD_KEY),
    "an empty key": ([(b"authorization", b"")], NO_KEY),
    "an empty bearer": ([(b"authorization", b"Bearer")], NO_KEY),
    "a key of octets": ([(b"authorization", b"Bearer sk-\xff\xfe\x80")], BAD_KEY),
    "a key in UTF-8": ([(b"authorization", "Bearer sk-夜".encode())], BAD_KEY),
    "a key of a megabyte": ([(b"authorization", b"Bearer sk-" + b"a" * 1_000_000)], BAD_KEY),
    "a key with a line feed": ([(b"authorization", KEY + b"\n12:00:00 ERROR forged")], BAD_KEY),
    "a content type of octets": ([(b"content-type", b"\xff\xfe")], BAD_BODY),
    "a content type in capitals": ([(b"content-type", b"APPLICATION/JSON;CHARSET=UTF-8")], None),
    "async in capitals": ([(b"x-dashscope-async", b"ENABLE")], None),
    "async of octets": ([(b"x-dashscope-async", b"\xff")], SYNCHRONOUS),
    "a workspace of octets": ([(b"x-dashscope-workspace", b"ws-\xff\n\r")], NO_WORKSPACE),
    "a workspace of a megabyte": ([(b"x-dashscope-workspace", b"w" * 1_000_000)], NO_WORKSPACE),
    "a host of octets": ([(b"host", b"\xff\xfe:\xff")], None),
    "a host with a bracket": ([(b"host", b"[::1")], None),
    "no host": ([(b"host", b"")], None),
    "two hosts": ([(b"host", b"a"), (b"host", b"b")], None),
    "a name of octets": ([(b"x-\xff", b"a")], None),
    "ten thousand headers": ([(b"x-%d" % number, b"a") for number in range(10_000)], None),
}


NAMES = st.sampled_from([*PLAIN_LINES, b"host", b"x-dashscope-workspace"])


@pytest.mark.parametrize("name", HEADERS)
def test_strange_headers_give_their_row(worker: Api, name: str) -> None:
    changed, row = HEADERS[name]
    lines = [line for line in PLAIN_LINES.items() if line[0] not in dict(changed)] + changed

    answer = worker.exchange("POST", PLAIN.path, lines, [PLAIN.content()])

    assert (None if answer.status == 200 else answer.fault) == row


@given(
    lines=st.lists(
        st.tuples(st.sampled_from([*PLAIN_LINES, b"host", b"x-dashscope-workspace"]), st.binary(max_size=20))
    )
)
def test_any_headers_are_answered(worker: Api, lines: list[tuple[bytes, bytes]]) -> None:
    answer = worker.exchange("POST", PLAIN.path, [*PLAIN_LINES.items(), *lines], [PLAIN.content()])

    assert answer.status in {200, 400, 401, 403, 404}
    assert answer.status == 200 or is_envelope(answer)


@given(query=st.text(st.characters(codec="utf-8"), max_size=60))
@example("page_no=" + "9" * 5000)
@example("page_no=1&page_no=²")
@example("start_time=99999999999999&end_time=00000000000000")
@example("start_time=00010101000000")
@example("end_time=99991231235959")
@example(f"start_time={'٢' * 14}")
@example("&".join(["a=b"] * 5000))
def test_any_query_is_answered(worker: Api, query: str) -> None:
    for text in (query, quote(query, safe="=&%")):
        assert worker.list(f"?{text}").status in {200, 400}
        assert worker.poll("x", query=f"?{text}").status == 200


@given(
    name=st.sampled_from(["start_time", "end_time", "page_no", "page_size", "status", "model_name", "region"]),
    value=st.text(st.characters(codec="utf-8")) | st.from_regex(r"\d{1,16}", fullmatch=True),
)
def test_any_value_in_a_query_is_answered(worker: Api, name: str, value: str) -> None:
    assert worker.list(f"?{name}={quote(value)}").status in {200, 400}


def test_the_log_tells_of_each(worker: Api, log: Eye) -> None:
    for path in PATHS:
        worker.send("GET", path)

    assert log.lines == len(PATHS)
