"""The only place where everything meets: settings in, two ASGI applications out."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from . import clocks
from .core.clock import ClockState
from .core.hints import did_you_mean
from .core.task import Pace
from .core.validation import RequestForms
from .data import load
from .dialects.dashscope import DashScope
from .journal.ring import MemoryJournal
from .media.fetch import Fetcher, Reach
from .media.inputs import InputStore
from .media.render import ClipRenderer
from .service.acting import Acting
from .service.admission import Admission
from .service.jobs import JobMaker
from .service.media import MediaJudge
from .service.mishaps import Mishaps
from .service.provisioning import Provisioning, Resettable, WorldOrder, new_world
from .service.results import ResultService
from .service.scenarios import Scenarios
from .service.tasks import TaskService
from .service.tokens import TokenService
from .service.uploads import UploadService
from .service.visit import Visits
from .service.worlds import ClockStart, Validation, World
from .settings import SettingsError
from .store.memory import MemoryTallies, MemoryTasks, MemoryWorlds
from .store.uploads import UploadStore
from .web.api import api_app
from .web.control import Control, Origins, Parts
from .web.desk import Desk
from .web.openapi import OpenApi
from .web.oss import ResultOrigin

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from .core.catalogue import Catalogue
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


def wire(settings: Settings, control_token: str | None = None) -> Wired:
    """Build the server's parts. Raises SettingsError for a region that does not exist."""
    catalogue = load()
    _check_region(settings.region, catalogue)
    worlds = MemoryWorlds(_default_world(settings, catalogue), clocks.monotonic)
    tallies, journal = MemoryTallies(), MemoryJournal()
    tasks = MemoryTasks(keeps=catalogue.timing.task_retention + catalogue.timing.url_lifetime + _HOUR)
    inputs = InputStore(seconds=settings.input_seconds)
    renderer = _renderer(settings, inputs)
    objects = UploadStore(settings.upload_mb * _MB)
    visits = Visits(worlds, tallies, clocks.monotonic)
    mishaps = Mishaps(tallies)
    results = ResultService(catalogue, tasks, renderer, mishaps)
    uploads = UploadService(catalogue, worlds, objects, visits)
    judge = MediaJudge(inputs, Fetcher(_reach(settings)), uploads, settings.input_seconds)
    forms = RequestForms(catalogue)
    service = TaskService(catalogue, forms, JobMaker(catalogue, judge), tasks, mishaps, Scenarios(catalogue, tallies))
    origins = Origins()
    admission = Admission(catalogue, settings.region)
    dialect = DashScope(
        catalogue, visits, admission, service, results, uploads, TokenService(), lambda: origins.results
    )
    desk = Desk(journal, mishaps, worlds, visits, clocks.monotonic)
    provisioning = Provisioning(
        worlds,
        tallies,
        resets={
            Resettable.JOURNAL: (journal.reset,),
            Resettable.TASKS: (tasks.drop,),
            Resettable.ALL: (objects.drop, tallies.drop),
        },
        drops=(journal.drop, tasks.drop, objects.drop, tallies.drop),
        random=SystemRandom(),
        time_of_day=clocks.time_of_day,
        monotonic=clocks.monotonic,
    )
    parts = Parts(
        catalogue=catalogue,
        origins=origins,
        monotonic=clocks.monotonic,
        worlds=worlds,
        visits=visits,
        provisioning=provisioning,
        tasks=tasks,
        acting=Acting(catalogue, tasks, visits),
        results=results,
        mishaps=mishaps,
        journal=journal,
        tallies=tallies,
    )
    control = Control(parts, token=control_token)
    strict = settings.validation == Validation.GATEWAY
    api = api_app(dialect, desk, origins, OpenApi(catalogue, forms, strict=strict), control, settings.max_body_mb * _MB)
    origin = ResultOrigin(results, uploads, catalogue, visits, desk, origins)
    return Wired(api, origin, origins, inputs, objects, renderer, journal, desk)


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
        validation=Validation(settings.validation),
        stamped=settings.media == "stamped",
        seed=settings.seed,
        markers=True,
    )
    clock = ClockState(clocks.time_of_day(), clocks.monotonic(), order.clock.rate)
    random = SystemRandom() if settings.seed is None else Random(settings.seed)  # noqa: S311 - repeats are wanted
    return new_world("default", order, clock, random, open_keys=settings.keys == "open")
