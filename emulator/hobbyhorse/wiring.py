"""The only place where everything meets: settings in, two ASGI applications out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from . import clocks
from .core.hints import did_you_mean
from .core.task import Pace
from .core.validation import RequestForms
from .data import load
from .dialects.dashscope import DashScope
from .media.fetch import Fetcher, Reach
from .media.inputs import InputStore
from .media.render import ClipRenderer
from .service.admission import Admission
from .service.jobs import JobMaker
from .service.media import MediaJudge
from .service.results import ResultService
from .service.tasks import TaskService
from .service.tokens import TokenService
from .service.uploads import UploadService
from .service.worlds import Validation, World
from .settings import SettingsError
from .store.memory import MemoryTasks, MemoryWorlds
from .store.uploads import UploadStore
from .web.api import api_app
from .web.control import Control
from .web.openapi import OpenApi
from .web.oss import ResultOrigin

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from .core.catalogue import Catalogue
    from .settings import Settings

_MB = 1 << 20
_HOUR = 3_600_000


@dataclass(slots=True)
class Origins:
    """The base URLs under which clients reach the server; known once the sockets are bound."""

    api: str = ""
    results: str = ""


@dataclass(frozen=True, slots=True)
class Wired:
    """A server's parts. `close` frees what they hold."""

    api: ASGIApp
    results: ASGIApp
    origins: Origins
    inputs: InputStore
    objects: UploadStore
    renderer: ClipRenderer

    def close(self) -> None:
        """Stop the rendering threads, then drop the inputs they may still be reading."""
        self.renderer.close()
        self.inputs.close()
        self.objects.close()


def wire(settings: Settings, control_token: str | None = None) -> Wired:
    """Build the server's parts. Raises SettingsError for a region that does not exist."""
    catalogue = load()
    if settings.region not in catalogue.regions:
        known = ", ".join(catalogue.regions)
        hint = did_you_mean(settings.region, catalogue.regions)
        raise SettingsError(f"there is no region {settings.region!r}{hint}; there are {known}")
    random = Random(settings.seed) if settings.seed is not None else SystemRandom()  # noqa: S311 - ids, no secrets
    worlds = MemoryWorlds(_default_world(settings, catalogue, random))
    tasks = MemoryTasks(keeps=catalogue.timing.task_retention + catalogue.timing.url_lifetime + _HOUR)
    inputs = InputStore(seconds=settings.input_seconds)
    try:
        renderer = ClipRenderer(inputs, cache_bytes=settings.cache_mb * _MB, font=settings.font)
    except ValueError as error:
        raise SettingsError(f"font: {error}") from error
    admission = Admission(worlds, catalogue, settings.region, clocks.monotonic)
    results = ResultService(catalogue, worlds, tasks, renderer, admission)
    objects = UploadStore(settings.upload_mb * _MB)
    uploads = UploadService(catalogue, worlds, objects, admission)
    judge = MediaJudge(inputs, Fetcher(_reach(settings)), uploads, settings.input_seconds)
    jobs = JobMaker(catalogue, judge, random)
    forms = RequestForms(catalogue)
    service = TaskService(catalogue, forms, jobs, tasks, random)
    origins = Origins()
    tokens = TokenService(random)
    dialect = DashScope(catalogue, admission, service, results, uploads, tokens, lambda: origins.results, random)
    control = Control(worlds, clocks.monotonic, token=control_token, origin=lambda: origins.api)
    strict = settings.validation == Validation.GATEWAY
    api = api_app(dialect, OpenApi(catalogue, forms, strict=strict), control, settings.max_body_mb * _MB)
    origin = ResultOrigin(results, uploads, catalogue, admission, random)
    return Wired(api, origin, origins, inputs, objects, renderer)


def _reach(settings: Settings) -> Reach:
    """Return how far callers' URLs are fetched. A server that others reach fetches nothing unless told to."""
    if settings.media_fetch is not None:
        return Reach(settings.media_fetch)
    return Reach.LOOPBACK if settings.is_local else Reach.NEVER


def _default_world(settings: Settings, catalogue: Catalogue, random: Random) -> World:
    secret = hashlib.sha256(random.randbytes(32)).hexdigest()
    return World(
        id="default",
        keys=catalogue.keys,
        open_keys=settings.keys == "open",
        pace=Pace(settings.pace),
        validation=Validation(settings.validation),
        clock=clocks.started(frozen=settings.clock == "frozen"),
        access_key_id=f"LTAI5t{secret[:18]}",
        secret=secret[18:48],
        stamped=settings.media == "stamped",
    )
