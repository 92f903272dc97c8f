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
class Footage:
    """A caller's video that was judged, decoded, normalised and kept: a still each second or two, and the sound.

    Width and height are those of the upright video, in square pixels. `seconds` is what is kept of it (at most what
    was asked for), `whole_seconds` what the caller's file lasts, `fps` its own rate. `digest` (sha-256 hex) addresses
    what is kept.
    """

    digest: str
    width: int
    height: int
    seconds: float
    whole_seconds: float
    fps: float
    has_sound: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """Something of the caller's that a clip refers to, shown as a labelled tile.

    `label` is what prompts call it (`[Image 1]`), `note` its URL as people may see it. `picture` is what the tile
    shows (of footage its first still); None where it was not fetched: then the tile shows the note.
    """

    label: str
    note: str
    picture: Picture | Footage | None = None


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """Everything that decides a clip's bytes. Sizes in pixels (even), `frames` at `fps` a second.

    What fills the picture: `footage` (its stills), else `first_frame` from frame 0 and `last_frame` in
    the last second (footage stands for its first still), else a card, with the `references` on it. Over footage and
    first frames the references are small tiles. `inputs` are the labels of the caller's other media
    (`driving_audio: https://…`), shown as text on cards. `watermark` is the text at the bottom right, or None.

    `audio` says whether there is a sound track: that of `sound_of` where it has one, else a tone. A `stamped` clip is
    a prepared one: size, rate, length and sound are as asked, the task id is in its tags, and it shows nothing else.
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
    first_frame: Picture | Footage | None = None
    inputs: tuple[str, ...] = ()
    last_frame: Picture | None = None
    references: tuple[Reference, ...] = ()
    footage: Footage | None = None
    sound_of: Footage | None = None
    stamped: bool = False

    def digest(self) -> str:
        """Return the sha-256 (hex) of all fields: equal specs make equal clips in one installation."""
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished MP4 with what OSS says of an object: MD5 (16 bytes) and CRC-64/ECMA-182 (unsigned)."""

    data: bytes
    md5: bytes
    crc64: int
