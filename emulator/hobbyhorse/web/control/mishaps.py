"""Mishaps: those of a world, and the kinds there are."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException, Request
from pydantic import BaseModel, ConfigDict

from ...core.hints import did_you_mean
from ...core.mishaps import Moment, Place
from ...scenarios import mishap
from ...service.mishaps import CONCERNED, HAPPENED
from ...service.provisioning import with_mishap
from .documents import add_document_errors, body_of
from .parts import Parts  # noqa: TC001 - same

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ...core.mishaps import Kind, Mishap
    from ...service.worlds import World

_MOST = 1000
_WORLDS = "/_hobbyhorse/worlds/{world_id}/mishaps"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A mishap document, as JSON or YAML.",
        "content": {
            "application/json": {"schema": {"type": "object", "required": ["do"]}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}


class OptionView(BaseModel):
    """An option of a kind, and what it may be."""

    name: str
    type: str
    says: str
    required: bool
    default: str | int | float | bool | None
    choices: list[str]
    least: float | None
    most: float | None


class KindView(BaseModel):
    """A kind of mishap: when, in regard to the request's effect, and where it can happen. The first is the default."""

    name: str
    says: str
    moments: list[Moment]
    places: list[Place]
    options: list[OptionView]


class KindList(BaseModel):
    """Every kind of mishap there is."""

    kinds: list[KindView]


class MishapView(BaseModel):
    """A mishap of a world, the options of its kind beside the rest. `until` is in epoch ms on the world's clock.

    `happened` counts the requests it happened to.
    """

    model_config = ConfigDict(extra="allow")

    id: str
    do: str
    at: list[Place]
    moment: Moment
    on: dict[str, str | int]
    skip: int
    count: int | None
    probability: float
    until: int | None
    happened: int


class MishapList(BaseModel):
    """The mishaps of a world, those of its scenarios among them."""

    mishaps: list[MishapView]


def add_mishaps(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""
    add_document_errors(app)

    @app.get("/_hobbyhorse/mishaps", tags=["mishaps"])
    async def list_kinds() -> KindList:
        """List the kinds of mishap with their options."""
        return KindList(kinds=[_kind_view(kind) for kind in parts.catalogue.mishaps.values()])

    @app.get(_WORLDS, tags=["mishaps"])
    async def list_mishaps(world_id: str) -> MishapList:
        """List the mishaps of a world."""
        world = await parts.world(world_id)
        return MishapList(mishaps=[await _view(parts, world_id, one) for one in world.mishaps])

    @app.post(_WORLDS, status_code=201, tags=["mishaps"], openapi_extra=_BODY)
    async def add_mishap(world_id: str, request: Request) -> MishapView:
        """Let something go wrong in a world from now on."""
        await parts.world(world_id)
        asked = mishap((await body_of(request)).value, parts.catalogue)
        world = await parts.provisioning.change(world_id, lambda world: _with(parts, world, asked))
        return await _view(parts, world_id, world.mishaps[-1])

    @app.delete(f"{_WORLDS}/{{mishap_id:path}}", status_code=204, tags=["mishaps"])
    async def remove_mishap(world_id: str, mishap_id: str) -> None:
        """End a mishap."""
        world = await parts.world(world_id)
        ids = [one.id for one in world.mishaps]
        if mishap_id not in ids:
            raise HTTPException(404, f"there is no mishap {mishap_id[:100]!r} here{did_you_mean(mishap_id, ids)}")
        await parts.provisioning.change(world_id, lambda world: _without(world, mishap_id))
        for prefix in (CONCERNED, HAPPENED):  # the next one may get the same number
            counted = await parts.tallies.add(world_id, f"{prefix}{mishap_id}", 0)
            await parts.tallies.add(world_id, f"{prefix}{mishap_id}", -counted)


def _with(parts: Parts, world: World, asked: Mishap) -> World:
    if len(world.mishaps) >= _MOST:
        raise HTTPException(409, f"this world has {_MOST} mishaps already; delete one")
    return with_mishap(world, asked, parts.visits.now(world))[0]


def _without(world: World, mishap_id: str) -> World:
    return replace(world, mishaps=tuple(one for one in world.mishaps if one.id != mishap_id))


def _kind_view(kind: Kind) -> KindView:
    options = [OptionView(**asdict(option) | {"choices": list(option.choices)}) for option in kind.options]
    return KindView(
        name=kind.name, says=kind.says, moments=list(kind.moments), places=list(kind.places), options=options
    )


async def _view(parts: Parts, world_id: str, found: Mishap) -> MishapView:
    return MishapView(
        id=found.id,
        do=found.kind,
        at=[place for place in Place if place in found.at],
        moment=found.moment,
        on={name: value for name, value in asdict(found.on).items() if value is not None},
        skip=found.skip,
        count=found.count,
        probability=found.probability,
        until=found.until,
        happened=await parts.mishaps.happened(world_id, found.id),
        **found.options,
    )
