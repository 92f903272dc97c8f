"""Picture sizes: the documented example, the tables, and the rule for all others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.sizing import following, nearest_ratio, parsed, tabulated, tier_of
from unit.records import CATALOGUE

SIZES = CATALOGUE.sizes
TIERS = ("480P", "720P", "1080P")
sides = st.integers(1, 10_000)

# 720P and 1080P of five ratios: OD-W27. 480P of three: OD-LEG. The extra four at 720P: dashscope-api.md §9.
PUBLISHED = {
    ("720P", "16:9"): (1280, 720),
    ("720P", "9:16"): (720, 1280),
    ("720P", "1:1"): (960, 960),
    ("720P", "4:3"): (1104, 832),
    ("720P", "3:4"): (832, 1104),
    ("720P", "4:5"): (864, 1072),
    ("720P", "5:4"): (1072, 864),
    ("720P", "9:21"): (624, 1472),
    ("720P", "21:9"): (1472, 624),
    ("1080P", "16:9"): (1920, 1080),
    ("1080P", "9:16"): (1080, 1920),
    ("1080P", "1:1"): (1440, 1440),
    ("1080P", "4:3"): (1648, 1248),
    ("1080P", "3:4"): (1248, 1648),
    ("480P", "16:9"): (832, 480),
    ("480P", "9:16"): (480, 832),
    ("480P", "1:1"): (624, 624),
}


@pytest.mark.parametrize(("place", "size"), PUBLISHED.items())
def test_published_sizes_are_in_the_table(place: tuple[str, str], size: tuple[int, int]) -> None:
    assert size == tabulated(SIZES, *place)


def test_every_tier_has_every_ratio_that_any_model_takes() -> None:
    ratios = {
        choice
        for model in CATALOGUE.models.values()
        for choice in getattr(model.parameter("ratio"), "choices", ())
        if choice != "adaptive"
    }
    assert dict.fromkeys(TIERS, ratios) == {tier: set(SIZES.table[tier]) for tier in TIERS}


@pytest.mark.parametrize("tier", TIERS)
def test_a_tabulated_size_is_even_near_its_ratio_and_near_its_tiers_area(tier: str) -> None:
    for ratio, (width, height) in SIZES.table[tier].items():
        across, down = (int(side) for side in ratio.split(":"))
        assert (0, 0) == (width % 8, height % 8)
        assert width / height == pytest.approx(across / down, rel=0.03)
        assert width * height == pytest.approx(SIZES.area[tier], rel=0.03)


@pytest.mark.parametrize(
    ("tier", "picture", "size"),
    [
        ("720P", (750, 1000), (816, 1104)),  # the documented example (OD-W27, OD-I2V)
        ("720P", (1280, 720), (1280, 720)),
        ("720P", (1920, 1080), (1280, 720)),
        ("720P", (720, 1280), (720, 1280)),
        ("720P", (300, 300), (960, 960)),
        ("480P", (832, 480), (832, 480)),
        ("1080P", (1000, 1000), (1440, 1440)),
        # Wider than any page allows: cut to 8:1, which H.264 can hold.
        ("480P", (1, 10_000), (208, 1776)),
        ("480P", (10_000, 1), (1776, 208)),
    ],
)
def test_a_first_frame_keeps_its_ratio_and_gets_the_tiers_area(
    tier: str, picture: tuple[int, int], size: tuple[int, int]
) -> None:
    assert size == following(SIZES, tier, *picture)


@given(st.sampled_from(TIERS), sides, sides)
def test_a_followed_size_has_sides_of_16_and_no_more_than_the_tiers_area(tier: str, width: int, height: int) -> None:
    across, down = following(SIZES, tier, width, height)
    assert (0, 0) == (across % 16, down % 16)
    assert across * down <= SIZES.area[tier]
    assert min(across, down) * 9 >= max(across, down)


@given(st.sampled_from(TIERS), st.integers(300, 5000), st.integers(300, 5000))
def test_a_turned_picture_gives_the_turned_size(tier: str, width: int, height: int) -> None:
    across, down = following(SIZES, tier, width, height)
    turned = following(SIZES, tier, height, width)
    assert all(abs(one - other) in {0, 16} for one, other in zip((down, across), turned, strict=True))


@given(st.sampled_from(TIERS), st.sampled_from([300, 512, 720, 1000, 2048]), st.floats(0.4, 2.5))
def test_a_followed_size_loses_less_than_16_pixels_a_side(tier: str, height: int, ratio: float) -> None:
    width = round(height * ratio)
    across, down = following(SIZES, tier, width, height)
    area = SIZES.area[tier]
    assert 0 <= (area * width / height) ** 0.5 - across < 16.001
    assert 0 <= (area * height / width) ** 0.5 - down < 16.001


def test_a_size_text_is_width_star_height() -> None:
    assert (1632, 1248) == parsed("1632*1248")


@pytest.mark.parametrize(
    ("size", "tier", "ratio"),
    [
        ((832, 480), "480P", "16:9"),
        ((480, 832), "480P", "9:16"),
        ((624, 624), "480P", "1:1"),
        ((1280, 720), "720P", "16:9"),
        ((960, 960), "720P", "1:1"),
        ((1088, 832), "720P", "4:3"),
        ((832, 1088), "720P", "3:4"),
        ((1920, 1080), "1080P", "16:9"),
        ((1440, 1440), "1080P", "1:1"),
        ((1632, 1248), "1080P", "4:3"),
        ((1248, 1632), "1080P", "3:4"),
    ],
)
def test_a_size_of_the_older_models_belongs_to_its_tier_and_ratio(size: tuple[int, int], tier: str, ratio: str) -> None:
    assert tier == tier_of(SIZES, *size)
    assert ratio == nearest_ratio(SIZES.table[tier], *size)


def test_a_picture_of_exactly_a_tabulated_ratio_gets_that_size() -> None:
    assert (1920, 1080) == following(CATALOGUE.sizes, "1080P", 3840, 2160)
    assert (1080, 1920) == following(CATALOGUE.sizes, "1080P", 1080, 1920)
    assert (624, 624) == following(CATALOGUE.sizes, "480P", 500, 500)
    assert (816, 1104) == following(CATALOGUE.sizes, "720P", 750, 1000)
