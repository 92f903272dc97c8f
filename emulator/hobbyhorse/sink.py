"""Sending completion events to a sink on this machine."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore
import orjson

# A receiver gets this long to answer, in real seconds (EventBridge's own limit is 30 s).
_PATIENCE = 5.0
_HEADERS = {"content-type": "application/cloudevents+json; charset=utf-8"}


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine and nowhere else: http, and `localhost` or a loopback address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    try:
        is_local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_local = False
    return parts.scheme == "http" and is_local and not parts.username


class Sink:
    """POSTs events. No redirect is followed, no name but `localhost` is resolved."""

    def __init__(self) -> None:
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def post(self, url: str, event: dict[str, Any]) -> int:
        """POST an event as JSON; return the status. Raises OSError where none came, or the URL leads elsewhere."""
        if not is_loopback(url):
            raise OSError(f"{url} does not lead to this machine")
        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(max_connections=8, keepalive_expiry=5)
        timeout = dict.fromkeys(("connect", "read", "write", "pool"), _PATIENCE)
        try:
            async with self._pool.stream(
                "POST", url, headers=_HEADERS, content=orjson.dumps(event), extensions={"timeout": timeout}
            ) as response:
                return int(response.status)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise OSError(f"{type(error).__name__}: {error}".rstrip(": ")) from error
