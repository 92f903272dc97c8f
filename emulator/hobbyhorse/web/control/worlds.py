"""Worlds: made, looked at, deleted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ...core.accounts import ApiKey, Condition
from ...core.events import is_sink
from ...core.ids import key_id
from ...core.task import Pace
from ...service.provisioning import WorldOrder
from ...service.worlds import ClockStart, KeyTakenError, Validation, World
from .clock import ClockView, Instant, Rate, clock_view, instant
from .documents import mishaps_given, scenarios_given
from .errors import BadInputError
from .parts import Parts  # noqa: TC001 - FastAPI reads annotations when routes are added
from .quotas import Given, QuotasDocument, quotas_of, quotas_view

if TYPE_CHECKING:
    from fastapi import FastAPI

_STRICT = ConfigDict(extra="forbid")
_KEY = r"(?:sk-(?!sp-)|st-)[\x21-\x7e]{1,250}"
_DAY = 86_400
_FARTHEST = 10**18  # as many digits as a setting may have


class KeyDocument(BaseModel):
    """A key of a new world. A text that is left out is made; no region or workspace means any."""

    model_config = _STRICT

    name: Annotated[str, Field(max_length=200)] = "main"
    key: Annotated[str | None, Field(description="begins with sk- (not sk-sp-) or st-")] = None
    region: str | None = None
    workspace: Annotated[str | None, Field(max_length=200)] = None
    condition: Condition = Condition.OK


class ClockDocument(BaseModel):
    """How a new world's clock begins: at an instant (default: now), standing still, or running at a rate."""

    model_config = _STRICT

    set: Instant | None = None
    frozen: Annotated[bool, Field(strict=True)] = False
    rate: Rate | None = None


