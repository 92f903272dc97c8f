"""A fresh world for every test, and a client that hides nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator, World

MODEL = "happyhorse-1.1-t2v"
NOON = 1_772_366_400_000  # 2026-03-01T12:00:00Z


@dataclass(frozen=True, slots=True)
class Caller:
    """Talks to a world as a client does. Every answer's connection is closed unless it is kept by `http`."""

    world: World
    http: httpx.Client
    base: str

    def headers(self, **more: str) -> dict[str, str]:
        """Return the headers of a create, and more."""
        return {"Authorization": f"Bearer {self.world.key}", "X-DashScope-Async": "enable", **more}

    def create(self, prompt: str = "a paper horse", **more: Any) -> httpx.Response:
        """Submit a task."""
        body = {"model": MODEL, "input": {"prompt": prompt}, **more}
        path = "/services/aigc/video-generation/video-synthesis"
        return self.http.post(self.base + path, json=body, headers=self.headers())

    def task(self) -> str:
        """Return the id of a new task."""
        return str(self.create().json()["output"]["task_id"])

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask below `/api/v1`."""
        return self.http.get(self.base + path, headers=self.headers(**headers))

    def clip(self) -> str:
        """Return the URL of the clip of a task that has SUCCEEDED."""
        output: dict[str, Any] = json.loads(self.get(f"/tasks/{self.task()}").content)["output"]
        return str(output["video_url"])


@pytest.fixture
def emulator(hobbyhorse: Emulator) -> Emulator:
    """The server of the test run."""
    return hobbyhorse


@pytest.fixture
def world(emulator: Emulator) -> Iterator[World]:
    with emulator.world(pace="instant", media="stamped", clock={"set": "2026-03-01T12:00:00Z", "frozen": True}) as made:
        yield made


@pytest.fixture
def caller(world: World) -> Iterator[Caller]:
    with httpx.Client(trust_env=False) as http:
        yield Caller(world, http, world.base_url())
