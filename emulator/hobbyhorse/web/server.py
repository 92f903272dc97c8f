"""Two origins, one process, one event loop: uvicorn on both sockets until a signal says stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

# Pollers sleep up to 15 s between requests; uvicorn's own 5 s would close on them.
_KEEP_ALIVE = 75
_BACKLOG = 4096
# How long answers in flight may take to finish after a stop, in seconds. `docker stop` kills after 10.
_GRACE = 5


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs several of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing: see `serve`."""
        yield


def run(
    origins: list[tuple[ASGIApp, socket.socket]],
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
    origins: list[tuple[ASGIApp, socket.socket]],
    ready: Callable[[], None],
    take_stop: Callable[[Callable[[], None]], None] | None,
) -> None:
    servers = [(_Server(_config(app)), bound) for app, bound in origins]
    loop = asyncio.get_running_loop()

    def stop() -> None:
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


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="httptools",
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
    )
