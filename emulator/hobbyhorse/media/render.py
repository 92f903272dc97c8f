"""The renderer that the service asks for clips: off the event loop, once per clip, cached. Light to import."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from fastcrc import crc64

from ..core.clip import Clip
from .cache import ClipCache
from .drawing import fonts

if TYPE_CHECKING:
    from ..core.clip import ClipSpec
    from .inputs import InputStore

CACHE_BYTES = 256 * 2**20
WORKERS = 2


class ClipRenderer:
    """Implements the port `Renderer`. Belongs to one event loop; `close` it at the end.

    `font` names a font file to prefer. Raises ValueError where it does not exist.
    """

    def __init__(
        self, inputs: InputStore, *, cache_bytes: int = CACHE_BYTES, workers: int = WORKERS, font: str | None = None
    ) -> None:
        self.fonts = fonts.find(font)
        self.cache = ClipCache(cache_bytes)
        self._inputs = inputs
        self._pool = ThreadPoolExecutor(workers, "render")
        self._running: dict[str, asyncio.Task[Clip]] = {}

    async def clip(self, spec: ClipSpec) -> Clip:
        """Return the finished clip, from the cache or made now.

        All who ask for one clip at a time share one render; one who gives up does not stop it. A failed render is
        raised to all of them and tried anew by the next. Stamped clips cost less than the room to keep them.
        """
        if spec.stamped:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._stamp, spec)
        key = spec.digest()
        if (clip := self.cache.get(key)) is not None:
            return clip
        render = self._running.get(key)
        if render is None:
            render = self._running[key] = asyncio.create_task(self._render(key, spec))
        return await asyncio.shield(render)

    async def _render(self, key: str, spec: ClipSpec) -> Clip:
        try:
            clip = await asyncio.get_running_loop().run_in_executor(self._pool, self._make, spec)
            self.cache.put(key, clip)
            return clip
        finally:
            del self._running[key]

    def _make(self, spec: ClipSpec) -> Clip:
        """Make a clip, in a worker thread."""
        from .encoding.film import film  # noqa: PLC0415 - av, numpy and Pillow take 0.2 s; a server without downloads needs none

        return _finished(film(spec, self.fonts, self._inputs.load))

    def _stamp(self, spec: ClipSpec) -> Clip:
        """Make a stamped clip, in a worker thread."""
        from .encoding.stamp import stamped  # noqa: PLC0415 - as above

        return _finished(stamped(spec, self.fonts))

    def close(self) -> None:
        """Stop the workers; renders that have not begun are dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _finished(data: bytes) -> Clip:
    return Clip(data, hashlib.md5(data, usedforsecurity=False).digest(), crc64.xz(data))
