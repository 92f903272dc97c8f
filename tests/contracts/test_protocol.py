"""Messages: their schemas, and what is said of a line that is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hobbyhorse_contracts.history import ERROR_KINDS, Answer, History, Row
from hobbyhorse_contracts.protocol import ProtocolError, understood, written
from hobbyhorse_contracts.protocol.describe import FOLDER, schemas, text
from hobbyhorse_contracts.protocol.messages import Bad, Bye, Cancel, FromKit, KitHello, Run, Wake
from hobbyhorse_contracts.scenario import Call, DocumentError, Scenario, Timeline

SCHEMAS = schemas()


def valid(name: str, document: object) -> bool:
    return bool(Draft202012Validator(SCHEMAS[name]).is_valid(document))


def test_the_schemas_in_the_package_are_those_of_the_messages() -> None:
    assert {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.json")} == {
        name: text(schema) for name, schema in SCHEMAS.items()
    }, "run: python -m hobbyhorse_contracts.protocol.describe"


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema_that_says_what_it_is_for(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert "version 1" in SCHEMAS[name]["title"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hello", KitHello(kit="hobbyhorse")),
        ("call", Run(id="c1", op="generate", base_url="http://x/api/v1", api_key="sk-1", request={"model": "é"})),
        ("wake", Wake(token=7, now=1234.5)),
        ("cancel", Cancel(id="c1")),
        ("bye", Bye()),
    ],
)
def test_what_the_kit_says_is_one_line_and_as_its_schema(name: str, message: FromKit) -> None:
    line = written(message)

    assert line.count("\n") == 1
    assert valid(f"from-kit.{name}", json.loads(line))


GOOD: list[dict[str, Any]] = [
    {"type": "hello", "protocol": 1, "name": "x", "capabilities": ["generate"], "config": {"auto_retry": True}},
    {"type": "event", "id": "c1", "event": "task_created", "task_id": "t"},
    {"type": "sleep", "id": "c1", "token": "a", "seconds": 0.5},
    {"type": "sleep", "token": 7, "seconds": 15},
    {"type": "answer", "id": "c1", "ok": True, "result": {"task_id": "t", "bytes": 3, "of_our_own": [1]}},
    {"type": "answer", "id": "c1", "ok": False, "error": {"kind": "task", "text": "no", "code": None}},
    {"type": "answer", "id": "c1", "harness_error": "no curl here"},
]


@pytest.mark.parametrize("message", GOOD)
def test_what_an_adapter_may_say_is_understood_and_as_its_schema(message: dict[str, Any]) -> None:
    said = understood(json.dumps(message))

    assert said.model_dump(exclude_unset=True) == message
    assert valid(f"from-adapter.{message['type']}", message)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Loading model…", "not JSON"),
        ('{"type": "answer"', "not JSON"),
        ("[1]", "a message is a JSON object"),
        ('{"type": "anwser"}', "did you mean 'answer'"),
        ('{"id": "c1"}', "no message of type None"),
        ('{"type": "answer", "id": "c1", "okay": true}', "did you mean 'ok'"),
        ('{"type": "answer", "id": "c1"}', "`ok` (true or false), or `harness_error`"),
        ('{"type": "answer", "id": "c1", "ok": true, "error": {"kind": "task", "text": ""}}', "there is an `error`"),
        ('{"type": "answer", "id": "c1", "ok": false}', "there is no `error`"),
        ('{"type": "answer", "id": "c1", "ok": false, "error": {"kind": "timeuot", "text": ""}}', "mean 'timeout'"),
        ('{"type": "answer", "id": "c1", "ok": true, "result": {"bytes": "3 MB"}}', "result.bytes: "),
        ('{"type": "sleep", "token": 1, "seconds": -1}', "seconds: "),
        ('{"type": "sleep", "token": 1, "seconds": NaN}', "seconds: "),
        ('{"type": "hello", "protocol": 1, "capabilities": []}', "name: Field required"),
    ],
)
def test_a_line_that_is_no_message_is_told_with_what_is_wrong_and_shown(line: str, said: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        understood(line)

    assert said in str(caught.value)
    assert line[:40] in str(caught.value)


def test_a_line_without_end_is_shown_in_part() -> None:
    with pytest.raises(ProtocolError) as caught:
        understood("x" * 100_000)

    assert len(str(caught.value)) < 600


def test_the_kinds_of_an_error_are_the_same_in_histories_and_messages() -> None:
    assert [Bad(kind=kind, text="").kind for kind in ERROR_KINDS] == list(ERROR_KINDS)  # type: ignore[arg-type]
    assert Bad.model_json_schema()["properties"]["kind"]["enum"] == list(ERROR_KINDS)


def test_documents_of_scenarios_and_histories_are_as_their_schemas_and_come_back() -> None:
    scenario = Scenario("s", (Call("a"), Call("b", after="a", at=3)), timeline=Timeline(polls=(1, 2), outcome="FAILED"))
    history = History(
        "s", rows=(Row(1, 0, "get", "GET", "/x", headers=(("a", "b"),)),), answers=(Answer("a", ok=True),)
    )

    for name, value in (("scenario", scenario), ("history", history)):
        document = json.loads(json.dumps(value.document()))
        assert valid(name, document)
        assert type(value).of(document) == value


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"name": "x", "calls": [{"id": "c1", "opp": "wait"}]}, r"calls\.0\.opp: .*did you mean 'op'"),
        ({"name": "x", "calls": []}, "a scenario without a call"),
        ({"name": "x", "calls": [{}, {}]}, "two calls are called 'c1'"),
        ({"name": "x", "calls": [{"after": "c2"}]}, "no earlier call is called 'c2'"),
        ({"name": "x", "calls": [{}], "acts": [{"at": 1, "do": "fail", "call": "c2"}]}, "acts: there is no call 'c2'"),
        ({"name": "x", "calls": [{}], "timelin": {}}, "did you mean 'timeline'"),
        ({"name": "x", "calls": [{}], "timeline": {"outcome": "DONE"}}, "timeline.outcome: "),
        (["x"], "scenario: "),
    ],
)
def test_a_wrong_scenario_is_told_with_its_place_and_the_nearest_word(document: object, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        Scenario.of(document)
