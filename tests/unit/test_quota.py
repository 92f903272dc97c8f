"""The sliding window, by example and against the plain definition; and what stands in the rows of limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse.core.quota import Limited, Window, admitted
from hobbyhorse.data import load

CATALOGUE = load()


def let_in(instants: list[int], limit: int) -> list[bool]:
    """Return which of some requests are let in."""
    window: Window = ()
    said = []
    for instant in instants:
        after = admitted(window, instant, limit)
        said.append(after is not None)
        window = window if after is None else after
    return said


def test_so_many_as_the_limit_are_let_in_at_one_instant() -> None:
    assert let_in([0] * 7, 5) == [True] * 5 + [False] * 2


def test_the_window_slides_over_one_second() -> None:
    assert let_in([0, 400, 999, 1000, 1399, 1400], 2) == [True, True, False, True, False, True]


def test_what_was_refused_does_not_count() -> None:
    assert let_in([0, 100, 200, 900, 1000], 1) == [True, False, False, False, True]


def test_on_a_clock_that_was_set_back_what_lies_ahead_has_not_happened() -> None:
    assert let_in([5000, 5000, 3000, 3000, 3000], 2) == [True, True, True, True, False]


@given(st.lists(st.integers(0, 4000), max_size=60), st.integers(1, 8))
@settings(deadline=None)
def test_in_no_second_are_more_let_in_than_the_limit_and_none_is_refused_without_need(
    instants: list[int], limit: int
) -> None:
    instants.sort()
    said = let_in(instants, limit)
    taken = [instant for instant, is_in in zip(instants, said, strict=True) if is_in]
    for start in range(0, 4001, 100):
        assert sum(start <= instant < start + 1000 for instant in taken) <= limit
    for place, (instant, is_in) in enumerate(zip(instants, said, strict=True)):
        before = [other for other, was_in in zip(instants[:place], said[:place], strict=True) if was_in]
        assert is_in == (sum(instant - 1000 < other for other in before) < limit)


@given(st.lists(st.integers(0, 100_000), max_size=200), st.integers(1, 5))
@settings(deadline=None)
def test_a_window_never_grows_over_its_limit(instants: list[int], limit: int) -> None:
    window: Window = ()
    for instant in instants:
        window = admitted(window, instant, limit) or window
        assert len(window) <= limit


@pytest.mark.parametrize(
    ("limited", "value"),
    [
        (Limited.QUEUE, 500),
        (Limited.GET, 20),
        (Limited.LIST, 20),
        (Limited.CANCEL, 20),
        (Limited.POLICY, 100),
    ],
)
def test_the_limits_are_the_published_ones(limited: Limited, value: int) -> None:
    assert CATALOGUE.limits.rows[limited].value == value


@pytest.mark.parametrize(
    ("family", "region", "has_one"),
    [("happyhorse", "cn-beijing", True), ("happyhorse", "ap-southeast-1", False), ("wan2.7", "cn-beijing", False)],
)
def test_only_happyhorse_in_beijing_has_seconds_for_nothing(family: str, region: str, *, has_one: bool) -> None:
    assert CATALOGUE.limits.has_free_tier(family, region) == has_one


@pytest.mark.parametrize(
    ("model", "rate"),
    [
        ("happyhorse-1.1-t2v", (5, 5)),
        ("happyhorse-1.0-video-edit", (5, 5)),
        ("wan2.7-i2v", (5, 5)),
        ("wan2.2-t2v-plus", (2, 2)),
        ("wan2.1-t2v-plus", (2, 2)),
        ("wan2.1-kf2v-plus", (1, 2)),
    ],
)
def test_rates_are_the_published_ones(model: str, rate: tuple[int, int]) -> None:
    found = CATALOGUE.models[model].rate
    assert found
    assert rate == (found.submit_rps, found.running)
