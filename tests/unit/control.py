"""The control API in this process: every topic over stores in memory, nothing rendered, a reading that a test sets."""

from __future__ import annotations

from contextlib import asynccontextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import httpx

from hobbyhorse.core.clip import Clip
from hobbyhorse.journal.ring import MemoryJournal
from hobbyhorse.service.acting import Acting
from hobbyhorse.service.events import Courier, Events
from hobbyhorse.service.provisioning import Provisioning, Resettable
from hobbyhorse.service.results import ResultService
from hobbyhorse.store.memory import MemoryAttempts
from hobbyhorse.web.control import Control, Origins, Parts
from unit.records import CATALOGUE, SUBMITTED
from unit.services import Services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hobbyhorse.core.clip import ClipSpec

HERE = "http://127.0.0.1:8700"
RESULTS = "http://127.0.0.1:8701"


class Renderer:
    """Makes every clip of the same few bytes."""

    async def clip(self, spec: ClipSpec) -> Clip:
        return Clip(b"mp4", b"0" * 16, 1)


class Nowhere:
    """A post office that nobody may use: no world of these tests has a sink."""

    async def post(self, url: str, event: dict[str, Any]) -> int:
        raise AssertionError(f"{event} to {url}")


def parts_of(here: Services, origin: str = HERE) -> Parts:
    """Return what the control API works with. New worlds begin at the time of day `SUBMITTED`."""
    journal, attempts = MemoryJournal(), MemoryAttempts()
    events = Events(CATALOGUE, here.tasks, here.visits, attempts)
    provisioning = Provisioning(
        here.worlds,
        here.tallies,
        resets={
            Resettable.JOURNAL: (journal.reset,),
            Resettable.TASKS: (here.ledger.settle, here.tasks.drop, here.lane_store.drop),
            Resettable.LEDGER: (here.ledger.empty,),
        },
        drops=(journal.drop, here.tasks.drop),
        random=Random(1),
        time_of_day=lambda: SUBMITTED,
        monotonic=lambda: here.reading,
    )
    return Parts(
        catalogue=CATALOGUE,
        origins=Origins(origin, RESULTS),
        monotonic=lambda: here.reading,
        worlds=here.worlds,
        visits=here.visits,
        provisioning=provisioning,
        tasks=here.tasks,
        acting=Acting(CATALOGUE, here.tasks, here.lanes, here.ledger, here.visits),
        ledger=here.ledger,
        results=ResultService(CATALOGUE, here.tasks, Renderer(), here.mishaps),
        mishaps=here.mishaps,
        journal=journal,
        tallies=here.tallies,
        events=events,
        courier=Courier(here.worlds, here.visits, events, attempts, Nowhere()),
    )


@asynccontextmanager
async def served(
    here: Services | None = None, *, token: str | None = None, origin: str = HERE, reading: int | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the control API."""
    here = here or Services()
    if reading is not None:
        here.reading = reading
    control = Control(parts_of(here, origin), token=token)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(control), base_url=HERE) as client:
        yield client
