"""A client of the API that is no SDK, for tests of what the handle does to what it sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import World

CREATE = "/services/aigc/video-generation/video-synthesis"


@dataclass(frozen=True, slots=True)
class Caller:
    """Submits and asks as a client does, with the environment that a world gives."""

    base: str
    http: httpx.Client

    def submit(self, prompt: str = "a paper horse", **parameters: Any) -> str:
        """Return the id of a new task."""
        body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": prompt}, "parameters": parameters}
        answer = self.http.post(self.base + CREATE, json=body, headers={"X-DashScope-Async": "enable"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["output"]["task_id"])

    def ask(self, task: str) -> dict[str, Any]:
        """Return `output` of a poll."""
        output: dict[str, Any] = self.http.get(f"{self.base}/tasks/{task}").json()["output"]
        return output

    def status(self, task: str) -> str:
        """Return the status that a poll shows."""
        return str(self.ask(task)["task_status"])


def caller(world: World, region: str | None = None) -> Caller:
    """Return a client that the world's environment points to it."""
    env = world.env(region)
    headers = {"Authorization": f"Bearer {env['DASHSCOPE_API_KEY']}"}
    return Caller(env["DASHSCOPE_HTTP_BASE_URL"], httpx.Client(headers=headers, trust_env=False))


@pytest.fixture
def client(world: World) -> Iterator[Caller]:
    """A client of the test's world."""
    found = caller(world)
    with found.http:
        yield found
