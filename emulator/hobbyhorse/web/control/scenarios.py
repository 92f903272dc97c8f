"""Scenarios: those that play in a world, and the library of named ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import HTTPException, Request  # FastAPI reads annotations when routes are added
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from ...core.hints import did_you_mean
from ...scenarios import library
from ...service.mishaps import CONCERNED, HAPPENED
from ...service.provisioning import MATCHED, with_scenario, without_scenario
from .documents import add_document_errors, body_of, scenario_given
from .parts import Parts  # noqa: TC001 - same

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ...core.scenario import Scenario
    from ...service.worlds import World

_MOST = 100
_WORLDS = "/_hobbyhorse/worlds/{world_id}/scenarios"
# The body is read by hand: YAML is as good as JSON here.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A scenario document, as JSON or YAML; or the name of one in the library, as a JSON text.",
        "content": {
            "application/json": {"schema": {"anyOf": [{"type": "string"}, {"type": "object"}]}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}


class NamedScenario(BaseModel):
    """A scenario of the library, and what it shows."""

    name: str
    description: str


class Library(BaseModel):
    """The scenarios that come with hobbyhorse."""

    scenarios: list[NamedScenario]


class RuleView(BaseModel):
    """A rule by the id that the journal shows, and where it was written."""

    id: str
    source: str


class ScenarioView(BaseModel):
    """A scenario that plays in a world. `mishaps` are the ids of those it brought to the whole world."""

    name: str
    description: str
    rules: list[RuleView]
    mishaps: list[str]


class ScenarioList(BaseModel):
    """The scenarios of a world; the first rule that matches is taken, in this order."""

    scenarios: list[ScenarioView]


def add_scenarios(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""
    add_document_errors(app)
    _add_library(app, parts)

    @app.get(_WORLDS, tags=["scenarios"])
    async def list_scenarios(world_id: str) -> ScenarioList:
        """List the scenarios of a world."""
        world = await parts.world(world_id)
        return ScenarioList(scenarios=[_view(world, one) for one in world.scenarios])

    @app.post(_WORLDS, status_code=201, tags=["scenarios"], openapi_extra=_BODY)
    async def add_scenario(world_id: str, request: Request) -> ScenarioView:
        """Let a scenario play in a world, after those that are there. One of the same name goes, and its counts."""
        world = await parts.world(world_id)
        document = await body_of(request)
        found = scenario_given(document, parts.catalogue, [one.name for one in world.scenarios])
        await _forget(parts, world, found.name)
        return _view(await parts.provisioning.change(world_id, lambda world: _with(parts, world, found)), found)

    @app.delete(f"{_WORLDS}/{{name}}", status_code=204, tags=["scenarios"])
    async def remove_scenario(world_id: str, name: str) -> None:
        """End a scenario, and its mishaps. What it decided for tasks that are there stays."""
        world = await parts.world(world_id)
        names = [one.name for one in world.scenarios]
        if name not in names:
            raise HTTPException(404, f"no scenario {name[:100]!r} plays in this world{did_you_mean(name, names)}")
        await parts.provisioning.change(world_id, lambda world: without_scenario(world, name))
        await _forget(parts, world, name)


def _add_library(app: FastAPI, parts: Parts) -> None:
    @app.get("/_hobbyhorse/scenarios", tags=["scenarios"])
    async def list_library() -> Library:
        """List the named scenarios that come with hobbyhorse."""
        found = [library.find(name, parts.catalogue) for name in library.names()]
        return Library(scenarios=[NamedScenario(name=one.name, description=one.description) for one in found])

    @app.get("/_hobbyhorse/scenarios/{name}", tags=["scenarios"], response_class=PlainTextResponse)
    async def show_scenario(name: str) -> PlainTextResponse:
        """Show the text of a named scenario, to start from."""
        if name not in library.names():
            hint = did_you_mean(name, library.names())
            raise HTTPException(404, f"no scenario of the library is called {name[:100]!r}{hint}")
        return PlainTextResponse(library.text(name), media_type="application/yaml")


def _with(parts: Parts, world: World, scenario: Scenario) -> World:
    changed = with_scenario(world, scenario, parts.visits.now(world))
    if len(changed.scenarios) > _MOST:
        raise HTTPException(409, f"{_MOST} scenarios play in this world already; delete one")
    return changed


def _view(world: World, scenario: Scenario) -> ScenarioView:
    return ScenarioView(
        name=scenario.name,
        description=scenario.description,
        rules=[RuleView(id=rule.id, source=rule.source) for rule in scenario.rules],
        mishaps=[one.id for one in world.mishaps if one.id.startswith(f"{scenario.name}/")],
    )


async def _forget(parts: Parts, world: World, name: str) -> None:
    """Begin anew with what a scenario's rules and mishaps are counted by. Those bound to tasks stay, and count on."""
    await parts.tallies.forget(world.id, f"{MATCHED}{name}/")
    for mishap in world.mishaps:
        if mishap.id.startswith(f"{name}/"):
            for prefix in (CONCERNED, HAPPENED):
                await parts.tallies.forget(world.id, f"{prefix}{mishap.id}")
