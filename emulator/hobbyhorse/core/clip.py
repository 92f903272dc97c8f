"""What a clip must show (`ClipSpec`) and what a finished one is (`Clip`). Pure values; `media` makes them real."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """A caller's picture that was decoded, normalised and kept. `digest` (sha-256 hex) addresses its content."""

    digest: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """Everything that decides a clip's bytes. Sizes in pixels (even), `frames` at `fps` a second.

    `first_frame` fills the picture from frame 0. `inputs` are the labels of the caller's media
    (`[Image 1] https://…`), shown as text where their pictures are not. `watermark` is the text at the
    bottom right, or None. `audio` says whether there is a sound track.
    """

    width: int
    height: int
    fps: int
    frames: int
    model: str
    task_id: str
    prompt: str
    seed: int
    watermark: str | None
    audio: bool
    first_frame: Picture | None = None
    inputs: tuple[str, ...] = ()

    def digest(self) -> str:
        """Return the sha-256 (hex) of all fields: equal specs make equal clips in one installation."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished MP4 with what OSS says of an object: MD5 (16 bytes) and CRC-64/ECMA-182 (unsigned)."""

    data: bytes
    md5: bytes
    crc64: int
