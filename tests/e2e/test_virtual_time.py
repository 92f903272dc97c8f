"""Minutes of waiting cost a client that sleeps on the world's clock no time at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from hobbyhorse import World

CREATE = "/services/aigc/video-generation/video-synthesis"
SLOW = {"pending": 15, "running": 300}
pytestmark = pytest.mark.hobbyhorse(clock={"frozen": True})


def tell(record: pytest.CaptureFixture[str], text: str) -> None:
    """Print a measured figure past the capture: it is told, never asserted."""
    with record.disabled():
        print(f"\n{text}")  # noqa: T201 - that is what it is for


def test_315_seconds_of_a_client_that_polls_every_15(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.scenario(then=SLOW)
    headers = {"Authorization": f"Bearer {world.key}", "X-DashScope-Async": "enable"}
    body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}
    start, began = world.clock.now(), time.perf_counter()

    with httpx.Client(headers=headers, trust_env=False) as client:
        task = client.post(world.base_url() + CREATE, json=body).json()["output"]["task_id"]
        seen: list[str] = []
        while not seen or seen[-1] in {"PENDING", "RUNNING"}:
            world.clock.advance(15)  # the client's sleep
            seen.append(client.get(f"{world.base_url()}/tasks/{task}").json()["output"]["task_status"])

    tell(capsys, f"315 virtual seconds, {len(seen)} polls: {time.perf_counter() - began:.3f} s")
    assert seen == [*["RUNNING"] * 20, "SUCCEEDED"]
    assert world.clock.now() - start == 315


SDK = """
import json, os, time
from unittest import mock
from hobbyhorse import Emulator

with Emulator.at(os.environ["API"]) as emulator:
    world = emulator.find(os.environ["WORLD"])
    from dashscope import VideoSynthesis

    began = time.perf_counter()
    with mock.patch("time.sleep", world.clock.advance):
        done = VideoSynthesis.call(model="happyhorse-1.1-t2v", prompt="a paper horse")
    print(json.dumps({"status": done.output.task_status, "seconds": time.perf_counter() - began}))
"""


def test_315_seconds_of_the_official_sdk(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.scenario(then=SLOW)
    start = world.clock.now()
    address = {"API": world.base_url(), "WORLD": world.id}
    said = subprocess.run(
        [sys.executable, "-c", SDK], env={**os.environ, **address}, capture_output=True, text=True, check=True
    )

    answer = json.loads(said.stdout)
    polls = len(world.journal.entries(route="get"))
    tell(capsys, f"the SDK: {world.clock.now() - start:.0f} virtual seconds, {polls} polls: {answer['seconds']:.3f} s")
    assert answer["status"] == "SUCCEEDED"
    assert 315 <= world.clock.now() - start < 325  # it sleeps 5 s at a time in the end
