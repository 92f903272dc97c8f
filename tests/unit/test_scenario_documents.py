"""Documents become rules and mishaps; everything wrong with one is told at once, with the nearest valid word."""

from __future__ import annotations

from typing import Any

import pytest

from hobbyhorse.core.mishaps import API_PLACES, RESULT_PLACES, TASK_PLACES, Moment, Place, Target, armed
from hobbyhorse.core.moments import span
from hobbyhorse.core.scenario import IdForm, Odd, Stuck, Then, When
from hobbyhorse.data import load
from hobbyhorse.scenarios import DocumentError, library, mishap, read, scenario, scenario_of
from hobbyhorse.scenarios.forms import ScenarioForm

CATALOGUE = load()


def then(document: dict[str, Any]) -> Then:
    return scenario({"rules": [{"then": document}]}, CATALOGUE).rules[0].then


def when(document: dict[str, Any]) -> When:
    return scenario({"rules": [{"when": document, "then": {"stuck": "RUNNING"}}]}, CATALOGUE).rules[0].when


def problems(document: Any) -> list[str]:
    with pytest.raises(DocumentError) as found:
        scenario(document, CATALOGUE)
    return str(found.value).splitlines()


def test_rules_are_named_by_scenario_and_number_and_know_their_line() -> None:
    text = "name: two\nrules:\n- then: {stuck: RUNNING}\n- when: {nth: 2}\n  then: {fail: SystemError}\n"
    found = scenario_of(read(text, "two.yaml"), CATALOGUE)
    assert [("two/1", "two.yaml:3"), ("two/2", "two.yaml:4")] == [(rule.id, rule.source) for rule in found.rules]
    assert "given/1" == scenario({"rules": [{"then": {"stuck": "RUNNING"}}]}, CATALOGUE, "given").rules[0].id


def test_a_when_says_what_it_matches() -> None:
    body = {"parameters.duration": 5, "input.media.0.type": "first_frame"}
    given = {
        "model": "happyhorse-*",
        "prompt": "*x*",
        "key": "main",
        "region": "cn-beijing",
        "nth": [1, 3],
        "body": body,
    }
    assert When("happyhorse-*", "*x*", "main", "cn-beijing", (1, 3), body) == when(given)
    assert (7,) == when({"nth": 7}).nth
    assert When() == when({})


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"pending": "30s", "running": "2m"}, Then(pending=30_000, running=120_000)),
        ({"pending": 1.5, "running": 0}, Then(pending=1500, running=0)),
        ({"polls": [2, 3]}, Then(pending_polls=2, running_polls=3)),
        ({"stuck": "PENDING"}, Then(stuck=Stuck.PENDING)),
        ({"stuck": "RUNNING", "pending": "1s"}, Then(pending=1000, stuck=Stuck.RUNNING)),
        ({"task_id": "hex64"}, Then(task_id=IdForm.HEX64)),
        ({"odd": [{"status": "QUEUED"}]}, Then(odd=(Odd(status="QUEUED"),))),
        (
            {"odd": [{"polls": 2, "when": "RUNNING", "without": ["usage.SR"], "extra": {"a": [1]}, "no_url": True}]},
            Then(odd=(Odd((2,), "RUNNING", without=("usage.SR", "video_url"), extra={"a": [1]}),)),
        ),
        ({"odd": [{"polls": [0, 9], "video_url": "x"}]}, Then(odd=(Odd((0, 9), video_url="x"),))),
    ],
)
def test_a_then_says_what_becomes_of_it(document: dict[str, Any], expected: Then) -> None:
    assert expected == then(document)


def test_an_error_is_given_by_code_or_row_and_may_have_a_message_of_its_own() -> None:
    fail = then({"fail": "InvalidParameter"}).fail
    assert fail
    assert "task" in CATALOGUE.errors[fail.row].stage
    fail = then({"fail": {"error": "field-required", "message": "no {braces} are filled"}}).fail
    assert fail
    assert ("InvalidParameter", "no {braces} are filled") == (fail.code, fail.message)
    fail = then({"fail": "file-fps"}).fail
    assert fail
    assert "Invalid video FPS. The video FPS must be xxx ~ xxx." == fail.message


