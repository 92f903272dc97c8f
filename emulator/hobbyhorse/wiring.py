"""The only place where everything meets: settings in, two ASGI applications out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from . import clocks
from .core.clock import ClockState
from .core.hints import did_you_mean
from .core.quota import Quotas
from .core.task import Pace
from .core.validation import RequestForms
from .data import load
from .dialects.dashscope import DashScope
from .journal.ring import MemoryJournal
from .media.fetch import Fetcher, Reach
from .media.inputs import InputStore
from .media.render import ClipRenderer
from .scenarios import DocumentError, library, read, scenario_of
from .service.acting import Acting
from .service.admission import Admission
from .service.events import Courier, Events
from .service.jobs import JobMaker
from .service.lanes import LaneService
from .service.ledger import LedgerService
from .service.limits import LimitService
from .service.media import MediaJudge
from .service.mishaps import Mishaps
from .service.provisioning import Provisioning, Resettable, WorldOrder, new_world, with_scenario
from .service.results import ResultService
from .service.scenarios import Scenarios
from .service.tasks import TaskService
from .service.tokens import TokenService
from .service.uploads import UploadService
from .service.visit import Visits
from .service.worlds import ClockStart, Validation, World
from .settings import SettingsError
from .sink import Sink
from .store.memory import (
    MemoryAttempts,
    MemoryLanes,
    MemoryLedger,
    MemoryTallies,
    MemoryTasks,
    MemoryWindows,
    MemoryWorlds,
)
from .store.uploads import UploadStore
from .web.api import api_app
from .web.control import Control, Origins, Parts
from .web.desk import Desk
from .web.openapi import OpenApi
from .web.oss import ResultOrigin

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from .core.catalogue import Catalogue
    from .core.scenario import Scenario
    from .settings import Settings

_MB = 1 << 20
_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Wired:
    """A server's parts. `close` frees what they hold."""

    api: ASGIApp
    results: ASGIApp
    origins: Origins
    inputs: InputStore
    objects: UploadStore
    renderer: ClipRenderer
    journal: MemoryJournal
    desk: Desk

    def close(self) -> None:
        """Stop the rendering threads, then drop the inputs they may still be reading."""
        self.renderer.close()
        self.inputs.close()
        self.objects.close()


@dataclass(frozen=True, slots=True)
class _Stores:
    """All that lasts as long as the process, world by world."""

    worlds: MemoryWorlds
    tallies: MemoryTallies
    journal: MemoryJournal
    tasks: MemoryTasks
    lanes: MemoryLanes
    windows: MemoryWindows
    bills: MemoryLedger
    objects: UploadStore
    attempts: MemoryAttempts


