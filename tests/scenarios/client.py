"""A plain client of one world, which shows what comes over the wire and follows nothing up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from hobbyhorse.handle.world import World

MODEL = "happyhorse-1.1-t2v"
RESET = "reset"


class Client:
    """Creates and polls with the first key of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.base = world.base_url()
        headers = {"Authorization": f"Bearer {world.key}", "X-DashScope-Async": "enable"}
        self._http = httpx.Client(headers=headers, trust_env=False)
        self._plain = httpx.Client(trust_env=False)

    def close(self) -> None:
        self._http.close()
        self._plain.close()

    def post(self, prompt: str = "a paper city", model: str = MODEL, **parameters: Any) -> httpx.Response:
        body = {"model": model, "input": {"prompt": prompt}, "parameters": parameters}
        return self._http.post(f"{self.base}/services/aigc/video-generation/video-synthesis", json=body)

    def create(self, prompt: str = "a paper city", **given: Any) -> str:
        """Create a task; return its id."""
        answer = self.post(prompt, **given)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["output"]["task_id"])

    def get(self, task: str) -> httpx.Response:
        return self._http.get(f"{self.base}/tasks/{task}")

    def poll(self, task: str) -> dict[str, Any]:
        """Poll a task; return its `output`."""
        answer = self.get(task)
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["output"])

    def status(self, task: str) -> str:
        return str(self.poll(task)["task_status"])

    def statuses(self, task: str, polls: int) -> list[str]:
        return [self.status(task) for _ in range(polls)]

    def cancel(self, task: str) -> httpx.Response:
        return self._http.post(f"{self.base}/tasks/{task}/cancel")

    def listed(self) -> dict[str, str]:
        """List the tasks: status by id."""
        rows = self._http.get(f"{self.base}/tasks").json()["data"]
        return {row["task_id"]: row["status"] for row in rows}

    def download(self, url: str) -> httpx.Response:
        return self._plain.get(url)

    def outcome(self, call: Any, *args: Any) -> int | str:
        """Make a request; return its status, or what became of the connection."""
        try:
            return int(call(*args).status_code)
        except httpx.ReadError:
            return RESET
        except httpx.RemoteProtocolError as error:
            return str(error)
