"""Ids have upstream's shapes, repeat from one seed, and do not collide."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core import ids

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = [
    (ids.request_id, r"[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    (ids.task_id, r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    (ids.trace_id, r"[0-9a-f]{32}"),
    (ids.oss_request_id, r"[0-9A-F]{24}"),
]


@pytest.mark.parametrize(("make", "shape"), SHAPES)
@given(seed=st.integers(0))
def test_every_id_has_its_shape(make: Callable[[Random], str], shape: str, seed: int) -> None:
    assert re.fullmatch(shape, make(Random(seed)))


@given(st.integers(0))
def test_a_task_id_is_a_uuid_of_version_4(seed: int) -> None:
    found = UUID(ids.task_id(Random(seed)))
    assert (4, RFC_4122) == (found.version, found.variant)


@pytest.mark.parametrize(("make", "_"), SHAPES)
def test_a_thousand_ids_of_one_source_differ(make: Callable[[Random], str], _: str) -> None:
    source = Random(1)
    assert 1000 == len({make(source) for _ in range(1000)})


@pytest.mark.parametrize(("make", "_"), SHAPES)
def test_a_seed_decides_the_ids(make: Callable[[Random], str], _: str) -> None:
    one, same, other = (make(Random(seed)) for seed in (5, 5, 6))
    assert one == same
    assert one != other


@pytest.mark.parametrize("make", [ids.request_id, ids.task_id])
def test_every_variant_and_every_digit_of_a_uuid_varies(make: Callable[[Random], str]) -> None:
    source = Random(2)
    columns = [set(digits) for digits in zip(*(make(source) for _ in range(300)), strict=True)]
    fixed = [at for at, digits in enumerate(columns) if len(digits) == 1]
    assert [8, 13, 14, 18, 23] == fixed  # the hyphens and the version
    assert set("89ab") == columns[19]


@given(st.text(), st.text())
def test_a_key_is_listed_under_seven_digits_which_are_its_own(one: str, other: str) -> None:
    assert re.fullmatch(r"[1-9]\d{6}", ids.key_id(one))
    assert ids.key_id(one) == ids.key_id(one)
    assert (one == other) == (ids.key_id(one) == ids.key_id(other))
