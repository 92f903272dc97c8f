"""Requests over http.client: connections kept and reused, bodies counted, every trouble told as Broken."""

from __future__ import annotations

import http.client
import select
import ssl
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .effects import Broken, Reply, Send

if TYPE_CHECKING:
    from collections.abc import Callable

    from .config import Config

_CHUNK = 1 << 16
_TROUBLE = (OSError, http.client.HTTPException)
Place = tuple[str, str, int]


class Wire:
    """The connections of one client. Any number of threads may send at once."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._idle: dict[Place, list[http.client.HTTPConnection]] = {}
        self._lock = threading.Lock()

    def send(self, wish: Send) -> Reply:
        """Send a request, return its whole answer. Raises Broken.

        Anything but a POST that meets a kept connection which has died is sent once more on a new one: the server may
        close an idle connection at any moment.
        """
        place = _place(wish.url)
        kept = None if wish.fresh else self._kept(place)
        if kept is not None:
            try:
                return self._exchange(kept, place, wish)
            except Broken as trouble:
                if trouble.answered or not self.repeats(wish):
                    raise
        return self._exchange(self._connected(place), place, wish)

    def repeats(self, wish: Send) -> bool:
        """Say whether a request may be sent again at once when a kept connection turns out dead."""
        return wish.method == "GET" and wish.into is None

    def close(self) -> None:
        """Close every idle connection."""
        with self._lock:
            idle, self._idle = [row for rows in self._idle.values() for row in rows], {}
        for connection in idle:
            connection.close()

    def _connected(self, place: Place) -> http.client.HTTPConnection:
        connection = self.connection(place)
        try:
            connection.connect()
        except _TROUBLE as error:
            connection.close()
            raise Broken(f"no connection to {place[1]}:{place[2]}: {_told(error)}", sent=False) from error
        if connection.sock is not None:
            connection.sock.settimeout(self._config.read_timeout_s)
        return connection

    def connection(self, place: Place) -> http.client.HTTPConnection:
        """Return a connection that is not open yet."""
        scheme, host, port = place
        limit = self._config.connect_timeout_s
        if scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=limit, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=limit)

    def _exchange(self, connection: http.client.HTTPConnection, place: Place, wish: Send) -> Reply:
        parts = urlsplit(wish.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = None
        try:
            connection.request(wish.method, target or "/", wish.body or None, self.framed(wish))
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            taken = bytearray()
            wanted = wish.into is not None and wish.into.begins(answer.status, headers)
            write: Callable[[bytes], object] = wish.into.write if wish.into is not None and wanted else taken.extend
            self.read(answer, write)
            answer.close()  # read1 leaves it open at its end
        except _TROUBLE as error:
            _closed(connection, answer)
            raise Broken(_told(error), sent=True, answered=answer is not None) from error
        except BaseException:
            _closed(connection, answer)
            raise
        self._keep(place, connection, answer)
        return Reply(answer.status, headers, bytes(taken))

    def framed(self, wish: Send) -> dict[str, str]:
        """Return the headers; a POST without a body says so."""
        length = {"Content-Length": "0"} if wish.method == "POST" and not wish.body else {}
        return {**wish.headers, **length}

    def read(self, answer: http.client.HTTPResponse, write: Callable[[bytes], object]) -> None:
        """Read a body to its end. http.client does not tell when it is shorter than its Content-Length; this does."""
        while chunk := answer.read1(_CHUNK):  # read(n) loses what had come when the connection is reset
            write(chunk)
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)

    def _kept(self, place: Place) -> http.client.HTTPConnection | None:
        while True:
            with self._lock:
                rows = self._idle.get(place)
                connection = rows.pop() if rows else None
            if connection is None or not self.is_dead(connection):
                return connection
            connection.close()

    def is_dead(self, connection: http.client.HTTPConnection) -> bool:
        """Say whether an idle connection has ended: it then has something to read."""
        if connection.sock is None:
            return True
        return bool(select.select([connection.sock], [], [], 0)[0])

    def _keep(self, place: Place, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        if answer.will_close or connection.sock is None or not self._config.reuses:
            connection.close()
            return
        with self._lock:
            self._idle.setdefault(place, []).append(connection)


def _place(url: str) -> Place:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _closed(connection: http.client.HTTPConnection, answer: http.client.HTTPResponse | None) -> None:
    """Close both: an answer that was not read to its end keeps the socket open."""
    connection.close()
    if answer is not None:
        answer.close()


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
