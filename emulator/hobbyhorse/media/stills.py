"""Takes one picture a second from a video, decoding as little as it can.

A second's still is its first key picture, or, where it has none, the picture at its beginning (or one or two later:
pictures that no other is made from are not decoded): most seconds then cost one decoded picture. What is decoded
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
# About 600 pictures of 1920 x 1080, or one CPU second.
MOST_MACROBLOCKS = 600 * 8160


@dataclass(slots=True)
class Group:
    """A key picture and the packets that follow it, up to the next one. `at` is the key's time in seconds."""

    at: float
    packets: list[Packet[VideoStream]] = field(default_factory=list)


def stills(container: InputContainer, track: VideoStream, seconds: float) -> Iterator[tuple[int, VideoFrame]]:
    """Yield the stills of the first `seconds` with the second each stands for. Seconds without pictures are left out.

    Raises Fault where a picture cannot be decoded.
    """
    track.codec_context.thread_count = 1
    track.codec_context.skip_frame = "NONREF"
    budget = MOST_MACROBLOCKS // max(math.ceil(track.width / 16) * math.ceil(track.height / 16), 1)
    served = -1
    for group, following in _groups(container, track, seconds):
        wanted = _wanted(group.at, following, seconds, served)
        if len(wanted) > 1 or (wanted and wanted[0] > group.at):
            budget -= len(group.packets)
            wanted = wanted if budget >= 0 else [at for at in wanted if at == group.at]
        for second, frame in _decoded(group, wanted, track):
            served = second
            yield second, frame


def _wanted(key: float, following: float, seconds: float, served: int) -> list[float]:
    """Return the times at which stills are wanted of a group between its key picture and the following one."""
    own = math.floor(key)
    later = range(max(own, served) + 1, math.ceil(min(following, seconds)))
    return ([key] if own > served else []) + [float(second) for second in later if second + 1 <= following]


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


def _decoded(group: Group, wanted: list[float], track: VideoStream) -> Iterator[tuple[int, VideoFrame]]:
    """Decode as much of a group as the wanted times ask for: for each the first picture that is not before it."""
    if not wanted:
        return
    packets = group.packets if wanted[-1] > group.at else group.packets[:1]
    start, unit = track.start_time or 0, float(track.time_base or 1)
    waiting, last = list(wanted), None
    for frame in _frames(track, packets):
        if frame.is_corrupt:
            raise unopenable(f"its picture at {group.at:.3f} s or after is damaged")
        last, at = frame, ((frame.pts or 0) - start) * unit
        while waiting and at >= waiting[0] - unit / 2:
            yield math.floor(waiting.pop(0)), frame
        if not waiting:
            return
    if last is None:
        raise unopenable(f"its key picture at {group.at:.3f} s cannot be decoded")
    for at in waiting:  # a picture that is shown for long
        yield math.floor(at), last


def _frames(track: VideoStream, packets: list[Packet[VideoStream]]) -> Iterator[VideoFrame]:
    """Decode packets that begin with a key picture, and all that the decoder holds back."""
    try:
        for packet in [*packets, None]:
            yield from track.codec_context.decode(packet)
    finally:
        track.codec_context.flush_buffers()
