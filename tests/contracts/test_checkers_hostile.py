"""No history makes a checker raise, and every verdict is a function of scenario and history alone."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse_contracts.checkers import judge
from hobbyhorse_contracts.documents import DocumentError
from hobbyhorse_contracts.history import ERROR_KINDS, History
from hobbyhorse_contracts.requirements.examples import CAPABILITIES, examples
from hobbyhorse_contracts.scenario import OPS, Scenario

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import DrawFn, SearchStrategy

TASKS = ("T", "T2", "R1", "", "a b", "{task:c1}", "{task:c9}")
BODIES = (
    *("", "{}", "[]", "null", "<html>502</html>", "\ufeff{}", '{"output": []}', '{"output": {"task_id": 5}}'),
    *('{"output": {"task_status": "SUCCEEDED", "video_url": "http://[::1"}}', '{"data": [1, {}], "total": "x"}'),
    *('{"code": null, "message": {}}', '{"input": {"media": [1, {"url": null}]}, "parameters": []}', "[" * 4000),
    *('{"input": {"prompt": 5}, "model": []}', '{"total": 1, "page_size": 0, "data": []}', "--a\r\nx", "\ud800"),
    *(
        '{"output": {"task_id": "T", "submit_time": "99999-99"}}',
        '{"output": {"task_id": "T", "task_status": "FAILED"}}',
    ),
)
ROUTES = ("create", "get", "list", "cancel", "uploads", "tokens", "route", "download", "upload")
PATHS = ("/api/v1/tasks/T", "/api/v1/tasks/a%2Fb/cancel", "/", "", "/tasks/%zz", "//x", "/api/v1/tasks/é")
HEADERS = {
    "retry-after": ("5", "-1", "soon", "9" * 30, "Fri, 99 Nov 2026 08:00:30 GMT", "Fri, 20 Nov 2026 08:00:30 GMT"),
    "date": ("Fri, 20 Nov 2026 08:00:00 -9999", "Fri, 20 Nov 2026 08:00:00 GMT", "x"),
    "content-length": ("12", "x", "²", "9" * 40),
    "location": ("http://[", "/x", "http://127.0.0.1:8701/api/v1/tasks/T", "http://b:99999/"),
    "content-encoding": ("gzip", ""),
    "transfer-encoding": ("chunked",),
    "authorization": ("Bearer <api-key 0000000>", "", "Bearer"),
    "content-type": ("application/json; charset", "text/html", "multipart/form-data"),
}
MISHAPS = ("reset", "close", "short-body", "missing-last-chunk", "close-delimited", "redirect", "gzip", "date-skew")
ANYTHING: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def headers() -> SearchStrategy[list[list[str]]]:
    one = st.sampled_from(sorted(HEADERS)).flatmap(lambda name: st.sampled_from(HEADERS[name]).map(lambda v: [name, v]))
    return st.lists(one, max_size=4)


@st.composite
def rows(draw: DrawFn) -> dict[str, Any]:
    def body() -> dict[str, Any]:
        text = draw(st.none() | st.sampled_from(BODIES))
        return {"text": text, "size": draw(st.integers(0, 9000)), "is_cut": draw(st.booleans())}

    task = st.none() | st.sampled_from(TASKS)
    return {
        "number": draw(st.integers(1, 9)),
        "at_ms": draw(st.integers(-10, 2 * 10**9)),
        "route": draw(st.sampled_from(ROUTES)),
        "method": draw(st.sampled_from(("GET", "POST", "HEAD"))),
        "path": draw(st.sampled_from(PATHS)),
        "origin": draw(st.sampled_from(("api", "results"))),
        "query": draw(st.sampled_from(("", "page_no=1", "page_no=x&page_no=2", "action=getPolicy&model=m", "&&=%"))),
        "headers": draw(headers()),
        "body": body(),
        "status": draw(st.none() | st.sampled_from((0, 200, 202, 302, 400, 401, 403, 404, 416, 429, 500, 503))),
        "reply_headers": draw(headers()),
        "reply_body": body(),
        "mishaps": draw(st.lists(st.sampled_from(MISHAPS), max_size=2)),
        "task": draw(task),
        "committed": draw(task),
        "connection_id": draw(st.none() | st.integers(1, 3)),
        "request_on_connection": draw(st.none() | st.integers(1, 3)),
    }


@st.composite
def answers(draw: DrawFn) -> dict[str, Any]:
    text = st.none() | st.text(max_size=5)
    answer: dict[str, Any] = {"call": draw(st.sampled_from(("c1", "c2", "c9"))), "at_ms": draw(st.integers(0, 10**9))}
    if draw(st.booleans()):
        tasks = st.none() | st.lists(
            st.dictionaries(st.sampled_from(("task_id", "submit_time", "x")), ANYTHING), max_size=2
        )
        result = {"task_id": draw(st.none() | st.sampled_from(TASKS)), "sha256": draw(text), "tasks": draw(tasks)}
        return {**answer, "ok": True, "result": draw(st.sampled_from((None, result)))}
    kind = draw(st.sampled_from((*ERROR_KINDS, "novel")))
    error = {"kind": kind, "code": draw(text), "message": draw(text), "task_id": draw(text), "text": draw(text) or ""}
    return {**answer, "ok": False, "error": draw(st.sampled_from((None, error)))}


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    def call(name: str) -> dict[str, Any]:
        options = draw(
            st.dictionaries(st.sampled_from(("timeout_s", "poll_interval_s", "task_id", "call", "out")), ANYTHING)
        )
        options |= {"task_id": draw(st.sampled_from(TASKS))} if draw(st.booleans()) else {}
        fields = st.sampled_from(("model", "input", "parameters"))
        request = draw(
            st.dictionaries(fields, ANYTHING | st.sampled_from(({"prompt": "p"}, {"media": [{"url": "x"}]})))
        )
        return {"id": name, "op": draw(st.sampled_from(OPS)), "options": options, "request": request}

    return Scenario.of(
        {
            "name": "hostile",
            "calls": [call("c1"), call("c2")],
            "files": draw(
                st.dictionaries(st.sampled_from(("a b.png", "a.png")), st.sampled_from(("", "!!!!", "iVBORw0KGgo=")))
            ),
            "closed_s": draw(st.sampled_from((0.0, 5.0))),
            "untrusted": draw(st.booleans()),
            "defect": draw(st.sampled_from(("", "parameters.duration", "0", "."))),
        }
    )


@st.composite
def histories(draw: DrawFn) -> History:
    tasks: list[dict[str, Any]] = [
        {"id": name, "status": draw(st.sampled_from(("SUCCEEDED", "RUNNING")))} for name in ("T", "T2")
    ]
    for task in tasks:
        if draw(st.booleans()):
            task |= {"clip_sha256": "0" * 64, "clip_bytes": 9, "ends_ms": draw(st.integers(0, 10**9))}
    return History.of(
        {
            "scenario": "hostile",
            "capabilities": CAPABILITIES,
            "config": draw(st.dictionaries(st.sampled_from(("auto_retry", "additions", "poll_interval_s")), ANYTHING)),
            "bases": draw(st.sampled_from(({}, {"c1": "http://[", "c2": ""}, {"c1": "http://127.0.0.1:8700/api/v1/"}))),
            "results": draw(st.sampled_from(("", "http://127.0.0.1:8701"))),
            "rows": draw(st.lists(rows(), max_size=7)),
            "answers": draw(st.lists(answers(), max_size=3)),
            "tasks": tasks,
            "ended_ms": draw(st.integers(0, 10**9)),
        }
    )


@settings(max_examples=60)
@given(scenarios(), histories())
def test_no_history_makes_a_checker_raise(scenario: Scenario, history: History) -> None:
    first = judge(scenario, history)
    before = copy.deepcopy((scenario, history))

    assert judge(*copy.deepcopy((scenario, history))) == first
    assert before == (scenario, history)


def spoil(document: Any, draw: DrawFn) -> None:
    """Put anything at a random place of a document."""
    while isinstance(document, dict | list) and document:
        key = draw(st.sampled_from(sorted(document) if isinstance(document, dict) else range(len(document))))
        inner = document[key]
        if not isinstance(inner, dict | list) or not inner or draw(st.booleans()):
            document[key] = draw(st.sampled_from((None, "", 0, -1, [], {}, "T", True, 1e308)) | st.sampled_from(BODIES))
            return
        document = inner


@settings(max_examples=200)
@given(st.data(), st.sampled_from(examples()))
def test_no_spoiled_example_makes_a_checker_raise(data: st.DataObject, example: Any) -> None:
    document: Mapping[str, Any] = copy.deepcopy(example.history.document())
    data.draw(st.composite(lambda draw: spoil(document, draw))())
    try:
        history = History.of(document)
    except DocumentError:
        return  # refused in words, as most of them are: that is an answer too
    judge(example.scenario, history)
