"""H.264 of a picture that changes once a second: real key pictures, and "nothing changed" for all between.

x264 is asked for one key picture a second. What it writes for the unchanged pictures after one depends on the size and
the place in the second only, never on what the picture shows, so those packets are taken once from a blank clip of the
same settings and used for every clip of that size. Measured: 60 to 100 times less CPU than encoding every picture.
"""

from __future__ import annotations

import io
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.video.frame import PictureType, VideoFrame

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from PIL.Image import Image

    from ..drawing.layout import Box

# One thread and cpu-independent, so that bytes do not depend on the machine; a constant quantiser, so that the slice
# headers of the blank clip are right in every clip; force-cfr and no look-ahead, so that a picture is a packet at once.
# Chroma is kept finer than luma: a card's faint shapes differ in little else. The colours are BT.709, and say so.
X264 = (
    "threads=1:lookahead-threads=1:sliced-threads=0:cpu-independent=1:force-cfr=1:rc-lookahead=0:sync-lookahead=0"
    ":qp=24:chroma-qp-offset=-6:aq-mode=0:mbtree=0:cabac=0:bframes=0:ref=1:weightp=0:no-deblock=1:scenecut=0"
    ":open-gop=0:min-keyint=1"
    ":colorprim=bt709:transfer=bt709:colormatrix=bt709"
)
SIZES_KEPT = 64
# Y, Cb and Cr from R, G, B and a constant (ITU-R BT.709, 16 to 235 and 16 to 240).
BT709 = (
    (0.18259, 0.61423, 0.06201, 16.0),
    (-0.10064, -0.33857, 0.43922, 128.0),
    (0.43922, -0.39894, -0.04027, 128.0),
)


class EncodingError(RuntimeError):
    """The installed x264 does not do what this module is built on. Our bug or a broken build, never the caller's."""


def picture_track(container: OutputContainer, width: int, height: int, fps: int) -> VideoStream:
    """Add an H.264 stream whose time base is one picture. Its encoder makes the key pictures."""
    options = {"preset": "ultrafast", "forced-idr": "1", "x264-params": f"{X264}:keyint={fps}"}
    track = container.add_stream("libx264", rate=fps, options=options, width=width, height=height)
    track.codec_context.time_base = Fraction(1, fps)
    track.codec_context.thread_count = 1
    return track


@lru_cache(SIZES_KEPT)
def unchanged(width: int, height: int, fps: int) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the stream header and the `fps - 1` packets that repeat a key picture of this size for its second."""
    canvas = Canvas(width, height)
    with av.open(io.BytesIO(), "w", format="mp4") as container:
        track = picture_track(container, width, height, fps)
        packets = [packet for index in range(fps) for packet in track.encode(canvas.frame(index))]
        packets += track.encode(None)
        header = track.codec_context.extradata or b""
        if len(packets) != fps or any(packet.is_keyframe for packet in packets[1:]):
            raise EncodingError(f"x264 made {len(packets)} packets of {fps} blank pictures")
        # Nothing is muxed: the container was needed for its stream only.
        return header, tuple(bytes(packet) for packet in packets[1:])


class KeyPictures:
    """Encodes one picture at a time, each decodable by itself, for a track made by `picture_track`."""

    def __init__(self, track: VideoStream) -> None:
        self._track = track
        # x264 writes its version and settings beside the first picture; they are no part of the clip.
        self._without_sei = BitStreamFilterContext("filter_units=remove_types=6", track)

    def encode(self, canvas: Canvas, index: int) -> bytes:
        """Return the packet of the canvas as it is now, as picture number `index`."""
        packets = self._track.encode(canvas.frame(index, PictureType.I))
        if len(packets) != 1 or not packets[0].is_keyframe:
            raise EncodingError(f"x264 made {len(packets)} packets of one key picture")
        return bytes(self._without_sei.filter(packets[0])[0])


class Canvas:
    """The planes of one 4:2:0 picture (BT.709, video range), black at first. Width and height are even."""

    def __init__(self, width: int, height: int) -> None:
        self._frame = VideoFrame(width, height, "yuv420p")
        self._planes = [
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
            for plane in self._frame.planes
        ]
        self._planes[0][:], self._planes[1][:], self._planes[2][:] = 16, 128, 128

    def paste(self, box: Box, image: Image) -> None:
        """Convert an RGB image of the box's size and put it there; the box has even edges.

        Pillow's conversion rounds, needs no set-up for a small piece, and is the same on every machine.
        """
        halved = image.reduce(2)
        for plane, source, matrix, scale in zip(self._planes, (image, halved, halved), BT709, (1, 2, 2), strict=True):
            target = plane[box.top // scale : box.bottom // scale, box.left // scale : box.right // scale]
            target[:] = np.asarray(source.convert("L", matrix))

    def lay(self, box: Box, mask: Image, colour: tuple[int, int, int]) -> None:
        """Mix an RGB colour into a box (even edges) as densely as a mask of its size says (mode L, 255 is opaque)."""
        red, green, blue = colour
        halved = mask.reduce(2)
        for plane, source, (r, g, b, offset), scale in zip(
            self._planes, (mask, halved, halved), BT709, (1, 2, 2), strict=True
        ):
            target = plane[box.top // scale : box.bottom // scale, box.left // scale : box.right // scale]
            level, density = round(r * red + g * green + b * blue + offset), np.asarray(source, np.uint16)
            target[:] = (target * (255 - density) + level * density + 127) // 255

    def show(self, frame: VideoFrame) -> None:
        """Fill the picture with the middle of a frame (4:2:0, BT.709, video range) that is at least as large."""
        across, down = ((frame.width - self._frame.width) // 4, (frame.height - self._frame.height) // 4)
        for plane, source, scale in zip(self._planes, frame.planes, (2, 1, 1), strict=True):
            rows = np.frombuffer(memoryview(source), np.uint8).reshape(-1, source.line_size)
            height, width = plane.shape
            plane[:] = rows[down * scale : down * scale + height, across * scale : across * scale + width]

    def frame(self, index: int, kind: PictureType = PictureType.NONE) -> VideoFrame:
        """Return the picture as number `index`. It is the same frame each time: x264 copies what it is given."""
        self._frame.pts, self._frame.pict_type = index, kind
        return self._frame
