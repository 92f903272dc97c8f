"""Completion events of a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from .parts import Parts  # noqa: TC001 - FastAPI reads annotations when routes are added

if TYPE_CHECKING:
    from fastapi import FastAPI


class AttemptView(BaseModel):
    """One try to hand an event over: epoch ms on the world's clock, and the status or what went wrong."""

    at: int
    status: int | None
    error: str


class EventView(BaseModel):
    """A CloudEvent, and the attempts to hand it over; there are none where the world has no sink."""

    event: dict[str, Any]
    attempts: list[AttemptView]


class EventList(BaseModel):
    """Events, those of the tasks that ended last first."""

    events: list[EventView]


def add_events(app: FastAPI, parts: Parts) -> None:
    """Add the route."""

    @app.get("/_hobbyhorse/worlds/{world_id}/events", tags=["events"])
    async def list_events(world_id: str) -> EventList:
        """List the completion event of every task that ended, and what became of it."""
        reported = await parts.events.of(await parts.world(world_id))
        views = [
            EventView(
                event=one.event,
                attempts=[AttemptView(at=try_.at, status=try_.status, error=try_.error) for try_ in one.attempts],
            )
            for one in reported
        ]
        return EventList(events=views)
