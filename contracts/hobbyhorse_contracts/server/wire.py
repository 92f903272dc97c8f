"""One request, one answer, with nothing added: no retries, no redirects, no proxy, no cookies."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMEOUT_S = 30.0
_MOST_BYTES = 64 * 2**20  # of a body; a clip is far smaller, and what streams for ever must end


class WireError(OSError):
    """There was no answer; the message says why, in the words of the system."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. Names of headers are kept as they are."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. Names of headers are in lower case, values of repeated ones are joined with a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


Send = Callable[[Request], Reply]


def send(request: Request, *, timeout_s: float = _TIMEOUT_S) -> Reply:
    """Send one request on a connection of its own; `timeout_s` is for each step of it. Raises WireError."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts.scheme, parts.netloc, timeout_s)
    try:
        body = request.body or (b"" if request.method == "POST" else None)
        connection.request(request.method, target, body=body, headers=dict(request.headers))
        answer = connection.getresponse()
        raw = answer.read(_MOST_BYTES)
        headers: dict[str, str] = {}
        for name, value in answer.getheaders():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        return Reply(answer.status, headers, raw)
    except (OSError, HTTPException) as error:
        raise WireError(f"{request.method} {parts.netloc}{parts.path}: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()


def _connection(scheme: str, authority: str, timeout_s: float) -> HTTPConnection:
    if scheme == "https":
        return HTTPSConnection(authority, timeout=timeout_s, context=_trust())
    return HTTPConnection(authority, timeout=timeout_s)


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
