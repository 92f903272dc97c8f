"""The emulator in this process, without sockets: a frozen clock, a seed, every answer held against the document."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes

from hobbyhorse.settings import Settings
from hobbyhorse.wiring import wire

from .document import Document
from .models import BEIJING
from .requests import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from starlette.types import ASGIApp, Message

    from .requests import Request

CALLER = {"authorization": f"Bearer {KEYS[BEIJING]}"}
POLICY = "?action=getPolicy&model=happyhorse-1.1-i2v"
TASKS = "/api/v1/tasks"
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.content)

    @property
    def fault(self) -> tuple[int, str, str]:
        """Status, code and message of an error."""
        body = self.json
        return self.status, body["code"], body["message"]


class Api:
    """A server. `seen` are the statuses of the answers of each operation."""

    def __init__(self, **options: Any) -> None:
        self._wired = wire(Settings(clock="frozen", **({"seed": 1} | options)))
        self._runner = asyncio.Runner()
        self.document = Document(self.send("GET", "/openapi.json").json)
        self.seen: defaultdict[str, set[int]] = defaultdict(set)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._wired.close()
        self._runner.close()

    def create(self, request: Request) -> Answer:
        """Submit a task."""
        answer = self.send("POST", request.path, request.lines(), request.content())
        operation = "create_task" if request.service == "video-generation" else "create_task_from_images"
        return self._checked(operation, answer)

    def fault_of(self, request: Request) -> tuple[int, str, str] | None:
        """Return the row of a request that is refused, or FAILED on its first poll; None for one that is fine."""
        answer = self.create(request)
        if answer.status != 200:
            return answer.fault
        output = self.poll(answer.json["output"]["task_id"]).json["output"]
        return (400, output["code"], output["message"]) if output["task_status"] == "FAILED" else None

    def poll(self, task_id: str, headers: Mapping[str, str] = CALLER, query: str = "") -> Answer:
        """Ask for a task."""
        return self._checked("get_task", self.send("GET", f"{TASKS}/{task_id}{query}", headers))

    def list(self, query: str = "", headers: Mapping[str, str] = CALLER) -> Answer:
        """Ask for a page of tasks."""
        return self._checked("list_tasks", self.send("GET", f"{TASKS}{query}", headers))

    def cancel(self, task_id: str, headers: Mapping[str, str] = CALLER) -> Answer:
        """Cancel a task."""
        return self._checked("cancel_task", self.send("POST", f"{TASKS}/{task_id}/cancel", headers))

    def grant(self, query: str = POLICY, headers: Mapping[str, str] = CALLER) -> Answer:
        """Ask for a policy for uploads."""
        return self._checked("get_upload_policy", self.send("GET", f"/api/v1/uploads{query}", headers))

    def issue(self, query: str = "", headers: Mapping[str, str] = CALLER) -> Answer:
        """Ask for a temporary token."""
        return self._checked("issue_token", self.send("POST", f"/api/v1/tokens{query}", headers))

    def send(self, method: str, target: str, headers: Mapping[str, str] = CALLER, content: bytes = b"") -> Answer:
        """Send any request as a server would hand it to the application."""
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        return self.exchange(method, target, lines, [content])

    def control(self, method: str, path: str, body: Any = None) -> Answer:
        """Ask something of the control API, below `/_hobbyhorse`."""
        headers = {"host": "127.0.0.1:8700", "content-type": "application/json"}
        return self.send(method, f"/_hobbyhorse{path}", headers, b"" if body is None else json.dumps(body).encode())

    def fetch(self, method: str, target: str, headers: Mapping[str, str] = NOTHING, content: bytes = b"") -> Answer:
        """Send a request to the result origin."""
        lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        return self.exchange(method, target, lines, [content], self._wired.results)

    def exchange(
        self,
        method: str,
        target: str,
        lines: Iterable[tuple[bytes, bytes]],
        chunks: Iterable[bytes],
        app: ASGIApp | None = None,
    ) -> Answer:
        """Send headers as octets, and a body in pieces; to the API, if no other application is named."""
        path, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            # As uvicorn does: percent-decoded, and what is no UTF-8 afterwards cannot be a path of ours.
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path.encode("utf-8", "replace"),
            "query_string": query.encode("utf-8", "replace"),
            "root_path": "",
            "headers": list(lines),
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8700),
        }
        return self._runner.run(_exchanged(app or self._wired.api, scope, iter(chunks)))

    def _checked(self, operation: str, answer: Answer) -> Answer:
        self.document.check(operation, answer.status, dict(answer.headers)["content-type"], answer.content)
        self.seen[operation].add(answer.status)
        return answer


async def _exchanged(app: Any, scope: dict[str, Any], chunks: Any) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        chunk = next(chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in rest))
