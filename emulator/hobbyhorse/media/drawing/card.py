"""Draws what a clip shows: a card that says which task it belongs to, or the caller's picture with a small caption.

A card is a base that stays and patches that change each second. Every element is drawn on a piece of its own and put
into its box, so that nothing can reach over its edge.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from .captions import time_code
from .layers import Colour, Patch
from .layout import Box, Layout, layout
from .text import ELLIPSIS, Style, clean, draw, shorten, width, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.clip import ClipSpec
    from .fonts import Face, Fonts
    from .layers import Layer


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a card."""

    ground: Colour
    ink: Colour
    quiet: Colour
    accent: Colour


PALETTES = (
    Palette((22, 32, 50), (244, 240, 230), (146, 158, 178), (242, 170, 98)),  # night and apricot
    Palette((24, 46, 42), (240, 240, 228), (142, 168, 156), (226, 184, 88)),  # fir and brass
    Palette((42, 30, 54), (246, 238, 244), (170, 150, 182), (234, 146, 162)),  # plum and rose
    Palette((32, 36, 42), (238, 241, 244), (146, 154, 164), (124, 192, 200)),  # slate and ice
    Palette((54, 24, 28), (248, 238, 232), (188, 150, 148), (232, 168, 138)),  # oxblood and clay
    Palette((244, 238, 228), (44, 38, 34), (138, 126, 114), (192, 80, 42)),  # paper and rust
    Palette((232, 238, 241), (30, 42, 52), (112, 128, 140), (38, 104, 146)),  # mist and sea
    Palette((234, 238, 226), (36, 48, 40), (116, 130, 114), (70, 124, 78)),  # linen and moss
)
# Sizes of the prompt to try, in units: the largest that fits is taken.
PROMPT_SIZES = (9.0, 7.8, 6.8, 5.9, 5.1, 4.4, 3.8, 3.3, 2.9)
# Centre from the right and bottom edge, and radius, in shorter sides.
DISCS = ((0.30, 0.16, 0.62), (0.04, 0.42, 0.30))
# No card has room for more; a longer prompt ends in an ellipsis anyway.
DRAWN_CHARACTERS = 6000


def palette(spec: ClipSpec) -> Palette:
    """Return the colours of a task: each task has its own, whatever else changes."""
    return PALETTES[hashlib.sha256(spec.task_id.encode(errors="replace")).digest()[0] % len(PALETTES)]


