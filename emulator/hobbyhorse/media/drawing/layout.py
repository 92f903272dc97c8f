"""Where each thing stands on a card. A pure function of the picture's size, for any ratio from 9:21 to 21:9."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, right and bottom not included. All edges are even (chroma is half as fine)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Return the width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Return the height in pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes of one size; they do not overlap, but for `caption`, which is used on a caller's picture only.

    `unit` is the measure that all type follows: about a hundredth of the shorter side.
    """

    unit: float
    model: Box
    time_code: Box
    progress: Box
    prompt: Box
    inputs: Box
    task_id: Box
    seed: Box
    facts: Box
    watermark: Box
    caption: Box


def layout(width: int, height: int) -> Layout:
    """Return the boxes for a picture of this size."""
    unit = min(width, height, math.sqrt(width * height) * 0.75) / 100
    across, down = width / unit, height / unit  # the picture in units

    def box(left: float, top: float, right: float, bottom: float) -> Box:
        """Turn units into even pixels inside the picture."""
        return Box(
            _even(left * unit, width),
            _even(top * unit, height),
            _even(right * unit, width),
            _even(bottom * unit, height),
        )

    margin = 6.0
    right, bottom = across - margin, down - margin
    one_row = right - margin >= ONE_ROW
    footer = bottom - (ROW if one_row else 2 * ROW + ROW_GAP)
    last = bottom - ROW
    seed = min(margin + TASK_ID, right - SEED)
    facts = seed + SEED if one_row else margin
    mark = right - WATERMARK
    return Layout(
        unit=unit,
        model=box(margin, margin, right - TIME_CODE - 2, margin + HEAD),
        time_code=box(right - TIME_CODE, margin, right, margin + HEAD),
        progress=box(margin, margin + HEAD + 3, right, margin + HEAD + 3 + max(1, 2 / unit)),
        prompt=box(margin, margin + HEAD + 9, right, footer - INPUTS - 7),
        inputs=box(margin, footer - INPUTS - 4, right, footer - 4),
        task_id=box(margin, footer, seed, footer + ROW),
        seed=box(seed, footer, seed + SEED if one_row else right, footer + ROW),
        facts=box(facts, last, mark, bottom),
        watermark=box(mark, last, right, bottom),
        caption=box(3, 3, min(3 + CAPTION, across - 3), 9),
    )


# In units.
HEAD = 11.0  # the row of model and time code
TIME_CODE = 34.0
INPUTS = 12.0  # three lines
ROW = 7.0  # a label and its value
ROW_GAP = 2.5
TASK_ID = 66.0
SEED = 23.0
FACTS = 42.0
WATERMARK = 31.0
ONE_ROW = TASK_ID + SEED + FACTS + WATERMARK
CAPTION = 78.0


def _even(pixels: float, most: int) -> int:
    """Return the nearest even number from 0 to `most`."""
    return min(max(2 * round(pixels / 2), 0), most)
