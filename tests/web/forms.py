"""Upload forms as clients write them, and a result origin that takes them, its files under one eye."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.signing import signature
from hobbyhorse.data import load
from hobbyhorse.journal.ring import MemoryJournal
from hobbyhorse.service.admission import Admission, Approach
from hobbyhorse.service.uploads import UploadService
from hobbyhorse.store.memory import MemoryWorlds
from hobbyhorse.store.uploads import UploadStore
from hobbyhorse.web.control import Origins
from hobbyhorse.web.desk import Desk
from hobbyhorse.web.oss import ResultOrigin
from unit.records import SUBMITTED, WORLD
from unit.services import Services

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.types import Message

MB = 1 << 20
MODEL = "happyhorse-1.1-i2v"
BOUNDARY = b"----horse"
KEY = "sk-facade" + "0" * 24 + "b1"
REQUEST = "4909100c-7b5a-9f92-bfe5-3a1b0c2d4e5f"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `code` is that of the XML."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def code(self) -> str:
        """The error's code, or the status where there is none."""
        return ET.fromstring(self.content).findtext("Code") or "" if self.content else str(self.status)  # noqa: S314

    @property
    def fault(self) -> tuple[int, str, str]:
        """Status, code and message."""
        root = ET.fromstring(self.content)  # noqa: S314 - the answer of the server under test
        return self.status, root.findtext("Code") or "", root.findtext("Message") or ""


class Origin:
    """A result origin whose policies allow files of 1 MB, over a store of `room` MB, with its files in `folder`."""

    def __init__(self, folder: Path, room: int) -> None:
        catalogue = load()
        terms = replace(catalogue.uploads, max_file_size_mb=1)
        self.catalogue = replace(catalogue, uploads=terms)
        self.folder = folder
        self.store = UploadStore(room * MB)
        worlds = MemoryWorlds(replace(WORLD, clock=ClockState(SUBMITTED, 0, 0.0)))
        self._services = Services(worlds=worlds, catalogue=self.catalogue)
        visits = self._services.visits
        self._admission = Admission(self.catalogue, "cn-beijing")
        self.service = UploadService(self.catalogue, worlds, self.store, visits, self._services.limits)
        results: Any = None  # nothing is downloaded here
        courier: Any = None  # the world has no sink
        self.journal = MemoryJournal()
        desk = Desk(self.journal, self._services.mishaps, worlds, visits, lambda: 0, courier)
        self._app = ResultOrigin(results, self.service, self.catalogue, visits, desk, Origins())
        self._runner = asyncio.Runner()

    def close(self) -> None:
        """Stop."""
        self.store.close()
        self._runner.close()

    def run(self, work: Any) -> Any:
        """Run a coroutine."""
        return self._runner.run(work)

    def fields(self, name: str = "a.png", **changes: str) -> dict[str, str]:
        """Return the fields of a good form for a new folder, changed."""
        visit = self.run(self._services.visits.by_key(KEY))
        caller = self._admission.admit(Approach(KEY, "", "", None), visit)
        request = f"{Random().getrandbits(32):08x}{REQUEST[8:]}"
        grant = self.run(self.service.grant(caller, MODEL, request, "http://results.example"))
        return {
            "OSSAccessKeyId": grant.access_key_id,
            "Signature": grant.signature,
            "policy": grant.policy,
            "key": f"{grant.folder}/{name}",
            "x-oss-object-acl": "private",
            "x-oss-forbid-overwrite": "true",
            "success_action_status": "200",
            **changes,
        }

    def signed(self, document: bytes, **changes: str) -> dict[str, str]:
        """Return a form with a policy document of one's own, signed as the account would."""
        policy = base64.b64encode(document).decode()
        return self.fields(policy=policy, Signature=signature(WORLD.secret, policy), **changes)

    def opened(self, key: str) -> bytes | None:
        """Return an object as its own account and model get it."""
        found: bytes | None = self.run(self.service.open("default", key, MODEL, SUBMITTED))
        return found

    def post(
        self,
        pieces: Iterable[bytes | None],
        content_type: str = f"multipart/form-data; boundary={BOUNDARY.decode()}",
        length: int | None = None,
    ) -> Reply | None:
        """Post a body in pieces; None among them is a client that goes away. Return None where nothing is answered."""
        headers = [(b"content-type", content_type.encode()), (b"host", b"results.example")]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/{self.catalogue.uploads.bucket}",
            "query_string": b"",
            "headers": headers,
        }
        return self._runner.run(_exchanged(self._app, scope, iter(pieces)))

    @property
    def files(self) -> list[int]:
        """The sizes of all files there are."""
        return sorted(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())


@contextmanager
def origin(room: int = 64) -> Iterator[Origin]:
    """Run a result origin whose temporary folder is its own."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        served = Origin(Path(folder), room)
        try:
            yield served
        finally:
            served.close()
            tempfile.tempdir = before


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    """Return one part, as `requests` writes it: names raw, a quote as %22."""
    disposition = f'form-data; name="{name}"'
    if filename is not None:
        escaped = filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        disposition += f'; filename="{escaped}"'
    head = f"Content-Disposition: {disposition}\r\n\r\n".encode()
    return b"--" + BOUNDARY + b"\r\n" + head + content + b"\r\n"


def form(fields: dict[str, str], content: bytes = b"x", filename: str = "a.png", after: bytes = b"") -> bytes:
    """Return a whole form, its file behind the fields."""
    head = b"".join(part(name, text.encode()) for name, text in fields.items())
    return head + part("file", content, filename) + after + b"--" + BOUNDARY + b"--\r\n"


def cut(body: bytes, size: int) -> Iterator[bytes]:
    """Yield a body in pieces of one size."""
    return (body[start : start + size] for start in range(0, len(body), size))


async def _exchanged(app: Any, scope: dict[str, Any], pieces: Iterator[bytes | None]) -> Reply | None:
    sent: list[Message] = []
    following = next(pieces, b"")

    async def receive() -> Message:
        nonlocal following
        piece = following
        if piece is None:
            return {"type": "http.disconnect"}
        try:
            following = next(pieces)
        except StopIteration:
            return {"type": "http.request", "body": piece, "more_body": False}
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    if not sent:
        return None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Reply(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
