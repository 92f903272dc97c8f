"""How a bug is planted: it takes the place of one function of the emulator, and is wrong in one respect."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hobbyhorse.core.mishaps import Moment, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from hobbyhorse.core.timeline import Status

HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Bug:
    """What is wrong, where it is planted below `hobbyhorse` (module, then name or class and name), and as what.

    `planted` gets what was there. `only_here`: other modules that import it keep what they have. `areas` are those in
    which it may show.
    """

    name: str
    module: str
    target: str
    planted: Callable[[Any], Any]
    areas: frozenset[str]
    only_here: bool = False


def plant(bug: Bug, patch: pytest.MonkeyPatch) -> None:
    """Put a bug in its place, wherever the place was imported to."""
    module = import_module(f"hobbyhorse.{bug.module}")
    owner_name, _, name = bug.target.rpartition(".")
    owner = getattr(module, owner_name) if owner_name else module
    there = getattr(owner, name)
    planted = bug.planted(there)
    patch.setattr(owner, name, planted)
    if owner_name or bug.only_here:
        return
    for other in [found for key, found in sys.modules.items() if key.startswith("hobbyhorse.")]:
        if vars(other).get(name) is there:
            patch.setattr(other, name, planted)


def later(real: Any) -> Any:
    return lambda self, visit, *rest, **more: real(self, _arrived_before(visit), *rest, **more)


def _arrived_before(visit: Any) -> Any:
    visit.arrived -= 1000
    return visit


def raised(fault: Exception, _rows: object) -> Any:
    raise fault


def twice(real: Any) -> Any:
    async def prepare(self: Any, call: Any, answer: Any) -> Any:
        late = [one for one in call.visit.world.mishaps if one.moment is Moment.AFTER and call.place in one.at]
        if late and call.place is Place.CREATE:
            await answer()
        return await real(self, call, answer)

    return prepare


def all_clocks(real: Any) -> Any:
    async def change(self: Any, world_id: str, changed: Any) -> Any:
        world = await real(self, world_id, changed)
        for other in await self._worlds.every():
            await self._worlds.swap(other, replace(other, clock=world.clock))
        return world

    return change


def anywhere(_real: Any) -> Any:
    async def find(self: Any, _world: str, task_id: str) -> Any:
        found = (shelf.tasks.get(task_id) for shelf in self._shelves.values())
        return next((task for task in found if task), None)

    return find


def not_kept(real: Any) -> Any:
    async def swap(self: Any, old: Any, new: Any, now: int) -> Any:
        return new if new.canceled_at is not None else await real(self, old, new, now)

    return swap


def only_found(_real: Any) -> Any:
    async def forget(self: Any, world: Any, task_id: str) -> Any:
        return await self._tasks.find(world.id, task_id)

    return forget


def always_first(_real: Any) -> Any:
    async def is_turn(_self: Any, _world: Any, rule: Any) -> bool:
        return rule.when.nth is None or 1 in rule.when.nth

    return is_turn


def nothing(_real: Any) -> Any:
    async def done(*_: Any) -> None:
        return None

    return done


def no_downloads(real: Any) -> Any:
    async def append(self: Any, entry: Any) -> None:
        if entry.route is not Place.DOWNLOAD:
            await real(self, entry)

    return append


def ends_anew(real: Any) -> Any:
    def polled(task: Any, now: int, timing: Any) -> Any:
        found = real(task, now, timing)
        return replace(found, ends_at=now, version=found.version + 1) if task.starts_at < task.ends_at < now else found

    return polled


def seen_as(**words: Status) -> Callable[[Any], Any]:
    return lambda real: lambda task, now: words.get(real(task, now).name, real(task, now))


def bug(name: str, where: str, planted: Callable[[Any], Any], areas: str, *, only_here: bool = False) -> Bug:
    module, _, target = where.partition(":")
    return Bug(name, module, target, planted, frozenset(areas.split()), only_here)
