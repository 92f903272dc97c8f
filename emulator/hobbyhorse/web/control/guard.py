"""The guard before the control application: a token, or loopback names only."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi.responses import JSONResponse

from ...core.faults import Fault
from ..body import Disconnected, read_body
from .app import HEALTH, control_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .parts import Parts

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LARGEST_BODY = 1 << 20


class Control:
    """The control API. Where a `token` is set it opens, and nothing else does."""

    def __init__(self, parts: Parts, *, token: str | None) -> None:
        self._app: ASGIApp = control_app(parts)
        self._token = token
        self._origins = parts.origins
        self._courier = parts.courier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not. Health is open: probes carry no token."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = None if scope["path"].rstrip("/") == HEALTH else self._refusal(headers)
        scope = dict(scope) | {"path": scope["path"].rstrip("/")}
        if refused is not None:
            await JSONResponse({"detail": refused}, 403)(scope, receive, send)
            return
        try:
            body = await read_body(receive, _LARGEST_BODY)
        except Fault:
            await JSONResponse({"detail": f"the body is over {_LARGEST_BODY} bytes"}, 413)(scope, receive, send)
            return
        except Disconnected:
            return
        await self._app(scope, _replayed(body, receive), send)
        if scope["method"] != "GET":
            self._courier.nudge()

    def _refusal(self, headers: dict[str, str]) -> str | None:
        """Return why a request may not enter. Host and Origin are checked so that no web page reaches in."""
        if self._token is not None:
            given = headers.get("authorization", "").removeprefix("Bearer ")
            if hmac.compare_digest(given.encode(), self._token.encode()):
                return None
            return "send the control token: Authorization: Bearer <token> (printed at start, setting control_token)"
        allowed = _LOOPBACK | ({_host_name(self._origins.api)} - {None})
        host = headers.get("host", "")
        if "@" in host or _host_name(f"//{host}") not in allowed:
            return f"Host {host[:100]!r} is not loopback; set a control token to use the control API from elsewhere"
        origin = headers.get("origin")
        if origin is not None and _host_name(origin) not in allowed:
            return f"Origin {origin[:100]!r} is not this server"
        return None


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read, and afterwards whatever else there is: the client's end."""
    is_given = False

    async def replayed() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _host_name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
