"""The control API's tasks: listed, shown with what they made, acted on; refusals that say why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.core.task import Script
from hobbyhorse.core.timeline import NEVER
from unit.control import RESULTS, served
from unit.records import DAY, FAILURE, SUBMITTED, TASK, TASK_ID, a_task
from unit.services import Services

if TYPE_CHECKING:
    import httpx

    from hobbyhorse.core.task import Task

pytestmark = pytest.mark.anyio
TASKS = "/_hobbyhorse/worlds/default/tasks"
CLOCK = "/_hobbyhorse/worlds/default/clock"
ONE = f"{TASKS}/{TASK_ID}"
VIEW = {
    "id": TASK_ID,
    "status": "PENDING",
    "model": "happyhorse-1.1-t2v",
    "region": "cn-beijing",
    "key_id": "1234567",
    "prompt": "a paper city at night",
    "submitted_at": SUBMITTED,
    "starts_at": SUBMITTED + 500,
    "ends_at": SUBMITTED + 2000,
    "canceled_at": None,
    "polls": 0,
    "held": False,
    "url_generation": 0,
    "error": None,
    "rule": None,
    "video_url": None,
    "clip": None,
}


async def holding(*tasks: Task) -> Services:
    """Return services whose default world has some tasks, its clock frozen at their submission."""
    here = Services()
    for task in tasks:
        await here.tasks.insert(task)
    return here


async def later(client: httpx.AsyncClient, ms: int) -> None:
    assert 200 == (await client.post(CLOCK, json={"advance": ms / 1000})).status_code


async def acted(client: httpx.AsyncClient, act: str, status: int = 200, **body: Any) -> Any:
    answer = await client.post(f"{ONE}/{act}", json=body or None)
    assert status == answer.status_code, answer.text
    return answer.json() if status == 200 else answer.json()["detail"]


async def test_a_task_is_shown_as_it_is_and_looking_moves_nothing() -> None:
    async with served(await holding(TASK)) as client:
        for _ in range(5):
            assert VIEW == (await client.get(ONE)).json()
            assert {"tasks": [VIEW], "total": 1} == (await client.get(TASKS)).json()


async def test_instants_that_never_come_are_null() -> None:
    stuck = a_task(scheduled_at=NEVER, starts_at=NEVER, ends_at=NEVER, script=Script("stuck/1"))
    async with served(await holding(stuck)) as client:
        found = (await client.get(ONE)).json()
    assert {**VIEW, "starts_at": None, "ends_at": None, "rule": "stuck/1"} == found


async def test_a_success_has_its_url_and_its_clip_where_it_is_shown_alone() -> None:
    async with served(await holding(TASK)) as client:
        await later(client, 2000)
        found = (await client.get(ONE)).json()
        listed = (await client.get(TASKS)).json()["tasks"][0]
    url, clip = found.pop("video_url"), found.pop("clip")
    assert url.startswith(f"{RESULTS}/dashscope-result-bj/1d/")
    assert f"{TASK_ID}_watermark.mp4?Expires=" in url
    # What sha256sum says of `mp4`.
    digest = "862c4ec62defaadafbf7638961214d286015c38ed4ccc7b10d52bdf434e5bee1"
    assert {"seconds": 5.0, "width": 1280, "height": 720, "bytes": 3, "sha256": digest} == clip
    assert {**VIEW, "status": "SUCCEEDED", "video_url": None, "clip": None} == listed
    assert "SUCCEEDED" == found["status"]


async def test_a_failure_is_shown_with_its_row_code_and_message() -> None:
    async with served(await holding(a_task(outcome=FAILURE))) as client:
        await later(client, 2000)
        found = (await client.get(ONE)).json()
    error = {"row": "field-required", "code": "InvalidParameter", "message": "Field required: input.prompt"}
    assert {**VIEW, "status": "FAILED", "prompt": None, "error": error} == found


async def test_tasks_are_listed_newest_first_by_status_and_up_to_a_limit() -> None:
    tasks = [
        a_task(id=str(at), submitted_at=SUBMITTED + at, ends_at=SUBMITTED + (9 if at % 2 else 9000)) for at in range(6)
    ]
    async with served(await holding(*tasks)) as client:
        await later(client, 700)

        async def ids(**query: Any) -> tuple[list[str], int]:
            found = (await client.get(TASKS, params=query)).json()
            return [task["id"] for task in found["tasks"]], found["total"]

        assert (["5", "4", "3", "2", "1", "0"], 6) == await ids()
        assert (["5", "4"], 6) == await ids(limit=2)
        assert (["4", "2", "0"], 6) == await ids(status="RUNNING")
        assert (["5", "3"], 6) == await ids(status="SUCCEEDED", limit=2)
        assert ([], 6) == await ids(status="FAILED")
        await later(client, DAY)
        assert (["5"], 6) == await ids(status="UNKNOWN", limit=1)


@pytest.mark.parametrize(
    ("query", "loc", "hint"),
    [
        ("status=SUCCEDED", "status", "SUCCEEDED"),
        ("status=", "status", None),
        ("limit=0", "limit", None),
        ("limit=1001", "limit", None),
        ("limit=x", "limit", None),
        ("stauts=PENDING", "stauts", "status"),
        ("limits=1", "limits", "limit"),
    ],
)
async def test_a_query_that_makes_no_sense_is_told(query: str, loc: str, hint: str | None) -> None:
    async with served() as client:
        answer = await client.get(f"{TASKS}?{query}")
    assert 422 == answer.status_code
    [row] = answer.json()["detail"]
    assert (["query", loc], f"did you mean {hint!r}?" if hint else None) == (row["loc"], row.get("hint"))


async def test_a_task_is_finished_failed_held_released_expired_and_forgotten() -> None:
    async with served(await holding(TASK)) as client:
        held = await acted(client, "hold")
        assert (True, "PENDING") == (held["held"], held["status"])
        await later(client, 60_000)
        assert "PENDING" == (await client.get(ONE)).json()["status"]
        released = await acted(client, "release")
        assert (False, SUBMITTED + 60_500) == (released["held"], released["starts_at"])
        finished = await acted(client, "finish")
        assert ("SUCCEEDED", SUBMITTED + 60_000) == (finished["status"], finished["ends_at"])
        assert "SUCCEEDED" == (await acted(client, "expire"))["status"]
        assert "SUCCEEDED" == (await acted(client, "forget"))["status"]
        assert 404 == (await client.get(ONE)).status_code
        assert {"tasks": [], "total": 0} == (await client.get(TASKS)).json()


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            {"error": "InvalidParameter.DataInspection"},
            ("InvalidParameter.DataInspection", None),
        ),
        ({"error": "url-invalid"}, ("InvalidURL", "Required URL is missing or invalid, please check the request URL.")),
        ({"error": "url-invalid", "message": "夜"}, ("InvalidURL", "夜")),
        ({"error": "url-invalid", "message": ""}, ("InvalidURL", "")),
    ],
)
async def test_a_task_fails_with_the_error_that_is_named(given: dict[str, Any], error: tuple[str, str | None]) -> None:
    async with served(await holding(TASK)) as client:
        found = await acted(client, "fail", **given)
    code, message = error
    assert ("FAILED", code) == (found["status"], found["error"]["code"])
    assert message is None or message == found["error"]["message"]


@pytest.mark.parametrize(
    ("body", "loc", "hint"),
    [
        ({"error": "url-invalit"}, "error", "url-invalid"),
        ({"error": "DataInspectionFaild"}, "error", "DataInspectionFailed"),
        ({"error": "zzz"}, "error", None),
        ({"error": ""}, "error", None),
        ({"error": 5}, "error", None),
        ({"error": "url-invalid", "mesage": "x"}, "mesage", "message"),
        ({"error": "url-invalid", "message": "\ud800"}, "message", None),
        ({"error": "\ud800"}, "error", None),
        ({}, "error", None),
    ],
)
async def test_an_error_that_is_none_is_told_and_the_task_lives(
    body: dict[str, Any], loc: str, hint: str | None
) -> None:
    here = await holding(TASK)
    async with served(here) as client:
        answer = await client.post(
            f"{ONE}/fail", content=json.dumps(body), headers={"content-type": "application/json"}
        )
    assert 422 == answer.status_code, answer.text
    [row] = answer.json()["detail"]
    assert (["body", loc], f"did you mean {hint!r}?" if hint else None) == (row["loc"], row.get("hint"))
    assert TASK is await here.tasks.find("default", TASK_ID)


@pytest.mark.parametrize(
    ("act", "ms", "says"),
    [
        ("release", 0, f"task {TASK_ID} is not held"),
        ("expire", 0, f"task {TASK_ID} is PENDING and has no URL"),
        ("expire", 500, f"task {TASK_ID} is RUNNING and has no URL"),
        ("finish", 2000, f"task {TASK_ID} is SUCCEEDED already"),
        ("hold", 2000, f"task {TASK_ID} is SUCCEEDED already"),
        ("hold", DAY, f"task {TASK_ID} is UNKNOWN already"),
    ],
)
async def test_what_cannot_be_done_to_a_task_as_it_is_is_a_409_that_says_why(act: str, ms: int, says: str) -> None:
    here = await holding(TASK)
    async with served(here) as client:
        await later(client, ms)
        assert says == await acted(client, act, 409)
    assert TASK is await here.tasks.find("default", TASK_ID)


async def test_a_task_that_ended_can_not_fail_any_more() -> None:
    async with served(await holding(TASK)) as client:
        await later(client, 2000)
        assert f"task {TASK_ID} is SUCCEEDED already" == await acted(client, "fail", 409, error="url-invalid")


@pytest.mark.parametrize(("act", "hint"), [("finsh", "finish"), ("cancel", None), ("expires", "expire")])
async def test_an_act_that_is_none_is_told_with_the_nearest(act: str, hint: str | None) -> None:
    async with served(await holding(TASK)) as client:
        answer = await client.post(f"{ONE}/{act}")
    [row] = answer.json()["detail"]
    assert (422, ["path", "act"]) == (answer.status_code, row["loc"])
    assert (f"did you mean {hint!r}?" if hint else None) == row.get("hint")


@pytest.mark.parametrize("act", ["finish", "hold", "release", "expire", "forget", "fail"])
async def test_a_task_of_another_world_is_not_there(act: str) -> None:
    here = await holding(a_task(world="other"))
    async with served(here) as client:
        body = {"error": "url-invalid"} if act == "fail" else None
        answer = await client.post(f"{ONE}/{act}", json=body)
        assert 404 == (await client.get(ONE)).status_code
        assert {"tasks": [], "total": 0} == (await client.get(TASKS)).json()
    assert (404, f"there is no task {TASK_ID!r} in this world") == (answer.status_code, answer.json()["detail"])
    assert 1 == await here.tasks.count("other")
