"""The control API: the clock, bad input, and the guard before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse import __version__
from hobbyhorse.core.clock import ClockState
from hobbyhorse.store.memory import MemoryWorlds
from unit.control import served
from unit.records import SUBMITTED, WORLD, a_world
from unit.services import Services

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio
CLOCK = "/_hobbyhorse/worlds/default/clock"
SHOWN = {
    "now": SUBMITTED,
    "utc": "2026-04-20T06:01:10.341Z",
    "task_time": "2026-04-20 14:01:10.341",
    "frozen": True,
    "rate": 0,
}


async def changed(change: Any) -> httpx.Response:
    async with served() as client:
        return await client.post(CLOCK, json=change)


async def test_health_says_version_pace_and_clock() -> None:
    async with served() as client:
        answer = await client.get("/_hobbyhorse/health")
    expected = {"status": "ok", "version": __version__, "api_version": "1", "pace": "quick", "clock": SHOWN}
    assert expected == answer.json()


async def test_the_clock_is_read_with_or_without_a_trailing_slash() -> None:
    async with served() as client:
        assert SHOWN == (await client.get(CLOCK)).json()
        assert SHOWN == (await client.get(f"{CLOCK}/")).json()


@pytest.mark.parametrize(
    ("change", "now", "frozen"),
    [
        ({"advance": 86_400}, SUBMITTED + 86_400_000, True),
        ({"advance": 0.5}, SUBMITTED + 500, True),
        ({"advance": 0}, SUBMITTED, True),
        ({"frozen": False}, SUBMITTED, False),
        ({"frozen": True}, SUBMITTED, True),
        ({"set": 1_776_664_870}, 1_776_664_870_000, True),
        ({"set": 1_776_664_870.25}, 1_776_664_870_250, True),
        ({"set": "2026-04-20T06:01:10"}, 1_776_664_870_000, True),
        ({"set": "2026-04-20T14:01:10+08:00"}, 1_776_664_870_000, True),
        ({"set": "2026-04-20T06:01:10Z"}, 1_776_664_870_000, True),
        ({"set": "2000-01-01"}, 946_684_800_000, True),
        ({"set": 1_776_664_870, "advance": 10, "frozen": False}, 1_776_664_880_000, False),
        ({"set": None, "advance": 1}, SUBMITTED + 1000, True),
    ],
)
async def test_the_clock_is_set_then_advanced_then_frozen_or_started(
    change: dict[str, Any], now: int, *, frozen: bool
) -> None:
    here = Services()
    async with served(here) as client:
        answer = await client.post(CLOCK, json=change)
        assert (200, now, frozen) == (answer.status_code, answer.json()["now"], answer.json()["frozen"])
        assert answer.json() == (await client.get(CLOCK)).json()
    assert WORLD.id == (await here.worlds.default()).id


async def test_a_started_clock_runs_from_what_it_showed() -> None:
    here = Services()
    async with served(here, reading=1000) as client:
        await client.post(CLOCK, json={"frozen": False})
    async with served(here, reading=1250) as client:
        assert SUBMITTED + 250 == (await client.get(CLOCK)).json()["now"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"set": None},
        {"set": None, "advance": None, "frozen": None},
        {"advance": -1},
        {"advance": "10"},
        {"advance": True},
        {"advance": 10**12},
        {"frozen": "yes"},
        {"frozen": 1},
        {"set": "soon"},
        {"set": ""},
        {"set": True},
        {"set": []},
        {"set": -1},
        {"set": 1e300},
        {"set": "1999-12-31T23:59:59"},
        {"set": "2100-01-01"},
        {"set": "2099-12-31T23:59:59", "advance": 1},
        {"forward": 10},
        {"advance": 10, "froze": True},
        [],
        "advance",
        5,
        None,
    ],
)
async def test_a_change_that_makes_no_sense_is_a_422_with_a_reason(change: Any) -> None:
    answer = await changed(change)
    assert 422 == answer.status_code
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"advance": NaN}', 422),
        ('{"advance": Infinity}', 422),
        ('{"set": NaN}', 422),
        ('{"set": -Infinity}', 422),
        ('{"x": NaN}', 422),
        ('{"set": "\\ud800"}', 422),
        ('{"\\ud800": 1}', 422),
        ('{"advance": 1' + "0" * 400 + "}", 422),
        ("[" * 100_000, 400),
        ("{", 422),
        ("", 422),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_hostile_json_is_refused_in_json(body: str, status: int) -> None:
    async with served() as client:
        answer = await client.post(CLOCK, content=body, headers={"content-type": "application/json"})
    assert status == answer.status_code
    assert answer.json()["detail"]


async def test_a_refused_change_leaves_the_clock_alone() -> None:
    here = Services()
    async with served(here) as client:
        await client.post(CLOCK, json={"set": "2050-01-01", "advance": -1})
    assert WORLD is await here.worlds.default()


async def test_a_world_that_is_not_there_is_a_404_that_names_the_default() -> None:
    async with served() as client:
        for answer in (await client.get(CLOCK.replace("default", "mars")), await client.get("/_hobbyhorse/nothing")):
            assert 404 == answer.status_code
        answer = await client.post(CLOCK.replace("default", "mars"), json={"advance": 1})
    assert "there is no world 'mars'; the default world's id is 'default'" == answer.json()["detail"]


async def test_two_changes_at_once_are_both_made() -> None:
    class Racing(MemoryWorlds):
        """Somebody else advances the clock between the first look at the world and its swap."""

        races = 1

        async def swap(self, old: Any, new: Any) -> bool:
            if self.races:
                self.races -= 1
                await super().swap(old, replace(old, clock=ClockState(SUBMITTED + 5000, 0, 0.0)))
            return await super().swap(old, new)

    async with served(Services(worlds=Racing(WORLD))) as client:
        assert SUBMITTED + 6000 == (await client.post(CLOCK, json={"advance": 1})).json()["now"]


@pytest.mark.parametrize("host", ["127.0.0.1:8700", "localhost", "LOCALHOST:9", "[::1]:8700", "fake.test:8700"])
async def test_names_of_loopback_and_of_the_server_itself_may_enter(host: str) -> None:
    async with served(origin="http://fake.test:8700") as client:
        assert 200 == (await client.get(CLOCK, headers={"host": host})).status_code


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "", "[", "10.0.0.1:8700"])
@pytest.mark.parametrize("origin", ["http://127.0.0.1:8700", "", "http://["])
async def test_a_host_of_another_name_is_kept_out(host: str, origin: str) -> None:
    async with served(origin=origin) as client:
        answer = await client.get(CLOCK, headers={"host": host})
    assert 403 == answer.status_code
    assert "set a control token" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8700", 200),
        ("http://localhost:3000", 200),
        ("http://evil.test", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
        ("http://localhost.evil.test", 403),
    ],
)
@pytest.mark.parametrize("ours", ["http://127.0.0.1:8700", ""])
async def test_a_page_of_another_origin_is_kept_out(origin: str, status: int, ours: str) -> None:
    async with served(origin=ours) as client:
        assert status == (await client.post(CLOCK, json={"advance": 1}, headers={"origin": origin})).status_code


async def test_with_a_token_only_the_token_lets_in_from_anywhere() -> None:
    async with served(token="s3cret") as client:
        right = {"authorization": "Bearer s3cret", "host": "fake.test", "origin": "http://elsewhere.test"}
        assert 200 == (await client.get(CLOCK, headers=right)).status_code
        for given in (b"", b"Bearer s3cre", b"Bearer ", b"Bearer \xe9"):
            answer = await client.get(CLOCK, headers=[(b"authorization", given)])
            assert 403 == answer.status_code
            assert "Authorization: Bearer <token>" in answer.json()["detail"]


async def test_health_is_open_to_probes() -> None:
    async with served(token="s3cret") as client:
        assert 200 == (await client.get("/_hobbyhorse/health/", headers={"host": "10.0.0.1"})).status_code


async def test_the_control_api_has_a_document_of_its_own() -> None:
    async with served() as client:
        paths = (await client.get("/_hobbyhorse/openapi.json")).json()["paths"]
    base, world = "/_hobbyhorse", "/_hobbyhorse/worlds/{world_id}"
    topics = ("clock", "scenarios", "mishaps", "tasks", "journal", "ledger", "events", "reset")
    assert {f"{base}/health", f"{base}/worlds", f"{base}/origins", world} < set(paths)
    assert {f"{world}/{topic}" for topic in topics} < set(paths)
    assert f"{world}/tasks/{{task_id}}/fail" in paths
    assert not [path for path in paths if not path.startswith(base)]


async def test_a_running_worlds_clock_is_shown_as_running() -> None:
    here = Services(a_world(clock=ClockState(SUBMITTED, 0)))
    async with served(here, reading=9) as client:
        found = (await client.get("/_hobbyhorse/health")).json()["clock"]
    assert (SUBMITTED + 9, False) == (found["now"], found["frozen"])


async def test_a_body_too_large_to_be_a_change_is_not_read_into_memory() -> None:
    async with served() as client:
        answer = await client.post(CLOCK, content=b" " * (1 << 20) + b"0", headers={"Content-Type": "application/json"})
        assert 413 == answer.status_code
        assert SHOWN == (await client.get(CLOCK)).json()


async def test_the_index_names_what_there_is() -> None:
    async with served() as client:
        there = (await client.get("/_hobbyhorse/")).json()
        assert 200 == (await client.get(there["health"])).status_code
        assert 200 == (await client.get(there["worlds"])).status_code
        assert 200 == (await client.get(there["control document"])).status_code


async def test_a_name_before_the_host_does_not_make_it_loopback() -> None:
    async with served() as client:
        assert 403 == (await client.get(CLOCK, headers={"Host": "evil@127.0.0.1"})).status_code
