"""Sending completion events to a sink on this machine."""

from __future__ import annotations

from typing import Any

import httpcore
import orjson

from .core.events import is_sink

# A receiver gets this long to answer, in real seconds (EventBridge's own limit is 30 s).
_PATIENCE = 5.0
_HEADERS = [("content-type", "application/cloudevents+json; charset=utf-8")]


class Sink:
    """POSTs events. No redirect is followed, no name but `localhost` is resolved."""

    def __init__(self) -> None:
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def post(self, url: str, event: dict[str, Any]) -> int:
        """POST an event as JSON; return the status. Raises OSError where none came, or the URL leads elsewhere."""
        if not is_sink(url):
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
