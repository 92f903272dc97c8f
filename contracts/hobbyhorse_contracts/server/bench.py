"""An account at the server under test, and what a probe asks of it."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .wire import Reply, Request, Send
from .wire import send as send_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hobbyhorse import Emulator, World

START = 1_795_132_800  # epoch seconds at which each account's time begins: 2026-11-20T00:00:00Z
DAY = 86_400
CREATE = "/services/aigc/video-generation/video-synthesis"
MODEL = "happyhorse-1.1-t2v"
STRANGER = "sk-00000000000000000000000000000000"  # a key in the form of one, which nobody was given


class BrokenPromiseError(Exception):
    """The server does not do what it promises; the message says what it did instead."""


def require(condition: object, says: str) -> None:
    """Raise BrokenPromiseError with these words if the condition does not hold."""
    if not condition:
        raise BrokenPromiseError(says)


def same(what: str, found: object, expected: object) -> None:
    """Raise BrokenPromiseError if what was found is not what was expected. True is not 1 here, nor 1.0."""
    if found != expected or type(found) is not type(expected):
        raise BrokenPromiseError(f"{what}: {found!r}, not {expected!r}")


@dataclass(slots=True)
class Account:
    """One world, seen as its client sees it. `seen` are its answers from the API, in order."""

    world: World
    send: Send
    seen: list[Reply] = field(default_factory=list)

    def call(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
        """Send one request to the API, with the account's key unless `headers` say otherwise."""
        given = {"Authorization": f"Bearer {self.world.key}"} if headers is None else headers
        reply = self.send(Request(method, self.world.base_url() + path, given, body))
        self.seen.append(reply)
        return reply

    def create(self, body: Any = None, *, key: str | None = None, is_async: bool = True) -> Reply:
        """Send a create; `body` is JSON or bytes, by default a paper horse. An empty `key` means none."""
        chosen = self.world.key if key is None else key
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {chosen}"} if chosen else {}
        headers |= {"X-DashScope-Async": "enable"} if is_async else {}
        raw = body if isinstance(body, bytes) else json.dumps(asked() if body is None else body).encode()
        return self.call("POST", CREATE, headers, raw)

    def task(self, body: Any = None) -> str:
        """Return the id of a new task. Raises BrokenPromiseError if the create is not taken."""
        reply = self.create(body)
        require(reply.status == OK, f"a valid create is answered with {reply.status}: {reply.text[:200]}")
        return str(reply.json["output"]["task_id"])

    def poll(self, task: str, *, key: str | None = None) -> Reply:
        """Ask for a task."""
        return self.call("GET", f"/tasks/{task}", None if key is None else {"Authorization": f"Bearer {key}"})

    def output(self, task: str) -> dict[str, Any]:
        """Return the `output` of a poll."""
        found: dict[str, Any] = self.poll(task).json["output"]
        return found

    def list(self, **query: object) -> Reply:
        """Ask for the list."""
        return self.call("GET", f"/tasks/?{urlencode(query)}" if query else "/tasks/")

    def cancel(self, task: str) -> Reply:
        """Cancel a task."""
        return self.call("POST", f"/tasks/{task}/cancel")

    def fetch(self, url: str, method: str = "GET", **headers: str) -> Reply:
        """Send a request to a result URL; names of headers are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(Request(method, url, named))

    def finished(self, body: Any = None) -> dict[str, Any]:
        """Return the last answer about a task that has just SUCCEEDED, as JSON."""
        task = self.task(body)
        self.world.clock.advance(HOUR)
        found: dict[str, Any] = self.poll(task).json
        same("the status of a task an hour later", found["output"]["task_status"], "SUCCEEDED")
        return found


@dataclass(slots=True)
class Bench:
    """Opens accounts at an emulator; `send` carries every request of their clients."""

    emulator: Emulator
    send: Send = send_one
    _open: list[World] = field(default_factory=list)

    def account(self, *, pending: float = 10, running: float = 60, then: Any = None, **document: Any) -> Account:
        """Open an account whose clock stands still; its tasks are PENDING and RUNNING for so many seconds."""
        rule = {"then": then if then is not None else {"pending": pending, "running": running}}
        given = {"media": "stamped", "quotas": "off", "clock": {"set": START, "frozen": True}, **document}
        world = self.emulator.world(scenarios=[{"name": "timeline", "rules": [rule]}], **given)
        self._open.append(world)
        return Account(world, self.send)

    def close(self) -> None:
        """Delete the accounts that were opened."""
        while self._open:
            self._open.pop().delete()


OK = 200
HOUR = 3600


def asked(model: str = MODEL, prompt: str = "a paper horse", **parameters: Any) -> dict[str, Any]:
    """Return the body of a create."""
    found: dict[str, Any] = {"model": model, "input": {"prompt": prompt}}
    return found | ({"parameters": parameters} if parameters else {})


def picture() -> bytes:
    """Return a PNG of 400 by 400 grey pixels, which every model takes as a first frame."""
    side = 400

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x80" * side) * side)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def refused(reply: Reply, status: int, code: str) -> None:
    """Raise BrokenPromiseError if an answer is not this refusal in the flat envelope."""
    body = reply.json
    require(isinstance(body, dict), f"a refusal is no JSON object: {reply.text[:120]!r}")
    same("the status", reply.status, status)
    same("the fields of a refusal", sorted(body), ["code", "message", "request_id"])
    same("the code", body["code"], code)
    require(all(isinstance(word, str) and word for word in body.values()), f"a field of a refusal is no text: {body}")
