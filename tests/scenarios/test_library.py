"""Every named scenario does what its description says, seen by a client on the wire."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from hobbyhorse.scenarios import library

from .client import RESET

if TYPE_CHECKING:
    from .conftest import Play

HOUR = 3600


def test_outage(play: Play) -> None:
    client = play("outage")
    refused = [client.post() for _ in range(3)]
    assert {502} == {answer.status_code for answer in refused}
    assert all(answer.headers["content-type"].startswith("text/html") for answer in refused)
    assert {} == client.listed()
    task = client.create()
    assert [502, 502, 502, 200] == [client.get(task).status_code for _ in range(4)]
    assert [task] == list(client.listed())


def test_slow_queue(play: Play) -> None:
    client = play("slow-queue")
    task, seen = client.create(), []
    for seconds in (0, 299, 1, 119, 1):
        client.world.clock.advance(seconds)
        seen.append(client.status(task))
    assert ["PENDING", "PENDING", "RUNNING", "RUNNING", "SUCCEEDED"] == seen
    task = client.create()
    assert {"PENDING"} == set(client.statuses(task, 20))
    assert 200 == client.cancel(task).status_code


def test_moderation(play: Play) -> None:
    client = play("moderation")
    refused = client.post("a forbidden thing")
    assert (400, "DataInspectionFailed", "Input data may contain inappropriate content.") == (
        refused.status_code,
        refused.json()["code"],
        refused.json()["message"],
    )
    assert {} == client.listed()
    task = client.create("a doubtful thing")
    assert "RUNNING" == client.status(task)
    client.world.clock.advance(10)
    output = client.poll(task)
    assert ("FAILED", "DataInspectionFailed", "Output data may contain inappropriate content.") == (
        output["task_status"],
        output["code"],
        output["message"],
    )
    assert "SUCCEEDED" == client.status(client.create("a harmless thing"))


def test_rate_limit_storm(play: Play) -> None:
    client = play("rate-limit-storm")
    refused = [client.post() for _ in range(5)]
    assert {(429, "Throttling.RateQuota")} == {(answer.status_code, answer.json()["code"]) for answer in refused}
    told = [answer.headers.get("retry-after") for answer in refused]
    assert [None, "2", None, told[3], None] == told
    assert told[3] is not None
    late = parsedate_to_datetime(told[3]) - parsedate_to_datetime(refused[3].headers["date"])
    assert 2 == late.total_seconds()
    assert {} == client.listed()
    task = client.create()
    assert [429] * 10 + [200] == [client.get(task).status_code for _ in range(11)]


def test_stuck_task(play: Play) -> None:
    client = play("stuck-task")
    stuck, well = client.create(), client.create()
    assert "SUCCEEDED" == client.status(well)
    assert {"RUNNING"} == set(client.statuses(stuck, 5))
    client.world.clock.advance(24 * HOUR - 1)
    assert "RUNNING" == client.status(stuck)
    client.world.clock.advance(1)
    assert "UNKNOWN" == client.status(stuck)


def test_flapping_status(play: Play) -> None:
    client = play("flapping-status")
    task, shown, listed = client.create(), [], []
    for _ in range(6):
        shown.append(client.status(task))
        listed.append(client.listed()[task])
    assert ["RUNNING", "PENDING", "UNKNOWN", "RUNNING", "SUCCEEDED", "SUCCEEDED"] == shown
    assert ["RUNNING"] * 4 + ["SUCCEEDED"] * 2 == listed


def test_unknown_status(play: Play) -> None:
    client = play("unknown-status")
    task, shown, listed = client.create(), [], []
    for _ in range(5):
        shown.append(client.status(task))
        listed.append(client.listed()[task])
    assert ["QUEUED", "QUEUED", "SUSPENDED", "RUNNING", "SUCCEEDED"] == shown
    assert ["PENDING", "PENDING", "RUNNING", "RUNNING", "SUCCEEDED"] == listed


def test_sparse_answers(play: Play) -> None:
    client = play("sparse-answers")
    body = client.get(client.create()).json()
    assert ["output"] == list(body)
    assert {"task_id", "task_status", "video_url"} == set(body["output"])


def test_extra_fields(play: Play) -> None:
    client = play("extra-fields")
    output = client.poll(client.create())
    assert "SUCCEEDED" == output["task_status"]
    assert (40, "", [None], 0) == (
        output["progress"],
        output["code"],
        output["video_urls"],
        output["task_metrics"]["SUCCEEDED"],
    )
    assert 200 == client.download(output["video_url"]).status_code


def test_success_without_url(play: Play) -> None:
    client = play("success-without-url")
    task = client.create()
    first, second = client.poll(task), client.poll(task)
    assert ("SUCCEEDED", "SUCCEEDED") == (first["task_status"], second["task_status"])
    assert "video_url" not in first
    assert 200 == client.download(second["video_url"]).status_code


def test_foreign_url(play: Play) -> None:
    client = play("foreign-url")
    output = client.poll(client.create())
    assert "SUCCEEDED" == output["task_status"]
    assert "clips.hobbyhorse.invalid" == httpx.URL(output["video_url"]).host


def test_odd_task_ids(play: Play) -> None:
    client = play("odd-task-ids", seed=1)
    ids = [client.create() for _ in range(4)]
    assert re.fullmatch(r"video(?:\.[0-9a-f]+){5}", ids[0])
    assert re.fullmatch(r"video(?:_[0-9a-f]+){5}", ids[1])
    assert re.fullmatch(r"[0-9a-f]{64}", ids[2])
    assert "." in ids[3]
    assert set(ids) == set(client.listed())
    for task in ids:
        assert 200 == client.download(client.poll(task)["video_url"]).status_code


def test_expired_before_download(play: Play) -> None:
    client = play("expired-before-download")
    task = client.create()
    first = client.poll(task)["video_url"]
    dead = client.download(first)
    assert (403, True) == (dead.status_code, "<Message>Request has expired.</Message>" in dead.text)
    assert 403 == client.download(first).status_code
    second = client.poll(task)["video_url"]
    assert first != second
    assert 200 == client.download(second).status_code
    assert 403 != client.download(second).status_code


def test_lost_create(play: Play) -> None:
    client = play("lost-create")
    assert RESET == client.outcome(client.post)
    assert 1 == len(client.listed())
    task = client.create()
    assert 2 == len(client.listed())
    assert "SUCCEEDED" == client.status(task)


def test_refused_then_fine(play: Play) -> None:
    client = play("refused-then-fine")
    made, seen = [], []
    for _ in range(3):
        answer = client.post()
        seen.append((answer.status_code, answer.json().get("code")))
        made.append(len(client.listed()))
    assert [(500, "InternalError"), (500, "InternalError"), (200, None)] == seen
    assert [0, 1, 2] == made


def test_broken_downloads(play: Play) -> None:
    client = play("broken-downloads")
    url = client.poll(client.create())["video_url"]
    assert RESET == client.outcome(client.download, url)
    assert "without sending complete message body" in str(client.outcome(client.download, url))
    cut, whole = client.download(url), client.download(url)
    assert 0 < len(cut.content) < len(whole.content)
    assert cut.headers["content-length"] == str(len(cut.content))
    assert whole.content.startswith(cut.content)


def test_worker_trouble(play: Play) -> None:
    client = play("worker-trouble")
    tasks = [client.create() for _ in range(4)]
    assert ["RUNNING"] * 3 + ["SUCCEEDED"] == [client.status(task) for task in tasks]
    client.world.clock.advance(30)
    codes = [client.poll(task).get("code") for task in tasks]
    assert ["InternalError.Timeout", "InternalError.Algo", "InternalError.Upload", None] == codes


def test_poll_garbage(play: Play) -> None:
    client = play("poll-garbage")
    task = client.create()
    broken, empty, page, packed, lying, last = (client.get(task) for _ in range(6))
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        broken.json()
    assert (200, b"") == (empty.status_code, empty.content)
    assert (502, "text/html") == (page.status_code, page.headers["content-type"].split(";")[0])
    assert ("gzip", "SUCCEEDED") == (packed.headers["content-encoding"], packed.json()["output"]["task_status"])
    assert ("text/html", "SUCCEEDED") == (lying.headers["content-type"], lying.json()["output"]["task_status"])
    assert ("application/json;charset=UTF-8", "SUCCEEDED") == (
        last.headers["content-type"],
        last.json()["output"]["task_status"],
    )


def test_every_named_scenario_is_shown_here() -> None:
    assert [] == [name for name in library.names() if f"test_{name.replace('-', '_')}" not in globals()]
