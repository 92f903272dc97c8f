"""The Range header as OSS reads it (dashscope-api.md §4.2), against a table and a naive oracle."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.ranges import Span, UnsatisfiableError, span_of

WHOLE = (0, 1000, False)


def asked(header: str | None, size: int = 1000, *, standard: bool = False) -> tuple[int, int, bool]:
    span = span_of(header, size, standard=standard)
    return span.start, span.stop, span.is_part


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, WHOLE),
        ("bytes=0-99", (0, 100, True)),
        ("bytes=100-199", (100, 200, True)),
        ("bytes=0-0", (0, 1, True)),
        ("bytes=999-999", (999, 1000, True)),
        ("bytes=900-", (900, 1000, True)),
        ("bytes=0-", (0, 1000, True)),
        ("bytes=0-999", (0, 1000, True)),
        ("bytes=-1", (999, 1000, True)),
        ("bytes=-1000", (0, 1000, True)),
        (" bytes=0-99 ", (0, 100, True)),
    ],
)
@pytest.mark.parametrize("standard", [False, True])
def test_a_satisfiable_range_is_a_part(header: str | None, expected: tuple[int, int, bool], *, standard: bool) -> None:
    assert expected == asked(header, standard=standard)


MALFORMED = [
    "",
    "bytes",
    "bytes=",
    "bytes=-",
    "bytes=a-b",
    "bytes=10",
    "bytes=20-10",
    "bytes=0-99,200-299",
    "bytes= 0-99",
    "bytes=0 -99",
    "bytes=--5",
    "bytes=1.5-2",
    "bytes=0-99;",
    "items=0-99",
    "0-99",
    "bytes=\u0660-\u0669",
    "bytes=0-99\nbytes=1-2",
]


@pytest.mark.parametrize("header", MALFORMED)
@pytest.mark.parametrize("standard", [False, True])
def test_a_malformed_or_manifold_range_is_ignored(header: str, *, standard: bool) -> None:
    assert asked(header, standard=standard) == WHOLE


@pytest.mark.parametrize(
    "header",
    ["bytes=0-1000", "bytes=500-9999", "bytes=1000-", "bytes=1000-1001", "bytes=5000-6000", "bytes=-1001", "bytes=-0"],
)
def test_by_default_a_range_that_leaves_the_object_is_ignored(header: str) -> None:
    assert asked(header) == WHOLE


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=500-9999", (500, 1000, True)),
        ("bytes=0-1000", (0, 1000, True)),
        ("bytes=-1001", (0, 1000, True)),
        ("bytes=999-1000", (999, 1000, True)),
    ],
)
def test_in_standard_mode_a_range_is_cut_at_the_objects_end(header: str, expected: tuple[int, int, bool]) -> None:
    assert expected == asked(header, standard=True)


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1001", "bytes=5000-6000", "bytes=-0"])
def test_in_standard_mode_a_range_beyond_the_object_is_unsatisfiable(header: str) -> None:
    with pytest.raises(UnsatisfiableError):
        asked(header, standard=True)


def oracle(header: str, size: int, *, standard: bool) -> Span | None:
    """Return what OSS sends, found by listing bytes; None is a 416."""
    whole = Span(0, size, is_part=False)
    parts = re.fullmatch(r"bytes=([0-9]*)-([0-9]*)", header)
    if not parts or parts.groups() == ("", ""):
        return whole
    first, last = parts.groups()
    if not first:
        wanted = range(size - int(last), size)
    elif not last:
        wanted = range(int(first), max(size, int(first) + 1))
    else:
        wanted = range(int(first), int(last) + 1)
        if not wanted:
            return whole
    there = [at for at in wanted if 0 <= at < size]
    if not standard:
        return Span(there[0], there[-1] + 1, is_part=True) if there and len(there) == len(wanted) else whole
    return Span(there[0], there[-1] + 1, is_part=True) if there else None


edges = st.one_of(st.just(""), st.integers(0, 60).map(str))


@given(edges, edges, st.integers(1, 50), st.booleans())
def test_every_range_is_read_as_the_oracle_reads_it(first: str, last: str, size: int, standard: bool) -> None:
    header = f"bytes={first}-{last}"
    expected = oracle(header, size, standard=standard)
    if expected is None:
        with pytest.raises(UnsatisfiableError):
            span_of(header, size, standard=standard)
    else:
        assert expected == span_of(header, size, standard=standard)


@given(st.text() | st.from_regex(r"bytes=\d*-\d*", fullmatch=True), st.integers(1, 10**12), st.booleans())
def test_whatever_is_sent_the_span_lies_within_the_object(header: str, size: int, standard: bool) -> None:
    try:
        span = span_of(header, size, standard=standard)
    except UnsatisfiableError:
        assert standard
        return
    assert 0 <= span.start < span.stop <= size
