"""Carrying a delivery out: through uvicorn while it is a right answer, past it where it is none."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ..link import Ended
from .value import Framing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.types import Send

    from ..link import Link
    from .value import Delivery

    Alive = Callable[[], Awaitable[bool]]

log = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_SLOW_STEP = 0.1  # seconds between two pieces of a slow body


async def deliver(delivery: Delivery, link: Link | None, send: Send, alive: Alive) -> bool:
    """Send a delivery. Return whether all that was to be sent was, and the connection ended only as it was to.

    `alive` is asked after each delay: where it says no, the world was reset meanwhile, and the connection is closed
    without (the rest of) an answer. Without a link nothing can be done to the connection: that is logged.
    """
    if link is None:
        return await _without_link(delivery, send, alive)
    if delivery.delay and not await pause(delivery.delay, link, alive):
        return False
    whole = await _sent(delivery, link, send, alive)
    if not whole or delivery.ending is None:
        return whole
    if delivery.idle is not None:
        link.end_when_idle(delivery.ending, delivery.idle)  # not waited for: the answer is on record now
        return True
    await link.flush()
    if delivery.ending is Ended.RESET:
        link.reset()
    else:
        link.close()
    return True


async def _sent(delivery: Delivery, link: Link, send: Send, alive: Alive) -> bool:
    if delivery.is_regular:
        return await _regular(delivery, link, send, alive)
    try:
        return await _irregular(delivery, link, alive)
    except asyncio.CancelledError:
        link.close()  # whoever cancelled must not answer into the middle of this
        raise


async def pause(seconds: float, link: Link | None, alive: Alive) -> bool:
    """Wait real seconds. Return whether to go on; where the world is gone the connection is closed."""
    if link is None:
        await asyncio.sleep(seconds)
        return await alive()
    if not await link.wait(seconds):
        return False
    if not await alive():
        link.close()
        return False
    return True


async def _regular(delivery: Delivery, link: Link | None, send: Send, alive: Alive) -> bool:
    await send({"type": "http.response.start", "status": delivery.status, "headers": delivery.raw_headers()})
    body = delivery.shown()
    if delivery.rate is None and len(body) <= _CHUNK:
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return True
    async for piece, is_last in _pieces(delivery, link, alive):
        await send({"type": "http.response.body", "body": piece, "more_body": not is_last})
        if is_last:
            return True
    return False


async def _irregular(delivery: Delivery, link: Link, alive: Alive) -> bool:
    if not delivery.has_head:
        return True
    link.write_head(delivery.status, delivery.raw_headers())
    async for piece, is_last in _pieces(delivery, link, alive):
        is_chunk = delivery.framing is Framing.CHUNKS and piece
        link.write(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunk else piece)
        await link.drain()
        if is_last:
            break
    else:
        return False
    if delivery.ending is None or delivery.idle is not None:
        link.end_response()
    return True


async def _pieces(delivery: Delivery, link: Link | None, alive: Alive) -> AsyncIterator[tuple[bytes, bool]]:
    """Yield the body piece by piece and whether it is the last, at the delivery's rate; stop where there is no use."""
    body, rate = delivery.shown(), delivery.rate
    size = _CHUNK if rate is None else min(_CHUNK, max(1, int(rate * _SLOW_STEP)))
    view = memoryview(body)
    for start in range(0, max(len(body), 1), size):
        piece = bytes(view[start : start + size])
        if rate is not None and piece and not await pause(len(piece) / rate, link, alive):
            return
        yield piece, start + size >= len(body)


async def _without_link(delivery: Delivery, send: Send, alive: Alive) -> bool:
    """Come as close as ASGI allows."""
    if not delivery.is_regular or delivery.ending is not None:
        log.error("this mishap needs the connection, and whoever serves this application gives no hold on it")
    if delivery.delay and not await pause(delivery.delay, None, alive):
        return False
    if delivery.has_head and delivery.keep is None:
        return await _regular(delivery, None, send, alive)
    if delivery.has_head:
        await send({"type": "http.response.start", "status": delivery.status, "headers": delivery.raw_headers()})
        await send({"type": "http.response.body", "body": delivery.shown(), "more_body": True})
    return False
