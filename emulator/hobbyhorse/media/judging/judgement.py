"""The rules of callers' videos and sounds, asked of what a file's header says. Pure; imports nothing heavy.

All of it is the worker stage of the upstream: what is refused here is a FAILED task and never a refused create. Bounds
that a row does not have do not exist, but for `LARGEST_SIDE`, which protects the decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...core.faults import Fault

if TYPE_CHECKING:
    from ...core.catalogue import MediaLimits

MB = 2**20
LARGEST_SIDE = 8192  # of any level of H.264; named where a row has no bound of its own
MOST_STREAMS = 16  # a telephone writes five or six
# The beginnings of files, at an offset: what they are is worth a better error than "cannot be opened".
BEGINNINGS = (
    (0, b"\x1aE\xdf\xa3", "Matroska or WebM"),
    (0, b"#EXTM3U", "a playlist"),
    (0, b"ffconcat", "a list of files"),
    (0, b"FLV", "FLV"),
    (0, b"OggS", "Ogg"),
    (0, b"fLaC", "FLAC"),
    (0, b"\x89PNG", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"\xff\xf1", "AAC"),
    (0, b"\xff\xf9", "AAC"),
    (0, b"\0\0\x01\xba", "MPEG"),
    (0, b"\0\0\x01\xb3", "MPEG"),
    (8, b"AVI ", "AVI"),
    (8, b"WEBP", "WEBP"),
    (8, b"WAVE", "WAV"),
    (0, b"ID3", "MP3"),
    (0, b"\xff\xfb", "MP3"),
    (0, b"\xff\xfa", "MP3"),
    (0, b"\xff\xf3", "MP3"),
    (0, b"\xff\xf2", "MP3"),
    (4, b"ftypqt  ", "MOV"),
    (4, b"ftyp3g", "3GP"),
    (4, b"ftypavi", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftypmif1", "HEIF"),
    (4, b"ftypM4A", "M4A"),
    (4, b"ftyp", "MP4"),
    # QuickTime before 2001 has no `ftyp`.
    (4, b"moov", "MOV"),
    (4, b"mdat", "MOV"),
    (4, b"wide", "MOV"),
    (4, b"free", "MOV"),
    (4, b"skip", "MOV"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a video file says of itself: sides in pixels, pictures a second, how many tracks of any kind."""

    width: int
    height: int
    seconds: float
    fps: float
    streams: int


def judge_size(size: int, limits: MediaLimits) -> None:
    """Judge a file's size in bytes."""
    if limits.max_mb is not None and size > limits.max_mb * MB:
        raise Fault(
            "file-size",
            limit=f"{limits.max_mb:g}",
            detail=f"the file has {size} bytes, allowed are {limits.max_mb:g} MB ({limits.max_mb * MB:.0f})",
        )


def judge_format(data: bytes, limits: MediaLimits, known: tuple[str, ...]) -> str:
    """Return which of the `known` formats a file begins as. Another one is refused, and one that is no format."""
    found = next((name for offset, magic, name in BEGINNINGS if data[offset : offset + len(magic)] == magic), None)
    if found is None:
        raise unopenable(f"its beginning {data[:12].hex()} is that of no format known here")
    allowed = [name for name in known if not limits.formats or name in limits.formats]
    if found not in allowed:
        raise Fault("file-format", detail=f"the file is {found}, allowed are {', '.join(allowed)}")
    return found


def judge_video(header: Header, limits: MediaLimits) -> None:
    """Judge a video by its header: tracks, duration, rate, sides, aspect."""
    if header.streams > MOST_STREAMS:
        raise unopenable(f"it has {header.streams} tracks, read are at most {MOST_STREAMS}")
    judge_duration(header.seconds, limits)
    _judge_rate(header.fps, limits)
    _judge_sides(header, limits)
    aspect = header.width / header.height
    if limits.aspect is not None and not limits.aspect[0] <= aspect <= limits.aspect[1]:
        raise Fault(
            "image-aspect",
            high=f"{1 / limits.aspect[0]:.4g}",  # the message counts height / width
            low=f"{1 / limits.aspect[1]:.4g}",
            detail=f"the video's width / height is {aspect:.4g} ({header.width} x {header.height}), allowed are "
            f"{limits.aspect[0]:.4g} to {limits.aspect[1]:.4g}",
        )


def judge_duration(seconds: float, limits: MediaLimits) -> None:
    """Judge a duration, to a tenth of a second: a container's tracks end a packet apart."""
    if limits.duration_s is not None and not limits.duration_s[0] <= round(seconds, 1) <= limits.duration_s[1]:
        low, high = (f"{bound:g}" for bound in limits.duration_s)
        raise Fault(
            "file-duration", low=low, high=high, detail=f"it lasts {seconds:.3f} s, allowed are {low} to {high}"
        )


def _judge_rate(fps: float, limits: MediaLimits) -> None:
    """Judge a rate, to a tenth of a picture a second: telephones do not keep theirs to the hair."""
    if limits.fps is not None and not limits.fps[0] <= round(fps, 1) <= limits.fps[1]:
        low, high = (f"{bound:g}" for bound in limits.fps)
        raise Fault("file-fps", low=low, high=high, detail=f"it has {fps:.3f} fps, allowed are {low} to {high}")


def _judge_sides(header: Header, limits: MediaLimits) -> None:
    shortest, longest = sorted((header.width, header.height))
    low = max(limits.min_side or 0, limits.min_short_side or 0, 2)
    high = limits.max_side or LARGEST_SIDE
    if shortest < low or longest > high:
        raise Fault(
            "video-resolution",
            low=low,
            high=high,
            detail=f"it has {header.width} x {header.height} pixels, allowed are sides from {low} to {high}",
        )


def unopenable(why: str) -> Fault:
    """Return the fault of a file that is not what it should be, or not whole."""
    return Fault("file-unopenable", detail=why)
