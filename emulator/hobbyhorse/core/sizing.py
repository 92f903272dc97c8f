"""Picture sizes: from a tier and a ratio, from a `W*H` text, or after the caller's first frame."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .catalogue import SizeTables

DEFAULT_RATIO = "16:9"
_STEP = 16
# The widest and the highest that any page allows a picture to be (OD-W27). Models without a limit of their own keep to
# it here: H.264 ends at 16384 pixels a side (assumed).
_WIDEST = 8


def tabulated(tables: SizeTables, tier: str, ratio: str) -> tuple[int, int]:
    """Return the size that a tier and a ratio have in the tables."""
    return tables.table[tier][ratio]


def following(tables: SizeTables, tier: str, width: int, height: int) -> tuple[int, int]:
    """Return the size that keeps a picture's ratio and the tier's area, both sides a multiple of 16.

    Rounded down: the one documented example, 750 x 1000 at 720P, gives 816 x 1104, and rounding to the
    nearest would give 832 x 1104 (OD-W27, OD-I2V). A picture whose ratio is exactly that of a tabulated size gets that
    size, so that 1920 x 1080 at 1080P stays what it is (assumed).
    """
    for across, down in tables.table[tier].values():
        if width * down == height * across:
            return across, down
    area, ratio = tables.area[tier], min(max(width / height, 1 / _WIDEST), _WIDEST)
    return _step_down(sqrt(area * ratio)), _step_down(sqrt(area / ratio))


def parsed(size: str) -> tuple[int, int]:
    """Return width and height of a `W*H` text."""
    width, height = size.split("*")
    return int(width), int(height)


def tier_of(tables: SizeTables, width: int, height: int) -> str:
    """Return the tier whose area is nearest."""
    return min(tables.area, key=lambda tier: abs(tables.area[tier] - width * height))


def nearest_ratio(ratios: Iterable[str], width: int, height: int) -> str:
    """Return the named ratio (`"16:9"`) nearest to a picture's."""

    def distance(name: str) -> float:
        across, down = name.split(":")
        return abs(int(across) / int(down) - width / height)

    return min(ratios, key=distance)


def _step_down(side: float) -> int:
    return max(_STEP, int(side) // _STEP * _STEP)