def test_a_refusal_carries_its_retry_after() -> None:
    refuse = then({"refuse": {"error": "Throttling.RateQuota", "retry_after": 3, "retry_after_form": "date"}}).refuse
    assert refuse
    assert (429, "Throttling.RateQuota", 3, True) == (
        refuse.failure.status,
        refuse.failure.code,
        refuse.retry_after,
        refuse.as_date,
    )
    bare = then({"refuse": "InvalidParameter"}).refuse
    assert bare
    assert "create" in CATALOGUE.errors[bare.failure.row].stage
    assert (None, False) == (bare.retry_after, bare.as_date)


def test_a_mishap_has_the_moment_places_and_options_of_its_kind() -> None:
    made = mishap({"do": "reset"}, CATALOGUE)
    assert ("reset", Moment.BEFORE, frozenset(Place)) == (made.kind, made.moment, made.at)
    assert {"where": "before-headers", "keep": 0.5, "seconds": 0} == made.options
    assert (0, None, 1, None, Target()) == (made.skip, made.count, made.probability, made.alive, made.on)
    assert API_PLACES == mishap({"do": "gzip"}, CATALOGUE).at
    assert "206" == mishap({"do": "range", "answer": 206}, CATALOGUE).options["answer"]


def test_a_mishap_can_be_narrowed() -> None:
    document = {
        "do": "delay",
        "at": ["get", "download"],
        "moment": "after",
        "on": {"task": "t", "url": "u", "key": "main", "connection": 4, "request": 2},
        "skip": 1,
        "count": 2,
        "probability": 0.25,
        "seconds_alive": "10m",
        "seconds": 0.5,
    }
    made = mishap(document, CATALOGUE)
    assert ({Place.GET, Place.DOWNLOAD}, Target("t", "u", "main", 4, 2)) == (set(made.at), made.on)
    assert (1, 2, 0.25, 600_000) == (made.skip, made.count, made.probability, made.alive)
    assert ("m1", 600_007) == (armed(made, "m1", 7).id, armed(made, "m1", 7).until)
    assert armed(mishap({"do": "gzip"}, CATALOGUE), "m2", 7).until is None


def test_an_error_happens_on_the_origin_that_knows_it() -> None:
    assert API_PLACES == mishap({"do": "error", "error": "Throttling"}, CATALOGUE).at
    assert RESULT_PLACES == mishap({"do": "error", "error": "no-such-key"}, CATALOGUE).at
    assert frozenset(Place) == mishap({"do": "error", "error": "AccessDenied"}, CATALOGUE).at
    assert {Place.UPLOAD} == mishap({"do": "error", "error": "InternalError", "at": "upload"}, CATALOGUE).at


def test_an_answer_that_breaks_off_was_made() -> None:
    made = mishap({"do": "reset", "where": "mid-body"}, CATALOGUE)
    assert Moment.AFTER == made.moment


def test_the_mishaps_of_a_document_are_numbered() -> None:
    rule = {"then": {"mishaps": [{"do": "gzip"}, {"do": "reset"}]}}
    found = scenario({"rules": [rule], "mishaps": [{"do": "html"}]}, CATALOGUE)
    assert ["m1", "m2"] == [one.id for one in found.rules[0].then.mishaps]
    assert ["m1"] == [one.id for one in found.mishaps]


def test_a_mishap_of_a_rule_happens_to_its_task_alone() -> None:
    (made,) = then({"mishaps": [{"do": "reset"}]}).mishaps
    assert TASK_PLACES == made.at
    (made,) = then({"mishaps": [{"do": "dead-url"}]}).mishaps
    assert {Place.DOWNLOAD} == made.at


