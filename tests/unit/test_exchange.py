"""One exchange, whole: decode, service, encode; a fault anywhere is one answer and one line in the log."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hobbyhorse.settings import Settings
from hobbyhorse.wiring import wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio
KEY = {"authorization": "Bearer sk-facade000000000000000000000000b1", "host": "dashscope.aliyuncs.com"}
CREATE = "/api/v1/services/aigc/video-generation/video-synthesis"
TASKS = "/api/v1/tasks"
BODY = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "x"}}
CLOCK = "/_hobbyhorse/worlds/default/clock"


class Client:
    """The four things a client does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def create(self, body: object = BODY, **headers: str) -> httpx.Response:
        return await self.http.post(CREATE, json=body, headers=KEY | {"x-dashscope-async": "enable"} | headers)

    async def poll(self, task_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get(f"{TASKS}/{task_id}", headers=KEY)).json()
        return found

    async def page(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get(TASKS, headers=KEY)).json()
        return found

    async def cancel(self, task_id: str) -> httpx.Response:
        return await self.http.post(f"{TASKS}/{task_id}/cancel", headers=KEY)


@asynccontextmanager
async def served(seed: int = 1) -> AsyncIterator[Client]:
    """Yield a client of a fresh server whose clock stands at the reference's sample."""
    wired = wire(Settings(clock="frozen", seed=seed))
    wired.origins.api, wired.origins.results = "http://127.0.0.1:8700", "http://results.test"
    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(wired.api), base_url=wired.origins.api) as http:
            await http.post(CLOCK, json={"set": "2026-04-20T06:01:10"})
            yield Client(http)
    finally:
        wired.close()


async def test_a_task_is_created_polled_to_its_url_listed_and_not_canceled_any_more() -> None:
    async with served() as here:
        created = (await here.create()).json()
        task_id = created["output"]["task_id"]
        answers = [await here.poll(task_id) for _ in range(3)]
        listing = await here.page()
        refused = await here.cancel(task_id)
    expected = {"output": {"task_status": "PENDING", "task_id": task_id}, "request_id": created["request_id"]}
    assert expected == created
    assert ["PENDING", "RUNNING", "SUCCEEDED"] == [answer["output"]["task_status"] for answer in answers]
    assert answers[2]["output"]["video_url"].startswith("http://results.test/dashscope-result-bj/1d/")
    assert [False, False, True] == ["usage" in answer for answer in answers]
    row = listing["data"][0]
    assert (1, task_id, created["request_id"]) == (listing["total"], row["task_id"], row["request_id"])
    assert (400, ["request_id", "code", "message"]) == (refused.status_code, list(refused.json()))
    assert "UnsupportedOperation" == refused.json()["code"]


async def test_a_pending_task_is_canceled_with_an_answer_that_has_a_request_id_only() -> None:
    async with served() as here:
        task_id = (await here.create()).json()["output"]["task_id"]
        reply = await here.cancel(task_id)
        assert (200, ["request_id"]) == (reply.status_code, list(reply.json()))
        assert "CANCELED" == (await here.poll(task_id))["output"]["task_status"]


async def test_no_answer_of_a_200_has_a_code_or_message_at_its_top() -> None:
    async with served() as here:
        failed = (await here.create(BODY | {"input": {}})).json()["output"]["task_id"]
        for body in (await here.poll(failed), await here.poll("unknown"), await here.page()):
            assert set() == {"code", "message"} & set(body)
        assert "Field required: input.prompt" == (await here.poll(failed))["output"]["message"]


async def test_every_answer_has_a_request_id_of_its_own() -> None:
    async with served() as here:
        replies = [await here.create(), await here.create(), await here.create(authorization="")]
    assert 3 == len({reply.json()["request_id"] for reply in replies})


async def test_a_seed_decides_every_id() -> None:
    answers = []
    for seed in (5, 5, 6):
        async with served(seed) as here:
            answers.append((await here.create()).json())
    assert answers[0] == answers[1]
    assert answers[0] != answers[2]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", CREATE), ("GET", f"{TASKS}/x"), ("GET", TASKS), ("POST", f"{TASKS}/x/cancel")]
)
async def test_the_key_is_asked_before_anything_else(method: str, path: str) -> None:
    async with served() as here:
        reply = await here.http.request(method, path, content=b"no object", params={"page_no": "x"})
    body = reply.json()
    assert (401, "InvalidApiKey", "No API-key provided.") == (reply.status_code, body["code"], body["message"])
    assert body["request_id"] == reply.headers["x-request-id"]


async def test_a_path_of_nobody_is_answered_without_asking_for_a_key() -> None:
    async with served() as here:
        reply = await here.http.get("/api/v1/nothing")
    body = reply.json()
    assert (404, "NotFound", "Request path not found.") == (reply.status_code, body["code"], body["message"])
    assert ["code", "message", "request_id"] == list(body)


async def test_a_refusal_tells_the_developer_rule_evidence_and_detail(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with served() as here:
            await here.create({"model": "happyhorse-1.1-t2", "input": {}})
    assert (
        "create refused: 400 InvalidParameter: Model not exist. [rule model-not-exist, observed: LIVE-B, OD-ERR] "
        "'happyhorse-1.1-t2' is no known model (did you mean 'happyhorse-1.1-t2v'?)"
    ) in caplog.text


async def test_the_key_itself_never_stands_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="hobbyhorse"):
        async with served() as here:
            await here.create(authorization="Bearer sk-sp-hush-hush")
            await here.create({}, authorization="Bearer sk-open-hush-hush")
    assert "create refused" in caplog.text
    assert "hush" not in caplog.text


async def test_replies_carry_the_time_of_the_callers_world() -> None:
    async with served() as here:
        headers = (await here.create()).headers
    assert ("1776664870000", "Mon, 20 Apr 2026 06:01:10 GMT") == (headers["req-arrive-time"], headers["date"])
