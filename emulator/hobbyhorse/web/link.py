"""A request's handle on its connection, for whoever must do to it what no server does.

It counts the bytes answered, says how the connection ended, resets and closes, and writes what is no proper answer.
"""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Scope
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from .transport import Protocol

LINK = "hobbyhorse.link"
LOOK = 0.002  # seconds between two looks at what has arrived; no event tells of it

_LOOKS = 2
_numbers = itertools.count(1)


class Ended(StrEnum):
    """How a connection ended."""

    CLIENT_CLOSED = "client closed"
    CLIENT_RESET = "client reset"
    SERVER_CLOSED = "server closed"
    RESET = "reset by mishap"
    CLOSED = "closed by mishap"
    IDLE = "idle timeout"
    STALLED = "stalled"
    NOISE = "not HTTP"


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are no HTTP, the first 1024 of the read that broke it, and what they were answered."""

    connection: int
    request: int
    data: bytes
    answer: bytes


class Connection:
    """One connection. `opened` and `ended_at` are seconds of the event loop's monotonic clock.

    `is_held` says that its answer is late on purpose, `is_stopping` that the server stops and waits for none of those;
    `lost` is set when the connection has ended.
    """

    __slots__ = ("ended", "ended_at", "id", "is_held", "is_stopping", "lost", "opened", "requests")

    def __init__(self, opened: float) -> None:
        self.id = next(_numbers)
        self.opened = opened
        self.requests = 0
        self.is_held = self.is_stopping = False
        self.ended: Ended | None = None
        self.ended_at: float | None = None
        self.lost = asyncio.Event()


class Link:
    """A request's handle on its connection. `number` counts the requests on it from 1, `written` the bytes answered.

    What is written here goes past uvicorn; `end_response` tells it that the answer is complete.
    """

    __slots__ = ("_cycle", "_ending", "_protocol", "connection", "number", "written")

    def __init__(self, protocol: Protocol, connection: Connection) -> None:
        self.connection = connection
        self.number = connection.requests
        self.written = 0
        self._protocol = protocol
        self._cycle: RequestResponseCycle | None = None

    def attach(self, cycle: RequestResponseCycle) -> None:
        """Count what uvicorn writes for this request."""
        self._cycle = cycle
        cycle.transport = _Counted(self, cycle.transport)

    @property
    def is_attached(self) -> bool:
        """Whether the request's headers are complete."""
        return self._cycle is not None

    @property
    def closed(self) -> str | None:
        """How the connection ended; None while it is open."""
        return self.connection.ended

    @property
    def is_open(self) -> bool:
        """Whether anything written can still arrive."""
        return not self._protocol.transport.is_closing()

    def write(self, data: bytes) -> None:
        """Write raw bytes."""
        if data and self.is_open:
            self.written += len(data)
            self._protocol.transport.write(data)

    def write_head(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Write status line and headers as uvicorn does, but believing them."""
        cycle = self._running()
        cycle.response_started = True
        cycle.waiting_for_100_continue = False
        lines = [b"%s: %s\r\n" % header for header in headers]
        if not cycle.keep_alive and b"connection: close\r\n" not in lines:
            lines.append(b"connection: close\r\n")
        self.write(b"".join([STATUS_LINE[status], *lines, b"\r\n"]))

    def end_response(self) -> None:
        """Tell uvicorn that the answer is complete, so that the next request on the connection can be."""
        cycle = self._running()
        if not cycle.response_complete and not cycle.disconnected:
            cycle.response_started = cycle.response_complete = True
            cycle.message_event.set()
            if not cycle.keep_alive:
                cycle.transport.close()
            cycle.on_response()

    async def drain(self) -> None:
        """Wait until there is room to write more."""
        if self._protocol.flow.write_paused:
            await self._protocol.flow.drain()

    async def flush(self) -> None:
        """Wait until all that was written has arrived, or the connection ended: RST discards what is under way.

        Two looks in turn must find nothing: between TLS and the socket lies a buffer that cannot be looked into, and
        the loop empties it in its next turn.
        """
        looks = 0
        while looks < _LOOKS and await self.wait(LOOK):
            looks = 0 if self._protocol.under_way() else looks + 1

    def reset(self) -> None:
        """End the connection with RST. What still waits to be written is lost: see `flush`."""
        self._give_up()
        self._protocol.end(Ended.RESET)

    def close(self) -> None:
        """End the connection with FIN, after what waits to be written."""
        self._give_up()
        self._protocol.end(Ended.CLOSED)

    def end_when_idle(self, how: Ended, seconds: float) -> None:
        """End the connection so many seconds after all has arrived; if a request is answered then, after its answer."""
        self._ending = self._protocol.loop.create_task(self._end_when_idle(how, seconds))

    async def _end_when_idle(self, how: Ended, seconds: float) -> None:
        await self.flush()
        self._protocol.loop.call_later(seconds, self._protocol.doom, how)

    async def wait(self, seconds: float) -> bool:
        """Wait. Return whether the connection is still there, False at once when it or the server ends."""
        connection = self.connection
        if connection.is_stopping:
            self._protocol.end(Ended.SERVER_CLOSED)
            return False
        connection.is_held = True
        try:
            await asyncio.wait_for(connection.lost.wait(), seconds)
        except TimeoutError:
            return self.is_open
        finally:
            connection.is_held = False
        return False

    def _running(self) -> RequestResponseCycle:
        if self._cycle is None:
            raise RuntimeError("the link is not attached to a request")
        return self._cycle

    def _give_up(self) -> None:
        cycle = self._running()
        if not cycle.response_complete:
            cycle.response_started = cycle.disconnected = True
            cycle.message_event.set()


def link_of(scope: Scope) -> Link | None:
    """Return a request's link; None where the server is not ours."""
    found: Link | None = (scope.get("extensions") or {}).get(LINK)
    return found


class _Counted(asyncio.Transport):
    """What uvicorn writes one answer to."""

    def __init__(self, link: Link, inner: asyncio.Transport) -> None:
        super().__init__()
        self._link = link
        self._inner = inner

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._link.written += len(data)
        self._inner.write(data)

    def is_closing(self) -> bool:
        return self._inner.is_closing()

    def close(self) -> None:
        connection = self._link.connection
        connection.ended = connection.ended or Ended.SERVER_CLOSED
        self._inner.close()
