"""Two origins, one process, one event loop: uvicorn on both sockets until a signal says stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from .transport import protocol

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Awaitable, Callable, Iterator

    from starlette.types import ASGIApp

    from .link import Connection, Noise

# Pollers sleep up to 15 s between requests; uvicorn's own 5 s would close on them.
_KEEP_ALIVE = 75
_BACKLOG = 4096
# How long answers in flight may take to finish after a stop, in seconds. `docker stop` kills after 10.
_GRACE = 5


@dataclass(frozen=True, slots=True)
class Served:
    """An application and where it is served; with `tls` it speaks https.

    `hear` is told of bytes that are no HTTP, `gone` of connections that ended. `stop` is called when the server is told
    to stop, to end answers that have no end of their own.
    """

    app: ASGIApp
    bound: socket.socket
    hear: Callable[[Noise], Awaitable[None]] | None = None
    tls: ssl.SSLContext | None = None
    gone: Callable[[Connection], None] = lambda _: None
    stop: Callable[[], None] = lambda: None


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs several of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: see `serve`."""
        yield


def run(
    origins: list[Served],
    ready: Callable[[], None],
    take_stop: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Serve every origin until SIGTERM or SIGINT; `ready` is called once all of them answer.

    Answers in flight are finished, for at most 5 s; a second signal ends them at once. With `take_stop` no signal is
    listened to (only a process's main thread can): it is given a function that, called from any thread, does the same.
    """
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_serve(origins, ready, take_stop))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop  # noqa: PLC0415 - absent on some platforms
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


async def _serve(
    origins: list[Served],
    ready: Callable[[], None],
    take_stop: Callable[[Callable[[], None]], None] | None,
) -> None:
    servers = [(_Server(_config(origin)), origin.bound) for origin in origins]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for origin in origins:
            origin.stop()
        for server, _ in servers:
            server.force_exit = server.should_exit
            server.should_exit = True

    if take_stop is not None:
        take_stop(lambda: _call_in(loop, stop))
    else:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
    running = [asyncio.create_task(server.serve(sockets=[bound])) for server, bound in servers]
    while not all(server.started for server, _ in servers):
        await asyncio.sleep(0.005)
        if any(task.done() for task in running):
            break
    else:
        ready()
    await asyncio.gather(*running)


def _call_in(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Call `stop` in the loop's thread. A loop that has ended has nothing left to stop."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop)


def _config(origin: Served) -> uvicorn.Config:
    tls = origin.tls
    return uvicorn.Config(
        origin.app,
        http=protocol(_telling(origin.hear), gone=origin.gone),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,  # the Date comes from the world's clock
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
        backlog=_BACKLOG,
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )


def _telling(hear: Callable[[Noise], Awaitable[None]] | None) -> Callable[[Noise], None]:
    """Return what the protocol tells of noise, which cannot wait for it to be written down."""
    telling: set[asyncio.Future[None]] = set()

    def heard(noise: Noise) -> None:
        if hear is not None:
            task = asyncio.ensure_future(hear(noise))
            telling.add(task)
            task.add_done_callback(telling.discard)

    return heard
