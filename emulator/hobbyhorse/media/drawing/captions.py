"""Lettering over callers' own pictures, legible on any of them: the caption with the time code, and the watermark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFilter

from .layers import Veil
from .text import Style, clean, draw, shorten, width

if TYPE_CHECKING:
    from ...core.clip import ClipSpec
    from .fonts import Fonts
    from .layout import Layout

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SHADE = 170  # of 255: how dense the caption's ground is
SHADOW = 200  # and the watermark's shadow


def time_code(second: int) -> str:
    """Return minutes and seconds, `00:03`."""
    return f"{second // 60:02}:{second % 60:02}"


def caption(spec: ClipSpec, fonts: Fonts, places: Layout, second: int) -> tuple[Veil, ...]:
    """Return task id and time code on a dark ground with round corners."""
    box, unit = places.caption, places.unit
    ground, letters = (Image.new("L", (box.width, box.height)) for _ in range(2))
    ImageDraw.Draw(ground).rounded_rectangle((0, 0, box.width - 1, box.height - 1), 1.5 * unit, SHADE)
    style, baseline, inset = Style(fonts.fixed, 0).sized(2.6 * unit), 3.9 * unit, 2 * unit
    clock, canvas = time_code(second), ImageDraw.Draw(letters)
    clock_at = box.width - inset - width(clock, style)
    draw(canvas, (inset, baseline), shorten(clean(spec.task_id), style, clock_at - 2 * inset), style, 255)
    draw(canvas, (clock_at, baseline), clock, style, 255)
    return Veil(box, ground, BLACK), Veil(box, letters, WHITE)


def watermark(spec: ClipSpec, fonts: Fonts, places: Layout) -> tuple[Veil, ...]:
    """Return the watermark in white over a soft shadow; nothing where there is none."""
    if not spec.watermark:
        return ()
    box, style = places.watermark, Style(fonts.plain, 0).sized(3.6 * places.unit)
    letters = Image.new("L", (box.width, box.height))
    text = shorten(clean(spec.watermark), style, box.width)
    draw(ImageDraw.Draw(letters), (box.width - width(text, style) - 1, 5.8 * places.unit), text, style, 255)
    blurred = letters.filter(ImageFilter.GaussianBlur(max(style.size / 8, 1)))
    return Veil(box, blurred.point(lambda level: min(level * 2, SHADOW)), BLACK), Veil(box, letters, WHITE)
