"""Instants as text. 1776664870341 is the reference's own sample, 2026-04-20 14:01:10.341 in UTC+8."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.moments import http_date, iso_time, query_time, task_time

SAMPLE = 1_776_664_870_341
instants = st.integers(0, 4_102_444_799_999)


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (SAMPLE, "2026-04-20 14:01:10.341"),
        (SAMPLE - 341, "2026-04-20 14:01:10.000"),
        (SAMPLE - 336, "2026-04-20 14:01:10.005"),
        (1_735_660_799_999, "2024-12-31 23:59:59.999"),
        (1_735_660_800_000, "2025-01-01 00:00:00.000"),
        (1_709_222_400_000, "2024-03-01 00:00:00.000"),
    ],
)
def test_task_times_are_milliseconds_in_utc_8(instant: int, expected: str) -> None:
    assert expected == task_time(instant)


@pytest.mark.parametrize(
    ("instant", "expected"), [(SAMPLE, "Mon, 20 Apr 2026 06:01:10 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT")]
)
def test_http_dates_are_gmt(instant: int, expected: str) -> None:
    assert expected == http_date(instant)


def test_oss_times_are_utc() -> None:
    assert iso_time(SAMPLE) == "2026-04-20T06:01:10.341Z"
    assert iso_time(SAMPLE - 341) == "2026-04-20T06:01:10.000Z"


def test_a_listings_time_is_read_in_utc_8() -> None:
    assert query_time("20260420140110") == SAMPLE - 341
    assert query_time("20240229000000") == 1_709_136_000_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026042014011",
        "202604201401100",
        "2026-04-20 14:",
        " 0260420140110",
        "2026042014011\n",
        "+2026042014011",
        "20260431000000",
        "20261301000000",
        "20260420240000",
        "20260420146000",
        "20260420140160",
        "20260420140161",
        "20250229000000",
        "00000420140110",
        "\u0662026\u0660420140110",
        "2026042014011a",
    ],
)
def test_a_listings_time_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which rule it breaks is nobody's matter
        query_time(text)


@given(st.text(alphabet="0123456789 -:T", max_size=16))
def test_whatever_digits_a_listing_sends_are_read_or_refused(text: str) -> None:
    try:
        instant = query_time(text)
    except ValueError:
        return
    assert text == (datetime.fromtimestamp(0, UTC) + timedelta(hours=8, milliseconds=instant)).strftime(
        "%Y%m%d%H%M%S"
    ).rjust(14, "0")


@given(instants)
def test_a_task_time_without_its_signs_reads_back_as_the_same_second(instant: int) -> None:
    digits = "".join(filter(str.isdigit, task_time(instant)))
    assert instant == query_time(digits[:14]) + int(digits[14:])


@given(instants)
def test_every_form_tells_the_same_instant(instant: int) -> None:
    moment = datetime.fromtimestamp(instant // 1000, UTC)
    assert moment == parsedate_to_datetime(http_date(instant))
    assert moment == datetime.fromisoformat(iso_time(instant)).replace(microsecond=0)
