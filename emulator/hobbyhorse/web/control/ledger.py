"""The ledger: what the run would have cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field

from .parts import Parts  # noqa: TC001 - FastAPI reads annotations when routes are added

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ...core.billing import Line, Statement


class LineView(BaseModel):
    """What the successful tasks of one model, region and resolution would have cost."""

    model: str
    region: str
    tier: str
    tasks: int
    seconds: Annotated[float, Field(description="billed seconds: output, and input where the model bills it")]
    per_second: float
    currency: str
    cost: float
    confidence: Annotated[str, Field(description="how well the price is known")]


class UnknownView(BaseModel):
    """Successful tasks for which no price is known. They are in no sum."""

    model: str
    region: str
    tier: str
    tasks: int
    seconds: float


class FreeView(BaseModel):
    """Tasks that cost nothing."""

    failed: int
    canceled: int


class LedgerView(BaseModel):
    """A world's ledger by list price, as of now on its clock. `pending` tasks have not ended."""

    currencies: dict[str, float]
    lines: list[LineView]
    unknown: list[UnknownView]
    free: FreeView
    pending: int


def add_ledger(app: FastAPI, parts: Parts) -> None:
    """Add the route."""

    @app.get("/_hobbyhorse/worlds/{world_id}/ledger", tags=["ledger"])
    async def read_ledger(world_id: str) -> LedgerView:
        """Show what a world's run would have cost, also by tasks whose records are gone."""
        world = await parts.world(world_id)
        return _view(await parts.ledger.statement(world.id, parts.visits.now(world)))


def _view(statement: Statement) -> LedgerView:
    count = statement.count
    return LedgerView(
        currencies=dict(statement.totals),
        lines=[found for line in statement.lines if (found := _line(line)) is not None],
        unknown=[
            UnknownView(model=line.model, region=line.region, tier=line.tier, tasks=line.tasks, seconds=line.seconds)
            for line in statement.lines
            if line.price is None
        ],
        free=FreeView(failed=count.failed, canceled=count.canceled),
        pending=count.pending,
    )


def _line(line: Line) -> LineView | None:
    """Return a line that has a price."""
    if line.price is None or line.per_second is None or line.cost is None:
        return None
    return LineView(
        model=line.model,
        region=line.region,
        tier=line.tier,
        tasks=line.tasks,
        seconds=line.seconds,
        per_second=line.per_second,
        currency=line.price.currency,
        cost=line.cost,
        confidence=line.price.evidence.confidence,
    )