class Card:
    """The picture of a clip whose caller gave no first frame."""

    def __init__(self, spec: ClipSpec, fonts: Fonts) -> None:
        self.spec, self.fonts = spec, fonts
        self.layout: Layout = self.places()
        self.colours = palette(spec)
        self._ground = self._discs()

    def places(self) -> Layout:
        """Return where everything stands."""
        return layout(self.spec.width, self.spec.height)

    def layers(self, second: int) -> Sequence[Layer]:
        """Return everything in the first second, and then what changes."""
        whole = Box(0, 0, self.spec.width, self.spec.height)
        return (*([] if second else [Patch(whole, self.base())]), *self.patches(second))

    def base(self) -> Image.Image:
        """Return the picture without what changes."""
        spec, boxes = self.spec, self.layout
        picture = self._ground.copy()
        seconds = f"{spec.frames / spec.fps:.6g}"
        pieces = (
            (boxes.model, self._model(boxes.model)),
            (boxes.prompt, self._prompt(boxes.prompt)),
            (boxes.inputs, self._inputs(boxes.inputs)),
            (boxes.task_id, self._field(boxes.task_id, "TASK", spec.task_id, self.fonts.fixed)),
            (boxes.seed, self._field(boxes.seed, "SEED", str(spec.seed), self.fonts.fixed)),
            (
                boxes.facts,
                self._field(
                    boxes.facts,
                    "CLIP",
                    f"{spec.width} x {spec.height} · {spec.fps} fps · {seconds} s",
                    self.fonts.plain,
                ),
            ),
            (boxes.watermark, self._watermark(boxes.watermark)),
        )
        for box, piece in (*pieces, *self.more()):
            picture.paste(piece, (box.left, box.top))
        return picture

    def more(self) -> Sequence[tuple[Box, Image.Image]]:
        """Return what else stands on the card."""
        return ()

    def patches(self, second: int) -> Sequence[Patch]:
        """Return what is different in this second."""
        boxes = self.layout
        return (
            Patch(boxes.time_code, self._time_code(boxes.time_code, second)),
            Patch(boxes.progress, self._progress(boxes.progress, second)),
        )

    def _piece(self, box: Box) -> Image.Image:
        """Return what is behind a box, to draw on."""
        return self._ground.crop((box.left, box.top, box.right, box.bottom))

    def _discs(self) -> Image.Image:
        """Return the ground: two large discs, so near its colour that text on them is as legible as beside them."""
        size = self.spec.width, self.spec.height
        picture = Image.new("RGB", size, self.colours.ground)
        canvas, short = ImageDraw.Draw(picture), min(size)
        ground, quiet, accent = self.colours.ground, self.colours.quiet, self.colours.accent
        for (across, down, radius), colour in zip(
            DISCS, (blend(ground, quiet, 0.09), blend(ground, accent, 0.11)), strict=True
        ):
            x, y, r = size[0] - across * short, size[1] - down * short, radius * short
            canvas.ellipse((x - r, y - r, x + r, y + r), colour)
        return picture

    def _model(self, box: Box) -> Image.Image:
        piece, unit = self._piece(box), self.layout.unit
        small, large = Style(self.fonts.plain, 0).sized(2.5 * unit), Style(self.fonts.bold, 0).sized(4.6 * unit)
        name = clean(self.spec.model)
        wide = width(name, large)
        if wide > box.width:
            large = large.sized(max(large.size * box.width / wide, 3 * unit))
        canvas = ImageDraw.Draw(piece)
        draw(canvas, (0, 2.6 * unit), "Hobbyhorse test clip", small, self.colours.accent)
        draw(canvas, (0, 8.6 * unit), shorten(name, large, box.width), large, self.colours.ink)
        return piece

    def _prompt(self, box: Box) -> Image.Image:
        piece, unit = self._piece(box), self.layout.unit
        text = clean(self.spec.prompt[:DRAWN_CHARACTERS])
        lines, style = fit(
            text or "(no prompt)", Style(self.fonts.plain, 0), box, [size * unit for size in PROMPT_SIZES]
        )
        colour = self.colours.ink if text else self.colours.quiet
        canvas = ImageDraw.Draw(piece)
        baseline = style.size * 0.92
        for line in lines:
            draw(canvas, (0, baseline), line, style, colour)
            baseline += style.leading
        return piece

    def _inputs(self, box: Box) -> Image.Image:
        piece, unit = self._piece(box), self.layout.unit
        style, labels = Style(self.fonts.plain, 0).sized(2.6 * unit), self.spec.inputs
        room = 3
        shown = labels if len(labels) <= room else (*labels[: room - 1], f"and {len(labels) - room + 1} more")
        canvas = ImageDraw.Draw(piece)
        for row, label in enumerate(shown):
            line = shorten(clean(label).replace("\n", " "), style, box.width)
            draw(canvas, (0, (row + 0.75) * box.height / room), line, style, self.colours.quiet)
        return piece

    def _field(self, box: Box, label: str, value: str, faces: tuple[Face, ...]) -> Image.Image:
        piece, unit = self._piece(box), self.layout.unit
        canvas = ImageDraw.Draw(piece)
        small, large = Style(self.fonts.bold, 0).sized(2.1 * unit), Style(faces, 0).sized(2.8 * unit)
        draw(canvas, (0, 1.9 * unit), label, small, self.colours.accent)
        draw(canvas, (0, 5.8 * unit), shorten(clean(value), large, box.width - unit), large, self.colours.ink)
        return piece

    def _watermark(self, box: Box) -> Image.Image:
        piece, unit = self._piece(box), self.layout.unit
        if self.spec.watermark:
            style = Style(self.fonts.plain, 0).sized(3.6 * unit)
            text = shorten(clean(self.spec.watermark), style, box.width)
            draw(ImageDraw.Draw(piece), (box.width - width(text, style), 5.8 * unit), text, style, self.colours.quiet)
        return piece

    def _time_code(self, box: Box, second: int) -> Image.Image:
        piece = self._piece(box)
        text, style = time_code(second), Style(self.fonts.bold, 0).sized(12 * self.layout.unit)
        origin = (box.width - width(text, style), 8.6 * self.layout.unit)
        draw(ImageDraw.Draw(piece), origin, text, style, self.colours.accent)
        return piece

    def _progress(self, box: Box, second: int) -> Image.Image:
        piece = self._piece(box)
        canvas, count = ImageDraw.Draw(piece), -(-self.spec.frames // self.spec.fps)
        gap = min(max(round(self.layout.unit * 0.6), 1), max(box.width // (4 * count), 0))
        for index in range(count):
            left, right = (round(edge * (box.width + gap) / count) for edge in (index, index + 1))
            colour = self.colours.accent if index <= second else blend(self.colours.ground, self.colours.quiet, 0.35)
            canvas.rectangle((left, 0, max(right - gap - 1, left), box.height - 1), colour)
        return piece


def fit(text: str, style: Style, box: Box, sizes: Sequence[float]) -> tuple[list[str], Style]:
    """Return the lines of a text in the largest of `sizes` that fits a box; in the smallest the end may be cut."""
    chosen = style.sized(sizes[-1])
    total = width(text.replace("\n", " "), chosen) / chosen.size
    for size in sizes:
        style = style.sized(size)
        room = max(box.height // style.leading, 1)
        if total * style.size <= room * box.width:  # else it cannot fit: no need to break lines
            lines = wrap(text, style, box.width)
            if len(lines) <= room:
                return lines, style
    lines, room = wrap(text, chosen, box.width), max(box.height // chosen.leading, 1)
    if len(lines) > room:
        lines[room - 1 :] = [shorten(lines[room - 1] + " " + lines[room] + ELLIPSIS, chosen, box.width)]
    return lines, chosen


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour between two."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
