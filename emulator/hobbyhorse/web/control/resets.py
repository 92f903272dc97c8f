"""Resets: narrow and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from ...service.provisioning import Resettable  # noqa: TC001 - FastAPI reads annotations when routes are added
from .parts import Parts  # noqa: TC001 - same

if TYPE_CHECKING:
    from fastapi import FastAPI


class Reset(BaseModel):
    """What to set back. `all` is every one of the others, and uploads and quota windows with them."""

    model_config = ConfigDict(extra="forbid")

    what: Annotated[list[Resettable], Field(min_length=1)]


class ResetDone(BaseModel):
    """What was set back. Answers that were under way in an older generation are dropped."""

    reset: list[Resettable]
    generation: int


def add_resets(app: FastAPI, parts: Parts) -> None:
    """Add the route."""

    @app.post("/_hobbyhorse/worlds/{world_id}/reset", tags=["worlds"])
    async def reset(world_id: str, what: Reset) -> ResetDone:
        """Set back what is named: journal, tasks, scenarios, mishaps, clock, ledger, or all."""
        await parts.world(world_id)
        world = await parts.provisioning.reset(world_id, what.what)
        return ResetDone(reset=what.what, generation=world.generation)
