"""The transport: uvicorn's HTTP protocol, which gives every request a `Link` and refuses itself what is no HTTP.

It numbers connections and their requests, notes how connections end, and ends requests that stand still.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
import termios
from fcntl import ioctl
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .link import LINK, LOOK, Connection, Ended, Link, Noise

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn._types import ASGI3Application
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

# How long a request's head or body may stand still, in seconds.
STALL = 60.0
# What envoy answers to bytes that its HTTP codec does not take; that the body is empty is assumed.
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_KEPT_NOISE = 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time
_SO_NWRITE = 0x1024  # macOS: bytes of a socket that were not acknowledged


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol. A subclass says where noise is told and how long a request may stand still."""

    stall = STALL

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._progress = self.loop.time()
        self._is_owed = True  # a request is awaited or has begun, and its end has not come
        self._running: RequestResponseCycle | None = None
        self._link: Link | None = None
        self._read = b""
        self._noise: bytes | None = None
        self._doom: Ended | None = None

    def heard(self, noise: Noise) -> None:
        """Take note of noise."""

    def gone(self, connection: Connection) -> None:
        """Take note of the end of a connection."""

    # What asyncio calls.

    def connection_made(  # type: ignore[override]  # as uvicorn's
        self, transport: asyncio.Transport
    ) -> None:
        """Begin."""
        super().connection_made(transport)
        self.connection = Connection(self.loop.time())
        self._watch = self.loop.call_later(self.stall, self._look_for_stall)

    def connection_lost(self, exc: Exception | None) -> None:
        """End: keep how, and wake who waits."""
        self._watch.cancel()
        reset = isinstance(exc, OSError)
        self.connection.ended = self.connection.ended or (Ended.CLIENT_RESET if reset else Ended.CLIENT_CLOSED)
        self.connection.ended_at = self.loop.time()
        super().connection_lost(exc)
        self.connection.lost.set()
        self.gone(self.connection)

    def data_received(self, data: bytes) -> None:
        """Take bytes, none after noise."""
        if self._noise is None:
            self._progress = self.loop.time()
            self._read = data
            super().data_received(data)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Give the request its link."""
        super().on_message_begin()
        self._is_owed = True
        self.connection.requests += 1
        self._link = Link(self, self.connection)
        extensions: dict[str, Any] = {LINK: self._link}
        self.scope["extensions"] = extensions

    def on_headers_complete(self) -> None:
        """Attach the link to the answer, which begins in the next turn of the loop."""
        super().on_headers_complete()
        if self._link is not None:
            self._link.attach(self.cycle)

    def on_message_complete(self) -> None:
        """Owe nothing more."""
        super().on_message_complete()
        self._is_owed = False

    # What uvicorn calls.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on with the next request, or with what waited for the end of this one."""
        super().on_response_complete()
        if self._noise is not None and not self._is_answering:
            self._refuse()
        elif self._doom is not None:
            self.loop.call_later(LOOK, self.doom, self._doom)  # not now: see `Link.flush`

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, not upstream's
        """Refuse what is no HTTP, after the answers that are due."""
        self._noise = self._read
        if self._is_owed and self._link is not None and self._link.is_attached:
            self._abandon(self.cycle)
        if not self._is_answering:
            self._refuse()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection."""
        self.end(Ended.IDLE)

    def shutdown(self) -> None:
        """Close as the server stops: at once if idle or if the answer is late on purpose, else after it."""
        self.connection.is_stopping = True
        if not self._is_answering or self.connection.is_held:
            self.end(Ended.SERVER_CLOSED)
        else:
            super().shutdown()

    # Endings.

    def end(self, how: Ended) -> None:
        """End the connection now, the first time it is told to: with RST, or with FIN after what was written."""
        if self.transport.is_closing():
            return
        self.connection.ended = how
        if how is Ended.RESET:
            with self._socket() as shared:
                shared.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.transport.abort()
        else:
            self.transport.close()

    def doom(self, how: Ended) -> None:
        """End the connection as soon as it is idle."""
        self._doom = how
        if self.transport.is_closing() or self._is_answering:
            return
        if self.under_way():
            self.loop.call_later(LOOK, self.doom, how)
        else:
            self.end(how)

    def under_way(self) -> int:
        """Return how many bytes were written and have not been acknowledged by the other end; 0 after the end."""
        if self.transport.is_closing():
            return 0
        with self._socket() as shared:
            if sys.platform == "darwin":
                unsent = shared.getsockopt(socket.SOL_SOCKET, _SO_NWRITE)
            else:
                (unsent,) = struct.unpack("i", ioctl(shared, termios.TIOCOUTQ, bytes(4)))
        return self.transport.get_write_buffer_size() + int(unsent)

    def _socket(self) -> socket.socket:
        """Return the connection's socket under another number, to be closed at once."""
        return socket.socket(fileno=os.dup(self.transport.get_extra_info("socket").fileno()))

    @property
    def _is_answering(self) -> bool:
        running = self._running
        return bool(self.pipeline) or (
            running is not None and not running.response_complete and not running.disconnected
        )

    def _abandon(self, cycle: RequestResponseCycle) -> None:
        """Give up a request whose body broke: nobody will read the answer."""
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        cycle.disconnected = True
        cycle.message_event.set()

    def _refuse(self) -> None:
        is_begun = self._running is not None and self._running.response_started and self._running.disconnected
        answer = b"" if is_begun else BAD_REQUEST
        if not self.transport.is_closing():
            self.transport.write(answer)
        self.end(Ended.NOISE)
        noise = (self._noise or b"")[:_KEPT_NOISE]
        self.heard(Noise(self.connection.id, self.connection.requests, noise, answer))

    def _look_for_stall(self) -> None:
        """End a request that stands still. Time while this server reads nothing is not the client's."""
        now = self.loop.time()
        if not self._is_owed or self.flow.read_paused:
            self._progress = now
        rest = self._progress + self.stall - now
        if rest <= 0:
            self.end(Ended.STALLED)
        elif not self.transport.is_closing():
            self._watch = self.loop.call_later(rest, self._look_for_stall)


def protocol(
    heard: Callable[[Noise], None], stall: float = STALL, gone: Callable[[Connection], None] = lambda _: None
) -> type[Protocol]:
    """Return the protocol class for a server.

    `heard` is told of noise, `gone` of connections that ended; a request may stand still `stall` seconds.
    """

    class Bound(Protocol):
        def heard(self, noise: Noise) -> None:
            heard(noise)

        def gone(self, connection: Connection) -> None:
            gone(connection)

    Bound.stall = stall
    return Bound
