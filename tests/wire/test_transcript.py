"""The interpreter of golden conversations is itself tested: it passes what is right and bites what is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wire.matching import FixtureError
from wire.transcript import KEYS, Exchange, MismatchError, Request, Response, load, play

if TYPE_CHECKING:
    from wire.transcript import Send

TASK = "0385dc79-5ff8-4d82-bcb6-1c4d2e8f7a90"
OTHER_TASK = "1385dc79-5ff8-4d82-bcb6-1c4d2e8f7a90"
FIRST = "4909100c-7b5a-9f92-bfe5-3a1b0c2d4e5f"
SECOND = "5909100c-7b5a-9f92-bfe5-3a1b0c2d4e5f"

CONVERSATION = """
- name: create and poll
  source: OD-T2V
  steps:
    - request: {method: POST, path: /create, key: cn-beijing, headers: {X-DashScope-Async: enable}, json: {a: 1}}
      response:
        status: 200
        headers: {content-type: application/json}
        absent_headers: [location]
        body: {output: {task_status: PENDING, task_id: <task_id>}, request_id: <request_id>}
    - advance: 2.5
    - request: {method: GET, path: "/tasks/{task_id}", key: cn-beijing}
      response:
        status: 200
        body: {request_id: <request_id>, output: {task_id: <task_id>, n: 5, f: 5.0, on: true, rows: [1, "2"]}}
"""


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"content-type": "application/json", **named}, content)


def created(**changes: Any) -> Response:
    return answer({"request_id": FIRST, "output": {"task_id": TASK, "task_status": "PENDING"} | changes})


def polled(**changes: Any) -> Response:
    output = {"rows": [1, "2"], "on": True, "f": 5.0, "n": 5, "task_id": TASK} | changes
    return answer({"output": output, "request_id": SECOND})


def scripted(*answers: Response) -> tuple[Send, list[Request]]:
    waiting, asked = list(answers), list[Request]()

    def send(request: Request) -> Response:
        asked.append(request)
        return waiting.pop(0)

    return send, asked


def held(text: str, *answers: Response) -> tuple[list[Request], list[float]]:
    waited: list[float] = []
    send, asked = scripted(*answers)
    (conversation,) = load(text, "file")
    play(conversation, send, waited.append)
    return asked, waited


def test_a_golden_conversation_is_held() -> None:
    asked, waited = held(CONVERSATION, created(), polled())
    assert waited == [2.5]
    assert asked[0].headers == {
        "X-DashScope-Async": "enable",
        "Content-Type": "application/json",
        "Authorization": f"Bearer {KEYS['cn-beijing']}",
    }
    assert (asked[0].content, asked[1].content) == (b'{"a": 1}', None)
    assert asked[1].path == f"/tasks/{TASK}"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"n": 5.0}, "body.output.n: expected 5, got 5.0"),
        ({"n": "5"}, 'body.output.n: expected 5, got "5"'),
        ({"n": True}, "body.output.n: expected 5, got true"),
        ({"f": 5}, "body.output.f: expected 5.0, got 5"),
        ({"on": 1}, "body.output.on: expected true, got 1"),
        ({"n": None}, "body.output.n: expected 5, got null"),
        ({"rows": [1]}, "body.output.rows: expected 2 items, got 1"),
        ({"rows": [1, 2]}, 'body.output.rows.1: expected "2", got 2'),
        ({"rows": {}}, 'body.output.rows: expected [1, "2"], got {}'),
        ({"extra": ""}, 'body.output.extra: expected no such key, got ""'),
        ({"task_id": OTHER_TASK}, f'body.output.task_id: expected <task_id> as before, "{TASK}", got "{OTHER_TASK}"'),
    ],
)
def test_a_poll_that_differs_is_explained(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(MismatchError) as caught:
        held(CONVERSATION, created(), polled(**changes))
    assert f"  {complaint}\n" in str(caught.value)
    assert str(caught.value).startswith(f"file: create and poll, step 3 (OD-T2V): GET /tasks/{TASK}\n")


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        (answer({}), 'body.request_id: expected "<request_id>", got no such key'),
        (answer({}, status=201), "status: expected 200, got 201"),
        (answer(b"not json"), "body: expected JSON, got b'not json'"),
        (answer(b'{"output": NaN}'), "body: expected JSON"),
        (answer(b'{"output": 1, "output": 2}'), "body: expected JSON"),
        (answer(b""), "body: expected JSON, got b''"),
        (Response(200, {}, b"{}"), 'headers.content-type: expected "application/json", got no such header'),
        (answer({}, content_type="text/html"), 'headers.content-type: expected "application/json", got "text/html"'),
        (answer({}, location="/"), "headers.location: expected no such header, got '/'"),
        (created(task_id="x"), 'body.output.task_id: expected <task_id>, got "x"'),
        (created(task_id=TASK.upper()), "body.output.task_id: expected <task_id>"),
        (created(task_id=5), "body.output.task_id: expected <task_id>, got 5"),
        (created(task_id=FIRST), "body.output.task_id: expected <task_id>"),
    ],
)
def test_a_create_that_differs_is_explained(first: Response, complaint: str) -> None:
    with pytest.raises(MismatchError) as caught:
        held(CONVERSATION, first)
    assert f"  {complaint}" in str(caught.value)


def test_a_request_id_must_be_new_in_each_answer() -> None:
    repeated = answer(json.loads(polled().content) | {"request_id": FIRST})
    with pytest.raises(MismatchError, match=f'request_id: expected a new <request_id>, got "{FIRST}" again'):
        held(CONVERSATION, created(), repeated)


XML = """
- name: expired
  source: OD-OSS
  steps:
    - request: {method: GET, path: /x, origin: results}
      response: {status: 403, xml: [{Code: AccessDenied}, {Message: Request has expired.}, {HostId: <host>}]}
