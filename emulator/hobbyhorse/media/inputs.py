"""Keeps callers' pictures: judged and normalised in a thread, content-addressed, bounded. Light to import."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.clip import Picture
from ..core.faults import Fault
from .cache import Shelf

if TYPE_CHECKING:
    from ..core.catalogue import MediaLimits

MEMORY_BYTES = 64 * 2**20
DISK_BYTES = 512 * 2**20
WORKERS = 2
SECONDS = 8.0


class PictureStore:
    """Implements the port `Pictures`. Pictures are kept as normalised JPEGs by their sha-256.

    What does not fit in memory goes to a private folder, what does not fit there is dropped, the least recently used
    first. `load` may be called from any thread. `close` it at the end: that removes the folder.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = MEMORY_BYTES,
        disk_bytes: int = DISK_BYTES,
        workers: int = WORKERS,
        seconds: float = SECONDS,
    ) -> None:
        self._memory: Shelf[bytes] = Shelf(memory_bytes)
        self._disk: Shelf[Path] = Shelf(disk_bytes)
        self._seconds = seconds
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._places = asyncio.Semaphore(workers)
        self._pool = ThreadPoolExecutor(workers, "picture")

    @property
    def held(self) -> tuple[int, int]:
        """Return the bytes kept in memory and on disk."""
        return self._memory.held, self._disk.held

    async def keep(self, data: bytes, limits: MediaLimits) -> Picture:
        """Decode, judge and keep a picture. Raises Fault (a worker-stage row) for one the upstream refuses."""
        async with self._places:  # waiting for a worker does not count against the time limit
            work = asyncio.get_running_loop().run_in_executor(self._pool, self._keep, data, limits)
            try:
                return await asyncio.wait_for(work, self._seconds)
            except TimeoutError:
                # The thread cannot be stopped, but its work is bounded by the pixel limit.
                raise Fault("image-undecodable", detail=f"decoding took more than {self._seconds:g} s") from None

    def load(self, picture: Picture) -> bytes | None:
        """Return a kept picture as the bytes of an RGB JPEG, or None where it had to be dropped."""
        with self._lock:
            data = self._memory.get(picture.digest)
            path = None if data else self._disk.get(picture.digest)
            try:
                return path.read_bytes() if path else data
            except FileNotFoundError:  # temporary folders are swept now and then, and `close` removes ours
                return None

    def close(self) -> None:
        """Drop everything and remove the folder."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self, data: bytes, limits: MediaLimits) -> Picture:
        """Do the work of `keep`, in a worker thread."""
        from .decode import decode  # noqa: PLC0415 - Pillow is loaded for the first picture, not at the start

        decoded = decode(data, limits)
        digest = hashlib.sha256(decoded.data).hexdigest()
        with self._lock:
            for name, spilled in self._memory.put(digest, decoded.data, len(decoded.data)):
                self._spill(name, spilled)
        return Picture(digest, decoded.width, decoded.height)

    def _spill(self, digest: str, data: bytes) -> None:
        """Move a picture from memory to disk, and drop what there is no room for: itself where the disk is full."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="hobbyhorse-pictures-"))
        path = self._folder / f"{digest}.jpg"
        try:
            self._folder.mkdir(0o700, exist_ok=True)  # it may have been swept
            path.write_bytes(data)
        except OSError:
            path.unlink(missing_ok=True)
            return
        for _, dropped in self._disk.put(digest, path, len(data)):
            dropped.unlink(missing_ok=True)
