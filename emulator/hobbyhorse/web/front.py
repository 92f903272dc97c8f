"""The front: pure ASGI, sees every request to the API origin first.

It finds `/api/v1` under any path prefix, drops a trailing slash (the official aio client sends one, and upstream
answers it without a redirect), and hands `/_hobbyhorse` to the control API.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ..core.faults import Fault
from ..dialects.dashscope import BUG
from ..dialects.wire import Operation, WireRequest

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ..dialects.dashscope import DashScope
    from ..dialects.wire import WireReply

log = logging.getLogger(__name__)

API = "/api/v1"
CONTROL = "/_hobbyhorse"
PREFIX = "hobbyhorse.prefix"


class Front:
    """Routes between the API's routes and the control API."""

    def __init__(self, routes: ASGIApp, control: ASGIApp, dialect: DashScope) -> None:
        self._routes = routes
        self._control = control
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. WebSockets are refused by the server itself; there is no lifespan."""
        path: str = scope["path"]
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            if path == CONTROL or path.startswith(f"{CONTROL}/"):
                await self._control(scope, receive, watched)
            else:
                await self._routes(_below_prefix(scope, path), receive, watched)
        except asyncio.CancelledError:
            log.warning("stopped in the middle of %s %s", scope["method"], path)
            if not started:
                stopped = WireRequest(Operation.NONE, "", "", {})
                visit = await self._dialect.visit(stopped)
                fault = Fault(BUG, detail="the server stops")
                await send_reply(send, await self._dialect.exchange(stopped, visit, fault))


def _below_prefix(scope: Scope, path: str) -> Scope:
    """Return the scope with the path from `/api/v1` on, without trailing slash, and the prefix beside it."""
    prefix, found, rest = path.rpartition(f"{API}/")
    if not found:
        return scope
    return dict(scope) | {"path": f"{API}/{rest.rstrip('/')}", PREFIX: prefix}


def raw_headers(reply: WireReply) -> list[tuple[bytes, bytes]]:
    """Return a reply's headers as ASGI sends them, its length included."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    return [*headers, (b"content-length", str(len(reply.body)).encode())]


async def send_reply(send: Send, reply: WireReply) -> None:
    """Send a whole reply."""
    await send({"type": "http.response.start", "status": reply.status, "headers": raw_headers(reply)})
    await send({"type": "http.response.body", "body": reply.body})
