"""What is laid on a canvas: a piece of picture, a veil of one colour, a still of footage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from PIL.Image import Image

    from ..encoding.encode import Canvas
    from .layout import Box

Colour = tuple[int, int, int]


class Layer(Protocol):
    """Something that changes a part of the picture, or all of it."""

    def put(self, canvas: Canvas) -> None:
        """Put it where it belongs."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A piece of the picture (RGB), and where it goes."""

    box: Box
    image: Image

    def put(self, canvas: Canvas) -> None:
        """Cover what was there."""
        canvas.paste(self.box, self.image)


@dataclass(frozen=True, slots=True)
class Veil:
    """One colour, laid over what is there as densely as a mask (mode L) says."""

    box: Box
    mask: Image
    colour: Colour

    def put(self, canvas: Canvas) -> None:
        """Let through what is there where the mask is thin."""
        canvas.lay(self.box, self.mask, self.colour)


@dataclass(frozen=True, slots=True)
class Still:
    """A decoded picture at least as large as the canvas, whose middle fills it."""

    frame: VideoFrame

    def put(self, canvas: Canvas) -> None:
        """Cover everything."""
        canvas.show(self.frame)
