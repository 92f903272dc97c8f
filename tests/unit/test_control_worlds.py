"""The control API's worlds: made, shown, deleted; their clocks and resets; what is wrong told with the nearest word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.core.ids import key_id
from hobbyhorse.service.provisioning import Resettable
from unit.control import HERE, RESULTS, served
from unit.records import CATALOGUE, DAY, HOUR, SUBMITTED, TASK, WORLD, a_task
from unit.services import Services

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.anyio
WORLDS = "/_hobbyhorse/worlds"


async def made(client: httpx.AsyncClient, **document: Any) -> dict[str, Any]:
    answer = await client.post(WORLDS, json=document)
    assert 201 == answer.status_code, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def refused(document: Any) -> dict[str, Any]:
    """Return the one row of a refusal; nothing may have been made."""
    here = Services()
    async with served(here) as client:
        headers = {"content-type": "application/json"}
        answer = await client.post(WORLDS, content=json.dumps(document), headers=headers)
    assert 422 == answer.status_code, answer.text
    assert [WORLD] == list(await here.worlds.every())
    [row] = answer.json()["detail"]
    assert set(row) <= {"loc", "msg", "hint"}
    found: dict[str, Any] = row
    return found


async def test_a_world_has_a_default_for_everything() -> None:
    here = Services()
    async with served(here) as client:
        for answer in (await client.post(WORLDS), await client.post(WORLDS, json={})):
            view = answer.json()
            [key] = view.pop("keys")
            world = await here.worlds.find(view["id"])
            assert world is not None
            assert {
                "name": "main",
                "key": next(iter(world.keys)),
                "number": key_id(key["key"]),
                "region": None,
                "workspace": None,
                "condition": "ok",
            } == key
            assert {
                "id": world.id,
                "name": "",
                "api": {region: f"{HERE}/{region}/api/v1" for region in CATALOGUE.regions},
                "results": RESULTS,
                "access_key_id": world.access_key_id,
                "clock": {
                    "now": SUBMITTED,
                    "utc": "2026-04-20T06:01:10.341Z",
                    "task_time": "2026-04-20 14:01:10.341",
                    "frozen": False,
                    "rate": 1.0,
                },
                "pace": "quick",
                "validation": "worker",
                "media": "cards",
                "url_seconds": 86_400,
                "seed": None,
                "markers": False,
                "quotas": None,
                "sink": None,
                "tasks": 0,
                "scenarios": [],
                "mishaps": [],
                "generation": 0,
            } == view


async def test_a_world_is_as_its_document_says_and_is_shown_so_wherever_it_is_shown() -> None:
    keys = [
        {"name": "a", "key": "sk-of-my-own", "region": "us-east-1", "workspace": "ws-1", "condition": "arrears"},
        {"name": "b"},
    ]
    document = {
        "name": "mine",
        "keys": keys,
        "clock": {"set": "2026-11-21T08:00:00Z", "frozen": True},
        "pace": "realistic",
        "quotas": {"qps": 3, "free_tier_seconds": 0.5},
        "validation": "gateway",
        "media": "stamped",
        "url_seconds": 60,
        "seed": 7,
        "markers": True,
        "sink": "http://127.0.0.1:9/events",
        "scenarios": ["slow-queue", {"rules": [{"then": {"stuck": "RUNNING"}}]}],
        "mishaps": [{"do": "html", "at": "get"}],
    }
    async with served() as client:
        view = await made(client, **document)
        assert view == (await client.get(f"{WORLDS}/{view['id']}")).json()
        assert view == (await client.get(WORLDS)).json()["worlds"][1]
    same = ("name", "pace", "validation", "media", "url_seconds", "seed", "markers", "sink")
    assert {name: document[name] for name in same} == {name: view[name] for name in same}
    assert ["sk-of-my-own", "us-east-1", "ws-1", "arrears"] == [
        view["keys"][0][name] for name in ("key", "region", "workspace", "condition")
    ]
    assert ("b", "ok") == (view["keys"][1]["name"], view["keys"][1]["condition"])
    assert (1_795_248_000_000, True, 0.0) == (view["clock"]["now"], view["clock"]["frozen"], view["clock"]["rate"])
    assert (3, 0.5, None) == (
        view["quotas"]["qps"],
        view["quotas"]["free_tier_seconds"],
        view["quotas"]["submit_rps"],
    )
    assert (["slow-queue", "scenario-1"], ["1"]) == (view["scenarios"], view["mishaps"])


@pytest.mark.parametrize(
    ("quotas", "pace", "is_limited"),
    [
        ("auto", "quick", False),
        ("auto", "instant", False),
        ("auto", "realistic", True),
        ("on", "quick", True),
        ("off", "realistic", False),
        ({}, "quick", True),
    ],
)
async def test_quotas_are_on_where_the_pace_is_real_or_somebody_says_so(
    quotas: Any, pace: str, *, is_limited: bool
) -> None:
    async with served() as client:
        assert is_limited is ((await made(client, quotas=quotas, pace=pace))["quotas"] is not None)


async def test_worlds_are_listed_the_default_one_first_with_what_they_hold() -> None:
    here = Services()
    await here.tasks.insert(TASK)
    async with served(here) as client:
        names = [(await made(client))["id"] for _ in range(3)]
        await here.tasks.insert(a_task(id="x", world=names[1]))
        found = (await client.get(WORLDS)).json()["worlds"]
    assert ["default", *names] == [world["id"] for world in found]
    assert [1, 0, 1, 0] == [world["tasks"] for world in found]


async def test_a_deleted_world_is_gone_with_its_tasks_and_no_other_is() -> None:
    here = Services()
    async with served(here) as client:
        one, other = [(await made(client))["id"] for _ in range(2)]
        for world in (one, other):
            await here.tasks.insert(a_task(world=world))
        answer = await client.delete(f"{WORLDS}/{one}")
        assert (204, b"") == (answer.status_code, answer.content)
        assert 404 == (await client.delete(f"{WORLDS}/{one}")).status_code
        assert ["default", other] == [world["id"] for world in (await client.get(WORLDS)).json()["worlds"]]
    assert [0, 1] == [await here.tasks.count(world) for world in (one, other)]


async def test_the_default_world_is_not_deleted() -> None:
    async with served() as client:
        answer = await client.delete(f"{WORLDS}/default")
        assert (409, "the default world stays; reset it instead") == (answer.status_code, answer.json()["detail"])
        assert 200 == (await client.get(f"{WORLDS}/default")).status_code


async def test_a_key_of_another_world_is_a_409_that_says_what_to_do() -> None:
    async with served() as client:
        await made(client, keys=[{"key": "sk-mine"}])
        answer = await client.post(WORLDS, json={"keys": [{"name": "a"}, {"name": "b", "key": "sk-mine"}]})
        assert 409 == answer.status_code
        assert "the key 'b' is another world's already; leave `key` out and one is made" == answer.json()["detail"]
        assert 2 == len((await client.get(WORLDS)).json()["worlds"])
        ready_made = next(iter(CATALOGUE.keys))
        assert 409 == (await client.post(WORLDS, json={"keys": [{"key": ready_made}]})).status_code


@pytest.mark.parametrize(
    ("document", "loc", "hint"),
    [
        ({"pase": "instant"}, ["pase"], "pace"),
        ({"clok": {}}, ["clok"], "clock"),
        ({"keys": [{"nane": "x"}]}, ["keys", "0", "nane"], "name"),
        ({"clock": {"freeze": True}}, ["clock", "freeze"], "frozen"),
        ({"clock": {"frosen": True}}, ["clock", "frosen"], "frozen"),
        ({"quotas": {"submit_rpc": 1}}, ["quotas", "numbers", "submit_rpc"], "submit_rps"),
        ({"pace": "realistik"}, ["pace"], "realistic"),
        ({"validation": "workers"}, ["validation"], "worker"),
        ({"media": "stamp"}, ["media"], "stamped"),
        ({"media": "card"}, ["media"], "cards"),
        ({"quotas": "of"}, ["quotas", "switch"], "off"),
        ({"keys": [{"condition": "arrear"}]}, ["keys", "0", "condition"], "arrears"),
        ({"keys": [{}, {"name": "b", "region": "cn-bejing"}]}, ["keys", "1", "region"], "cn-beijing"),
        ({"zzz": 1}, ["zzz"], None),
        ({"keys": [{"region": "xyz"}]}, ["keys", "0", "region"], None),
        ({"scenarios": ["slow-quee"]}, ["scenarios", "0"], "slow-queue"),
        ({"mishaps": [{"do": "htm"}]}, ["mishaps", "0", "do"], "html"),
    ],
)
async def test_a_wrong_word_is_told_with_its_place_and_the_nearest_right_one(
    document: dict[str, Any], loc: list[str], hint: str | None
) -> None:
    row = await refused(document)
    assert ["body", *loc] == row["loc"]
    assert hint is None or f"did you mean {hint!r}?" == row["hint"]
    assert hint is not None or "hint" not in row


@pytest.mark.parametrize(
    ("document", "loc"),
    [
        ({"name": 5}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"keys": []}, ["keys"]),
        ({"keys": [{"name": str(number)} for number in range(101)]}, ["keys"]),
        ({"keys": "sk-x"}, ["keys"]),
        ({"keys": [{"key": "sk-sp-x"}]}, ["keys", "0", "key"]),
        ({"keys": [{"key": "pk-x"}]}, ["keys", "0", "key"]),
        ({"keys": [{"key": "sk-a b"}]}, ["keys", "0", "key"]),
        ({"keys": [{"key": "sk-x\n"}]}, ["keys", "0", "key"]),
        ({"keys": [{"key": ""}]}, ["keys", "0", "key"]),
        ({"keys": [{}, {}]}, ["keys", "1", "name"]),
        ({"keys": [{"key": "sk-x"}, {"name": "b", "key": "sk-x"}]}, ["keys", "1", "name"]),
        ({"clock": {"set": "yesterday"}}, ["clock", "set"]),
        ({"clock": {"set": "1999-12-31"}}, ["clock", "set"]),
        ({"clock": {"set": 4_102_444_800}}, ["clock", "set"]),
        ({"clock": {"rate": -1}}, ["clock", "rate"]),
        ({"clock": {"rate": 1_000_001}}, ["clock", "rate"]),
        ({"clock": {"frozen": True, "rate": 2}}, ["clock"]),
        ({"clock": {"frozen": 1}}, ["clock", "frozen"]),
        ({"url_seconds": 0}, ["url_seconds"]),
        ({"url_seconds": 86_401}, ["url_seconds"]),
        ({"url_seconds": "60"}, ["url_seconds"]),
        ({"seed": "7"}, ["seed"]),
        ({"seed": 7.5}, ["seed"]),
        ({"seed": True}, ["seed"]),
        ({"seed": 10**400}, ["seed"]),
        ({"markers": "yes"}, ["markers"]),
        ({"markers": 1}, ["markers"]),
        ({"sink": "https://example.com/"}, ["sink"]),
        ({"sink": 5}, ["sink"]),
        ({"pace": None}, ["pace"]),
        ({"mishaps": [{"do": "redirect", "location": "\ud800"}]}, ["mishaps"]),
        ({"scenarios": [{"rules": [{"then": {"odd": [{"extra": {"\ud800": 1}}]}}]}]}, ["scenarios"]),
        ([], []),
        ("default", []),
    ],
)
async def test_a_value_that_cannot_be_is_told_with_its_place(document: Any, loc: list[str]) -> None:
    row = await refused(document)
    assert ["body", *loc] == row["loc"]
    assert row["msg"]


async def test_everything_that_is_wrong_is_told_at_once() -> None:
    async with served() as client:
        answer = await client.post(WORLDS, json={"pase": 1, "seed": "x", "media": "gif"})
    assert [["body", "media"], ["body", "seed"], ["body", "pase"]] == [row["loc"] for row in answer.json()["detail"]]


async def test_hostile_json_is_refused_in_json() -> None:
    bodies = ('{"\\ud800": 1}', '{"name": "\\ud800"}', '{"seed": NaN}', "{", '{"seed": 1' + "0" * 400 + "}")
    async with served() as client:
        for body in bodies:
            answer = await client.post(WORLDS, content=body, headers={"content-type": "application/json"})
            assert 422 == answer.status_code, body
            assert answer.json()["detail"]


async def test_a_world_that_is_not_there_is_a_404_with_the_nearest_id() -> None:
    async with served() as client:
        name = (await made(client))["id"]
        for method, path in (
            *(("GET", tail) for tail in ("", "/clock", "/tasks", "/tasks/x", "/journal", "/ledger", "/events")),
            *(("GET", tail) for tail in ("/scenarios", "/mishaps")),
            ("DELETE", ""),
        ):
            answer = await client.request(method, f"{WORLDS}/{name[:-1]}0{path}")
            if name.endswith("0"):
                continue
            expected = f"there is no world '{name[:-1]}0' (did you mean {name!r}?)"
            assert (404, expected) == (answer.status_code, answer.json()["detail"])
        for path, body in (("clock", {"advance": 1}), ("reset", {"what": ["all"]}), ("tasks/x/finish", None)):
            assert 404 == (await client.post(f"{WORLDS}/{name}0/{path}", json=body)).status_code
        far = (await client.get(f"{WORLDS}/mars")).json()["detail"]
    assert "there is no world 'mars'; the default world's id is 'default'" == far


async def test_clocks_of_two_worlds_go_their_own_ways() -> None:
    here = Services()
    async with served(here) as client:
        one = (await made(client, clock={"set": 1_800_000_000, "rate": 60}))["id"]
        other = (await made(client, clock={"frozen": True}))["id"]

        async def shown() -> list[int]:
            return [(await client.get(f"{WORLDS}/{name}/clock")).json()["now"] for name in (one, other, "default")]

        assert [1_800_000_000_000, SUBMITTED, SUBMITTED] == await shown()
        here.reading = 1000
        assert [1_800_000_060_000, SUBMITTED, SUBMITTED] == await shown()
        changed = (await client.post(f"{WORLDS}/{other}/clock", json={"advance": 5, "rate": 0.5})).json()
        assert (SUBMITTED + 5000, False, 0.5) == (changed["now"], changed["frozen"], changed["rate"])
        here.reading = 3000
        assert [1_800_000_180_000, SUBMITTED + 6000, SUBMITTED] == await shown()


@pytest.mark.parametrize(
    "change", [{"rate": -0.1}, {"rate": 1_000_001}, {"rate": "2"}, {"frozen": True, "rate": 1}, {"rate": None}]
)
async def test_a_rate_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    async with served() as client:
        assert 422 == (await client.post(f"{WORLDS}/default/clock", json=change)).status_code


async def test_a_reset_says_what_was_set_back_and_counts_generations() -> None:
    here = Services()
    async with served(here) as client:
        name = (await made(client, clock={"set": 1_800_000_000, "frozen": True}))["id"]
        await client.post(f"{WORLDS}/{name}/clock", json={"advance": 60})
        await here.tasks.insert(a_task(world=name))
        await here.tasks.insert(TASK)
        answer = await client.post(f"{WORLDS}/{name}/reset", json={"what": ["tasks"]})
        assert {"reset": ["tasks"], "generation": 1} == answer.json()
        view = (await client.get(f"{WORLDS}/{name}")).json()
        assert (0, 1_800_000_060_000, 1) == (view["tasks"], view["clock"]["now"], view["generation"])
        assert 2 == (await client.post(f"{WORLDS}/{name}/reset", json={"what": ["all", "clock"]})).json()["generation"]
        assert 1_800_000_000_000 == (await client.get(f"{WORLDS}/{name}/clock")).json()["now"]
        default = (await client.get(f"{WORLDS}/default")).json()
    assert (1, 0) == (default["tasks"], default["generation"])


@pytest.mark.parametrize(
    ("body", "loc", "hint"),
    [
        ({"what": ["task"]}, ["what", "0"], "tasks"),
        ({"what": ["all", "ledgers"]}, ["what", "1"], "ledger"),
        ({"what": []}, ["what"], None),
        ({"what": "all"}, ["what"], None),
        ({}, ["what"], None),
        ({"whet": ["all"], "what": ["all"]}, ["whet"], "what"),
    ],
)
async def test_a_reset_of_nothing_that_is_there_is_refused(body: Any, loc: list[str], hint: str | None) -> None:
    here = Services()
    async with served(here) as client:
        answer = await client.post(f"{WORLDS}/default/reset", json=body)
    [row] = answer.json()["detail"]
    assert (422, ["body", *loc]) == (answer.status_code, row["loc"])
    assert (f"did you mean {hint!r}?" if hint else None) == row.get("hint")
    assert WORLD is await here.worlds.default()


@pytest.mark.parametrize("what", list(Resettable))
async def test_every_part_can_be_set_back_by_itself_in_the_default_world_too(what: str) -> None:
    async with served() as client:
        answer = await client.post(f"{WORLDS}/default/reset", json={"what": [what]})
    assert (200, 1) == (answer.status_code, answer.json()["generation"])


async def test_the_origins_are_read_and_changed_one_by_one() -> None:
    async with served() as client:
        path = "/_hobbyhorse/origins"
        assert {"api": HERE, "results": RESULTS} == (await client.get(path)).json()
        changed = await client.put(path, json={"results": "https://results.test:49153/"})
        assert {"api": HERE, "results": "https://results.test:49153"} == changed.json()
        assert changed.json() == (await client.put(path, json={})).json() == (await client.get(path)).json()
        await client.put(path, json={"api": "http://127.0.0.1:49152", "results": None})
        view = (await client.get(f"{WORLDS}/default")).json()
    assert "http://127.0.0.1:49152/cn-beijing/api/v1" == view["api"]["cn-beijing"]
    assert "https://results.test:49153" == view["results"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8700",
        "ftp://127.0.0.1",
        "http://",
        "http://x?y",
        "http://x#y",
        "http://x:0",
        "http://x:65536",
        "http://[",
        "http://a b",
        "http://a\r\nx: y",
        "http://a\t",
        "http://\ud800",
        "http://user:word@a",
    ],
)
async def test_what_is_no_base_url_is_refused_and_changes_nothing(url: str) -> None:
    async with served() as client:
        path = "/_hobbyhorse/origins"
        body = json.dumps({"api": "http://fine.test", "results": url})
        answer = await client.put(path, content=body, headers={"content-type": "application/json"})
        assert (422, ["body", "results"]) == (answer.status_code, answer.json()["detail"][0]["loc"])
        assert {"api": HERE, "results": RESULTS} == (await client.get(path)).json()


async def test_a_wrong_field_of_the_origins_is_told() -> None:
    async with served() as client:
        answer = await client.put("/_hobbyhorse/origins", json={"result": "http://x"})
    assert "did you mean 'results'?" == answer.json()["detail"][0]["hint"]


async def test_a_world_that_goes_between_the_look_and_the_change_is_a_404() -> None:
    here = Services()
    async with served(here) as client:
        name = (await made(client))["id"]
        swap = here.worlds.swap

        async def vanishing(old: Any, new: Any) -> bool:
            await here.worlds.remove(name)
            return await swap(old, new)

        here.worlds.swap = vanishing  # type: ignore[method-assign]
        answer = await client.post(f"{WORLDS}/{name}/clock", json={"advance": 1})
    assert (404, f"there is no world {name} any more") == (answer.status_code, answer.json()["detail"])


async def test_a_world_nobody_used_for_an_hour_goes_when_the_next_is_made() -> None:
    here = Services()
    async with served(here) as client:
        one = (await made(client))["id"]
        await here.tasks.insert(a_task(world=one))
        here.reading = HOUR + 1
        other = (await made(client))["id"]
        assert ["default", other] == [world["id"] for world in (await client.get(WORLDS)).json()["worlds"]]
    assert 0 == await here.tasks.count(one)
    assert DAY == (await here.worlds.default()).url_lifetime
