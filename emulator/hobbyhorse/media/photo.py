"""What a clip made from a first frame shows: the caller's picture, and after the first second a small caption on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from .card import Patch, time_code
from .layout import Box, Layout, layout
from .text import Style, clean, draw, shorten, width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.clip import ClipSpec
    from .fonts import Fonts

WHITE = (255, 255, 255)
SHADE = 0.62  # how dark the caption's ground is


class Photo:
    """The picture of a clip with a first frame: the first second is the caller's picture and the watermark."""

    def __init__(self, spec: ClipSpec, fonts: Fonts, picture: Image.Image) -> None:
        self.spec, self.fonts = spec, fonts
        self.layout: Layout = layout(spec.width, spec.height)
        size = (spec.width, spec.height)
        self._picture = picture if picture.size == size else ImageOps.fit(picture, size, Image.Resampling.BICUBIC)

    def base(self) -> Image.Image:
        """Return the caller's picture, filling the clip's, with the watermark."""
        picture, box = self._picture.copy(), self.layout.watermark
        if self.spec.watermark:
            style = Style(self.fonts.plain, 0).sized(3.6 * self.layout.unit)
            text = shorten(clean(self.spec.watermark), style, box.width)
            origin = (box.width - width(text, style) - 1, 5.8 * self.layout.unit)
            picture.paste(_lettering(picture.crop(_edges(box)), origin, text, style), (box.left, box.top))
        return picture

    def patches(self, second: int) -> Sequence[Patch]:
        """Return the caption with the time code, from the next second on."""
        if second == 0:
            return ()
        box, unit = self.layout.caption, self.layout.unit
        ground = self._picture.crop(_edges(box))
        dark = Image.blend(ground.filter(ImageFilter.GaussianBlur(unit)), Image.new("RGB", ground.size), SHADE)
        rounded = Image.new("L", ground.size)
        ImageDraw.Draw(rounded).rounded_rectangle((0, 0, box.width - 1, box.height - 1), 1.5 * unit, 255)
        canvas = ImageDraw.Draw(dark)
        style, baseline, inset = Style(self.fonts.fixed, 0).sized(2.6 * unit), 3.9 * unit, 2 * unit
        clock = time_code(second)
        clock_at = box.width - inset - width(clock, style)
        draw(canvas, (inset, baseline), shorten(clean(self.spec.task_id), style, clock_at - 2 * inset), style, WHITE)
        draw(canvas, (clock_at, baseline), clock, style, WHITE)
        ground.paste(dark, (0, 0), rounded)
        return (Patch(box, ground),)


def _edges(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom


def _lettering(ground: Image.Image, origin: tuple[float, float], text: str, style: Style) -> Image.Image:
    """Return the ground with white text over a soft shadow, legible on any picture."""
    shadow, letters = Image.new("RGB", ground.size), Image.new("RGB", ground.size)
    draw(ImageDraw.Draw(shadow), origin, text, style, WHITE)
    draw(ImageDraw.Draw(letters), origin, text, style, WHITE)
    soft = shadow.convert("L").filter(ImageFilter.GaussianBlur(max(style.size / 8, 1))).point(lambda v: min(v * 2, 200))
    ground.paste((0, 0, 0), (0, 0), soft)
    ground.paste(WHITE, (0, 0), letters.convert("L"))
    return ground
