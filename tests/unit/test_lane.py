"""The lane by example: who runs, who waits, and what becomes of those behind when one leaves, is held or let go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hobbyhorse.core.lane import Lane, Ticket, hold, join, leave, moved, overflows, release
from hobbyhorse.core.timeline import NEVER

GONE = 10_000


def lane_of(servers: int, *runs: int) -> Lane:
    """Return a lane that tasks a, b, c, … joined at instant 0, ready at once."""
    lane = Lane("default", "cn-beijing", "happyhorse-1.1-t2v", servers)
    for name, span in zip("abcdefgh", runs, strict=False):
        lane = join(lane, Ticket(name, 0, 0, span, GONE), 0)
    return lane


def times(lane: Lane) -> dict[str, tuple[int, int]]:
    return {one.task: (one.starts_at, one.ends_at) for one in lane.tickets}


def test_as_many_run_as_there_are_servers_and_the_rest_follow_in_order() -> None:
    lane = lane_of(2, 100, 60, 50, 10)

    assert times(lane) == {"a": (0, 100), "b": (0, 60), "c": (60, 110), "d": (100, 110)}
    assert (lane.depth(0), lane.depth(59), lane.depth(60), lane.depth(100)) == (2, 2, 1, 0)


def test_who_is_not_ready_yet_keeps_its_turn_and_does_not_count_as_queued() -> None:
    lane = join(lane_of(1), Ticket("a", 0, 40, 10, GONE), 0)
    lane = join(lane, Ticket("b", 0, 30, 50, GONE), 0)

    assert times(lane) == {"a": (40, 50), "b": (50, 100)}
    assert (lane.depth(0), overflows(lane, "a", 0, 0), overflows(lane, "b", 0, 0)) == (1, False, True)


def test_who_comes_to_the_queue_later_lets_others_pass() -> None:
    lane = join(lane_of(1), Ticket("a", 30, 40, 10, GONE), 0)
    lane = join(lane, Ticket("b", 0, 0, 50, GONE), 0)

    assert times(lane) == {"a": (50, 60), "b": (0, 50)}


def test_a_queue_overflows_for_who_has_to_wait_and_for_nobody_else() -> None:
    lane = lane_of(2, 100, 60, 50, 10)

    assert [overflows(lane, name, 1, 0) for name in "abcd"] == [False, False, True, True]
    assert [overflows(lane, name, 2, 0) for name in "abcdz"] == [False] * 5


def test_who_is_never_ready_keeps_no_server() -> None:
    lane = join(lane_of(1), Ticket("a", NEVER, NEVER, 10, GONE), 0)

    assert times(join(lane, Ticket("b", 0, 0, 10, GONE), 0)) == {"a": (NEVER, NEVER), "b": (0, 10)}


def test_those_behind_move_up_when_one_that_waited_leaves() -> None:
    before = lane_of(1, 100, 50, 10)
    after = leave(before, ["b"], 30)

    assert times(after) == {"a": (0, 100), "c": (100, 110)}
    assert [one.task for one in moved(before, after)] == ["c"]


def test_those_behind_move_up_when_one_that_ran_ends_early_and_never_into_the_past() -> None:
    assert times(leave(lane_of(1, 100, 50, 10), ["a"], 30)) == {"b": (30, 80), "c": (80, 90)}


def test_a_held_task_that_runs_keeps_its_server_and_then_runs_for_what_was_left() -> None:
    held = hold(lane_of(1, 100, 50), "a", 30)
    assert times(held) == {"a": (0, NEVER), "b": (NEVER, NEVER)}

    assert times(release(held, "a", 500)) == {"a": (0, 570), "b": (570, 620)}


def test_a_held_task_that_waits_lets_others_pass_and_then_waits_in_its_old_place() -> None:
    held = hold(lane_of(1, 100, 50, 10, 20), "b", 0)
    assert times(held) == {"a": (0, 100), "b": (NEVER, NEVER), "c": (100, 110), "d": (110, 130)}

    assert times(release(held, "b", 105)) == {"c": (100, 110), "b": (110, 160), "d": (160, 180)}


def test_holding_twice_and_letting_go_of_what_is_not_held_change_nothing() -> None:
    held = hold(lane_of(1, 100, 50), "a", 30)

    assert times(hold(held, "a", 60)) == times(held)
    assert times(release(lane_of(1, 100, 50), "a", 60)) == times(lane_of(1, 100, 50))
    assert times(release(hold(held, "a", 60), "a", 70))["a"] == (0, 140)


def test_a_task_that_runs_for_ever_keeps_its_server_until_it_is_forgotten() -> None:
    lane = join(lane_of(1, NEVER, 50), Ticket("c", 10, 10, 20, GONE + 10), 10)

    assert times(lane) == {"a": (0, NEVER), "b": (NEVER, NEVER), "c": (GONE, GONE + 20)}
    assert times(leave(lane, [], GONE)) == {"c": (GONE, GONE + 20)}
    assert times(release(hold(lane, "a", 30), "a", 60))["a"] == (0, NEVER)


def test_ended_tickets_are_dropped_with_the_next_event() -> None:
    assert times(join(lane_of(2, 100, 60), Ticket("z", 60, 60, 5, GONE), 60)) == {"a": (0, 100), "z": (60, 65)}


@pytest.mark.parametrize(("servers", "starts"), [(1, 100), (2, 80), (3, 60), (4, 0)])
def test_with_another_number_of_servers_those_who_run_go_on(servers: int, starts: int) -> None:
    running = replace(lane_of(3, 60, 100, 80), servers=servers)

    assert times(join(running, Ticket("z", 0, 0, 5, GONE), 0))["z"] == (starts, starts + 5)


def test_a_lane_changes_its_version_with_each_event() -> None:
    assert lane_of(2, 1, 2, 3).version == 3
