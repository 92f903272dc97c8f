from __future__ import annotations

from dataclasses import fields, replace
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from hobbyhorse.core.clip import ClipSpec, Picture
from hobbyhorse.media.drawing.card import Card, palette
from hobbyhorse.media.drawing.layers import Patch
from hobbyhorse.media.drawing.layout import Box, Layout, layout
from hobbyhorse.media.drawing.photo import Photo
from hobbyhorse.media.encoding.film import DROPPED, film
from media.clips import SPEC, luma, need, pictures, shown

if TYPE_CHECKING:
    from hobbyhorse.media.drawing.fonts import Fonts

# Every size that the upstream publishes or that follows from its rule, and some that an odd first frame leads to.
SIZES = [
    *[(832, 480), (480, 832), (624, 624), (736, 544), (544, 736), (560, 704), (704, 560), (416, 960), (960, 416)],
    *[(1280, 720), (720, 1280), (960, 960), (1104, 832), (832, 1104), (864, 1072), (1072, 864), (624, 1472)],
    *[(1472, 624), (1920, 1080), (1080, 1920), (1440, 1440), (1648, 1248), (1248, 1648), (1280, 1616), (1616, 1280)],
    *[(944, 2192), (2192, 944), (1088, 832), (832, 1088), (1632, 1248), (1248, 1632), (816, 1104)],
    *[(2560, 320), (320, 2560), (64, 64)],
]
NAMED = [field.name for field in fields(Layout) if field.name not in {"unit", "caption"}]


def same_colours(spec: ClipSpec) -> str:
    """Find another task id whose card has the same colours."""
    ids = (f"{index:08x}-5ff8-4d82-bcb6-7a1b2c3d4e5f" for index in range(1000))
    return next(each for each in ids if palette(replace(spec, task_id=each)) == palette(spec))


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_size_has_a_card_whose_boxes_lie_apart_and_inside(fonts: Fonts, width: int, height: int) -> None:
    boxes = layout(width, height)
    for box in (getattr(boxes, name) for name in [*NAMED, "caption"]):
        assert 0 <= box.left <= box.right <= width
        assert 0 <= box.top <= box.bottom <= height
        assert not any(edge % 2 for edge in (box.left, box.top, box.right, box.bottom))
    for one, other in combinations(NAMED, 2):
        a, b = getattr(boxes, one), getattr(boxes, other)
        apart = a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top
        assert apart, (one, other)
    assert shown(Card(replace(SPEC, width=width, height=height), fonts)).shape == (height, width, 3)


