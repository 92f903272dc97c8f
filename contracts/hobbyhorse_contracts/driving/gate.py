"""A port in front of the API's: one that refuses connections for a while, or whose certificate nobody trusts."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

_HOST = "127.0.0.1"
_PIECE = 1 << 16
_WAIT_S = 30.0  # for a handshake, or for the API


class Gate:
    """Passes connections on to `api`, an http URL, once it is open; until then its port refuses them.

    With `untrusted` it speaks TLS, with a certificate of an authority that nobody knows. `with` closes it.
    """

    def __init__(self, api: str, *, untrusted: bool) -> None:
        parts = urlsplit(api)
        self._target = (parts.hostname or _HOST, parts.port or 80)
        self._tls = _untrusted() if untrusted else None
        # Bound and not listening: the port is taken, and every connection to it is refused.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind((_HOST, 0))
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.is_open = False

    @property
    def origin(self) -> str:
        """Where a client reaches it."""
        return f"{'https' if self._tls else 'http'}://{_HOST}:{self._socket.getsockname()[1]}"

    def open(self) -> None:
        """Take connections from now on."""
        if not self.is_open:
            self.is_open = True
            self._socket.listen()
            self._start(self._accept)

    def close(self) -> None:
        """Close it and all that goes through it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            _ended(end)
        for thread in self._threads:
            thread.join(_WAIT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                self._keep(client)
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        try:
            client.settimeout(_WAIT_S)
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
                self._keep(client)
            with socket.create_connection(self._target, _WAIT_S) as api:
                self._keep(api)
                _relay(client, api)
        except (OSError, ValueError):  # the client does not trust the certificate, or one of the two went away
            pass
        finally:
            _ended(client)
            client.close()

    def _keep(self, end: socket.socket) -> None:
        with self._lock:
            self._ends.add(end)

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True, name="gate")
        self._threads.append(thread)
        thread.start()


def _relay(client: socket.socket, api: socket.socket) -> None:
    """Pass on what comes from either side, until one of them ends. One thread: a TLS socket bears no two at once."""
    other = {client: api, api: client}
    while True:
        has_rest = isinstance(client, ssl.SSLSocket) and client.pending()
        ready = [client] if has_rest else select.select([client, api], [], [])[0]
        for source in ready:
            piece = source.recv(_PIECE)
            if not piece:
                return
            other[source].sendall(piece)


def _ended(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


def _untrusted() -> ssl.SSLContext:
    import trustme  # noqa: PLC0415 - of the extra `contracts`; hardly any scenario needs it

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(_HOST).configure_cert(context)
    return context