class WorldDocument(BaseModel):
    """A new world; everything has a default."""

    model_config = _STRICT

    name: Annotated[str, Field(max_length=200, description="for people")] = ""
    keys: Annotated[list[KeyDocument], Field(min_length=1, max_length=100)] = [KeyDocument()]
    clock: ClockDocument = ClockDocument()
    pace: Pace = Pace.QUICK
    quotas: Given = "auto"
    validation: Validation = Validation.WORKER
    media: Literal["cards", "stamped"] = "cards"
    url_seconds: Annotated[int, Field(strict=True, ge=1, le=_DAY, description="how long a result URL lives")] = _DAY
    seed: Annotated[
        int | None, Field(strict=True, gt=-_FARTHEST, lt=_FARTHEST, description="makes ids and drawn numbers repeat")
    ] = None
    markers: Annotated[bool, Field(strict=True, description="whether prompts may say what becomes of their tasks")] = (
        False
    )
    sink: Annotated[
        str | None, Field(max_length=2000, description="http URL on this machine that hears of every finished task")
    ] = None
    scenarios: Annotated[list[dict[str, Any] | str], Field(max_length=100, description="documents or names")] = []
    mishaps: Annotated[list[dict[str, Any]], Field(max_length=1000, description="documents")] = []

    @field_validator("scenarios", "mishaps")
    @classmethod
    def _can_be_answered(cls, documents: list[Any]) -> list[Any]:
        try:
            json.dumps(documents, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError("a text holds half of a surrogate pair, which no answer can hold") from error
        return documents


class KeyView(BaseModel):
    """A key of a world, for whoever may use this API. Journal, log and listings show its `number` in its place."""

    name: str
    key: str
    region: str | None
    workspace: str | None
    condition: Condition
    number: str


class WorldView(BaseModel):
    """A world: where its clients go, with which keys, and how it is set. `tasks` counts its records."""

    id: str
    name: str
    api: dict[str, str]
    results: str
    keys: list[KeyView]
    access_key_id: str
    clock: ClockView
    pace: Pace
    validation: Validation
    media: str
    url_seconds: int
    seed: int | None
    markers: bool
    quotas: QuotasDocument | None
    sink: str | None
    tasks: int
    scenarios: list[str]
    mishaps: list[str]
    generation: int


class WorldList(BaseModel):
    """Every world, the default one first."""

    worlds: list[WorldView]


def add_worlds(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""

    @app.get("/_hobbyhorse/worlds", tags=["worlds"])
    async def list_worlds() -> WorldList:
        """List the worlds."""
        return WorldList(worlds=[await _view(parts, world) for world in await parts.worlds.every()])

    @app.post("/_hobbyhorse/worlds", status_code=201, tags=["worlds"])
    async def make_world(document: WorldDocument | None = None) -> WorldView:
        """Make a world with its own keys, clock and ways. It goes when deleted, or after an hour without use."""
        order = _order(document or WorldDocument(), parts)
        try:
            return await _view(parts, await parts.provisioning.make(order))
        except KeyTakenError as error:
            raise HTTPException(409, f"{error}; leave `key` out and one is made") from None

    @app.get("/_hobbyhorse/worlds/{world_id}", tags=["worlds"])
    async def read_world(world_id: str) -> WorldView:
        """Show a world."""
        return await _view(parts, await parts.world(world_id))

    @app.delete("/_hobbyhorse/worlds/{world_id}", status_code=204, tags=["worlds"])
    async def delete_world(world_id: str) -> None:
        """Delete a world and all that is in it."""
        world = await parts.world(world_id)
        if not await parts.provisioning.delete(world.id):
            raise HTTPException(409, "the default world stays; reset it instead")


async def _view(parts: Parts, world: World) -> WorldView:
    return WorldView(
        id=world.id,
        name=world.name,
        api={region: f"{parts.origins.api}/{region}/api/v1" for region in parts.catalogue.regions},
        results=parts.origins.results,
        keys=[
            KeyView(
                name=key.name,
                key=key.key,
                region=key.region,
                workspace=key.workspace,
                condition=key.condition,
                number=key_id(key.key),
            )
            for key in world.keys.values()
        ],
        access_key_id=world.access_key_id,
        clock=clock_view(world.clock, parts.monotonic()),
        pace=world.pace,
        validation=world.validation,
        media="stamped" if world.stamped else "cards",
        url_seconds=world.url_lifetime // 1000,
        seed=world.seed,
        markers=world.markers,
        quotas=quotas_view(world.quotas),
        sink=world.sink,
        tasks=await parts.tasks.count(world.id),
        scenarios=[scenario.name for scenario in world.scenarios],
        mishaps=[mishap.id for mishap in world.mishaps],
        generation=world.generation,
    )


def _order(document: WorldDocument, parts: Parts) -> WorldOrder:
    """Return what a document orders. Raises BadInputError."""
    return WorldOrder(
        url_lifetime=document.url_seconds * 1000,
        name=document.name,
        keys=_keys(document.keys, parts),
        clock=_clock_start(document.clock),
        pace=document.pace,
        validation=document.validation,
        stamped=document.media == "stamped",
        seed=document.seed,
        markers=document.markers,
        quotas=quotas_of(document.quotas, document.pace),
        scenarios=scenarios_given(document.scenarios, parts.catalogue),
        mishaps=mishaps_given(document.mishaps, parts.catalogue),
        sink=_sink(document.sink),
    )


def _sink(url: str | None) -> str | None:
    if url is not None and not is_sink(url):
        raise BadInputError(["sink"], "a sink is on this machine: http://127.0.0.1:PORT/… or http://localhost:PORT/…")
    return url


def _keys(documents: list[KeyDocument], parts: Parts) -> tuple[ApiKey, ...]:
    keys: list[ApiKey] = []
    for number, given in enumerate(documents):
        where: list[str | int] = ["keys", number]
        if given.region is not None and given.region not in parts.catalogue.regions:
            raise BadInputError([*where, "region"], "there is no such region", given.region, parts.catalogue.regions)
        if given.key is not None and not re.fullmatch(_KEY, given.key):
            raise BadInputError([*where, "key"], "a key begins with sk- (but not sk-sp-) or st- and has no blanks")
        if any(given.name == key.name or (given.key and given.key == key.key) for key in keys):
            raise BadInputError([*where, "name"], f"two keys are called {given.name!r}, or have one text")
        keys.append(ApiKey(given.name, given.key or "", given.region, given.workspace, given.condition))
    return tuple(keys)


def _clock_start(given: ClockDocument) -> ClockStart:
    shown = None if given.set is None else instant(given.set, "clock.set")
    if given.frozen and given.rate:
        raise BadInputError(["clock"], "a frozen clock has no rate; give one of the two")
    return ClockStart(shown, 0.0 if given.frozen else (1.0 if given.rate is None else given.rate))