RULE = {"then": {"stuck": "RUNNING"}}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (7, "should be an object with fields"),
        ({}, "says nothing: it has neither rules nor mishaps"),
        ({"rule": [RULE]}, "rule: there is no such field (did you mean 'rules'?)"),
        ({"name": "Big Name", "rules": [RULE]}, "name: should be 1 to 64 lower-case letters, digits"),
        ({"rules": [{"when": {}}]}, "rules.0.then: is missing"),
        ({"rules": [{"then": {}}]}, "rules.0.then: says nothing"),
        ({"rules": {"then": {}}}, "rules: should be a list"),
        ({"rules": [RULE] * 501}, "rules: list should have at most 500 items"),
        ({"mishaps": [{}]}, "mishaps.0.do: is missing"),
    ],
)
def test_a_document_of_a_wrong_form_is_refused(document: Any, said: str) -> None:
    assert any(line.startswith(said) for line in problems(document)), problems(document)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"modle": "x"}, "rules.0.when.modle: there is no such field (did you mean 'model'?)"),
        ({"model": "happyhorse-1.1-t2"}, "rules.0.when.model: no model is called 'happyhorse-1.1-t2' (did you mean"),
        ({"model": "sora-*"}, "rules.0.when.model: no model is called 'sora-*'"),
        ({"region": "cn-bejing"}, "rules.0.when.region: there is no region 'cn-bejing' (did you mean 'cn-beijing'?)"),
        ({"nth": 0}, "rules.0.when.nth.0: should be greater than or equal to 1"),
        ({"nth": []}, "rules.0.when.nth: list should have at least 1 item"),
        ({"nth": True}, "rules.0.when.nth.0: should be a valid integer"),
        ({"prompt": ""}, "rules.0.when.prompt: string should have at least 1 character"),
        ({"body": {"parameter.seed": 1}}, "a create has model, input, parameters (did you mean 'parameters'?)"),
    ],
)
def test_a_when_that_can_match_nothing_is_refused(document: dict[str, Any], said: str) -> None:
    found = problems({"rules": [{"when": document, **RULE}]})
    assert 1 == len(found)
    assert said in found[0]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"pendin": 1}, ".pendin: there is no such field (did you mean 'pending'?)"),
        ({"pending": "30"}, ""),
        ({"pending": "30x"}, ".pending: should be a number of seconds or a text such as '300ms', '30s', '2m' or '1h'"),
        ({"pending": True}, ".pending: should be a number of seconds"),
        ({"pending": -1}, ".pending: should be between 0 and 366 days"),
        ({"running": "9000h"}, ".running: should be between 0 and 366 days"),
        ({"polls": [1]}, ".polls: list should have at least 2 items"),
        ({"polls": [1, -1]}, ".polls.1: should be greater than or equal to 0"),
        ({"stuck": "RUNING"}, ".stuck: should be 'PENDING' or 'RUNNING' (did you mean 'RUNNING'?)"),
        ({"fail": "DataInspection"}, ".fail.error: there is no error 'DataInspection'"),
        ({"fail": "DataInspectionFail"}, "(did you mean 'DataInspectionFailed'?)"),
        (
            {"fail": {"error": "SystemError", "mesage": "x"}},
            ".fail.mesage: there is no such field (did you mean 'message'?)",
        ),
        ({"refuse": {"error": "SystemError", "retry_after": "3"}}, ".refuse.retry_after: should be a valid integer"),
        ({"refuse": {"error": "SystemError", "retry_after_form": "data"}}, "(did you mean 'date'?)"),
        (
            {"task_id": "hex46"},
            ".task_id: should be 'uuid', 'dotted', 'underscored' or 'hex64' (did you mean 'hex64'?)",
        ),
        ({"refuse": "SystemError", "fail": "SystemError"}, ": refuse makes no task"),
        ({"refuse": "SystemError", "odd": [{"status": "x"}]}, ": refuse makes no task"),
        ({"refuse": "SystemError", "pending": 0}, ": refuse makes no task"),
        ({"polls": [0, 0], "pending": 0}, ": a task goes by time (pending, running) or by polls"),
        ({"stuck": "RUNNING", "fail": "SystemError"}, ": a stuck task never ends"),
        ({"stuck": "RUNNING", "polls": [0, 0]}, ": a stuck task goes by time"),
        ({"stuck": "RUNNING", "running": 0}, ": a stuck task has no end"),
        ({"stuck": "PENDING", "pending": 0}, ": a task stuck PENDING waits on"),
        ({"odd": [{}]}, ".odd.0: says nothing odd"),
        ({"odd": [{"polls": 1, "when": "RUNNING"}]}, ".odd.0: says nothing odd"),
        ({"odd": [{"when": "RUNING", "status": "x"}]}, ".odd.0.when: should be 'PENDING', 'RUNNING', "),
        ({"odd": [{"no_url": True, "video_url": "x"}]}, ".odd.0.video_url: a poll has another URL or none"),
        ({"odd": [{"without": ["submit_tim"]}]}, "no answer has a field 'submit_tim' (did you mean 'submit_time'?)"),
        ({"mishaps": [{"do": "reset", "at": "list"}]}, ".mishaps.0.at.0: reset cannot happen there to one task"),
        ({"mishaps": [{"do": "reset", "on": {"task": "x"}}]}, ".mishaps.0.on.task: a rule's mishap is bound to"),
    ],
)
def test_a_then_that_cannot_be_is_refused(document: dict[str, Any], said: str) -> None:
    if not said:
        assert Then(pending=30_000) == then(document)
        return
    found = problems({"rules": [{"then": document}]})
    assert 1 == len(found), found
    assert said in found[0]
    assert found[0].startswith("rules.0.then")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"do": "rest"}, "do: there is no mishap 'rest' (did you mean 'reset'?)"),
        ({"do": "zzz"}, "do: there is no mishap 'zzz'; there are: error, html, "),
        ({"do": "reset", "at": "dowload"}, "(did you mean 'download'?)"),
        ({"do": "gzip", "at": ["get", "download"]}, "at.1: gzip cannot happen there; it can at create, get, "),
        ({"do": "gzip", "moment": "before"}, "moment: this can only happen after the request has its effect"),
        ({"do": "close", "where": "idle", "moment": "before"}, "moment: this can only happen after the request has"),
        ({"do": "reset", "moment": "befor"}, "moment: should be 'before' or 'after' (did you mean 'before'?)"),
        ({"do": "reset", "were": "idle"}, "were: reset has no option of this name (did you mean 'where'?)"),
        ({"do": "reset", "cuont": 1}, "cuont: reset has no option of this name (did you mean 'count'?)"),
        (
            {"do": "reset", "where": "idel"},
            "where: should be before-headers or mid-body or idle (did you mean 'idle'?)",
        ),
        ({"do": "reset", "keep": 1.5}, "keep: should be 0 to 1"),
        ({"do": "reset", "keep": "1"}, "keep: should be a number"),
        ({"do": "reset", "keep": True}, "keep: should be a number"),
        ({"do": "html", "status": 502.5}, "status: should be a whole number"),
        ({"do": "html", "status": 200}, "status: should be 400 to 599"),
        ({"do": "content-type", "value": ""}, "value: should have 1 to 10000 characters"),
        ({"do": "delay"}, "seconds: is missing: how late, in real seconds"),
        ({"do": "range", "answer": 404}, "answer: should be 206 or 200 or 416"),
        ({"do": "reset", "on": {"tsk": "x"}}, "on.tsk: there is no such field (did you mean 'task'?)"),
        ({"do": "reset", "count": 0}, "count: should be greater than or equal to 1"),
        ({"do": "reset", "probability": 1.5}, "probability: should be less than or equal to 1"),
        ({"do": "error", "error": "Throtling"}, "error: there is no error 'Throtling'"),
        ({"do": "error", "error": "no-such-key", "at": "get"}, "error: there is no error 'no-such-key' at get"),
        ({"do": "error", "error": "Throttling", "at": ["get", "upload"]}, "there is no error 'Throttling' at upload"),
    ],
)
def test_a_mishap_that_cannot_be_is_refused(document: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError) as found:
        mishap(document, CATALOGUE)
    assert said in str(found.value)
    assert 1 == len(found.value.problems)
    assert problems({"mishaps": [document]}) == [f"mishaps.0.{found.value}"]


