"""Quotas, lanes and the ledger of a world, seen from outside: through the API, the control API and the handle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse import ControlError, Emulator

from .conftest import CREATE, caller

if TYPE_CHECKING:
    from hobbyhorse import World

    from .conftest import Caller

ONE_AT_A_TIME = pytest.mark.hobbyhorse(pace="realistic", clock={"frozen": True}, quotas={"running": 1})
COST = 4.5  # five seconds of happyhorse-1.1 at 720P in Beijing


def submit(client: Caller, times: int = 1) -> list[str]:
    return [client.submit(resolution="720P", duration=5) for _ in range(times)]


def answered(client: Caller, times: int) -> list[int]:
    """Return the status of so many creates."""
    body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "x"}}
    headers = {"X-DashScope-Async": "enable"}
    return [client.http.post(client.base + CREATE, json=body, headers=headers).status_code for _ in range(times)]


def statuses(client: Caller, tasks: list[str]) -> list[str]:
    return [client.status(task) for task in tasks]


@pytest.mark.parametrize(
    ("document", "is_limited"),
    [
        ({}, False),
        ({"pace": "realistic"}, True),
        ({"pace": "realistic", "quotas": "off"}, False),
        ({"quotas": "on"}, True),
        ({"quotas": {}}, True),
    ],
)
def test_a_world_is_limited_where_it_is_realistic_or_says_so(
    hobbyhorse: Emulator, document: dict[str, Any], *, is_limited: bool
) -> None:
    with hobbyhorse.world(clock={"frozen": True}, **document) as world:
        assert (world.view()["quotas"] is not None) == is_limited
        with (client := caller(world)).http:
            assert answered(client, 6) == [200] * 5 + ([429] if is_limited else [200])


def test_a_world_shows_the_numbers_it_was_given(hobbyhorse: Emulator) -> None:
    given = {"submit_rps": 1, "running": 2, "queue": 3, "qps": 4, "policy_qps": 5, "free_tier_seconds": 6.5}
    with hobbyhorse.world(quotas=given) as world:
        assert world.view()["quotas"] == given


@pytest.mark.parametrize(
    ("quotas", "said"),
    [
        ({"submit_rp": 1}, r"quotas.*submit_rp: there is no such field \(did you mean 'submit_rps'\?\)"),
        ({"running": 0}, r"quotas.*running: .*greater than or equal to 1"),
        ({"running": "5"}, r"quotas.*running: .*valid integer"),
        ("onn", r"quotas.*'auto', 'on' or 'off'.*\(did you mean 'on'\?\)"),
    ],
)
def test_wrong_quotas_are_told_with_what_and_where(hobbyhorse: Emulator, quotas: Any, said: str) -> None:
    with pytest.raises(ControlError, match=said) as found:
        hobbyhorse.world(quotas=quotas)
    assert found.value.status == 422


def test_two_worlds_share_neither_windows_nor_lanes_nor_a_ledger(hobbyhorse: Emulator) -> None:
    how: dict[str, Any] = {"pace": "realistic", "clock": {"frozen": True}, "quotas": {"running": 1, "submit_rps": 2}}
    with hobbyhorse.world(**how) as one, hobbyhorse.world(**how) as other:
        first, second = caller(one), caller(other)
        with first.http, second.http:
            assert answered(first, 3) == [200, 200, 429]
            (task,) = submit(second)
            other.clock.advance(1)
            assert second.status(task) == "RUNNING"
            other.clock.advance(100)
            assert (other.ledger.currencies, one.ledger.currencies) == ({"CNY": COST}, {})
            assert (one.ledger.pending, other.ledger.pending) == (2, 0)


@ONE_AT_A_TIME
def test_a_task_that_is_held_keeps_its_place_and_one_that_is_finished_makes_room(world: World, client: Caller) -> None:
    tasks = submit(client, 3)
    world.clock.advance(1)
    assert statuses(client, tasks) == ["RUNNING", "PENDING", "PENDING"]
    world.tasks.hold(tasks[0])
    world.clock.advance(3600)
    assert statuses(client, tasks) == ["RUNNING", "PENDING", "PENDING"]
    world.tasks.finish(tasks[0])
    assert statuses(client, tasks) == ["SUCCEEDED", "RUNNING", "PENDING"]
    world.tasks.fail(tasks[1], "InternalError.Algo")
    assert statuses(client, tasks) == ["SUCCEEDED", "FAILED", "RUNNING"]


@ONE_AT_A_TIME
def test_a_held_task_that_waits_lets_others_pass_and_goes_on_when_released(world: World, client: Caller) -> None:
    tasks = submit(client, 3)
    world.tasks.hold(tasks[1])
    world.clock.advance(100)
    assert statuses(client, tasks) == ["SUCCEEDED", "PENDING", "RUNNING"]
    world.tasks.release(tasks[1])
    assert statuses(client, tasks) == ["SUCCEEDED", "PENDING", "RUNNING"]
    world.clock.advance(100)
    assert statuses(client, tasks) == ["SUCCEEDED", "RUNNING", "SUCCEEDED"]


@ONE_AT_A_TIME
def test_a_forgotten_task_and_a_reset_make_room(world: World, client: Caller) -> None:
    tasks = submit(client, 2)
    world.clock.advance(1)
    world.tasks.forget(tasks[0])
    assert statuses(client, tasks) == ["UNKNOWN", "RUNNING"]
    world.reset("tasks")
    tasks = submit(client)
    world.clock.advance(1)
    assert statuses(client, tasks) == ["RUNNING"]


@ONE_AT_A_TIME
def test_a_worker_stage_fault_takes_no_server(world: World, client: Caller) -> None:
    running = submit(client)
    world.clock.advance(1)
    assert client.status(client.submit(duration=99)) == "FAILED"
    assert client.status(running[0]) == "RUNNING"


@pytest.mark.hobbyhorse(pace="instant", clock={"frozen": True})
def test_the_ledger_outlives_records_and_their_reset_until_it_is_reset_itself(world: World, client: Caller) -> None:
    submit(client)
    client.submit(resolution="480P", duration=3)
    client.submit(duration=99)
    said = world.ledger
    assert said.currencies == {"CNY": 5.85}
    assert said.lines[1] == {
        "model": "happyhorse-1.1-t2v",
        "region": "cn-beijing",
        "tier": "720P",
        "tasks": 1,
        "seconds": 5.0,
        "per_second": 0.9,
        "currency": "CNY",
        "cost": COST,
        "confidence": "official",
    }
    assert (list(said.unknown), said.free, said.pending) == ([], {"failed": 1, "canceled": 0}, 0)
    world.tasks.forget(world.tasks.list(status="SUCCEEDED")[0])
    assert world.ledger.currencies == {"CNY": 5.85}
    world.reset("tasks")
    assert world.ledger.currencies == {"CNY": 5.85}
    world.clock.advance(3 * 86_400)
    assert world.ledger.currencies == {"CNY": 5.85}
    submit(client)
    assert world.ledger.currencies == {"CNY": 10.35}
    world.reset("ledger")
    assert (world.ledger.currencies, world.ledger.free) == ({}, {"failed": 0, "canceled": 0})
    submit(client)
    assert world.ledger.currencies == {"CNY": COST}


@pytest.mark.hobbyhorse(pace="instant")
def test_tasks_without_a_price_are_listed_apart(world: World, client: Caller) -> None:
    body = {"model": "wan2.7-t2v-2026-04-25", "input": {"prompt": "x"}, "parameters": {"duration": 4}}
    answer = client.http.post(client.base + CREATE, json=body, headers={"X-DashScope-Async": "enable"})
    assert answer.status_code == 200
    client.ask(answer.json()["output"]["task_id"])

    assert (world.ledger.currencies, list(world.ledger.lines)) == ({}, [])
    assert list(world.ledger.unknown) == [
        {"model": "wan2.7-t2v-2026-04-25", "region": "cn-beijing", "tier": "1080P", "tasks": 1, "seconds": 4.0},
    ]


def test_the_default_world_is_limited_where_the_server_is_told_so() -> None:
    with Emulator(quotas="on", clock="frozen", process=False) as emulator, (client := caller(emulator.default)).http:
        assert answered(client, 6) == [200] * 5 + [429]
        emulator.default.clock.advance(1)
        assert answered(client, 1) == [200]
