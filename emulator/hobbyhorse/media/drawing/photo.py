"""What a clip made from a first frame shows: the caller's picture, captions on it, and at the end the last frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from .captions import caption, watermark
from .layers import Patch
from .layout import Box, Layout, layout
from .tiles import small_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.clip import ClipSpec
    from .fonts import Fonts
    from .layers import Layer
    from .tiles import Shown


class Photo:
    """The pictures of a clip with a first frame.

    The first second is the first frame and the watermark. With a `last` frame the last second is that, and between
    them one becomes the other. The caption with the time code, and the references, are shown between.
    """

    def __init__(
        self,
        spec: ClipSpec,
        fonts: Fonts,
        first: Image.Image,
        last: Image.Image | None = None,
        references: Sequence[Shown] = (),
    ) -> None:
        self.spec, self.fonts = spec, fonts
        self.layout: Layout = layout(spec.width, spec.height)
        self._first = self._filling(first)
        self._last = self._filling(last) if last else None
        self._final = -(-spec.frames // spec.fps) - 1
        self._tiles = small_tiles(references, spec.width, spec.height, fonts)

    def layers(self, second: int) -> Sequence[Layer]:
        """Return the first frame in the first second, the last in the last, and between them all that changes."""
        ground = self._ground(second)
        is_end = self._last is not None and second == self._final
        if second == 0 or is_end:
            return (Patch(Box(0, 0, *ground.size), ground), *watermark(self.spec, self.fonts, self.layout))
        told = caption(self.spec, self.fonts, self.layout, second)
        if self._last is not None:
            marked = watermark(self.spec, self.fonts, self.layout)
            return (Patch(Box(0, 0, *ground.size), ground), *marked, *self._tiles, *told)
        box = self.layout.caption
        clear = Patch(box, ground.crop((box.left, box.top, box.right, box.bottom)))
        return (*(self._tiles if second == 1 else ()), clear, *told)

    def _ground(self, second: int) -> Image.Image:
        """Return the picture behind everything."""
        if self._last is None or second == 0:
            return self._first
        return Image.blend(self._first, self._last, second / self._final)

    def _filling(self, picture: Image.Image) -> Image.Image:
        size = (self.spec.width, self.spec.height)
        if picture.size == size:
            return picture
        shrinks = picture.width >= size[0] and picture.height >= size[1]
        # Hamming is as sharp as bicubic where a picture is made smaller, at half the cost.
        return ImageOps.fit(picture, size, Image.Resampling.HAMMING if shrinks else Image.Resampling.BICUBIC)
