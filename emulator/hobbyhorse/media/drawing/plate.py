"""What a stamped clip shows: two lines on a plain ground, the same to the end, so that it takes few bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from .layers import Patch
from .layout import Box, layout
from .text import Style, draw, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.clip import ClipSpec
    from .fonts import Fonts
    from .layers import Layer

GROUND, INK, QUIET = (22, 32, 50), (244, 240, 230), (146, 158, 178)
LINES = ("Hobbyhorse stamped clip", "The task id is in its tags.")


class Plate:
    """The picture of a stamped clip."""

    def __init__(self, spec: ClipSpec, fonts: Fonts) -> None:
        self.spec, self.fonts = spec, fonts

    def layers(self, second: int) -> Sequence[Layer]:
        """Return the whole picture at the beginning, and nothing after."""
        if second:
            return ()
        across, down = self.spec.width, self.spec.height
        picture, unit = Image.new("RGB", (across, down), GROUND), layout(across, down).unit
        canvas = ImageDraw.Draw(picture)
        for line, faces, size, colour, lower in zip(
            LINES, (self.fonts.bold, self.fonts.plain), (4.6, 3.2), (INK, QUIET), (0.0, 6.5), strict=True
        ):
            style = Style(faces, 0).sized(size * unit)
            draw(canvas, ((across - width(line, style)) / 2, down / 2 + lower * unit), line, style, colour)
        return (Patch(Box(0, 0, across, down), picture),)