CHANGES = {
    "model": {"model": "wan2.7-t2v"},
    "prompt": {"prompt": "A paper horse crosses a bridge of string, 骏马奔跑, Café Émile."},
    "seed": {"seed": 1937264452},
    "watermark": {"watermark": None},
    "facts": {"frames": 62},
    "inputs": {"inputs": ("[Image 1] https://example.com/horse.png",)},
    "task_id": {"task_id": same_colours(SPEC)},
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("size", [(480, 272), (272, 480), (416, 960), (1280, 720)])
def test_a_change_shows_in_its_own_box_and_nowhere_else(fonts: Fonts, name: str, size: tuple[int, int]) -> None:
    spec = replace(SPEC, width=size[0], height=size[1])
    changed = replace(spec, **CHANGES[name])  # type: ignore[arg-type]
    difference = np.abs(shown(Card(spec, fonts)) - shown(Card(changed, fonts))).max(axis=2)
    box: Box = getattr(layout(*size), name)
    inside = difference[box.top : box.bottom, box.left : box.right].copy()
    difference[box.top : box.bottom, box.left : box.right] = 0
    assert (inside > 48).sum() >= 8
    assert difference.max() == 0


def test_a_second_later_only_time_code_and_progress_differ(fonts: Fonts) -> None:
    card = Card(SPEC, fonts)
    for one, other in pairwise(range(3)):
        difference = np.abs(shown(card, one) - shown(card, other)).max(axis=2)
        for box in (card.layout.time_code, card.layout.progress):
            inside = difference[box.top : box.bottom, box.left : box.right]
            assert (inside > 48).sum() >= 8
            inside[:] = 0
        assert difference.max() == 0


def test_the_time_code_of_a_clip_changes_each_second_for_any_viewer(fonts: Fonts) -> None:
    box = layout(SPEC.width, SPEC.height).time_code
    seconds = [frame[box.top : box.bottom, box.left : box.right].astype(int) for frame in pictures(film(SPEC, fonts))]
    for one, other in combinations((0, 24, 48), 2):
        assert (np.abs(seconds[one] - seconds[other]) > 48).sum() > 40
    assert np.array_equal(seconds[24], seconds[47])


def test_prompts_of_different_chinese_characters_look_different(fonts: Fonts) -> None:
    need(fonts, "硬纸板火车玻璃海中鱼")
    box = layout(SPEC.width, SPEC.height).prompt
    cards = [shown(Card(replace(SPEC, prompt=prompt), fonts)) for prompt in ("硬纸板火车", "玻璃海中鱼")]
    one, other = (card[box.top : box.bottom, box.left : box.right] for card in cards)
    assert (np.abs(one - other).max(axis=2) > 48).sum() > 200


def test_a_long_prompt_ends_in_an_ellipsis_inside_its_box(fonts: Fonts) -> None:
    long = Card(replace(SPEC, prompt="硬纸板火车缓缓驶过 slowly " * 400), fonts)
    longer = Card(replace(SPEC, prompt="硬纸板火车缓缓驶过 slowly " * 500), fonts)
    assert np.array_equal(shown(long), shown(longer))


def test_no_prompt_is_said(fonts: Fonts) -> None:
    box = layout(SPEC.width, SPEC.height).prompt
    none, dot = (shown(Card(replace(SPEC, prompt=prompt), fonts)) for prompt in ("", "."))
    assert (np.abs(none - dot)[box.top : box.bottom, box.left : box.right].max(axis=2) > 48).sum() > 100


@pytest.mark.parametrize("prompt", ["", "\n \t", "\u202e\u200b", "🐎" * 50, "مرحبا بالعالم", "a" * 9000, "\ud800x\0y"])
def test_any_prompt_can_be_drawn(fonts: Fonts, prompt: str) -> None:
    shown(Card(replace(SPEC, prompt=prompt), fonts))


def test_many_inputs_are_counted(fonts: Fonts) -> None:
    nine = tuple(f"[Image {index}] https://example.com/{index}.png" for index in range(9))
    assert not np.array_equal(
        shown(Card(replace(SPEC, inputs=nine), fonts)), shown(Card(replace(SPEC, inputs=nine[:8]), fonts))
    )


def photograph(width: int, height: int) -> Image.Image:
    down, across = np.mgrid[0:height, 0:width]
    planes = (128 + 90 * np.sin(across / 37), 128 + 90 * np.cos(down / 23), 255 * across / width)
    return Image.fromarray(np.stack(planes, axis=2).clip(0, 255).astype(np.uint8))


def test_a_first_frame_fills_the_first_second_untouched(fonts: Fonts) -> None:
    picture = photograph(SPEC.width, SPEC.height)
    (only,) = Photo(replace(SPEC, watermark=None), fonts, picture).layers(0)
    assert isinstance(only, Patch)
    assert only.box == Box(0, 0, SPEC.width, SPEC.height)
    assert np.array_equal(np.asarray(only.image), np.asarray(picture))


def test_a_first_frame_of_another_ratio_covers_the_picture(fonts: Fonts) -> None:
    (only,) = Photo(replace(SPEC, watermark=None), fonts, Image.new("RGB", (100, 300), (10, 200, 90))).layers(0)
    assert isinstance(only, Patch)
    assert np.array_equal(np.asarray(only.image), np.full((272, 480, 3), (10, 200, 90), np.uint8))


def test_watermark_and_caption_lie_on_a_first_frame_in_their_boxes(fonts: Fonts) -> None:
    photo = Photo(SPEC, fonts, photograph(SPEC.width, SPEC.height))
    bare = Photo(replace(SPEC, watermark=None), fonts, photograph(SPEC.width, SPEC.height))
    untouched, first, second, third = luma(bare, 0), luma(photo, 0), luma(photo, 1), luma(photo, 2)
    for one, other, box in (
        (untouched, first, photo.layout.watermark),
        (first, second, photo.layout.caption),
        (second, third, photo.layout.caption),
    ):
        difference = np.abs(one - other)
        inside = difference[box.top : box.bottom, box.left : box.right]
        assert (inside > 24).sum() >= 8
        inside[:] = 0
        assert difference.max() == 0


def test_a_first_frame_that_was_dropped_becomes_a_card_that_says_so(fonts: Fonts) -> None:
    lost = replace(SPEC, first_frame=Picture("0" * 64, 480, 272))
    told = Card(replace(SPEC, inputs=(DROPPED,)), fonts)
    decoded = pictures(film(replace(lost, frames=1), fonts))[0][: SPEC.height]
    assert told.layout == layout(SPEC.width, SPEC.height)
    plain = pictures(film(replace(SPEC, frames=1), fonts))[0][: SPEC.height]
    box = told.layout.inputs
    changed = np.abs(decoded.astype(int) - plain) > 32
    assert changed[box.top : box.bottom, box.left : box.right].sum() > 50
    changed[box.top : box.bottom, box.left : box.right] = False
    assert not changed.any()
