"""Single requests to the API, for clients under test that are made by hand."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hobbyhorse_contracts.protocol.messages import Run

REQUEST: dict[str, Any] = {
    "model": "happyhorse-1.1-t2v",
    "input": {"prompt": "a paper horse"},
    "parameters": {"resolution": "720P", "duration": 5},
}


class Raw:
    """Sends what a call wants, without retries. Raises OSError, of which HTTPError is one."""

    def __init__(self, call: Run) -> None:
        self._call = call

    def create(self) -> str:
        """Return the id of a new task."""
        headers = {"Content-Type": "application/json", "X-DashScope-Async": "enable"}
        path = "/services/aigc/video-generation/video-synthesis"
        return str(self._json(path, headers, json.dumps(self._call.request).encode())["output"]["task_id"])

    def poll(self, task: str) -> dict[str, Any]:
        """Return `output` of a poll."""
        output: dict[str, Any] = self._json(f"/tasks/{task}", {}, None)["output"]
        return output

    def clip(self, url: str) -> bytes:
        """Return the bytes that lie at a URL."""
        with urllib.request.urlopen(url, timeout=20) as reply:
            content: bytes = reply.read()
        return content

    def _json(self, path: str, headers: dict[str, str], body: bytes | None) -> Any:
        url = self._call.base_url.rstrip("/") + path
        signed = {**headers, "Authorization": f"Bearer {self._call.api_key}"}
        with urllib.request.urlopen(urllib.request.Request(url, body, signed), timeout=20) as reply:
            return json.loads(reply.read())
