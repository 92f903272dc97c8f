"""A world that can be set back to its first hour, and one raw request to each route of it that repeats to the byte."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from hobbyhorse.core.mishaps import Place
from web.raw import Answer, Wire, ask

if TYPE_CHECKING:
    from hobbyhorse import Emulator
    from hobbyhorse.handle.world import World

MODEL = "happyhorse-1.1-t2v"
RESULTS = frozenset({Place.DOWNLOAD, Place.UPLOAD})
NOON = "2026-03-01T12:00:00Z"
_CREATE = "/api/v1/services/aigc/video-generation/video-synthesis"
_JSON_ASYNC = ("Content-Type: application/json", "X-DashScope-Async: enable")
_BOUNDARY = "----boundary"


@dataclass
class Stage:
    """`done` is a task that has SUCCEEDED, `url` its clip's, `waiting` one that is PENDING, `form` an upload's fields.

    `at_first` makes all of them anew; the same requests then get the same answers.
    """

    world: World
    api: int
    results: int
    tls: ssl.SSLContext | None = None
    done: str = ""
    waiting: str = ""
    url: str = ""
    form: dict[str, str] = field(default_factory=dict)
    bucket: str = "/"

    @classmethod
    def of(cls, emulator: Emulator) -> Self:
        """Make a world on a server."""
        world = emulator.world(seed=7, clock={"set": NOON, "frozen": True}, media="stamped", pace="quick")
        tls = ssl.create_default_context(cafile=emulator.authority) if emulator.authority else None
        return cls(world, urlsplit(emulator.api).port or 0, urlsplit(emulator.results).port or 0, tls)

    def at_first(self) -> None:
        """Set the world back and let the same things happen in it."""
        self.world.reset()
        self.done, self.waiting = self.created(), self.created()
        for _ in range(3):
            self.url = self.polled(self.done).get("video_url", "")
        answer = self.send(self.line("GET", f"/api/v1/uploads?action=getPolicy&model={MODEL}"))
        policy = json.loads(answer.rest)["data"]
        self.form = {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": f"{policy['upload_dir']}/a.png",
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "201",
        }
        self.bucket = urlsplit(policy["upload_host"]).path or "/"

    def created(self) -> str:
        """Make a task; return its id."""
        answer = self.send(self.request(Place.CREATE))
        task: str = json.loads(answer.rest)["output"]["task_id"]
        return task

    def polled(self, task: str) -> dict[str, Any]:
        """Ask for a task; return its `output`."""
        found: dict[str, Any] = json.loads(self.send(self.line("GET", f"/api/v1/tasks/{task}")).rest)["output"]
        return found

    def send(self, request: bytes, place: Place = Place.ROUTE) -> Answer:
        """Send a request whose answer is right; return it."""
        with Wire(self.port(place), self.tls) as wire:
            wire.send(request)
            return wire.read_one()

    def asked(self, place: Place, *, stays: bool = True, more: bytes = b"") -> Answer:
        """Send a route's request; return what comes.

        Where the connection is to stay open, another request is sent behind it, whose answer shows that it did; what
        comes before that answer is all the first one's.
        """
        request = self.request(place, more)
        if not stays:
            return ask(self.port(place), request, self.tls)
        path = "/nothing" if place in RESULTS else "/_hobbyhorse/health"
        answer = ask(self.port(place), request + self.line("GET", path, "Connection: close", key=False), self.tls)
        rest, status_line, _ = answer.rest.rpartition(b"HTTP/1.1 ")
        return Answer(answer.head, rest, "open") if status_line else answer

    def port(self, place: Place) -> int:
        """Return the port of a route's origin."""
        return self.results if place in RESULTS else self.api

    def request(self, place: Place, more: bytes = b"") -> bytes:
        """Return a route's request. `more` is a header line."""
        extra = (more.decode(),) if more else ()
        if place is Place.CREATE:
            body = {"model": MODEL, "input": {"prompt": "a paper city"}, "parameters": {"duration": 3}}
            return self.line("POST", _CREATE, *_JSON_ASYNC, *extra, body=json.dumps(body).encode())
        if place is Place.UPLOAD:
            kind = f"Content-Type: multipart/form-data; boundary={_BOUNDARY}"
            return self.line("POST", quote(self.bucket), kind, *extra, key=False, body=self._upload())
        if place is Place.DOWNLOAD:
            parts = urlsplit(self.url)
            return self.line("GET", f"{parts.path}?{parts.query}", *extra, key=False)
        method, path = {
            Place.GET: ("GET", f"tasks/{self.done}"),
            Place.LIST: ("GET", "tasks?page_size=10"),
            Place.CANCEL: ("POST", f"tasks/{self.waiting}/cancel"),
            Place.UPLOADS: ("GET", f"uploads?action=getPolicy&model={MODEL}"),
            Place.TOKENS: ("POST", "tokens?expire_in_seconds=60"),
            Place.ROUTE: ("GET", "nothing"),
        }[place]
        return self.line(method, f"/api/v1/{path}", *extra)

    def line(self, method: str, path: str, *headers: str, key: bool = True, body: bytes | None = None) -> bytes:
        """Return a request."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *headers]
        if key:
            lines.append(f"Authorization: Bearer {self.world.key}")
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "", ""]).encode() + (body or b"")

    def _upload(self) -> bytes:
        parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}' for name, text in self.form.items()]
        file = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\npicture'
        return "".join(f"--{_BOUNDARY}\r\n{part}\r\n" for part in [*parts, file]).encode() + f"--{_BOUNDARY}--".encode()
