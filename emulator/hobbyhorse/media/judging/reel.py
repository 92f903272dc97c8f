"""The file in which footage is kept: a MOV of JPEGs (BT.709, full range) and of AAC-LC at 48 kHz in stereo.

`develop` writes it, in the confined process; `Reel` reads it where a clip is made. What lies between was written here,
so reading it needs no care.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.filter import Graph
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from ..encoding import tone
from .soundtrack import Sound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from av.video.frame import VideoFrame
    from PIL import Image

LONGEST_SIDE = 2192  # of any clip (2192 x 944)
# Quality is from 2, the best, to 31: 100 to 300 KB for a photograph of 1920 x 1080. Tables made for the picture would
# save a tenth of that and cost as much again.
JPEG = {"qmin": "4", "qmax": "4", "huffman": "default"}
WRITING = {"fflags": "+bitexact", "movie_timescale": str(tone.RATE)}  # a sound may begin at any sample
HIGH = 720  # pictures of fewer lines that do not name their colours are BT.601, as players take it
COLOURS = {1: Colorspace.ITU709, 4: Colorspace.FCC, 5: Colorspace.ITU601, 6: Colorspace.ITU601}
COLOURS |= {7: Colorspace.SMPTE240M, 9: Colorspace.BT2020, 10: Colorspace.BT2020}
EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.BITEXACT  # the same on every processor
# How a display matrix's rotation, in degrees counterclockwise, is done.
TURNS = {-90: [("transpose", "clock")], 90: [("transpose", "cclock")], 180: [("hflip", ""), ("vflip", "")]}
TURNS[-180] = TURNS[180]


def develop(shown: Sequence[tuple[int, VideoFrame]], heard: Sound | None) -> bytes:
    """Return a reel of stills with their seconds, as `normalised` made them, and of a sound."""
    file = io.BytesIO()
    scaler = VideoReformatter()
    width, height = shown[0][1].width, shown[0][1].height
    with av.open(file, "w", format="mov", options=WRITING) as container:
        track = container.add_stream("mjpeg", rate=1, options=JPEG)
        track.width, track.height, track.pix_fmt = width, height, "yuvj420p"
        track.codec_context.thread_count = 1
        sound = tone.sound_track(container) if heard else None
        for second, picture in shown:
            # A video may change its size on the way; mostly this changes nothing.
            frame = scaler.reformat(picture, width, height, interpolation=EXACT, threads=1)
            frame.pts, frame.time_base = second, Fraction(1)
            container.mux(track.encode(frame))
        container.mux(track.encode(None))
        if sound and heard:
            for index, data in enumerate(heard.packets):
                packet = Packet(data)
                packet.stream, packet.time_base = sound, Fraction(1, tone.RATE)
                packet.pts = packet.dts = heard.start + index * tone.SAMPLES
                packet.duration, packet.is_keyframe = tone.SAMPLES, True
                container.mux(packet)
    return file.getvalue()


def normalised(frame: VideoFrame) -> VideoFrame:
    """Return a picture upright, no larger than a clip can need, in the reel's colours, with even sides."""
    share = min(LONGEST_SIDE / max(frame.width, frame.height), 1)
    width, height = (max(round(side * share / 2) * 2, 2) for side in (frame.width, frame.height))
    assumed = Colorspace.ITU709 if min(frame.width, frame.height) >= HIGH else Colorspace.ITU601
    full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith(("yuvj", "rgb", "gbr"))
    picture = VideoReformatter().reformat(
        frame,
        width,
        height,
        "yuvj420p",
        src_colorspace=COLOURS.get(frame.colorspace, assumed),
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG if full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=EXACT,
        threads=1,
    )
    turns = TURNS.get(frame.rotation)
    return _turned(picture, turns) if turns else picture


def _turned(frame: VideoFrame, turns: Sequence[tuple[str, str]]) -> VideoFrame:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1))
    graph.link_nodes(source, *(graph.add(*turn) for turn in turns), graph.add("buffersink")).configure()
    graph.vpush(frame)
    return graph.vpull()


class Reel:
    """Reads a kept reel: `seconds` are those that have a still of their own, `sound` the packets or None."""

    def __init__(self, data: bytes) -> None:
        self.seconds: list[int] = []
        self._pictures: list[bytes] = []
        packets: list[bytes] = []
        start = 0
        with av.open(io.BytesIO(data), "r", format="mov") as container:
            for packet in container.demux():
                if not packet.size or packet.pts is None or packet.time_base is None:
                    continue
                if packet.stream.type == "video":
                    self.seconds.append(int(packet.pts * packet.time_base))
                    self._pictures.append(bytes(packet))
                else:
                    start = start if packets else int(packet.pts * packet.time_base * tone.RATE)
                    packets.append(bytes(packet))
        self.sound = Sound(start, packets) if packets else None

    def still(self, second: int) -> bytes:
        """Return the picture (JPEG) that is shown in a second: its own, or the one before it."""
        return self._pictures[max(bisect_right(self.seconds, second) - 1, 0)]

    def picture(self, second: int) -> Image.Image:
        """Return the same as an RGB picture."""
        from PIL import Image  # noqa: PLC0415 - the confined process, which starts for each file, does without

        frame = VideoReformatter().reformat(
            _decoded(self.still(second)),
            format="rgb24",
            src_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=EXACT,
            threads=1,
        )
        (plane,) = frame.planes
        return Image.frombytes("RGB", (frame.width, frame.height), bytes(plane), "raw", "RGB", plane.line_size)


def _decoded(jpeg: bytes) -> VideoFrame:
    decoder = VideoCodecContext.create("mjpeg", "r")
    decoder.thread_count = 1
    (frame,) = decoder.decode(Packet(jpeg))
    return frame


class Projector:
    """Turns stills into the planes of a clip's pictures (4:2:0, BT.709, video range), filling them."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._scaler = VideoReformatter()

    def frame(self, jpeg: bytes) -> VideoFrame:
        """Return a still scaled so that it covers the picture; it may be larger on one side."""
        frame = _decoded(jpeg)
        share = max(self._width / frame.width, self._height / frame.height)
        width, height = (
            max(round(side * share / 2) * 2, least)
            for side, least in ((frame.width, self._width), (frame.height, self._height))
        )
        return self._scaler.reformat(
            frame,
            width,
            height,
            "yuv420p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=EXACT,
            threads=1,
        )
