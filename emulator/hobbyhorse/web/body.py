"""Reading a request body within a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.faults import Fault

if TYPE_CHECKING:
    from starlette.types import Receive

_MB = 1 << 20
# A body over the bound is read on and thrown away up to here, so that a client that is still sending gets to read the
# answer instead of a broken pipe.
_DRAINED = 256 * _MB


class Disconnected(Exception):  # noqa: N818 - nothing is wrong: the client went away
    """The client closed the connection before its body was complete. There is nobody to answer."""


class Body:
    """A request body that is read piece by piece. `length` is what its Content-Length says, 0 where there is none."""

    def __init__(self, receive: Receive, content_length: str = "") -> None:
        self._receive = receive
        self.length = int(content_length) if content_length.isdecimal() else 0
        self.is_read = False

    async def piece(self) -> bytes:
        """Return the next piece, empty ones included. Raises Disconnected when the client goes away."""
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        self.is_read = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        return piece

    async def drain(self) -> None:
        """Throw away what is left, unless that is too much: see `_DRAINED`. Raises Disconnected."""
        size = 0
        while not self.is_read and max(size, self.length) <= _DRAINED:
            size += len(await self.piece())


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the whole body. Raises Fault `too-large` past `limit` bytes, Disconnected when the client goes away."""
    body = Body(receive)
    chunks: list[bytes] = []
    size = 0
    while not body.is_read and size <= _DRAINED:
        chunk = await body.piece()
        size += len(chunk)
        if size > limit:
            chunks.clear()
        elif chunk:
            chunks.append(chunk)
    if size > limit:
        raise Fault("too-large", detail=f"the body is over {limit // _MB} MB (setting max_body_mb)")
    return b"".join(chunks)
