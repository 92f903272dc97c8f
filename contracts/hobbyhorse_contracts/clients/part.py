"""A clip while it arrives: kept beside its final name, judged, and only then given that name."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from .problems import ClientError

if TYPE_CHECKING:
    from collections.abc import Mapping

_OK, _PARTIAL = 200, 206
_PAGES = ("text/", "application/xml", "application/json", "application/xhtml")
_BOX, _LONG_BOX = 8, 16
_CHUNK = 1 << 16


class Part:
    """A Sink for a clip. `out` is its final name, None if only its hash is wanted. Use it in `with`."""

    def __init__(self, out: str | None) -> None:
        self.out = Path(out) if out else None
        self.size = 0
        self.etag: str | None = None
        self.md5: str | None = None
        self._path: str | None = None
        self._file = self.opened()

    def opened(self) -> BinaryIO:
        """Open the file that takes the bytes."""
        if self.out is None:
            return tempfile.TemporaryFile()
        self.out.parent.mkdir(parents=True, exist_ok=True)
        handle, self._path = tempfile.mkstemp(prefix=f".{self.out.name}.", suffix=".part", dir=self.out.parent)
        return os.fdopen(handle, "w+b")

    def begins(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take the whole clip, or the rest of it; start anew where the server sends something else than was asked."""
        kind = headers.get("content-type", "").lower()
        if status not in {_OK, _PARTIAL} or kind.startswith(_PAGES):
            return False
        if not (status == _PARTIAL and headers.get("content-range", "").startswith(f"bytes {self.size}-")):
            if status == _PARTIAL:
                return False
            self.restart()
        etag = headers.get("etag", "")
        self.etag = None if etag.startswith("W/") else etag or None
        self.md5 = headers.get("content-md5", self.md5)
        return True

    def restart(self) -> None:
        """Forget what has come so far."""
        self._file.seek(0)
        self._file.truncate()
        self.size, self.etag, self.md5 = 0, None, None

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._file.write(data)
        self.size += len(data)

    def check(self) -> None:
        """Raise ClientError if this is no whole MP4, or not the one whose checksum was sent."""
        self._file.flush()
        flaw = self.flaw()
        if flaw is not None:
            raise ClientError("integrity", f"download: {flaw}")

    def flaw(self) -> str | None:
        """Return what is wrong with the bytes, None where nothing is."""
        if self.md5 is not None and self.digest("md5") != base64.b64decode(self.md5).hex():
            return f"the {self.size} bytes are not those whose MD5 was sent"
        boxes = self.boxes()
        if boxes is None or "ftyp" not in boxes[:1] or "moov" not in boxes or "mdat" not in boxes:
            return f"the {self.size} bytes are no whole MP4"
        return None

    def boxes(self) -> list[str] | None:
        """Return the kinds of the outermost boxes; None where they do not fill the file exactly."""
        found, at = [], 0
        while at < self.size:
            self._file.seek(at)
            head = self._file.read(_LONG_BOX)
            if len(head) < _BOX:
                return None
            length, kind = struct.unpack(">I4s", head[:_BOX])
            if length == 1 and len(head) == _LONG_BOX:
                length = struct.unpack(">Q", head[_BOX:])[0]
            found.append(kind.decode("latin-1"))
            at += (self.size - at) if length == 0 else max(length, _BOX)
        self._file.seek(0, os.SEEK_END)
        return found if at == self.size else None

    def digest(self, algorithm: str) -> str:
        """Return the hash of all bytes, in hex."""
        taken = hashlib.new(algorithm, usedforsecurity=False)
        self._file.flush()
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            taken.update(chunk)
        self._file.seek(0, os.SEEK_END)
        return taken.hexdigest()

    def finish(self) -> None:
        """Give the file its final name, at once and as a whole."""
        if self.out is not None and self._path is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            Path(self._path).replace(self.out)
            self._path = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._path is not None:
            Path(self._path).unlink(missing_ok=True)
            self._path = None
