"""The card of a clip with references: they stand on it as labelled tiles, beside the prompt or below it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .card import Card, blend
from .layout import Box, Layout, layout
from .tiles import Look, grid, tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from ...core.clip import ClipSpec
    from .fonts import Fonts
    from .tiles import Shown

BESIDE = 0.36  # the prompt's share of the width where the picture is wide
ABOVE = 0.26  # and of the height where it is not
GAP = 4.0  # between prompt and tiles, in units


def tiles(count: int, width: int, height: int) -> tuple[Box, ...]:
    """Return where the tile of each of `count` references lies in a picture of this size."""
    places, area = _split(width, height)
    return grid(count, area, places.unit)


def _split(width: int, height: int) -> tuple[Layout, Box]:
    """Return the card's places with prompt and inputs made smaller, and the area that is left for the tiles."""
    places = layout(width, height)
    prompt, inputs, gap = places.prompt, places.inputs, GAP * places.unit
    if width > height:
        edge = _even(prompt.left + BESIDE * prompt.width)
        area = Box(_even(edge + gap), prompt.top, prompt.right, inputs.bottom)
        return replace(places, prompt=replace(prompt, right=edge), inputs=replace(inputs, right=edge)), area
    edge = _even(prompt.top + ABOVE * (inputs.bottom - prompt.top))
    lower = edge - inputs.height
    area = Box(prompt.left, _even(edge + gap), prompt.right, inputs.bottom)
    return replace(places, prompt=replace(prompt, bottom=lower), inputs=replace(inputs, top=lower, bottom=edge)), area


def _even(pixels: float) -> int:
    return 2 * round(pixels / 2)


class Board(Card):
    """A card with references."""

    def __init__(self, spec: ClipSpec, fonts: Fonts, references: Sequence[Shown]) -> None:
        self._references = references
        super().__init__(spec, fonts)

    def places(self) -> Layout:
        """Return where everything stands; the prompt takes the room of other inputs where there are none."""
        places, _ = _split(self.spec.width, self.spec.height)
        if self.spec.inputs:
            return places
        empty = replace(places.inputs, top=places.inputs.bottom)
        return replace(places, prompt=replace(places.prompt, bottom=places.inputs.bottom), inputs=empty)

    def more(self) -> Sequence[tuple[Box, Image.Image]]:
        """Return the tiles."""
        boxes = tiles(len(self._references), self.spec.width, self.spec.height)
        colours = self.colours
        look = Look(blend(colours.ground, colours.quiet, 0.22), colours.ink, colours.quiet)
        return [
            (box, tile(shown, box, self.fonts, look, self.layout.unit))
            for box, shown in zip(boxes, self._references, strict=True)
        ]
