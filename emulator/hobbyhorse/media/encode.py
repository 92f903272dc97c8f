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
from av.video.reformatter import Colorspace

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream
    from PIL.Image import Image

    from .layout import Box

# One thread and cpu-independent, so that bytes do not depend on the machine; a constant quantiser, so that the slice
# headers of the blank clip are right in every clip; force-cfr and no look-ahead, so that a picture is a packet at once.
X264 = (
    "threads=1:lookahead-threads=1:sliced-threads=0:cpu-independent=1:force-cfr=1:rc-lookahead=0:sync-lookahead=0"
    ":qp=21:aq-mode=0:mbtree=0:cabac=0:bframes=0:ref=1:weightp=0:no-deblock=1:scenecut=0:open-gop=0:min-keyint=1"
    ":colorprim=bt709:transfer=bt709:colormatrix=bt709"
)
SIZES_KEPT = 64


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
        frame = canvas.frame(index)
        frame.pict_type = PictureType.I
        packets = self._track.encode(frame)
        if len(packets) != 1 or not packets[0].is_keyframe:
            raise EncodingError(f"x264 made {len(packets)} packets of one key picture")
        return bytes(self._without_sei.filter(packets[0])[0])


class Canvas:
    """The planes of one 4:2:0 picture (BT.709, video range), black at first. Width and height are even."""

    def __init__(self, width: int, height: int) -> None:
        self._packed = np.full((height * 3 // 2, width), 128, np.uint8)
        flat = self._packed.reshape(-1)
        luma, chroma = width * height, width * height // 4
        self._planes = (
            flat[:luma].reshape(height, width),
            flat[luma : luma + chroma].reshape(height // 2, width // 2),
            flat[luma + chroma :].reshape(height // 2, width // 2),
        )
        self._planes[0][:] = 16

    def paste(self, box: Box, image: Image) -> None:
        """Convert an RGB image of the box's size and put it there; the box has even edges."""
        width, height = image.size
        converted = VideoFrame.from_ndarray(np.asarray(image)).reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709
        )
        flat = converted.to_ndarray().reshape(-1)
        luma, chroma = width * height, width * height // 4
        y, u, v = self._planes
        y[box.top : box.bottom, box.left : box.right] = flat[:luma].reshape(height, width)
        half = np.s_[box.top // 2 : box.bottom // 2, box.left // 2 : box.right // 2]
        u[half] = flat[luma : luma + chroma].reshape(height // 2, width // 2)
        v[half] = flat[luma + chroma :].reshape(height // 2, width // 2)

    def frame(self, index: int) -> VideoFrame:
        """Return a copy as picture number `index`."""
        frame = VideoFrame.from_ndarray(self._packed, format="yuv420p")
        frame.pts = index
        return frame