def _journal(settings: Settings) -> MemoryJournal:
    total = settings.journal_mb * _MB
    return MemoryJournal(entries=settings.journal_entries, world_bytes=total // 4, total_bytes=total)


def _stores(settings: Settings, catalogue: Catalogue) -> _Stores:
    keeps = catalogue.timing.task_retention + catalogue.timing.url_lifetime + _HOUR
    bills = MemoryLedger(keeps)
    tasks = MemoryTasks(keeps, bills.freed)
    return _Stores(
        worlds=MemoryWorlds(_default_world(settings, catalogue), clocks.monotonic),
        tallies=MemoryTallies(),
        journal=_journal(settings),
        tasks=tasks,
        lanes=MemoryLanes(tasks),
        windows=MemoryWindows(),
        bills=bills,
        objects=UploadStore(settings.upload_mb * _MB),
        attempts=MemoryAttempts(),
    )


def wire(settings: Settings, control_token: str | None = None) -> Wired:
    """Build the server's parts. Raises SettingsError for a region that does not exist."""
    catalogue = load()
    _check_region(settings.region, catalogue)
    inputs = InputStore(seconds=settings.input_seconds)
    renderer = _renderer(settings, inputs)
    stores = _stores(settings, catalogue)
    worlds, tallies, tasks = stores.worlds, stores.tallies, stores.tasks
    visits, mishaps = Visits(worlds, tallies, clocks.monotonic), Mishaps(tallies)
    ledger = LedgerService(catalogue, tasks, stores.bills, worlds, visits)
    lanes = LaneService(catalogue, tasks, stores.lanes)
    limits = LimitService(catalogue, stores.windows, lanes, ledger)
    results = ResultService(catalogue, tasks, renderer, mishaps)
    uploads = UploadService(catalogue, worlds, stores.objects, visits, limits)
    jobs = JobMaker(catalogue, MediaJudge(inputs, Fetcher(_reach(settings)), uploads, settings.input_seconds))
    forms, scenarios = RequestForms(catalogue), Scenarios(catalogue, tallies)
    service = TaskService(catalogue, forms, jobs, tasks, mishaps, scenarios, lanes, limits)
    origins, admission = Origins(), Admission(catalogue, settings.region)
    dialect = DashScope(
        catalogue, visits, admission, service, results, uploads, TokenService(), lambda: origins.results
    )
    events = Events(catalogue, tasks, visits, stores.attempts)
    courier = Courier(worlds, visits, events, stores.attempts, Sink())
    desk = Desk(stores.journal, mishaps, worlds, visits, clocks.monotonic, courier)
    parts = Parts(
        catalogue=catalogue,
        origins=origins,
        monotonic=clocks.monotonic,
        worlds=worlds,
        visits=visits,
        provisioning=_provisioning(stores, ledger),
        tasks=tasks,
        acting=Acting(catalogue, tasks, lanes, ledger, visits),
        ledger=ledger,
        results=results,
        mishaps=mishaps,
        journal=stores.journal,
        tallies=tallies,
        events=events,
        courier=courier,
    )
    document = OpenApi(catalogue, forms, strict=settings.validation == Validation.GATEWAY)
    api = api_app(dialect, desk, origins, document, Control(parts, token=control_token), settings.max_body_mb * _MB)
    origin = ResultOrigin(results, uploads, catalogue, visits, desk, origins)
    return Wired(api, origin, origins, inputs, stores.objects, renderer, stores.journal, desk)


def _provisioning(stores: _Stores, ledger: LedgerService) -> Provisioning:
    tasks, lanes, windows = stores.tasks, stores.lanes, stores.windows
    journal, tallies, objects = stores.journal, stores.tallies, stores.objects
    return Provisioning(
        stores.worlds,
        tallies,
        resets={
            Resettable.JOURNAL: (journal.reset,),
            Resettable.TASKS: (ledger.settle, tasks.drop, lanes.drop, stores.attempts.drop),
            Resettable.LEDGER: (ledger.empty,),
            Resettable.ALL: (objects.drop, tallies.drop, windows.drop),
        },
        drops=[
            store.drop for store in (journal, tasks, lanes, windows, stores.bills, objects, tallies, stores.attempts)
        ],
        random=SystemRandom(),
        time_of_day=clocks.time_of_day,
        monotonic=clocks.monotonic,
    )


def _check_region(region: str, catalogue: Catalogue) -> None:
    if region not in catalogue.regions:
        known = ", ".join(catalogue.regions)
        hint = did_you_mean(region, catalogue.regions)
        raise SettingsError(f"there is no region {region!r}{hint}; there are {known}")


def _renderer(settings: Settings, inputs: InputStore) -> ClipRenderer:
    try:
        return ClipRenderer(inputs, cache_bytes=settings.cache_mb * _MB, font=settings.font)
    except ValueError as error:
        raise SettingsError(f"font: {error}") from error


def _reach(settings: Settings) -> Reach:
    """Return how far callers' URLs are fetched. A server that others reach fetches nothing unless told to."""
    if settings.media_fetch is not None:
        return Reach(settings.media_fetch)
    return Reach.LOOPBACK if settings.is_local else Reach.NEVER


def _default_world(settings: Settings, catalogue: Catalogue) -> World:
    order = WorldOrder(
        url_lifetime=catalogue.timing.url_lifetime,
        name="the default world",
        keys=tuple(catalogue.keys.values()),
        clock=ClockStart(rate=0.0 if settings.clock == "frozen" else 1.0),
        pace=Pace(settings.pace),
        quotas=Quotas() if settings.has_quotas else None,
        validation=Validation(settings.validation),
        stamped=settings.media == "stamped",
        seed=settings.seed,
        markers=True,
    )
    clock = ClockState(clocks.time_of_day(), clocks.monotonic(), order.clock.rate)
    random = SystemRandom() if settings.seed is None else Random(settings.seed)  # noqa: S311 - repeats are wanted
    world = new_world("default", order, clock, random, open_keys=settings.keys == "open")
    for word in filter(None, (settings.scenario or "").split(",")):
        world = with_scenario(world, _scenario(word.strip(), catalogue), clock.shown)
    return world


def _scenario(word: str, catalogue: Catalogue) -> Scenario:
    """Return a scenario of the library, or of a file. Raises SettingsError."""
    if word in library.names():
        return library.find(word, catalogue)
    try:
        return scenario_of(read(Path(word).read_text(encoding="utf-8"), word), catalogue, Path(word).stem)
    except DocumentError as error:
        raise SettingsError(f"scenario: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        hint = did_you_mean(word, library.names()) or "; `hobbyhorse scenarios` lists the named ones"
        raise SettingsError(
            f"scenario: {word!r} is neither a named scenario nor a file that can be read{hint}"
        ) from error
