"""Bodies to the letter: field names, order and types as in dashscope-api.md §3 to §5."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from hobbyhorse.core.faults import Failure
from hobbyhorse.core.timeline import Status
from hobbyhorse.dialects.dashscope import encode
from hobbyhorse.service.tasks import SeenTask, TaskPage, TaskQuery
from unit.records import CATALOGUE, FAILURE, REQUEST_ID, SUBMITTED, TASK_ID, a_job, a_model, a_task

POLL_ID = "e574af3e-0000-9000-8000-000000000000"
URL = "http://127.0.0.1:8701/dashscope-result-bj/1d/a.mp4?Expires=1"
SUBMIT, SCHEDULED, END = "2026-04-20 14:01:10.341", "2026-04-20 14:01:10.382", "2026-04-20 14:01:12.341"


def text(body: dict[str, Any]) -> str:
    return orjson.dumps(body).decode()


def polled(status: Status, after: int = 5000, model: str = "happyhorse-1.1-t2v", **changes: Any) -> str:
    seen = SeenTask(a_task(model=model, **changes), status)
    return text(encode.polled(seen, a_model(model), SUBMITTED + after, URL, POLL_ID))


def test_a_created_task_is_pending_whatever_will_become_of_it() -> None:
    expected = f'{{"output":{{"task_status":"PENDING","task_id":"{TASK_ID}"}},"request_id":"{REQUEST_ID}"}}'
    assert expected == text(encode.created(a_task()))
    assert expected == text(encode.created(a_task(outcome=FAILURE)))


def test_a_pending_task_has_its_scheduled_time_once_that_has_come() -> None:
    start = (
        f'{{"request_id":"{POLL_ID}","output":{{"task_id":"{TASK_ID}","task_status":"PENDING","submit_time":"{SUBMIT}"'
    )
    assert start + "}}" == polled(Status.PENDING, 40)
    assert f'{start},"scheduled_time":"{SCHEDULED}"}}}}' == polled(Status.PENDING, 41)


def test_a_running_task_has_no_end_no_usage_and_no_url() -> None:
    expected = (
        f'{{"request_id":"{POLL_ID}","output":{{"task_id":"{TASK_ID}","task_status":"RUNNING",'
        f'"submit_time":"{SUBMIT}","scheduled_time":"{SCHEDULED}"}}}}'
    )
    assert expected == polled(Status.RUNNING)


def test_a_success_has_times_prompt_url_and_usage() -> None:
    expected = (
        f'{{"request_id":"{POLL_ID}","output":{{"task_id":"{TASK_ID}","task_status":"SUCCEEDED",'
        f'"submit_time":"{SUBMIT}","scheduled_time":"{SCHEDULED}","end_time":"{END}",'
        f'"orig_prompt":"a paper city at night","video_url":"{URL}"}},'
        '"usage":{"duration":5,"input_video_duration":0,"output_video_duration":5,"video_count":1,"SR":720,'
        '"ratio":"16:9"}}'
    )
    assert expected == polled(Status.SUCCEEDED)


def test_a_failure_has_code_and_message_inside_output_and_no_usage() -> None:
    expected = (
        f'{{"request_id":"{POLL_ID}","output":{{"task_id":"{TASK_ID}","task_status":"FAILED",'
        f'"submit_time":"{SUBMIT}","scheduled_time":"{SCHEDULED}","end_time":"{END}",'
        '"code":"InvalidParameter","message":"Field required: input.prompt"}}'
    )
    assert expected == polled(Status.FAILED, outcome=FAILURE)


def test_a_canceled_task_has_the_instant_of_its_cancel() -> None:
    expected = (
        f'{{"request_id":"{POLL_ID}","output":{{"task_id":"{TASK_ID}","task_status":"CANCELED",'
        f'"submit_time":"{SUBMIT}","end_time":"2026-04-20 14:01:10.541"}}}}'
    )
    assert expected == polled(Status.CANCELED, canceled_at=SUBMITTED + 200)


def test_an_unknown_task_has_its_id_and_its_status_only() -> None:
    expected = f'{{"request_id":"{POLL_ID}","output":{{"task_id":"502a00b1","task_status":"UNKNOWN"}}}}'
    assert expected == text(encode.unknown("502a00b1", POLL_ID))


@pytest.mark.parametrize(
    ("model", "extends", "has_actual"),
    [
        ("happyhorse-1.1-t2v", True, False),
        ("wan2.7-t2v", True, False),
        ("wan2.6-t2v", True, False),
        ("wan2.5-t2v-preview", True, True),
        ("wan2.5-t2v-preview", False, False),
        ("wan2.2-t2v-plus", True, True),
        ("wanx2.1-t2v-turbo", True, True),
        ("wan2.1-t2v-turbo", True, True),
    ],
)
def test_only_wan_2_5_and_older_answer_the_extended_prompt(model: str, *, extends: bool, has_actual: bool) -> None:
    said = polled(Status.SUCCEEDED, model=model, outcome=a_job(extends_prompt=extends))
    assert '"orig_prompt":"a paper city at night"' in said
    assert has_actual == ('"actual_prompt":"a paper city at night"' in said)


def test_without_a_prompt_none_is_answered() -> None:
    assert "prompt" not in polled(Status.SUCCEEDED, outcome=a_job(prompt=None))


def test_an_error_is_flat_and_the_task_service_orders_it_otherwise() -> None:
    failure = Failure("no-api-key", 401, "InvalidApiKey", "No API-key provided.")
    expected = f'{{"code":"InvalidApiKey","message":"No API-key provided.","request_id":"{REQUEST_ID}"}}'
    assert expected == text(encode.error(failure, REQUEST_ID))
    expected = f'{{"request_id":"{REQUEST_ID}","code":"InvalidApiKey","message":"No API-key provided."}}'
    assert expected == text(encode.refused_cancel(failure, REQUEST_ID))


def listed(*seen: SeenTask, total: int = 1, page_size: int = 10) -> dict[str, Any]:
    query = TaskQuery(since=0, until=1, page_no=2, page_size=page_size)
    return encode.listed(TaskPage(seen, total), query, CATALOGUE, POLL_ID)


@pytest.mark.parametrize(("total", "pages"), [(0, 0), (1, 1), (10, 1), (11, 2), (100, 10)])
def test_a_listing_tells_totals_and_page(total: int, pages: int) -> None:
    expected = f'{{"total":{total},"data":[],"total_page":{pages},"page_no":2,"request_id":"{POLL_ID}","page_size":10}}'
    assert expected == text(listed(total=total))


TIMES = {
    Status.PENDING: {"gmt_create": SUBMITTED},
    Status.RUNNING: {"gmt_create": SUBMITTED, "start_time": SUBMITTED + 500},
    Status.SUCCEEDED: {"gmt_create": SUBMITTED, "start_time": SUBMITTED + 500, "end_time": SUBMITTED + 2000},
    Status.FAILED: {"gmt_create": SUBMITTED, "start_time": SUBMITTED + 500, "end_time": SUBMITTED + 2000},
    Status.CANCELED: {"gmt_create": SUBMITTED, "end_time": SUBMITTED + 200},
}


@pytest.mark.parametrize(("status", "times"), TIMES.items())
def test_a_row_of_a_listing_has_epoch_milliseconds_that_are_there(status: Status, times: dict[str, int]) -> None:
    row = listed(SeenTask(a_task(canceled_at=SUBMITTED + 200), status))["data"][0]
    assert times == {name: value for name, value in row.items() if name in {"gmt_create", "start_time", "end_time"}}


def test_a_row_of_a_listing_has_the_documented_fields_in_order() -> None:
    row = listed(SeenTask(a_task(), Status.SUCCEEDED))["data"][0]
    assert [
        "api_key_id",
        "caller_parent_id",
        "caller_uid",
        "gmt_create",
        "start_time",
        "end_time",
        "model_name",
        "region",
        "request_id",
        "status",
        "task_id",
        "user_api_unique_key",
    ] == list(row)
    assert {
        "api_key_id": "1234567",
        "model_name": "happyhorse-1.1-t2v",
        "region": "cn-beijing",
        "request_id": REQUEST_ID,
        "status": "SUCCEEDED",
        "task_id": TASK_ID,
        "user_api_unique_key": "apikey:v1:aigc:video-generation:video-synthesis:happyhorse-1.1-t2v",
    }.items() <= row.items()
    assert row["caller_uid"] == row["caller_parent_id"]
    assert re.fullmatch(r"1\d{15}", row["caller_uid"])


def test_the_tasks_of_one_account_show_one_caller_and_those_of_another_another() -> None:
    rows = listed(*(SeenTask(a_task(world=world), Status.PENDING) for world in ("one", "one", "two")))["data"]
    one, same, other = (row["caller_uid"] for row in rows)
    assert one == same
    assert one != other


def test_an_image_service_stands_in_the_unique_key() -> None:
    row = listed(SeenTask(a_task(model="wan2.2-kf2v-flash"), Status.PENDING))["data"][0]
    assert "apikey:v1:aigc:image2video:video-synthesis:wan2.2-kf2v-flash" == row["user_api_unique_key"]
