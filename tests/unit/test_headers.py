"""Headers: who sends, and what upstream's replies carry (dashscope-api.md §2.1, §3)."""

from __future__ import annotations

import re
from random import Random

import pytest

from hobbyhorse.core.faults import Fault
from hobbyhorse.dialects.dashscope.headers import approach, reply_headers
from hobbyhorse.dialects.wire import Operation, WireRequest
from unit.records import REQUEST_ID, SUBMITTED


def sender(**headers: str) -> WireRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WireRequest(Operation.GET, "GET", "", named, prefix="/us-east-1")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Bearer sk-a", "sk-a"),
        ("bearer sk-a", "sk-a"),
        ("BEARER   sk-a ", "sk-a"),
        ("  Bearer sk-a", "sk-a"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("", ""),
    ],
)
def test_the_key_is_what_follows_bearer(header: str, expected: str) -> None:
    assert expected == approach(sender(authorization=header)).api_key


@pytest.mark.parametrize("header", ["Basic sk-a", "sk-a", "Token Bearer sk-a"])
def test_a_key_that_does_not_follow_bearer_is_none(header: str) -> None:
    with pytest.raises(Fault, match=r"^invalid-api-key"):
        approach(sender(authorization=header))


def test_without_the_header_there_is_no_key() -> None:
    assert not approach(sender()).api_key


def test_host_prefix_and_workspace_are_passed_on() -> None:
    found = approach(sender(host="localhost:8700", x_dashscope_workspace="ws-a"))
    assert ("localhost:8700", "/us-east-1", "ws-a") == (found.host, found.prefix, found.workspace)
    assert ("", None) == (approach(sender()).host, approach(sender()).workspace)


def reply(operation: Operation, status: int = 200) -> dict[str, str]:
    headers = reply_headers(operation, status, REQUEST_ID, SUBMITTED, SUBMITTED + 12, Random(1))
    assert len(headers) == len(dict(headers))
    return dict(headers)


def test_a_create_is_answered_with_the_captured_headers() -> None:
    found = reply(Operation.CREATE)
    assert re.fullmatch("[0-9a-f]{32}", found.pop("eagleeye-traceid"))
    assert {
        "content-type": "application/json",
        "x-dashscope-call-gateway": "true",
        "vary": "Accept-Encoding",
        "req-cost-time": "12",
        "req-arrive-time": "1776664870341",
        "resp-start-time": "1776664870353",
        "x-envoy-upstream-service-time": "12",
        "date": "Mon, 20 Apr 2026 06:01:10 GMT",
        "server": "istio-envoy",
    } == found


@pytest.mark.parametrize("operation", [Operation.GET, Operation.LIST, Operation.CANCEL])
def test_the_task_service_names_its_charset_and_not_the_gateway(operation: Operation) -> None:
    found = reply(operation)
    assert "application/json;charset=UTF-8" == found["content-type"]
    assert "x-dashscope-call-gateway" not in found


@pytest.mark.parametrize("operation", Operation)
def test_an_authentication_error_repeats_the_request_id(operation: Operation) -> None:
    assert REQUEST_ID == reply(operation, 401)["x-request-id"]
    assert "x-request-id" not in reply(operation, 403)
