"""The services over stores in memory, on a monotonic reading that a test sets."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from hobbyhorse.core.accounts import ApiKey
from hobbyhorse.service.admission import Caller
from hobbyhorse.service.lanes import LaneService
from hobbyhorse.service.ledger import LedgerService
from hobbyhorse.service.limits import LimitService
from hobbyhorse.service.mishaps import Mishaps
from hobbyhorse.service.visit import Visit, Visits
from hobbyhorse.store.memory import MemoryLanes, MemoryLedger, MemoryTallies, MemoryTasks, MemoryWindows, MemoryWorlds
from unit.records import CATALOGUE, DAY, SUBMITTED, WORLD

if TYPE_CHECKING:
    from hobbyhorse.core.catalogue import Catalogue
    from hobbyhorse.service.worlds import World

OPEN_KEY = ApiKey("open", "sk-open", None, None)


class Services:
    """What the use cases share. `reading` is the monotonic one, in ms; `tasks` or `worlds` may be one's own stores."""

    def __init__(
        self,
        world: World = WORLD,
        *,
        tasks: MemoryTasks | None = None,
        worlds: MemoryWorlds | None = None,
        catalogue: Catalogue = CATALOGUE,
    ) -> None:
        self.reading = 0
        self.catalogue = catalogue
        self.worlds = worlds or MemoryWorlds(world, lambda: self.reading)
        self.tallies = MemoryTallies()
        self.bills = MemoryLedger(9 * DAY)
        self.tasks = tasks or MemoryTasks(9 * DAY, self.bills.freed)
        self.windows = MemoryWindows()
        self.lane_store = MemoryLanes(self.tasks)
        self.visits = Visits(self.worlds, self.tallies, lambda: self.reading)
        self.mishaps = Mishaps(self.tallies)
        self.ledger = LedgerService(catalogue, self.tasks, self.bills, self.worlds, self.visits)
        self.lanes = LaneService(catalogue, self.tasks, self.lane_store)
        self.limits = LimitService(catalogue, self.windows, self.lanes, self.ledger)


def a_visit(world: World = WORLD, now: int = SUBMITTED, **changes: Any) -> Visit:
    """Return a visit to a world at an instant (ms, its clock)."""
    return replace(Visit(world, is_known=True, arrived=now, random=Random(1)), **changes)


def a_caller(
    world: World = WORLD, now: int = SUBMITTED, key: ApiKey = OPEN_KEY, region: str = "cn-beijing", **visit: Any
) -> Caller:
    """Return an admitted sender."""
    return Caller(a_visit(world, now, key=key, api_key=key.key, **visit), key, region)
