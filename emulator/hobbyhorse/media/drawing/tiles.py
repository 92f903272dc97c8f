"""Where the references of a clip are shown, and how: tiles with their labels. Places are pure functions of the size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageOps

from .layers import Colour, Patch
from .layout import Box, layout
from .text import Style, clean, draw, shorten, width, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.clip import Reference
    from .fonts import Fonts

# In units (see `Layout`).
GAP = 2.0
LABEL = 4.2  # the height of a label's row
SMALL = (17.0, 14.0)  # of a small tile
MARGIN = 3.0
SHAPE = 4 / 3  # of the picture that a grid is laid out for


@dataclass(frozen=True, slots=True)
class Shown:
    """A reference with its picture (RGB), or None where there is none to show."""

    reference: Reference
    picture: Image.Image | None


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a tile: behind a picture, of the label, and of a note."""

    ground: Colour
    label: Colour
    note: Colour


PLAIN = Look((30, 30, 32), (255, 255, 255), (170, 170, 174))


def grid(count: int, area: Box, unit: float) -> tuple[Box, ...]:
    """Return `count` equal tiles in rows that fill an area, in as many columns as give the largest pictures."""
    gap, label = GAP * unit, LABEL * unit

    def tile(columns: int) -> tuple[float, float]:
        rows = -(-count // columns)
        return (area.width + gap) / columns - gap, (area.height + gap) / rows - gap

    def shown(columns: int) -> float:
        across, down = tile(columns)
        return min(across / SHAPE, down - label)

    columns = max(range(1, count + 1), key=shown, default=1)
    across, down = tile(columns)
    return tuple(
        _box(area.left + column * (across + gap), area.top + row * (down + gap), across, down)
        for row, column in (divmod(index, columns) for index in range(count))
    )


def small(count: int, width: int, height: int) -> tuple[Box, ...]:
    """Return the places of small tiles over a picture of this size: in rows from the left, above the watermark."""
    places = layout(width, height)
    unit = places.unit
    across, down, gap, margin = (measure * unit for measure in (*SMALL, GAP, MARGIN))
    columns = max(int((width - 2 * margin + gap) / (across + gap)), 1)
    rows = -(-count // columns)
    top = places.watermark.top - rows * (down + gap)
    return tuple(
        _box(margin + column * (across + gap), max(top, 0) + row * (down + gap), across, down)
        for row, column in (divmod(index, columns) for index in range(count))
    )


def _box(left: float, top: float, across: float, down: float) -> Box:
    """Return a box with even edges within these."""
    return Box(*(2 * int(edge / 2) for edge in (left + 1.99, top + 1.99, left + across, top + down)))


def small_tiles(references: Sequence[Shown], width: int, height: int, fonts: Fonts) -> tuple[Patch, ...]:
    """Return references as small tiles, to lie over a picture."""
    unit = layout(width, height).unit
    boxes = small(len(references), width, height)
    return tuple(Patch(box, tile(shown, box, fonts, PLAIN, unit)) for box, shown in zip(boxes, references, strict=True))


def tile(shown: Shown, box: Box, fonts: Fonts, look: Look, unit: float) -> Image.Image:
    """Draw one tile: the whole picture, or the note where there is none, and the label in a row below it."""
    piece = Image.new("RGB", (box.width, box.height), look.ground)
    canvas, row = ImageDraw.Draw(piece), round(LABEL * unit)
    room = (box.width, max(box.height - row, 1))
    bold, plain = (Style(faces, 0).sized(2.3 * unit) for faces in (fonts.bold, fonts.plain))
    label, note = clean(shown.reference.label), clean(shown.reference.note).replace("\n", " ")
    inset, baseline = unit, box.height - row * 0.3
    draw(canvas, (inset, baseline), shorten(label, bold, box.width - 2 * inset), bold, look.label)
    if shown.picture is not None:
        picture = ImageOps.contain(shown.picture, room, Image.Resampling.BICUBIC)
        piece.paste(picture, ((room[0] - picture.width) // 2, (room[1] - picture.height) // 2))
        after = inset + width(label, bold) + unit
        if box.width - inset - after > 10 * unit:  # else there is no more to read than an ellipsis
            draw(canvas, (after, baseline), shorten(note, plain, box.width - inset - after), plain, look.note)
        return piece
    lines = wrap(note or "(not fetched)", plain, box.width - 2 * inset)
    most = max(int((room[1] - inset) / plain.leading), 1)
    lines[most - 1 :] = (
        [shorten(" ".join(lines[most - 1 :]), plain, box.width - 2 * inset)] if lines[most - 1 :] else []
    )
    for index, line in enumerate(lines):
        draw(canvas, (inset, inset + plain.size + index * plain.leading), line, plain, look.note)
    return piece
