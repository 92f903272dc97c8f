"""The control application: its topics, its document, what it says at its root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI  # noqa: TC002 - same
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from ... import __version__
from ...service.provisioning import WorldGoneError
from ..framework import application
from .clock import ClockView, add_clock, clock_view
from .errors import add_errors
from .events import add_events
from .journal import add_journal
from .ledger import add_ledger
from .mishaps import add_mishaps
from .origins import add_origins
from .parts import Parts  # noqa: TC001 - same
from .resets import add_resets
from .scenarios import add_scenarios
from .tasks import add_tasks
from .worlds import add_worlds

if TYPE_CHECKING:
    from fastapi import Request

HEALTH = "/_hobbyhorse/health"
# Of the control API alone: it grows when a client of it would have to change.
API_VERSION = "1"
_TOPICS = (
    *(add_worlds, add_clock, add_scenarios, add_mishaps, add_tasks),
    *(add_journal, add_ledger, add_events, add_resets, add_origins),
)


class Health(BaseModel):
    """That the server answers, and how its default world is set."""

    status: str
    version: str
    api_version: str
    pace: str
    clock: ClockView


def control_app(parts: Parts) -> FastAPI:
    """Build the application."""
    app = application(title="Hobbyhorse control API", version=API_VERSION, openapi_url="/_hobbyhorse/openapi.json")
    add_errors(app)
    app.add_exception_handler(WorldGoneError, _gone)

    @app.get("/_hobbyhorse", include_in_schema=False)
    async def index() -> dict[str, str]:
        """Say what there is."""
        return {
            "what": f"hobbyhorse {__version__}, a fake of DashScope's asynchronous video API",
            "control API": f"version {API_VERSION}",
            "health": HEALTH,
            "worlds": "/_hobbyhorse/worlds",
            "control document": "/_hobbyhorse/openapi.json",
            "API document": "/openapi.json",
        }

    @app.get(HEALTH, tags=["server"])
    async def health() -> Health:
        """Say that the server answers, and how it is set."""
        world = await parts.worlds.default()
        clock = clock_view(world.clock, parts.monotonic())
        return Health(status="ok", version=__version__, api_version=API_VERSION, pace=world.pace, clock=clock)

    for add in _TOPICS:
        add(app, parts)
    return app


async def _gone(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": f"there is no world {error} any more"}, 404)
