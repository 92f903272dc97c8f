"""HTTP to the control API: JSON in, JSON out. No proxy is asked, no redirect followed: it is this machine's."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import httpcore
import orjson

from .errors import ControlError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

# An answer of the control API takes milliseconds; a busy machine may take seconds.
_TIMEOUT = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 60.0}
_FOLLOWING = {**_TIMEOUT, "read": None}  # a stream is silent for as long as nobody asks anything
_AT_ONCE = 100  # connections: one a following stream, one a thread


@dataclass(frozen=True, slots=True)
class _Yaml:
    text: str
    source: str


class Client:
    """Talks to the control API at `control`, which ends in `/_hobbyhorse`. Safe to use from several threads.

    `token` is the control token, `authority` a file with the certificate that an https server is trusted by.
    """

    def __init__(self, control: str, token: str | None = None, authority: str | None = None) -> None:
        self._control = control.rstrip("/")
        self._headers: list[tuple[bytes | str, bytes | str]] = []
        if token:
            self._headers.append(("Authorization", f"Bearer {token}"))
        self._trusted = ssl.create_default_context(cafile=authority) if authority else None
        self._pool = httpcore.ConnectionPool(self._trusted, max_connections=_AT_ONCE)

    def get(self, *path: str, **query: object) -> Any:
        """Return what lies at a path. A query value of None is left out. Raises ControlError."""
        return self._call("GET", path, None, query)

    def post(self, *path: str, body: Any) -> Any:
        """Send a document to a path; return the answer. Raises ControlError."""
        return self._call("POST", path, body, {})

    def post_yaml(self, *path: str, text: str, source: str = "") -> Any:
        """Send a document as text. Raises ControlError, which says the lines of what is wrong in the file `source`."""
        return self._call("POST", path, _Yaml(text, source), {})

    def put(self, *path: str, body: Any) -> Any:
        """Put a document at a path; return the answer. Raises ControlError."""
        return self._call("PUT", path, body, {})

    def delete(self, *path: str) -> None:
        """Delete what lies at a path. Raises ControlError."""
        self._call("DELETE", path, None, {})

    def lines(self, *path: str, **query: object) -> Iterator[Any]:
        """Yield a stream's documents as they come, until the server ends it. Closing the iterator ends it too."""
        shown, url = self._target("GET", path, query)
        try:
            with self._pool.stream("GET", url, headers=self._headers, extensions={"timeout": _FOLLOWING}) as answer:
                if answer.status != _OK:
                    raise _refused(shown, answer.status, answer.read())
                yield from _documents(answer.iter_stream())
        except _NO_ANSWER as error:
            raise ControlError(shown, None, f"no answer: {_why(error)}") from error

    async def alines(self, *path: str, **query: object) -> AsyncIterator[Any]:
        """Yield a stream's documents as they come, as `lines` does, in an asyncio loop."""
        shown, url = self._target("GET", path, query)
        extensions = {"timeout": _FOLLOWING}
        try:
            async with (
                httpcore.AsyncConnectionPool(self._trusted) as pool,
                pool.stream("GET", url, headers=self._headers, extensions=extensions) as answer,
            ):
                if answer.status != _OK:
                    raise _refused(shown, answer.status, await answer.aread())
                lines = _Lines()
                async for block in answer.aiter_stream():
                    for document in lines.taken(block):
                        yield document
        except _NO_ANSWER as error:
            raise ControlError(shown, None, f"no answer: {_why(error)}") from error

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _call(self, method: str, path: tuple[str, ...], body: Any, query: Mapping[str, object]) -> Any:
        shown, url = self._target(method, path, query)
        headers = list(self._headers)
        content = None
        source = ""
        if isinstance(body, _Yaml):
            content, source = body.text.encode(), body.source
            headers.append(("Content-Type", "application/yaml"))
        elif body is not None:
            content = orjson.dumps(body)
            headers.append(("Content-Type", "application/json"))
        try:
            answer = self._pool.request(method, url, headers=headers, content=content, extensions={"timeout": _TIMEOUT})
        except _NO_ANSWER as error:
            raise ControlError(shown, None, f"no answer: {_why(error)}") from error
        if not _OK <= answer.status < _NOT_OK:
            raise _refused(shown, answer.status, answer.content, source)
        if not answer.content:
            return None
        return orjson.loads(answer.content) if _is_json(answer) else answer.content.decode()

    def _target(self, method: str, path: tuple[str, ...], query: Mapping[str, object]) -> tuple[str, str]:
        """Return a request as an error shows it, and its URL."""
        where = "".join(f"/{quote(step, safe='')}" for step in path)
        given = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{method} {where}", f"{self._control}{where}" + (f"?{given}" if given else "")


_OK = 200
_NOT_OK = 300
_NO_ANSWER = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


def _is_json(answer: httpcore.Response) -> bool:
    return any(name.lower() == b"content-type" and b"json" in value for name, value in answer.headers)


def _refused(shown: str, status: int, content: bytes, source: str = "") -> ControlError:
    try:
        detail = orjson.loads(content)["detail"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        detail = f"HTTP {status} {content[:200].decode('utf-8', 'replace')}"
    return ControlError(shown, status, detail, source)


class _Lines:
    """Turns blocks of bytes into the documents that stand a line each."""

    def __init__(self) -> None:
        self._rest = b""

    def taken(self, block: bytes) -> list[Any]:
        """Take a block; return the documents that it completes."""
        *whole, self._rest = (self._rest + block).split(b"\n")
        return [orjson.loads(line) for line in whole if line.strip()]


def _documents(blocks: Iterator[bytes]) -> Iterator[Any]:
    lines = _Lines()
    for block in blocks:
        yield from lines.taken(block)
