"""What the reference client wants of the world: send a request, sleep. A plan is a generator of such wishes.

The plan knows neither sockets nor threads, so that one plan serves a synchronous and an asynchronous client, and a
broken client is the good one with one step changed.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

Value = TypeVar("Value")


class Sink(Protocol):
    """Where the body of an answer goes instead of memory."""

    def begins(self, status: int, headers: Mapping[str, str]) -> bool:
        """Say whether the body of this answer is wanted here; if not, it is kept in memory."""
        ...

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Send:
    """A wish: send this and answer with a Reply, or raise Broken. `fresh` wants a connection of its own."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    into: Sink | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Sleep:
    """A wish: so many seconds, on the caller's clock."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, headers by their names in lower case, and the body where no Sink took it."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    def plain(self) -> bytes:
        """Return the body without its content coding; as it is where it cannot be decoded."""
        try:
            coding = self.headers.get("content-encoding", "").strip().lower()
            if coding == "gzip":
                return gzip.decompress(self.body)
            return zlib.decompress(self.body) if coding == "deflate" else self.body
        except (OSError, EOFError, zlib.error):
            return self.body

    def json(self) -> dict[str, Any] | None:
        """Return the JSON object in the body, None where there is none."""
        try:
            found = json.loads(self.plain().decode("utf-8-sig"))
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def excerpt(self) -> str:
        """Return the beginning of the body as text, on one line."""
        return " ".join(self.plain()[:400].decode("utf-8", "replace").split())[:160]


class Broken(Exception):  # noqa: N818 - it tells what happened
    """No whole answer came.

    `sent` is False where certainly no byte of the request had left. `answered` says that an answer
    had begun, or that the connection was a new one: only one that was kept can have died of old age.
    """

    def __init__(self, why: str, *, sent: bool, answered: bool = False) -> None:
        super().__init__(why)
        self.sent = sent
        self.answered = answered


class Stopped(BaseException):
    """The caller gave a call up while it slept. A plan may still send; it may sleep no more."""


Steps = Generator[Send | Sleep, Any, Value]


def play(steps: Steps[Value], send: Callable[[Send], Reply], sleep: Callable[[float], object]) -> Value:
    """Carry out a plan in this thread; return what it returns."""
    try:
        wish = next(steps)
        while True:
            try:
                brought = sleep(wish.seconds) if isinstance(wish, Sleep) else send(wish)
            except (Broken, Stopped) as trouble:
                wish = steps.throw(trouble)
            else:
                wish = steps.send(brought)
    except StopIteration as done:
        found: Value = done.value
        return found


async def aplay(
    steps: Steps[Value], send: Callable[[Send], Awaitable[Reply]], sleep: Callable[[float], Awaitable[object]]
) -> Value:
    """Carry out a plan in asyncio; return what it returns."""
    try:
        wish = next(steps)
        while True:
            try:
                brought = await (sleep(wish.seconds) if isinstance(wish, Sleep) else send(wish))
            except (Broken, Stopped) as trouble:
                wish = steps.throw(trouble)
            else:
                wish = steps.send(brought)
    except StopIteration as done:
        found: Value = done.value
        return found
