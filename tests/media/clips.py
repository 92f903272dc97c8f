"""What the tests of clips share: a spec to vary, and ways to read a finished clip back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from hobbyhorse.core.clip import ClipSpec
from hobbyhorse.media.drawing.text import has
from hobbyhorse.media.encoding.encode import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hobbyhorse.media.drawing.card import Card
    from hobbyhorse.media.drawing.fonts import Fonts
    from hobbyhorse.media.encoding.film import Subject

SPEC = ClipSpec(
    width=480,
    height=272,
    fps=24,
    frames=72,
    model="happyhorse-1.1-t2v",
    task_id="0385dc79-5ff8-4d82-bcb6-7a1b2c3d4e5f",
    prompt="A paper train crosses a bridge of string, 骏马奔腾, Café Émile.",
    seed=1937264451,
    watermark="Happy Horse",
    audio=True,
)


def need(fonts: Fonts, characters: str) -> None:
    """Skip a test on a machine where no font has these characters."""
    missing = [each for each in characters if not any(has(face, each) for face in fonts.plain)]
    if missing:
        pytest.skip(f"no installed font has {''.join(missing)}: {fonts.advice}")


def boxes(data: bytes) -> Iterator[tuple[str, int]]:
    """Yield type and size of each top-level box of an MP4."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        assert 8 <= size <= len(data) - at
        yield data[at + 4 : at + 8].decode("ascii"), size
        at += size


def pictures(data: bytes) -> list[NDArray[np.uint8]]:
    """Decode every picture as it is stored (4:2:0), any damage an error."""
    with av.open(io.BytesIO(data), "r", options={"err_detect": "explode"}) as container:
        return [np.asarray(frame.to_ndarray(), np.uint8) for frame in container.decode(video=0)]


def shown(card: Card, second: int = 0) -> NDArray[np.int16]:
    """Draw a card as it is in one second, as signed RGB so that it can be subtracted."""
    picture = card.base()
    for patch in card.patches(second):
        picture.paste(patch.image, (patch.box.left, patch.box.top))
    return np.asarray(picture, np.int16)


def luma(subject: Subject, second: int) -> NDArray[np.int16]:
    """Lay out a subject's pictures up to one second and return the last one's luma plane."""
    canvas = Canvas(SPEC.width, SPEC.height)
    for index in range(second + 1):
        for layer in subject.layers(index):
            layer.put(canvas)
    return canvas.frame(0).to_ndarray()[: SPEC.height].astype(np.int16)
