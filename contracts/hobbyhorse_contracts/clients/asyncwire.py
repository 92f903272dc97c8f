"""Requests over httpcore in asyncio: the same as wire.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpcore

from .effects import Broken, Reply, Send

if TYPE_CHECKING:
    from .config import Config

_UNSENT = (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout, httpcore.UnsupportedProtocol)


class AsyncWire:
    """The connections of one client, in one event loop."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._pool = self._pooled(keeps=config.reuses)
        self._timeouts = {
            "connect": config.connect_timeout_s,
            "read": config.read_timeout_s,
            "write": config.read_timeout_s,
        }

    def _pooled(self, *, keeps: bool) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(max_connections=None, max_keepalive_connections=None if keeps else 0)

    async def send(self, wish: Send) -> Reply:
        """Send a request, return its whole answer. Raises Broken."""
        if wish.fresh:
            async with self._pooled(keeps=False) as pool:
                return await self._exchange(pool, wish)
        try:
            return await self._exchange(self._pool, wish)
        except Broken as trouble:
            if not trouble.sent or trouble.answered or wish.method != "GET" or wish.into is not None:
                raise
        return await self._exchange(self._pool, wish)

    async def _exchange(self, pool: httpcore.AsyncConnectionPool, wish: Send) -> Reply:
        taken = bytearray()
        is_kept = True

        async def heard(event: str, _: object) -> None:
            nonlocal is_kept
            is_kept = is_kept and not event.startswith("connection.connect")

        headers: dict[str, str] = {}
        framing = {"Content-Length": str(len(wish.body))} if wish.method == "POST" else {}
        head = [(name.encode(), value.encode()) for name, value in {**wish.headers, **framing}.items()]
        try:
            async with pool.stream(
                wish.method,
                wish.url,
                headers=head,
                content=wish.body,
                extensions={"timeout": self._timeouts, "trace": heard},
            ) as answer:
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                wanted = wish.into is not None and wish.into.begins(answer.status, headers)
                async for chunk in answer.aiter_stream():
                    if wish.into is not None and wanted:
                        wish.into.write(chunk)
                    else:
                        taken.extend(chunk)
                return Reply(answer.status, headers, bytes(taken))
        except _UNSENT as error:
            raise Broken(f"no connection: {type(error).__name__}: {error}", sent=False) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise Broken(
                f"{type(error).__name__}: {error}", sent=True, answered=bool(headers) or not is_kept
            ) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.aclose()
