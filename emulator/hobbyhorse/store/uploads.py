"""Uploaded objects, bounded: small ones in memory, the rest in a private folder, the oldest dropped first."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from fastcrc import crc64

from ..core.faults import OssFault
from ..core.upload_policy import Upload

if TYPE_CHECKING:
    from typing import BinaryIO

_KB = 1 << 10
_MB = 1 << 20
# An object up to so many bytes stays in memory, while those that do have this much room together.
_SMALL = 256 * _KB
_MEMORY = 32 * _MB
# Bytes gathered before they are written: one hop to a thread for each.
_BATCH = 1 * _MB


class Incoming:
    """An object that is being received. `discard` leaves nothing of it."""

    def __init__(self, store: UploadStore) -> None:
        self._store = store
        self._batch = bytearray()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._crc64 = 0
        self._file: BinaryIO | None = None
        self._path: Path | None = None
        self._size = 0

    async def write(self, data: bytes) -> None:
        """Take the next bytes. Raises OssFault where there is no room for them."""
        self._store.reserve(len(data))
        self._size += len(data)
        self._batch += data
        if len(self._batch) >= _BATCH:
            await self._flush()

    async def keep(self, world: str, key: str, *, now: int, expires_at: int, overwrites: bool) -> Upload | None:
        """Keep the whole; None where there is an object of that name that may not be overwritten."""
        place = await self._finish()
        upload = Upload(world, key, self._size, self._md5.digest(), self._crc64, expires_at)
        if not self._store.put(upload, place, now=now, overwrites=overwrites):
            return None
        self._path, self._size = None, 0  # the store's now
        return upload

    def discard(self) -> None:
        """Leave nothing of what was received and not kept."""
        self._close()
        if self._path:
            self._path.unlink(missing_ok=True)
        self._batch.clear()
        self._store.release(self._size)
        self._path, self._size = None, 0

    async def _finish(self) -> bytes | Path:
        """Return the content if it is to stay in memory, else the file that holds it."""
        if self._path is None and self._store.takes(self._size):
            content = bytes(self._batch)
            self._count(content)
            return content
        path = await self._flush()
        self._close()
        return path

    async def _flush(self) -> Path:
        batch, self._batch = bytes(self._batch), bytearray()
        try:
            return await asyncio.to_thread(self._spill, batch)
        except OSError as error:
            raise OssFault("internal-error", detail=f"the upload cannot be written: {error}") from error

    def _spill(self, batch: bytes) -> Path:
        """Write, in a worker thread; never two for one object."""
        path = self._path or self._store.new_path()
        if self._file is None:
            self._file = path.open("xb")
            self._path = path
        self._file.write(batch)
        self._count(batch)
        return path

    def _count(self, data: bytes) -> None:
        self._md5.update(data)
        self._crc64 = crc64.xz(data, self._crc64)

    def _close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


class UploadStore:
    """Keeps at most `most_bytes`, those under way included, and so many objects: empty ones take room as well.

    `close` it at the end: that removes the folder.
    """

    def __init__(self, most_bytes: int, most_objects: int = 100_000) -> None:
        self._most = most_bytes
        self._most_objects = most_objects
        self._held = 0
        self._in_memory = 0
        self._naming = threading.Lock()
        self._folder: Path | None = None
        self._count = 0
        # By world and key, the oldest first. The content, or the file that holds it.
        self._kept: dict[tuple[str, str], tuple[Upload, bytes | Path]] = {}

    @property
    def held(self) -> int:
        """Return how many bytes are kept or under way."""
        return self._held

    def incoming(self) -> Incoming:
        """Begin to receive an object."""
        return Incoming(self)

    async def find(self, world: str, key: str) -> Upload | None:
        """Return what is known of an object, also of one that expired; else None."""
        found = self._kept.get((world, key))
        return found[0] if found else None

    async def read(self, upload: Upload) -> bytes | None:
        """Return an object's content, or None where it had to be dropped."""
        found = self._kept.get((upload.world, upload.key))
        if found is None or found[0] != upload:
            return None
        place = found[1]
        if isinstance(place, bytes):
            return place
        try:
            return await asyncio.to_thread(place.read_bytes)
        except OSError:  # temporary folders are swept now and then
            return None

    async def drop(self, world: str) -> None:
        """Drop all of a world's objects."""
        for name in [name for name in self._kept if name[0] == world]:
            self._drop(name)

    def close(self) -> None:
        """Drop everything and remove the folder."""
        self._kept.clear()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def put(self, upload: Upload, place: bytes | Path, *, now: int, overwrites: bool) -> bool:
        """Take an object over whose bytes are reserved. False where its name is taken and may not be."""
        name = (upload.world, upload.key)
        if name in self._kept and now < self._kept[name][0].expires_at and not overwrites:
            return False
        self._forget(upload.world, now)
        self._drop(name)
        if len(self._kept) >= self._most_objects:
            self._drop(next(iter(self._kept)))
        self._kept[name] = (upload, place)
        if isinstance(place, bytes):
            self._in_memory += upload.size
        return True

    def reserve(self, size: int) -> None:
        """Make room for bytes under way. Raises OssFault where dropping all there is does not do."""
        while self._held + size > self._most and self._kept:
            self._drop(next(iter(self._kept)))
        if self._held + size > self._most:
            detail = f"uploads under way need more than {self._most // _MB} MB (setting upload_mb)"
            raise OssFault("internal-error", detail=detail)
        self._held += size

    def release(self, size: int) -> None:
        """Give room back."""
        self._held -= size

    def takes(self, size: int) -> bool:
        """Whether an object of so many bytes stays in memory."""
        return size <= _SMALL and self._in_memory + size <= _MEMORY

    def new_path(self) -> Path:
        """Return where the next object may be written. Called from worker threads."""
        with self._naming:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="hobbyhorse-uploads-"))
            self._folder.mkdir(0o700, exist_ok=True)  # it may have been swept
            self._count += 1
            return self._folder / f"{self._count}"

    def _forget(self, world: str, now: int) -> None:
        """Drop what expired in a world, the oldest first."""
        expired = []
        for name, (upload, _) in self._kept.items():
            if upload.world == world:
                if now < upload.expires_at:
                    break
                expired.append(name)
        for name in expired:
            self._drop(name)

    def _drop(self, name: tuple[str, str]) -> None:
        found = self._kept.pop(name, None)
        if found is None:
            return
        upload, place = found
        self._held -= upload.size
        if isinstance(place, bytes):
            self._in_memory -= upload.size
        else:
            place.unlink(missing_ok=True)
