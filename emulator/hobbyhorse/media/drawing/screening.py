"""What an edited video shows: stills of the caller's footage, with captions, watermark and references."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ..judging.reel import Projector
from .captions import caption, watermark
from .layers import Still
from .layout import Layout, layout
from .tiles import small_tiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.clip import ClipSpec
    from ..judging.reel import Reel
    from .fonts import Fonts
    from .layers import Layer
    from .tiles import Shown


class Screening:
    """The pictures of a clip made from footage."""

    def __init__(self, spec: ClipSpec, fonts: Fonts, reel: Reel, references: Sequence[Shown] = ()) -> None:
        self.spec, self.fonts = spec, fonts
        self.layout: Layout = layout(spec.width, spec.height)
        self._reel = reel
        self._frame = lru_cache(1)(Projector(spec.width, spec.height).frame)  # a still may be shown for two seconds
        self._over: tuple[Layer, ...] = (
            *small_tiles(references, spec.width, spec.height, fonts),
            *watermark(spec, fonts, self.layout),
        )

    def layers(self, second: int) -> Sequence[Layer]:
        """Return the still of a second and all that lies over it."""
        still = Still(self._frame(self._reel.still(second)))
        return (still, *self._over, *caption(self.spec, self.fonts, self.layout, second))
