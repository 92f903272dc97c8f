"""Raw sockets: what exactly comes back, and how the connection ends."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

T = TypeVar("T")

PATIENCE_S = 10.0
# How long an open connection may say nothing before it is believed to stay open.
QUIET_S = 0.15
_MOST = 1 << 16

OPEN, FIN, RST = "open", "FIN", "RST"


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it came. Header names are as sent; `rest` is what follows the head."""

    head: bytes
    rest: bytes
    end: str

    @property
    def status(self) -> int:
        """The number in the status line; 0 where nothing came."""
        return int(self.head.split(b" ", 2)[1]) if self.head else 0

    def header(self, name: str) -> str | None:
        """Return a header's value; None where it is not there."""
        lines = dict(line.split(b": ", 1) for line in self.head.split(b"\r\n")[1:])
        value = lines.get(name.encode())
        return value.decode("latin-1") if value is not None else None


class Wire:
    """One connection of a client that hides nothing. `with Wire(port) as wire:`; with `tls` it speaks TLS.

    TLS is spoken over the plain socket by hand, because Python's own TLS socket takes a reset for an end.
    """

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = tls.wrap_bio(self._came, self._goes, server_hostname="127.0.0.1") if tls is not None else None
        if self._tls is not None:
            self._over_tls(self._tls.do_handshake)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        tls = self._tls
        if tls is None:
            self._socket.sendall(data)
        else:
            self._over_tls(lambda: tls.write(data))

    def read(self, patience: float = PATIENCE_S) -> tuple[bytes, str]:
        """Return all that comes until the connection ends, or is quiet for so long; and which of them it was."""
        self._socket.settimeout(patience)
        data = b""
        try:
            while piece := self._some(_MOST):
                data += piece
        except TimeoutError:
            return data, OPEN
        except ConnectionResetError:
            return data, RST
        return data, FIN

    def read_one(self) -> Answer:
        """Return one answer with a Content-Length, and no byte of what follows it."""
        self._socket.settimeout(PATIENCE_S)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more(1)
        head = data[: data.index(b"\r\n\r\n")]
        answer = Answer(head, b"", OPEN)
        rest = b""
        while len(rest) < int(answer.header("content-length") or 0):
            rest += self._more(int(answer.header("content-length") or 0) - len(rest))
        return Answer(head, rest, OPEN)

    def _more(self, most: int) -> bytes:
        piece = self._some(most)
        if not piece:
            raise ConnectionError("the connection ended in the middle of an answer")
        return piece

    def _some(self, most: int) -> bytes:
        """Return what comes next; nothing at the end."""
        tls = self._tls
        if tls is None:
            return self._socket.recv(most)
        try:
            return self._over_tls(lambda: tls.read(most))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def _over_tls(self, step: Callable[[], T]) -> T:
        """Take a step of TLS, with as many bytes to and fro as it needs."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush()
                piece = self._socket.recv(_MOST)
                if piece:
                    self._came.write(piece)
                else:
                    self._came.write_eof()
            else:
                self._flush()
                return done

    def _flush(self) -> None:
        """Send what TLS has to say. Not nothing: even that would find out about a reset before what came is read."""
        if self._goes.pending:
            self._socket.sendall(self._goes.read())


def ask(port: int, request: bytes, tls: ssl.SSLContext | None = None, *, stays: bool = False) -> Answer:
    """Send one request and return what comes. `stays` says that the connection is believed to stay open."""
    with Wire(port, tls) as wire:
        wire.send(request)
        data, end = wire.read(QUIET_S if stays else PATIENCE_S)
    head, _, rest = data.partition(b"\r\n\r\n")
    return Answer(head, rest, end)
