"""A scenario or a mishap can answer every error row there is, exactly as the row has it."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from .client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator

# Read past the loader, so that it cannot hide what it loses.
TABLE = tomllib.loads((files("hobbyhorse.data") / "errors.toml").read_text("utf-8"))
ROWS: list[dict[str, Any]] = TABLE["errors"]
OSS_ROWS: list[dict[str, Any]] = TABLE["oss"]
each = pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])


def message(row: dict[str, Any]) -> str:
    """Return a row's message with `xxx` for what the fault would have filled in."""
    return re.sub(r"\{\w+\}", "xxx", row["message"])


def rules(kind: str) -> list[dict[str, Any]]:
    return [{"when": {"prompt": f"<{row['id']}>"}, "then": {kind: row["id"]}} for row in ROWS]


@pytest.fixture(scope="module")
def client(served: Emulator) -> Iterator[Client]:
    """A client of a world with a scenario for every row, whose prompts choose it."""
    scenarios = [{"name": kind, "rules": rules(kind)} for kind in ("fail", "refuse")]
    scenarios[1]["rules"] = [
        {"when": {"prompt": f"refuse {rule['when']['prompt']}"}, "then": rule["then"]} for rule in rules("refuse")
    ]
    made = Client(served.world(scenarios=[scenarios[1], scenarios[0]], pace="instant", media="stamped"))
    yield made
    made.close()
    made.world.delete()


@each
def test_a_task_fails_with_the_row(client: Client, row: dict[str, Any]) -> None:
    answer = client.get(client.create(f"<{row['id']}>"))
    output = answer.json()["output"]
    assert (200, "FAILED", row["code"], message(row)) == (
        answer.status_code,
        output["task_status"],
        output["code"],
        output["message"],
    )
    assert "code" not in answer.json()
    assert "video_url" not in output


@each
def test_a_create_is_refused_with_the_row(client: Client, row: dict[str, Any]) -> None:
    before = len(client.world.tasks.list(limit=1000))
    answer = client.post(f"refuse <{row['id']}>")
    body = answer.json()
    assert ["code", "message", "request_id"] == list(body)
    assert (row["status"], row["code"], message(row)) == (answer.status_code, body["code"], body["message"])
    assert "retry-after" not in answer.headers
    assert before == len(client.world.tasks.list(limit=1000))


@each
def test_a_poll_and_a_cancel_are_answered_with_the_row(client: Client, row: dict[str, Any]) -> None:
    task = client.create()
    placed = client.world.mishap("error", at=["get", "cancel"], error=row["id"], count=2)
    polled, canceled = client.get(task), client.cancel(task)
    placed.remove()
    assert ["code", "message", "request_id"] == list(polled.json())
    assert ["request_id", "code", "message"] == list(canceled.json())
    for answer in (polled, canceled):
        body = answer.json()
        assert (row["status"], row["code"], message(row)) == (answer.status_code, body["code"], body["message"])
    assert "SUCCEEDED" == client.status(task)


@pytest.fixture(scope="module")
def url(client: Client) -> str:
    return str(client.poll(client.create())["video_url"])


@pytest.mark.parametrize("row", OSS_ROWS, ids=[row["id"] for row in OSS_ROWS])
def test_a_download_is_answered_with_the_row(client: Client, url: str, row: dict[str, Any]) -> None:
    placed = client.world.mishap("error", at="download", error=row["id"], count=1)
    answer = client.download(url)
    placed.remove()
    told = {part.tag: part.text for part in ET.fromstring(answer.text)}  # noqa: S314 - our own server's
    assert ["Code", "Message", *row["elements"]] == list(told)
    assert (row["status"], row["code"], message(row), row.get("ec")) == (
        answer.status_code,
        told["Code"],
        told["Message"],
        told.get("EC"),
    )
    assert 200 == client.download(url).status_code
