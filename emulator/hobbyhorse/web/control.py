"""The control API under `/_hobbyhorse`: what a test can see and do. Its own OpenAPI document, its own errors."""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from .. import __version__
from ..core.faults import Fault
from ..core.moments import iso_time, task_time
from ..service.worlds import World, Worlds  # noqa: TC001 - same
from .body import Disconnected, read_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ..core.clock import ClockState

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_FIRST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LAST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)
_FARTHEST = 100 * 366 * 86400  # one advance, in seconds
_LARGEST_BODY = 1 << 20
_HEALTH = "/_hobbyhorse/health"


_INDEX = {
    "what": f"hobbyhorse {__version__}, a fake of DashScope's asynchronous video API",
    "health": _HEALTH,
    "clock": "/_hobbyhorse/worlds/default/clock",
    "control document": "/_hobbyhorse/openapi.json",
    "API document": "/openapi.json",
}


class ClockView(BaseModel):
    """What a world's clock shows: epoch ms, UTC, the text of task times (UTC+8), and whether it stands still."""

    now: int
    utc: str
    task_time: str
    frozen: bool


class Health(BaseModel):
    """That the server answers, and how it is set."""

    status: str
    version: str
    pace: str
    clock: ClockView


class ClockChange(BaseModel):
    """What to do with a clock: set it, then advance it, then freeze it or let it run. At least one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    set: Annotated[
        float | str | None, Field(description="epoch seconds, or an ISO 8601 time (UTC where it names no zone)")
    ] = None
    advance: Annotated[float | None, Field(ge=0, le=_FARTHEST, description="seconds")] = None
    frozen: bool | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ClockChange:
        if self.set is None and self.advance is None and self.frozen is None:
            raise ValueError("give at least one of set, advance, frozen")
        return self

    def instant(self) -> int | None:
        """Return `set` in milliseconds. Raises ValueError for a text that is no time."""
        if self.set is None:
            return None
        if isinstance(self.set, str):
            moment = datetime.fromisoformat(self.set)
            return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        return int(self.set * 1000)

    def applied(self, clock: ClockState, monotonic: int) -> ClockState:
        """Return the clock after the change."""
        instant = self.instant()
        if instant is not None:
            clock = clock.moved_to(monotonic, instant)
        if self.advance is not None:
            clock = clock.moved(monotonic, round(self.advance * 1000))
        if self.frozen is not None:
            clock = clock.at_rate(monotonic, 0.0 if self.frozen else 1.0)
        if not _FIRST <= clock.at(monotonic) < _LAST:
            raise ValueError("the clock would leave the years 2000 to 2099")
        return clock


class Control:
    """The guard before the control application: token, or loopback names only."""

    def __init__(
        self, worlds: Worlds, monotonic: Callable[[], int], *, token: str | None, origin: Callable[[], str]
    ) -> None:
        self._app: ASGIApp = _control_app(worlds, monotonic)
        self._token = token
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not. Health is open: probes carry no token."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = None if scope["path"].rstrip("/") == _HEALTH else self._refusal(headers)
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
        await self._app(scope, _replayed(body), send)

    def _refusal(self, headers: dict[str, str]) -> str | None:
        """Return why a request may not enter. Host and Origin are checked so that no web page reaches in."""
        if self._token is not None:
            given = headers.get("authorization", "").removeprefix("Bearer ")
            if hmac.compare_digest(given.encode(), self._token.encode()):
                return None
            return "send the control token: Authorization: Bearer <token> (printed at start, setting control_token)"
        allowed = _LOOPBACK | ({_host_name(self._origin())} - {None})
        host = headers.get("host", "")
        if "@" in host or _host_name(f"//{host}") not in allowed:
            return f"Host {host[:100]!r} is not loopback; set a control token to use the control API from elsewhere"
        origin = headers.get("origin")
        if origin is not None and _host_name(origin) not in allowed:
            return f"Origin {origin[:100]!r} is not this server"
        return None


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _host_name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    """Say what is wrong without repeating it: NaN and lone surrogates have no place in an answer."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    wrong = [
        {"loc": [str(step).encode("ascii", "backslashreplace").decode() for step in row["loc"]], "msg": row["msg"]}
        for row in found
    ]
    return JSONResponse({"detail": wrong}, 422)


def _control_app(worlds: Worlds, monotonic: Callable[[], int]) -> FastAPI:
    app = FastAPI(
        title="Hobbyhorse control API",
        version=__version__,
        openapi_url="/_hobbyhorse/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={RequestValidationError: _refuse},
    )

    @app.get("/_hobbyhorse", include_in_schema=False)
    async def index() -> dict[str, str]:
        """Say what there is."""
        return _INDEX

    _add_clock(app, worlds, monotonic)

    @app.get(_HEALTH)
    async def health() -> Health:
        """Say that the server answers, and how it is set."""
        world = await worlds.default()
        return Health(status="ok", version=__version__, pace=world.pace, clock=_view(world.clock, monotonic()))

    return app


def _add_clock(app: FastAPI, worlds: Worlds, monotonic: Callable[[], int]) -> None:
    async def world_of(world_id: str) -> World:
        world = await worlds.find(world_id)
        if world is None:
            raise HTTPException(404, f"there is no world {world_id[:100]!r}; the default world's id is 'default'")
        return world

    @app.get("/_hobbyhorse/worlds/{world_id}/clock")
    async def read_clock(world_id: str) -> ClockView:
        """Read a world's clock."""
        return _view((await world_of(world_id)).clock, monotonic())

    @app.post("/_hobbyhorse/worlds/{world_id}/clock")
    async def change_clock(world_id: str, change: ClockChange) -> ClockView:
        """Set, advance, freeze or start a world's clock."""
        while True:
            world = await world_of(world_id)
            try:
                clock = change.applied(world.clock, monotonic())
            except (ValueError, OverflowError, OSError) as error:
                raise HTTPException(422, f"set: {error}") from None
            if await worlds.swap(world, replace(world, clock=clock)):
                return _view(clock, monotonic())


def _view(clock: ClockState, monotonic: int) -> ClockView:
    now = clock.at(monotonic)
    return ClockView(now=now, utc=iso_time(now), task_time=task_time(now), frozen=clock.is_frozen)
