"""The journal of a world: its entries, why each was answered as it was, its story, and new ones as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import HTTPException, Path
from fastapi import Query as InQuery
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ...core.mishaps import Place  # noqa: TC001 - FastAPI reads annotations when routes are added
from ...journal.entry import Entry
from ...journal.explain import Row, explain
from ...journal.port import Gap, Query
from ...journal.story import story
from .parts import Parts  # noqa: TC001 - same

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from ...journal.port import Page

_JOURNAL = "/_hobbyhorse/worlds/{world_id}/journal"
_LINES = "application/x-ndjson"
_step = TypeAdapter[Entry | Gap](Entry | Gap)

Number = Annotated[int, Path(ge=1, description="the entry's number")]
After = Annotated[int | None, InQuery(ge=0, description="entries of a higher number; left out: only new ones")]


class Wanted(BaseModel):
    """Which entries are wanted. `since` and `until` are epoch ms on the world's clock and include their ends."""

    model_config = ConfigDict(extra="forbid")

    task: Annotated[str | None, Field(description="those about a task, or that made or changed it")] = None
    route: Place | None = None
    since: int | None = None
    until: int | None = None
    after: Annotated[int | None, Field(ge=0, description="the first `limit` of a higher number; else the last")] = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 1000


class JournalView(BaseModel):
    """Entries in the order of their numbers. `more` tells that the limit left some out.

    `last` is the number of the newest entry ever written. `dropped` counts those that had to go because the journal is
    bounded: where it is not 0, the journal tells less than the truth.
    """

    entries: list[Entry]
    last: int
    dropped: int
    more: bool


class ExplanationView(BaseModel):
    """Why an answer is what it is: all of it as `text`, and in parts. `row` is the error row that was answered."""

    number: int
    text: str
    why: list[str]
    row: Row | None
    todo: list[str]


def add_journal(app: FastAPI, parts: Parts) -> None:
    """Add the routes. Those with a name stand before the one with a number."""

    @app.get(_JOURNAL, tags=["journal"])
    async def read_journal(world_id: str, wanted: Annotated[Wanted, InQuery()]) -> JournalView:
        """List what a world was asked and what it answered."""
        page = await _page(parts, world_id, wanted)
        return JournalView(entries=list(page.entries), last=page.last, dropped=page.dropped, more=page.more)

    @app.get(f"{_JOURNAL}/story", tags=["journal"], response_class=PlainTextResponse)
    async def tell_story(world_id: str, wanted: Annotated[Wanted, InQuery()]) -> str:
        """Tell the same as text, a line a request."""
        page = await _page(parts, world_id, wanted)
        return "".join(f"{line}\n" for line in story(page.entries, page.dropped).splitlines())

    @app.get(f"{_JOURNAL}/stream", tags=["journal"], response_class=StreamingResponse)
    async def follow_journal(world_id: str, after: After = None) -> StreamingResponse:
        """Send entries as they are written, one a line, until the client leaves or the world is gone.

        A line `{"missed": 3}` stands for entries that were dropped before they could be sent.
        """
        await parts.world(world_id)
        start = after if after is not None else (await parts.journal.query(world_id, Query(limit=1))).last
        return StreamingResponse(_lines(parts, world_id, start), media_type=_LINES)

    @app.get(f"{_JOURNAL}/{{number}}", tags=["journal"])
    async def read_entry(world_id: str, number: Number) -> Entry:
        """Show one entry."""
        return await _entry(parts, world_id, number)

    @app.get(f"{_JOURNAL}/{{number}}/explain", tags=["journal"])
    async def explain_entry(world_id: str, number: Number) -> ExplanationView:
        """Say why an answer is what it is: which row, which evidence, which rule or mishap, and what to do."""
        said = explain(await _entry(parts, world_id, number), parts.catalogue)
        why, todo = list(said.why), list(said.todo)
        return ExplanationView(number=said.number, text=said.text, why=why, row=said.row, todo=todo)


async def _page(parts: Parts, world_id: str, wanted: Wanted) -> Page:
    await parts.world(world_id)
    return await parts.journal.query(world_id, Query(**dict(wanted)))


async def _entry(parts: Parts, world_id: str, number: int) -> Entry:
    await parts.world(world_id)
    entry = await parts.journal.find(world_id, number)
    if entry is None:
        last = (await parts.journal.query(world_id, Query(limit=1))).last
        raise HTTPException(404, f"there is no entry {number} in this journal (any more); the newest is {last}")
    return entry


async def _lines(parts: Parts, world_id: str, after: int) -> AsyncIterator[bytes]:
    async for step in parts.journal.follow(world_id, after):
        yield _step.dump_json(step) + b"\n"
