"""Keeps callers' media: judged, normalised, content-addressed, bounded. Light to import.

Pictures are decoded in a thread: Pillow's few decoders are asked by name, after the header. Footage and sounds are
decoded in a process of their own.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.clip import Footage, Picture
from ..core.faults import Fault
from .cache import Shelf
from .judging.confined import MEMORY, Confined

if TYPE_CHECKING:
    from ..core.catalogue import MediaLimits

MEMORY_BYTES = 64 * 2**20
DISK_BYTES = 512 * 2**20
WORKERS = 2
SECONDS = 8.0


class InputStore:
    """Implements the port `Inputs`. Pictures are kept as JPEGs, footage as what `reel` writes, by their sha-256.

    What does not fit in memory goes to a private folder, what does not fit there is dropped, the least recently used
    first. Nothing is judged for longer than `seconds`. `load` may be called from any thread. `close` it at the end:
    that removes the folder and ends the processes.
    """

    def __init__(
        self,
        *,
        memory_bytes: int = MEMORY_BYTES,
        disk_bytes: int = DISK_BYTES,
        workers: int = WORKERS,
        seconds: float = SECONDS,
        process_bytes: int = MEMORY,
    ) -> None:
        self._memory: Shelf[bytes] = Shelf(memory_bytes)
        self._disk: Shelf[Path] = Shelf(disk_bytes)
        self._seconds = seconds
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._places = asyncio.Semaphore(workers)
        self._pool = ThreadPoolExecutor(workers, "picture")
        self._confined = Confined(seconds=seconds, workers=workers, memory=process_bytes)

    @property
    def held(self) -> tuple[int, int]:
        """Return the bytes kept in memory and on disk."""
        return self._memory.held, self._disk.held

    async def keep(self, data: bytes, limits: MediaLimits, name: str = "the input") -> Picture:
        """Decode, judge and keep a picture. Raises Fault (a worker-stage row) for one the upstream refuses."""
        async with self._places:  # waiting for a worker does not count against the time limit
            work = asyncio.get_running_loop().run_in_executor(self._pool, self._keep, data, limits)
            try:
                return await asyncio.wait_for(work, self._seconds)
            except TimeoutError:
                # The thread cannot be stopped, but its work is bounded by the pixel limit.
                detail = f"{name}: decoding took more than {self._seconds:g} s"
                raise Fault("url-timeout", url=name, detail=detail) from None

    async def keep_footage(self, data: bytes, limits: MediaLimits, longest: float, name: str = "the input") -> Footage:
        """Judge, decode and keep the first `longest` seconds of a video. Raises Fault as `keep` does."""
        facts, kept = await self._confined.run("footage", data, limits, name, longest)
        digest = await asyncio.to_thread(self._put, kept)
        return Footage(digest, **facts)

    async def judge_sound(self, data: bytes, limits: MediaLimits, name: str = "the input") -> float:
        """Return how many seconds a sound lasts. Raises Fault as `keep` does. Nothing of it is kept."""
        facts, _ = await self._confined.run("sound", data, limits, name)
        return float(facts["seconds"])

    def load(self, kept: Picture | Footage) -> bytes | None:
        """Return a picture as an RGB JPEG or footage as a reel, or None where it had to be dropped."""
        with self._lock:
            data = self._memory.get(kept.digest)
            path = None if data else self._disk.get(kept.digest)
            try:
                return path.read_bytes() if path else data
            except FileNotFoundError:  # temporary folders are swept now and then, and `close` removes ours
                return None

    def close(self) -> None:
        """End the processes, drop everything and remove the folder."""
        self._confined.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self, data: bytes, limits: MediaLimits) -> Picture:
        """Do the work of `keep`, in a worker thread."""
        from .judging.decode import decode  # noqa: PLC0415 - Pillow is loaded for the first picture, not at the start

        decoded = decode(data, limits)
        return Picture(self._put(decoded.data), decoded.width, decoded.height)

    def _put(self, data: bytes) -> str:
        """Keep bytes by their digest, which is returned."""
        digest = hashlib.sha256(data).hexdigest()
        with self._lock:
            for name, spilled in self._memory.put(digest, data, len(data)):
                self._spill(name, spilled)
        return digest

    def _spill(self, digest: str, data: bytes) -> None:
        """Move bytes from memory to disk, and drop what there is no room for: itself where the disk is full."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="hobbyhorse-inputs-"))
        path = self._folder / digest
        try:
            self._folder.mkdir(0o700, exist_ok=True)  # it may have been swept
            path.write_bytes(data)
        except OSError:
            path.unlink(missing_ok=True)
            return
        for _, dropped in self._disk.put(digest, path, len(data)):
            dropped.unlink(missing_ok=True)
