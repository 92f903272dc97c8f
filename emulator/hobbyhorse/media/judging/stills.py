"""Takes one picture a second from a short video, and one each two seconds from a longer one, decoding little else.

The still of such a step is its first key picture, or, where it has none, the picture at its beginning (or one or two
later: pictures that no other is made from are not decoded): most steps then cost one decoded picture. What is decoded
beyond that is bounded by a count, not by time, so that a file gives the same stills on any machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .judgement import unopenable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# The codecs that cameras and editors put into MP4 and MOV; none of libavcodec's hundreds of others is ever started.
CODECS = frozenset({"h264", "hevc", "mpeg4", "av1", "libdav1d", "vp9", "mjpeg", "prores"})
# Smoothing the seams between blocks takes a twentieth of the decoding and is not missed in a still.
SKETCHED = {"skip_loop_filter": "all"}
SHORT = 8  # seconds; of longer footage there is a still each two seconds: a key picture of a camera takes 30 CPU ms
# About 600 pictures of 1920 x 1080, or one CPU second.
MOST_MACROBLOCKS = 600 * 8160


@dataclass(slots=True)
class Group:
    """A key picture and the packets that follow it, up to the next one. `at` is the key's time in seconds."""

    at: float
    packets: list[Packet[VideoStream]] = field(default_factory=list)


def stills(container: InputContainer, track: VideoStream, seconds: float) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the stills of the first `seconds` with the second each is for. Steps without pictures are left out.

    Raises Fault where a picture cannot be decoded.
    """
    track.codec_context.thread_count = 1
    track.codec_context.skip_frame = "NONREF"
    track.codec_context.options = SKETCHED
    budget = MOST_MACROBLOCKS // max(math.ceil(track.width / 16) * math.ceil(track.height / 16), 1)
    step, served = 1 if seconds <= SHORT else 2, -1
    for group, following in _groups(container, track, seconds):
        wanted = _wanted(group.at / step, following / step, seconds / step, served)
        if len(wanted) > 1 or (wanted and not wanted[0].is_key):
            budget -= len(group.packets)
            wanted = wanted if budget >= 0 else [still for still in wanted if still.is_key]
        for still, frame in _decoded(group, [(still, still.at * step) for still in wanted], track):
            served = still.number
            yield still.number * step, frame


@dataclass(frozen=True, slots=True)
class Still:
    """What is wanted: the still of a step, at a time counted in steps; whether that is a key picture's."""

    number: int
    at: float
    is_key: bool


def _wanted(key: float, following: float, end: float, served: int) -> list[Still]:
    """Return which stills are wanted of a group between its key picture and the following one; times in steps."""
    own = math.floor(key)
    later = range(max(own, served) + 1, math.ceil(min(following, end)))
    others = [Still(number, number, is_key=False) for number in later if number + 1 <= following]
    return [*([Still(own, key, is_key=True)] if own > served else []), *others]


def _groups(container: InputContainer, track: VideoStream, seconds: float) -> Iterator[tuple[Group, float]]:
    """Yield groups with the time of the next group's key picture (infinity for the last)."""
    start, unit = track.start_time or 0, float(track.time_base or 1)
    group: Group | None = None
    for packet in container.demux(track):
        if packet.is_corrupt:
            raise unopenable("it was cut off or damaged: a picture is not whole")
        moment = packet.pts if packet.pts is not None else packet.dts
        if not packet.size or moment is None:
            continue
        at = max((moment - start) * unit, 0.0)
        if packet.is_keyframe:
            if group is not None:
                yield group, at
            group = Group(at)
            if at >= seconds:
                return
        if at >= seconds + 1:  # a second more, for pictures that are shown in another order
            break
        if group is not None:
            group.packets.append(packet)
    if group is not None:
        yield group, math.inf


def _decoded(group: Group, wanted: list[tuple[Still, float]], track: VideoStream) -> Iterator[tuple[Still, VideoFrame]]:
    """Decode as much of a group as is asked for: for each still the first picture that is not before its time."""
    if not wanted:
        return
    packets = group.packets[:1] if wanted[-1][0].is_key else group.packets
    start, unit = track.start_time or 0, float(track.time_base or 1)
    waiting, last = list(wanted), None
    for frame in _frames(track, packets):
        if frame.is_corrupt:
            raise unopenable(f"its picture at {group.at:.3f} s or after is damaged")
        last, at = frame, ((frame.pts or 0) - start) * unit
        while waiting and at >= waiting[0][1] - unit / 2:
            yield waiting.pop(0)[0], frame
        if not waiting:
            return
    if last is None:
        raise unopenable(f"its key picture at {group.at:.3f} s cannot be decoded")
    for still, _ in waiting:  # a picture that is shown for long
        yield still, last


def _frames(track: VideoStream, packets: list[Packet[VideoStream]]) -> Iterator[VideoFrame]:
    """Decode packets that begin with a key picture, and all that the decoder holds back."""
    try:
        for packet in [*packets, None]:
            yield from track.codec_context.decode(packet)
    finally:
        track.codec_context.flush_buffers()
