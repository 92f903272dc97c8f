"""The emulator as a client reaches it: two origins, in this process over ASGI, or over real sockets.

Its monotonic reading is a number that a test moves, so that a clock that runs is as certain as one that stands.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from hobbyhorse import Emulator, clocks
from hobbyhorse.settings import Settings
from hobbyhorse.wiring import wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest
    from starlette.types import Message

_API, _RESULTS = "http://127.0.0.1:8700", "http://127.0.0.1:8701"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.content)


@dataclass
class Real:
    """The seconds that really pass, in ms, as far as the emulator can tell."""

    ms: int = 1_000_000


class Server(Protocol):
    """Both origins of an emulator. `send` takes an absolute URL, or a path of the API origin."""

    real: Real

    def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        """Send one request."""


@contextmanager
def in_process(patch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An emulator without sockets."""
    real = Real()
    patch.setattr(clocks, "monotonic", lambda: real.ms)
    wired = wire(Settings(media="stamped", media_fetch="never"))
    wired.origins.api, wired.origins.results = _API, _RESULTS
    with asyncio.Runner() as runner:
        try:
            yield _InProcess(real, runner, {_API: wired.api, _RESULTS: wired.results})
        finally:
            # What waits in the background is woken by every request; it must wait again before it is canceled.
            for _ in range(10):
                runner.run(asyncio.sleep(0))
            wired.close()


@contextmanager
def over_http(patch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An emulator in a thread, behind uvicorn."""
    real = Real()
    patch.setattr(clocks, "monotonic", lambda: real.ms)
    with Emulator(process=False, media="stamped", media_fetch="never") as emulator:
        connected = _OverHttp(real, emulator.api)
        try:
            yield connected
        finally:
            connected.close()


class _OverHttp:
    def __init__(self, real: Real, api: str) -> None:
        self.real = real
        self._api = api
        self._connections: dict[str, HTTPConnection] = {}

    def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        parts = urlsplit(url if url.startswith("http") else self._api + url)
        connection = self._connections.get(parts.netloc)
        if connection is None:
            connection = self._connections[parts.netloc] = HTTPConnection(parts.netloc, timeout=30)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, content or None, dict(headers))
        reply = connection.getresponse()
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()


class _InProcess:
    def __init__(self, real: Real, runner: asyncio.Runner, apps: Mapping[str, Any]) -> None:
        self.real = real
        self._loop = runner.get_loop()
        self._apps = apps

    def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        parts = urlsplit(url if url.startswith("http") else _API + url)
        lines = [("host", parts.netloc), *headers.items()]
        if content:
            lines.append(("content-length", str(len(content))))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in lines],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", parts.port),
        }
        return self._loop.run_until_complete(_exchanged(self._apps[f"http://{parts.netloc}"], scope, content))


async def _exchanged(app: Any, scope: dict[str, Any], content: bytes) -> Answer:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *rest = sent
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in rest))
