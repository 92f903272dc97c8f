"""The same for asyncio: each method of a handle, awaited.

The calls are a millisecond or two of HTTP and run in asyncio's threads, so that one implementation serves both kinds
of callers. Following a journal may wait for ever: that is asyncio's own I/O and ends when its task is cancelled.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from .clock import Clock
from .emulator import Emulator
from .journal import Journal
from .placed import Placed
from .tasks import Tasks
from .world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
    from types import TracebackType

    from .views import Key, Ledger

S = TypeVar("S")
R = TypeVar("R")
P = ParamSpec("P")


class Twin(Generic[S]):
    """Stands for a synchronous handle, which is its `sync`."""

    def __init__(self, sync: S) -> None:
        self.sync = sync

    def __repr__(self) -> str:
        return f"<asyncio: {self.sync!r}>"


def _awaited(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[Twin[S], P], Coroutine[Any, Any, R]]:
    """Return a method that does in a thread what another does."""

    @wraps(method)
    async def call(twin: Twin[S], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(method, twin.sync, *args, **kwargs)

    return call


T = TypeVar("T", bound=Twin[Any])


class Coming(Generic[S, T]):
    """What is being made: `await` it to have it, or `async with` it to have it until the block ends."""

    def __init__(self, made: Coroutine[Any, Any, S], twin: Callable[[S], T]) -> None:
        self._made = made
        self._twin = twin
        self._had: T | None = None

    async def _have(self) -> T:
        self._had = self._twin(await self._made)
        return self._had

    def __await__(self) -> Generator[Any, Any, T]:
        return self._have().__await__()

    async def __aenter__(self) -> T:
        return await self._have()

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._had is not None:
            await asyncio.to_thread(self._had.sync.__exit__, kind, value, at)


def _made(
    method: Callable[Concatenate[S, P], R], twin: Callable[[R], T]
) -> Callable[Concatenate[Twin[S], P], Coming[R, T]]:
    """Return a method that makes in a thread what another makes, and gives its twin."""

    @wraps(method)
    def call(maker: Twin[S], /, *args: P.args, **kwargs: P.kwargs) -> Coming[R, T]:
        return Coming(asyncio.to_thread(method, maker.sync, *args, **kwargs), twin)

    return call


class AsyncClock(Twin[Clock]):
    """A world's clock. `advance` can stand in for a client's `asyncio.sleep`."""

    read = _awaited(Clock.read)
    now = _awaited(Clock.now)
    advance = _awaited(Clock.advance)
    set = _awaited(Clock.set)
    freeze = _awaited(Clock.freeze)
    run = _awaited(Clock.run)


class AsyncTasks(Twin[Tasks]):
    """The tasks of a world."""

    list = _awaited(Tasks.list)
    find = _awaited(Tasks.find)
    only = _awaited(Tasks.only)
    finish = _awaited(Tasks.finish)
    fail = _awaited(Tasks.fail)
    hold = _awaited(Tasks.hold)
    release = _awaited(Tasks.release)
    expire = _awaited(Tasks.expire)
    forget = _awaited(Tasks.forget)


class AsyncJournal(Twin[Journal]):
    """What a world was asked and answered."""

    page = _awaited(Journal.page)
    entries = _awaited(Journal.entries)
    entry = _awaited(Journal.entry)
    explain = _awaited(Journal.explain)
    story = _awaited(Journal.story)

    def follow(self, after: int | None = None) -> AsyncIterator[Any]:
        """Yield each entry as it is written, as `Journal.follow` does."""
        return self.sync.afollow(after)


class AsyncPlaced(Twin[Placed]):
    """A scenario or a mishap in a world. `view` is its document."""

    remove = _awaited(Placed.remove)

    @property
    def name(self) -> str:
        """The scenario's name, or the mishap's id."""
        return self.sync.name

    @property
    def view(self) -> Mapping[str, Any]:
        """What the control API said of it when it was put in."""
        return self.sync.view


class AsyncWorld(Twin[World]):
    """A world, as `World` is one."""

    id: str
    name: str
    keys: Mapping[str, Key]
    api: Mapping[str, str]
    results: str
    access_key_id: str
    clock: AsyncClock
    tasks: AsyncTasks
    journal: AsyncJournal

    view = _awaited(World.view)
    scenario = _made(World.scenario, AsyncPlaced)
    mishap = _made(World.mishap, AsyncPlaced)
    reset = _awaited(World.reset)
    delete = _awaited(World.delete)

    def __init__(self, sync: World) -> None:
        super().__init__(sync)
        self.id, self.name, self.keys = sync.id, sync.name, sync.keys
        self.api, self.results, self.access_key_id = sync.api, sync.results, sync.access_key_id
        self.clock = AsyncClock(sync.clock)
        self.tasks = AsyncTasks(sync.tasks)
        self.journal = AsyncJournal(sync.journal)

    @property
    def key(self) -> str:
        """The text of the world's first key."""
        return self.sync.key

    @property
    def ledger(self) -> Awaitable[Ledger]:
        """What the world's tasks would have cost up to now: `await world.ledger`."""
        return asyncio.to_thread(lambda: self.sync.ledger)

    @property
    def events(self) -> Awaitable[list[dict[str, Any]]]:
        """The completion events of the finished tasks: `await world.events`."""
        return asyncio.to_thread(lambda: self.sync.events)

    @property
    def mishaps(self) -> Awaitable[list[dict[str, Any]]]:
        """The mishaps in force: `await world.mishaps`."""
        return asyncio.to_thread(lambda: self.sync.mishaps)

    def base_url(self, region: str | None = None) -> str:
        """Return the base URL of a region, as `World.base_url` does."""
        return self.sync.base_url(region)

    def env(self, region: str | None = None, key: str | None = None) -> dict[str, str]:
        """Return the environment variables that bring DashScope's SDKs here, as `World.env` does."""
        return self.sync.env(region, key)


class AsyncEmulator(Twin[Emulator]):
    """A server that runs; `async with Emulator() as emulator:` gives it."""

    world = _made(Emulator.world, AsyncWorld)
    health = _awaited(Emulator.health)

    @property
    def api(self) -> str:
        """The origin of the API."""
        return self.sync.api

    @property
    def results(self) -> str:
        """The origin where clips lie."""
        return self.sync.results

    @property
    def control(self) -> str:
        """The base URL of the control API."""
        return self.sync.control

    @property
    def pid(self) -> int | None:
        """The process that serves."""
        return self.sync.pid

    @property
    def default(self) -> Awaitable[AsyncWorld]:
        """The world that is always there: `await emulator.default`."""
        return Coming(asyncio.to_thread(lambda: self.sync.default), AsyncWorld)

    @property
    def authority(self) -> str | None:
        """The file with the certificate by which an https server is trusted; None for http."""
        return self.sync.authority

    async def start(self) -> Self:
        """Start the server; return once it answers. Raises StartError."""
        await asyncio.to_thread(self.sync.start)
        return self

    async def stop(self) -> None:
        """Stop the server. Raises StartError if it does not."""
        await asyncio.to_thread(self.sync.stop)

    async def find(self, world: str) -> AsyncWorld:
        """Return the world with an id. Raises ControlError (404) if there is none."""
        return AsyncWorld(await asyncio.to_thread(self.sync.find, world))

    async def worlds(self) -> list[AsyncWorld]:
        """Return all worlds, the default one among them."""
        return [AsyncWorld(world) for world in await asyncio.to_thread(self.sync.worlds)]

    def log(self) -> str:
        """Return what the server has printed and logged up to now."""
        return self.sync.log()
