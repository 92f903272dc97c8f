"""Why an answer is what it is: the row and its evidence, the rule, the mishap, what was ignored, what to do."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hobbyhorse.core.mishaps import Place
from hobbyhorse.data import load
from hobbyhorse.journal.advice import ROWS
from hobbyhorse.journal.answers import row_of
from hobbyhorse.journal.entry import Acted, Connection, Content, Entry, Origin
from hobbyhorse.journal.explain import explain
from hobbyhorse.journal.record import Draft

CATALOGUE = load()
PLAIN = Draft("w", 0, 0.0, Origin.API, Place.GET, "GET", "/api/v1/tasks/x", "", [], status=200, seconds=0.012).entry()


def answered(body: object, status: int = 200) -> Entry:
    text = body if isinstance(body, str) else json.dumps(body)
    return replace(PLAIN, status=status, reply_body=Content("", len(text), text))


def test_a_refusal_names_its_row_its_evidence_and_what_to_do() -> None:
    entry = answered({"code": "InvalidApiKey", "message": "Invalid API-key provided."}, 401)
    found = explain(replace(entry, number=7, row="invalid-api-key", detail="the key is revoked"), CATALOGUE)

    assert found.number == 7
    assert found.row
    assert (found.row.id, found.row.status, found.row.confidence) == ("invalid-api-key", 401, "official")
    assert [source.key for source in found.row.sources] == ["OD-ERR", "LIVE-B"]
    assert found.text.splitlines() == [
        "GET /api/v1/tasks/x came to the API and is a get.",
        "It belongs to world w.",
        "It was answered 401 after 12 ms.",
        "That is the row invalid-api-key: 401 InvalidApiKey, Invalid API-key provided.",
        "Here: the key is revoked.",
        "Evidence for it (official): OD-ERR, LIVE-B",
        f"  OD-ERR: {CATALOGUE.sources['OD-ERR']}",
        f"  LIVE-B: {CATALOGUE.sources['LIVE-B']}",
        f"To do: {ROWS['invalid-api-key']}.",
    ]


def test_the_row_of_a_failed_task_is_found_by_what_the_poll_said() -> None:
    body = {"output": {"task_status": "FAILED", "code": "InvalidParameter", "message": "Field required: input.prompt"}}
    found = explain(answered(body), CATALOGUE)

    assert found.row
    assert found.row.id == "field-required"
    assert (
        "The task is FAILED with the row field-required: 400 InvalidParameter, Field required: input.prompt"
        in found.why
    )


def test_an_error_of_the_result_origin_is_found_by_its_xml_in_body_or_header() -> None:
    xml = "<Error><Code>AccessDenied</Code><Message>Request has expired.</Message></Error>"
    body = replace(answered(xml, 403), origin=Origin.RESULTS, route=Place.DOWNLOAD)
    head = replace(body, reply_body=Content("", 0, ""), reply_headers=(("x-oss-err", f"<base64> {xml}"),))

    for entry in (body, head):
        found = explain(entry, CATALOGUE)
        assert found.row
        assert found.row.id == "expired"
        assert found.todo == (ROWS["expired"],)
        assert "came to the result origin and is a download" in found.why[0]


@pytest.mark.parametrize("rows", [CATALOGUE.errors, CATALOGUE.oss_errors], ids=["api", "oss"])
def test_every_row_is_found_by_its_own_code_and_message(rows: dict[str, object]) -> None:
    wrong = []
    for row in rows.values():
        found = row_of(row.code, row.message, rows)  # type: ignore[attr-defined, arg-type]
        same = rows[found or ""]
        if (same.code, same.message) != (row.code, row.message):  # type: ignore[attr-defined]
            wrong.append((row, found))

    assert wrong == []


def test_a_code_of_no_row_and_a_message_of_none_are_no_row() -> None:
    assert row_of("Nonsense", "x", CATALOGUE.errors) is None
    assert row_of(None, None, CATALOGUE.errors) is None
    assert row_of("InvalidParameter", "nothing that upstream says", CATALOGUE.errors) is None
    assert row_of("Arrearage", "another text", CATALOGUE.errors) == "arrearage"


def test_rules_and_mishaps_say_what_they_did() -> None:
    entry = replace(
        PLAIN, rule="outage/1", mishaps=(Acted("m1", "reset"), Acted("m2", "gone")), status=None, committed="abc",
        written=0, connection=Connection(4, 1, "reset by mishap"),
    )  # fmt: skip
    found = explain(entry, CATALOGUE)

    assert found.why[2:] == (
        "The scenario rule outage/1 decided what becomes of it.",
        "The mishap m1 happened to it: reset, the connection is reset (RST).",
        "The mishap m2 happened to it: gone.",
        "It was not answered; that took 12 ms.",
        "It had its effect all the same: task abc.",
        "0 bytes left.",
        "The connection 4 ended: reset by mishap.",
    )
    assert "list the tasks before you create again" in found.todo[0]


@pytest.mark.parametrize("origin", Origin)
def test_every_row_can_be_explained(origin: Origin) -> None:
    rows = CATALOGUE.errors if origin is Origin.API else CATALOGUE.oss_errors
    for row in rows:
        found = explain(replace(PLAIN, row=row, origin=origin, status=400), CATALOGUE)
        assert found.row
        assert found.row.id == row


def test_a_create_whose_answer_was_lost_may_have_been_done() -> None:
    assert "list the tasks before" in explain(replace(PLAIN, status=None, committed="abc"), CATALOGUE).todo[0]


def test_quarantine_unknown_tasks_and_ignored_fields_are_explained() -> None:
    entry = answered({"output": {"task_status": "UNKNOWN", "task_id": "x"}})
    text = explain(replace(entry, quarantined=True, unknown=("parameters.fsp",), task="x"), CATALOGUE).text

    assert "No world takes its key, so it is in quarantine in world w" in text
    assert "is a get, about task x." in text
    assert "The task is UNKNOWN here, which is a 200 as upstream." in text
    assert "ignored as upstream does: parameters.fsp." in text
    assert "older than 24 h on the world's clock" in text


def test_a_task_that_goes_well_is_told_in_three_lines() -> None:
    found = explain(answered({"output": {"task_status": "RUNNING"}}), CATALOGUE)

    assert found.text.splitlines()[2:] == ["It was answered 200 after 12 ms.", "The task is RUNNING."]
    assert (found.row, found.todo) == (None, ())


@pytest.mark.parametrize(
    ("status", "todo"), [(429, "wait"), (503, "list the tasks"), (502, "list the tasks"), (404, "")]
)
def test_a_status_without_a_row_has_advice_of_its_own(status: int, todo: str) -> None:
    assert todo in "".join(explain(answered("<html>", status), CATALOGUE).todo)


def test_advice_is_given_for_rows_that_there_are() -> None:
    assert set(ROWS) - set(CATALOGUE.errors) - set(CATALOGUE.oss_errors) == set()
