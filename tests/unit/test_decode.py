"""From bytes to commands: every way in which a request cannot be read, by the row that says so."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.faults import Fault
from hobbyhorse.dialects.dashscope.decode import create_task, task_query
from hobbyhorse.dialects.wire import Operation, WireRequest
from hobbyhorse.service.tasks import TaskQuery
from unit.records import DAY, HOUR, REQUEST_ID, SUBMITTED, TIMING

HEADERS = {"content-type": "application/json", "x-dashscope-async": "enable"}
BODY = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "x"}}
# 2026-04-20 14:00:00 in UTC+8
TWO = 1_776_664_800_000


def posted(body: object = BODY, **headers: str | None) -> WireRequest:
    sent = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return WireRequest(
        Operation.CREATE,
        "POST",
        "video-generation",
        {name: value for name, value in sent.items() if value is not None},
        body=content,
    )


def row_of(request: WireRequest) -> str:
    with pytest.raises(Fault) as found:
        create_task(request, REQUEST_ID)
    return found.value.row


def test_a_create_is_read_with_service_model_body_and_request_id() -> None:
    command = create_task(posted(), REQUEST_ID)
    assert ("video-generation", "happyhorse-1.1-t2v", BODY, REQUEST_ID, False) == (
        command.path,
        command.model,
        command.body,
        command.request_id,
        command.resolves_oss,
    )


@pytest.mark.parametrize("value", ["enable", "ENABLE", " enable "])
def test_the_resolve_header_is_a_switch(value: str) -> None:
    assert create_task(posted(x_dashscope_ossresourceresolve=value), REQUEST_ID).resolves_oss


@pytest.mark.parametrize("value", [None, "", "disable", "true", "enabled"])
def test_without_the_async_header_a_create_is_a_synchronous_call(value: str | None) -> None:
    assert "synchronous-call" == row_of(posted(x_dashscope_async=value))


@pytest.mark.parametrize("value", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"])
def test_the_content_type_is_json_in_any_case_with_any_charset(value: str) -> None:
    assert create_task(posted(content_type=value), REQUEST_ID).body == BODY


@pytest.mark.parametrize("value", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_another_content_type_is_an_invalid_body(value: str | None) -> None:
    assert "body-invalid" == row_of(posted(content_type=value))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"5",
        b"{'model': 1}",
        b'{"model": NaN}',
        b'{"model": "\xff"}',
        b'{"model": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'\xef\xbb\xbf{"model": "x"}',
    ],
    ids=lambda body: body[:16].decode("latin-1"),
)
def test_a_body_that_is_no_json_object_is_invalid(body: bytes) -> None:
    assert "body-invalid" == row_of(posted(body))


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({}, "empty-model"),
        ({"model": None}, "empty-model"),
        ({"model": ""}, "empty-model"),
        ({"model": 5}, "parameter-missing"),
        ({"model": ["happyhorse-1.1-t2v"]}, "parameter-missing"),
        ({"model": False}, "parameter-missing"),
        ({"model": {}}, "parameter-missing"),
    ],
)
def test_a_model_that_is_not_there_or_no_text_is_told_apart(body: dict[str, Any], row: str) -> None:
    assert row == row_of(posted(body))


def test_the_async_header_is_asked_before_the_body_is_read() -> None:
    assert "synchronous-call" == row_of(posted(b"{", x_dashscope_async=None, content_type=None))


def test_of_duplicate_keys_the_last_counts() -> None:
    assert "b" == create_task(posted(b'{"model": "a", "model": "b"}'), REQUEST_ID).model


def listed(query: str, now: int = SUBMITTED) -> TaskQuery:
    return task_query(WireRequest(Operation.LIST, "GET", "", {}, query=query), now, TIMING)


def list_row(query: str) -> str:
    with pytest.raises(Fault) as found:
        listed(query)
    return found.value.row


def test_a_listing_without_a_word_is_the_last_24_hours_ten_to_a_page() -> None:
    assert TaskQuery(since=SUBMITTED - DAY, until=SUBMITTED, page_no=1, page_size=10) == listed("")


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("start_time=20260420140000&end_time=20260420150000", TWO, TWO + HOUR + 999),
        ("start_time=20260420140000&end_time=20260420140000", TWO, TWO + 999),
        ("start_time=20260420140000&end_time=20260421140000", TWO, TWO + DAY + 999),
        ("start_time=20260420140000", TWO, TWO + DAY),
        ("end_time=20260420140000", TWO + 999 - DAY, TWO + 999),
    ],
)
def test_a_window_has_both_its_seconds_and_at_most_24_hours(query: str, since: int, until: int) -> None:
    found = listed(query)
    assert (since, until) == (found.since, found.until)


@pytest.mark.parametrize(
    "query",
    [
        "start_time=20260420140001&end_time=20260420140000",
        "start_time=20260420140000&end_time=20260421140001",
        "start_time=20260420140000&end_time=20280420140000",
        "status=DONE",
        "status=succeeded",
        "page_no=0",
        "page_size=0",
        "page_size=101",
        "page_no=1000001",
        "page_no=99999999999999999999999999",
    ],
)
def test_a_value_out_of_range_is_told(query: str) -> None:
    assert "query-out-of-range" == list_row(query)


@pytest.mark.parametrize(
    "query",
    [
        "start_time=2026-04-20",
        "end_time=20260431000000",
        "start_time=%D9%A2",
        "page_no=x",
        "page_size=1.5",
        "page_no=%C2%B2",
        "page_no=1e3",
    ],
)
def test_a_value_of_another_form_is_told(query: str) -> None:
    assert "query-malformed" == list_row(query)


def test_every_word_of_a_listing_is_read_and_what_it_does_not_know_ignored() -> None:
    found = listed(
        "task_id=a&model_name=wan2.7-t2v&status=SUCCEEDED&region=us-east-1&api_key_id=1234567&page_no=3&page_size=100"
        "&zzz=1&duration=3"
    )
    assert ("a", "wan2.7-t2v", "SUCCEEDED", "us-east-1", "1234567", 3, 100) == (
        found.task_id,
        found.model,
        found.status,
        found.region,
        found.key_id,
        found.page_no,
        found.page_size,
    )


def test_a_word_without_a_value_is_not_said() -> None:
    assert listed("") == listed("status=&task_id=&model_name&page_no=")


@given(st.text(), st.sampled_from(["start_time", "end_time", "page_no", "page_size", "status", ""]))
def test_whatever_a_listing_asks_is_read_or_refused_by_a_row(value: str, name: str) -> None:
    try:
        found = listed(f"{name}={value}")
    except Fault as fault:
        row = fault.row
    else:
        row = ""
        assert found.since <= found.until
    assert row in {"", "query-malformed", "query-out-of-range"}