def test_everything_wrong_is_told_at_once() -> None:
    wrong = {"when": {"model": "x"}, "then": {"fail": "y", "mishaps": [{"do": "z"}]}}
    assert 4 == len(problems({"rules": [wrong], "mishaps": [{"do": "w"}]}))


@pytest.mark.parametrize(
    ("given", "ms"),
    [(0, 0), (1.5, 1500), ("300ms", 300), ("30s", 30_000), ("1.5m", 90_000), (" 2h ", 7_200_000), ("5", 5000)],
)
def test_a_span_is_a_number_of_seconds_or_a_text_with_a_unit(given: float | str, ms: int) -> None:
    assert ms == span(given)


@pytest.mark.parametrize("given", [-1, float("nan"), float("inf"), "", "s", "1 day", "-1s", "１s", "1e3"])
def test_what_is_no_span_is_refused(given: float | str) -> None:
    with pytest.raises(ValueError, match="should be"):
        span(given)


@pytest.mark.parametrize("name", library.names())
def test_a_named_scenario_is_in_order_and_says_what_it_shows(name: str) -> None:
    found = library.find(name, CATALOGUE)
    assert name == found.name
    assert len(found.description) > 40
    assert not found.description.endswith("\n")


def test_there_are_a_dozen_named_scenarios_and_no_others() -> None:
    assert len(library.names()) >= 12
    for name in ("no-such", "../wire/states", ""):
        with pytest.raises(KeyError):
            library.text(name)


def test_the_form_has_a_schema() -> None:
    """The control API's document shows it."""
    schema = ScenarioForm.model_json_schema()
    assert {"name", "description", "rules", "mishaps"} == set(schema["properties"])
