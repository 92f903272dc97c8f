"""A world's clock as a value, and the process's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse import clocks
from hobbyhorse.core.clock import ClockState

readings = st.integers(0, 10**12)
spans = st.integers(0, 10**10)


def test_a_running_clock_keeps_pace_with_the_monotonic_reading() -> None:
    assert [1000, 1001, 61_000] == [ClockState(1000, 50).at(reading) for reading in (50, 51, 60_050)]


def test_a_frozen_clock_stands_still() -> None:
    clock = ClockState(1000, 50, 0.0)
    assert clock.is_frozen
    assert [1000, 1000, 1000] == [clock.at(reading) for reading in (50, 51, 10**9)]


def test_a_clock_of_double_rate_shows_twice_the_time() -> None:
    assert 1000 + 240 == ClockState(1000, 50, 2.0).at(170)


def test_advancing_adds_to_what_is_shown_and_keeps_the_rate() -> None:
    frozen, running = ClockState(1000, 0, 0.0), ClockState(1000, 0)
    assert ClockState(87_401_000, 400, 0.0) == frozen.moved(400, 87_400_000)
    assert ClockState(1400 + 60_000, 400, 1.0) == running.moved(400, 60_000)


def test_setting_replaces_what_is_shown_and_keeps_the_rate() -> None:
    assert ClockState(5, 400, 0.0) == ClockState(1000, 0, 0.0).moved_to(400, 5)
    assert 5 + 10 == ClockState(1000, 0).moved_to(400, 5).at(410)


def test_freezing_and_starting_leave_what_is_shown() -> None:
    frozen = ClockState(1000, 0).at_rate(250, 0.0)
    assert (1250, 1250) == (frozen.at(250), frozen.at(9999))
    started = frozen.at_rate(9999, 1.0)
    assert not started.is_frozen
    assert (1250, 1251) == (started.at(9999), started.at(10_000))


@given(readings, spans, st.sampled_from([0.0, 0.5, 1.0, 10.0]))
def test_no_clock_runs_backwards(since: int, passed: int, rate: float) -> None:
    clock = ClockState(1_776_664_870_341, since, rate)
    assert clock.at(since + passed) <= clock.at(since + passed + 1)


@given(readings, spans, spans)
def test_advancing_twice_is_advancing_by_the_sum(since: int, one: int, other: int) -> None:
    clock = ClockState(0, since, 0.0)
    assert clock.moved(since, one + other) == clock.moved(since, one).moved(since, other)


def test_the_time_of_day_is_in_milliseconds_since_the_epoch() -> None:
    # 2026-01-01 and 2100-01-01 in milliseconds: seconds or nanoseconds would be far out
    assert 1_767_225_600_000 < clocks.time_of_day() < 4_102_444_800_000


def test_the_monotonic_reading_is_in_milliseconds_and_does_not_run_back() -> None:
    readings = [clocks.monotonic() for _ in range(100)]
    assert sorted(readings) == readings
    assert readings[-1] - readings[0] < 60_000
