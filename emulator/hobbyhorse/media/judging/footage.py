"""Reads a caller's video: judged by its header, then stills and the sound, kept as a small file of our own.

Runs in a confined process only (`confined_worker`): the bytes are hostile and the decoders are C. The demuxer is
pinned to MP4 and MOV and reads from memory, so no playlist, list of files or address in it is ever followed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.error import FFmpegError

from .judgement import Header, judge_format, judge_size, judge_video, unopenable
from .reel import develop, normalised
from .soundtrack import Sound, listen
from .stills import CODECS, stills

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from ...core.catalogue import MediaLimits

FORMATS = ("MP4", "MOV")
BULK = frozenset({b"moov", b"mdat", b"moof"})  # the parts that a video is made of
# There is only this file, and opening it decodes nothing: the header says what is judged.
OPENING = {"protocol_whitelist": "none", "enable_drefs": "0", "skip_frame": "all"}


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a video (a file that `Reel` reads), and what the caller's was. See `core.clip.Footage`."""

    data: bytes
    width: int
    height: int
    seconds: float
    whole_seconds: float
    fps: float
    has_sound: bool


def keep(data: bytes, limits: MediaLimits, longest: float) -> Kept:
    """Judge and normalise a video, the first `longest` seconds of it. Raises Fault for all that is refused."""
    judge_size(len(data), limits)
    judge_format(data, limits, FORMATS)
    _judge_wholeness(data)
    try:
        seen = _see(data, limits, longest)
        heard = _hear(data, seen)
        kept = develop(seen.pictures, heard)
    except (FFmpegError, ValueError, ArithmeticError, EOFError, LookupError) as error:
        raise unopenable(f"not a whole video: {type(error).__name__}: {error}") from None
    header = seen.header
    sides = (header.height, header.width) if seen.is_sideways else (header.width, header.height)
    return Kept(kept, *sides, seen.seconds, header.seconds, header.fps, heard is not None)


@dataclass(slots=True)
class Seen:
    """The stills of a video, each with its second. The first `seconds` are kept; `start` is on the file's clock."""

    header: Header
    seconds: float
    start: Fraction
    has_sound: bool
    is_sideways: bool = False  # as a telephone held upright stores it
    pictures: list[tuple[int, VideoFrame]] = field(default_factory=list)


def _see(data: bytes, limits: MediaLimits, longest: float) -> Seen:
    with _opened(data) as container:
        header, track = _header(container, len(data))
        judge_video(header, limits)
        start = Fraction(track.start_time or 0) * (track.time_base or 1)
        seen = Seen(header, min(header.seconds, longest), start, bool(container.streams.audio))
        for second, frame in stills(container, track, seen.seconds):
            seen.is_sideways = frame.rotation % 180 != 0
            seen.pictures.append((second, normalised(frame)))
    if not seen.pictures:
        raise unopenable("it has no picture that can be decoded")
    return seen


def _hear(data: bytes, seen: Seen) -> Sound | None:
    """Read the sound from the file opened anew: its tracks may lie in any order."""
    if not seen.has_sound:
        return None
    with _opened(data) as container:
        return listen(container, seen.start, seen.seconds)


def _judge_wholeness(data: bytes) -> None:
    """Refuse a file that was cut off: FFmpeg would show what is left of it."""
    at = 0
    while at + 8 <= len(data):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size == 1:  # the size follows in eight bytes
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        size = size or len(data) - at  # none: to the end of the file
        if at + size > len(data) and name in BULK:
            raise unopenable(f"it was cut off: a part of {size} bytes begins at {at} of {len(data)}")
        at += max(size, 8)


def _opened(data: bytes) -> InputContainer:
    return av.open(io.BytesIO(data), "r", format="mp4", options=OPENING)


def _header(container: InputContainer, size: int) -> tuple[Header, VideoStream]:
    """Return what the header says, and the track of pictures."""
    if not container.streams.video:
        raise unopenable("it has no pictures")
    track = container.streams.video[0]
    name = getattr(track.codec_context, "name", "unknown")  # None where libavcodec knows no decoder
    if name not in CODECS:
        raise unopenable(f"its pictures are {name}; read are {', '.join(sorted(CODECS))}")
    if any(entry.pos + entry.size > size for entry in track.index_entries):
        raise unopenable("it was cut off: some of its pictures lie beyond its end")
    seconds = float((track.duration or 0) * (track.time_base or 0))
    fps = float(track.average_rate or 0)
    if not (seconds > 0 and fps > 0 and track.width > 0 and track.height > 0):
        raise unopenable(f"it says that it has {track.width} x {track.height} pixels, {seconds} s and {fps} fps")
    return Header(track.width, track.height, seconds, fps, len(container.streams)), track
