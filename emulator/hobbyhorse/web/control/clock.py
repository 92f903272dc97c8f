"""The clock of a world: read, set, advance, freeze, let run, at any rate."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...core.moments import iso_time, task_time
from ...service.worlds import World  # noqa: TC001 - same
from .errors import BadInputError
from .parts import Parts  # noqa: TC001 - same

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ...core.clock import ClockState

_FIRST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LAST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)
_FARTHEST = 100 * 366 * 86400  # one advance, in seconds
FASTEST = 1_000_000

Rate = Annotated[float, Field(ge=0, le=FASTEST, description="seconds of this clock a second; 0 stands still")]
Instant = Annotated[float | str, Field(description="epoch seconds, or an ISO 8601 time (UTC where it names no zone)")]


class ClockView(BaseModel):
    """What a world's clock shows: epoch ms, UTC, the text of task times (UTC+8), whether it stands still, its rate."""

    now: int
    utc: str
    task_time: str
    frozen: bool
    rate: float


class ClockChange(BaseModel):
    """What to do with a clock: set it, then advance it, then freeze it or let it run. At least one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    set: Instant | None = None
    advance: Annotated[float | None, Field(ge=0, le=_FARTHEST, description="seconds")] = None
    frozen: bool | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ClockChange:
        if all(given is None for given in (self.set, self.advance, self.frozen, self.rate)):
            raise ValueError("give at least one of set, advance, frozen, rate")
        if self.frozen is not None and self.rate is not None:
            raise ValueError("frozen and rate say the same thing twice; give one")
        return self

    def applied(self, clock: ClockState, monotonic: int) -> ClockState:
        """Return the clock after the change. Raises BadInputError."""
        if self.set is not None:
            clock = clock.moved_to(monotonic, instant(self.set, "set"))
        if self.advance is not None:
            clock = clock.moved(monotonic, round(self.advance * 1000))
        if self.rate is not None or self.frozen is not None:
            clock = clock.at_rate(monotonic, (0.0 if self.frozen else 1.0) if self.rate is None else self.rate)
        if not _FIRST <= clock.at(monotonic) < _LAST:
            raise BadInputError(["set" if self.set is not None else "advance"], _OUTSIDE)
        return clock


_OUTSIDE = "the clock would leave the years 2000 to 2099"


def instant(given: float | str, field: str) -> int:
    """Return an instant in milliseconds. Raises BadInputError for a text that is no time, or one out of bounds."""
    try:
        if isinstance(given, str):
            moment = datetime.fromisoformat(given)
            found = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        else:
            found = int(given * 1000)
    except (ValueError, OverflowError, OSError) as error:
        raise BadInputError(field.split("."), f"{field}: {error}") from None
    if not _FIRST <= found < _LAST:
        raise BadInputError(field.split("."), _OUTSIDE)
    return found


def clock_view(clock: ClockState, monotonic: int) -> ClockView:
    """Return what a clock shows at a monotonic reading."""
    now = clock.at(monotonic)
    return ClockView(now=now, utc=iso_time(now), task_time=task_time(now), frozen=clock.is_frozen, rate=clock.rate)


def add_clock(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""

    @app.get("/_hobbyhorse/worlds/{world_id}/clock", tags=["clock"])
    async def read_clock(world_id: str) -> ClockView:
        """Read a world's clock."""
        return clock_view((await parts.world(world_id)).clock, parts.monotonic())

    @app.post("/_hobbyhorse/worlds/{world_id}/clock", tags=["clock"])
    async def change_clock(world_id: str, change: ClockChange) -> ClockView:
        """Set, advance, freeze or start a world's clock."""

        def changed(world: World) -> World:
            return replace(world, clock=change.applied(world.clock, parts.monotonic()))

        await parts.world(world_id)
        return clock_view((await parts.provisioning.change(world_id, changed)).clock, parts.monotonic())
