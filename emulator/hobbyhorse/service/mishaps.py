"""Which mishaps happen to a request: those of its world, and those that a scenario bound to its task."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.mishaps import Moment, Occasion, Place, concerns, happens
from .visit import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.mishaps import Mishap
    from ..core.task import Task
    from .ports import Tallies
    from .visit import Visit

# Acts on the task behind the URL, so the results' use case carries it out and no answer is made of it.
DEAD_URL = "dead-url"
# Names of tallies: how many requests a mishap concerned, and to how many it happened.
CONCERNED, HAPPENED = "mishap:", "happened:"


class Mishaps:
    """Takes mishaps: what is taken is counted, whoever asks."""

    def __init__(self, tallies: Tallies) -> None:
        self._tallies = tallies

    async def of_world(self, visit: Visit, occasion: Occasion) -> list[Mishap]:
        """Return the world's own mishaps that happen to a request."""
        mishaps = [mishap for mishap in visit.world.mishaps if mishap.kind != DEAD_URL]
        return await self._taken(visit, mishaps, occasion) if mishaps else []

    async def lay(self, visit: Visit, place: Place, task: Task, *, url: str | None = None) -> None:
        """Note which of its task's mishaps happen to a request. Raises Interrupted for one that happens before."""
        mishaps = [one for one in (task.script.mishaps if task.script else ()) if one.kind != DEAD_URL]
        if not mishaps:
            return
        taken = await self._taken(visit, mishaps, _occasion(visit, place, task, url))
        visit.mishaps += taken
        before = next((one for one in taken if one.moment is Moment.BEFORE and one.kind != "delay"), None)
        if before is not None:
            visit.mishaps.remove(before)
            raise Interrupted(before)

    async def dead_url(self, visit: Visit, task: Task) -> Mishap | None:
        """Return a mishap that kills the URL by which a download came."""
        mishaps = [*visit.world.mishaps, *(task.script.mishaps if task.script else ())]
        killing = [mishap for mishap in mishaps if mishap.kind == DEAD_URL]
        if not killing:
            return None
        taken = await self._taken(visit, killing, _occasion(visit, Place.DOWNLOAD, task, None))
        return next(iter(taken), None)

    async def happened(self, world: str, mishap_id: str) -> int:
        """Return how often a mishap has happened."""
        return await self._tallies.add(world, f"{HAPPENED}{mishap_id}", 0)

    async def _taken(self, visit: Visit, mishaps: Iterable[Mishap], occasion: Occasion) -> list[Mishap]:
        world, taken = visit.world, []
        seed = world.secret if world.seed is None else str(world.seed)
        for mishap in mishaps:
            if not concerns(mishap, occasion):
                continue
            number = await self._tallies.add(world.id, f"{CONCERNED}{mishap.id}")
            if happens(mishap, number, seed):
                await self._tallies.add(world.id, f"{HAPPENED}{mishap.id}")
                taken.append(mishap)
        return taken


def _occasion(visit: Visit, place: Place, task: Task, url: str | None) -> Occasion:
    return replace(visit.occasion, place=place, task=task.id, url=url or visit.occasion.url)