"""


EXPIRED = Response(
    403, {}, b"<Error><Code>AccessDenied</Code><Message>Request has expired.</Message><HostId>h</HostId></Error>"
)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("<Error><Code>AccessDenied</Code><Message>Request has expired.</Message><HostId>h</HostId></Error>", None),
        ("<Error><Code>Denied</Code><Message>Request has expired.</Message><HostId>h</HostId></Error>", "xml.Code: "),
        ("<Error><Message>Request has expired.</Message><Code>AccessDenied</Code><HostId>h</HostId></Error>", "xml: "),
        ("<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>", "xml: expected the elem"),
        ("<Errors><Code>AccessDenied</Code></Errors>", 'xml: expected "Error", got "Errors"'),
        ("<Error>", "xml: expected XML, got b'<Error>'"),
    ],
)
def test_xml_is_compared_in_order(document: str, complaint: str | None) -> None:
    answered = Response(403, {}, document.encode())
    if complaint is None:
        held(XML, answered)
    else:
        with pytest.raises(MismatchError, match=complaint):
            held(XML, answered)


def test_a_body_where_none_belongs_is_a_mismatch() -> None:
    text = XML.replace("xml: [{Code: AccessDenied}, {Message: Request has expired.}, {HostId: <host>}]", "empty: true")
    held(text, Response(403, {}, b""))
    with pytest.raises(MismatchError, match="body: expected none, got b'x'"):
        held(text, Response(403, {}, b"x"))


@pytest.mark.parametrize(
    ("said", "content", "content_type"),
    [
        ("method: POST", None, None),
        ("method: POST, body: not json", b"not json", "application/json"),
        ("method: POST, body: not json, content_type: text/plain", b"not json", "text/plain"),
        ("method: POST, body: not json, content_type: none", b"not json", None),
        ("method: POST, json: {p: 纸马}", '{"p": "纸马"}'.encode(), "application/json"),
        ('method: POST, json: {p: "{pad}!"}, octets: 20', b'{"p": "AAAAAAAAAA!"}', "application/json"),
    ],
)
def test_a_request_is_sent_as_written(said: str, content: bytes | None, content_type: str | None) -> None:
    asked, _ = held(XML.replace("method: GET", said), EXPIRED)
    assert asked[0].content == content
    assert asked[0].headers.get("Content-Type") == content_type
    assert (asked[0].origin, asked[0].path) == ("results", "/x")


@pytest.mark.parametrize(
    ("key", "header"),
    [("none", None), ("sk-other", "Bearer sk-other"), ("arrears", "Bearer sk-facade" + "0" * 24 + "02")],
)
def test_a_key_is_none_a_literal_or_a_name(key: str, header: str | None) -> None:
    asked, _ = held(
        XML.replace("path: /x,", f"path: /x, key: {key},"),
        EXPIRED,
    )
    assert asked[0].headers.get("Authorization") == header


def test_the_test_keys_have_the_shape_of_keys() -> None:
    assert {len(key) for name, key in KEYS.items() if name != "second-workspace"} == {len("sk-") + 32}
    assert len(KEYS["second-workspace"]) == 115
    assert len(set(KEYS.values())) == len(KEYS)


def test_words_of_a_fixture_mean_what_they_mean_in_json() -> None:
    words = "[16:9, on, no, true, 5, 5.0, -1, null, 2026-04-20, 0x10, ~]"
    (conversation,) = load(XML.replace("path: /x, origin: results", f"path: /x, json: {words}"), "file")
    (step,) = conversation.steps
    assert isinstance(step, Exchange)
    said = step.request["json"]
    assert said == ["16:9", "on", "no", True, 5, 5.0, -1, None, "2026-04-20", "0x10", "~"]
    assert [type(word) for word in said[3:8]] == [bool, int, float, int, type(None)]


@pytest.mark.parametrize(
    "wrong",
    [
        CONVERSATION.replace("name: create", "nome: create"),
        CONVERSATION.replace("method: GET", "verb: GET"),
        CONVERSATION.replace("status: 200", "state: 200"),
        CONVERSATION.replace("advance: 2.5", "advance: 2.5\n      also: 1"),
        CONVERSATION.replace("status: 200", "status: 200\n        status: 201"),
        CONVERSATION.replace("absent_headers: [location]", "xml: []"),
    ],
)
def test_a_fixture_that_says_something_unknown_is_refused(wrong: str) -> None:
    with pytest.raises(FixtureError):
        load(wrong, "file")


@pytest.mark.parametrize(
    "wrong", [CONVERSATION.replace("<request_id>", "<requestid>"), CONVERSATION.replace("{task_id}", "{task}")]
)
def test_a_fixture_that_names_something_unknown_is_refused(wrong: str) -> None:
    with pytest.raises(FixtureError):
        held(wrong, created(), polled())


def test_a_step_with_a_number_of_times_is_held_so_often_and_each_answer_is_judged() -> None:
    text = """
- name: again
  source: assumed
  world: {quotas: "on"}
  steps:
    - request: {method: GET, path: /a}
      response: {status: 200, empty: true}
      times: 3
"""
    (conversation,) = load(text, "again")
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.path)
        return Response(200 if len(asked) < 3 else 429, {}, b"")

    with pytest.raises(MismatchError, match="expected 200, got 429"):
        play(conversation, answer, lambda _: None)
    assert asked == ["/a"] * 3
    assert conversation.world == {"quotas": "on"}
