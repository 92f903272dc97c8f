"""What a test can do to a world from Python, and see of it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hobbyhorse import ControlError

from .conftest import caller

if TYPE_CHECKING:
    from pathlib import Path

    from hobbyhorse import Emulator, World

    from .conftest import Caller

FROZEN = pytest.mark.hobbyhorse(pace="realistic", clock={"frozen": True, "set": "2026-11-21T08:00:00Z"})
INSTANT = pytest.mark.hobbyhorse(pace="instant")
MORNING = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_a_world_is_as_its_document_says(hobbyhorse: Emulator) -> None:
    keys = [{"name": "a", "key": "sk-of-this-test-alone", "region": "ap-southeast-1"}, {"name": "b", "workspace": "w"}]
    with hobbyhorse.world(name="mine", keys=keys, pace="realistic", validation="gateway", seed=7) as world:
        view = world.view()
        assert (world.name, view["pace"], view["validation"], view["seed"]) == ("mine", "realistic", "gateway", 7)
        assert list(world.keys) == ["a", "b"]
        assert (world.key, world.keys["a"].region) == ("sk-of-this-test-alone", "ap-southeast-1")
        assert world.keys["b"].workspace == "w"
        assert hobbyhorse.find(world.id).keys == world.keys
        assert world.id in [other.id for other in hobbyhorse.worlds()]

    with pytest.raises(ControlError) as gone:
        hobbyhorse.find(world.id)
    assert gone.value.status == 404


def test_the_journal_shows_a_keys_number_in_its_place(world: World, client: Caller) -> None:
    client.submit()

    headers = dict(world.journal.entries()[0].headers)
    assert headers["authorization"] == f"Bearer <api-key {world.keys['main'].number}>"


def test_a_world_that_is_gone_already_is_left_without_a_word(hobbyhorse: Emulator) -> None:
    with hobbyhorse.world() as world:
        world.delete()
        with pytest.raises(ControlError):
            world.delete()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"pase": "instant"}, r"pase: .*\(did you mean 'pace'\?\)"),
        ({"pace": "instnat"}, r"pace: .*\(did you mean 'instant'\?\)"),
        ({"keys": [{"region": "cn-bejing"}]}, r"keys\.0\.region: .*\(did you mean 'cn-beijing'\?\)"),
        ({"clock": {"set": "yesterday"}}, r"clock\.set: "),
    ],
)
def test_a_document_that_is_wrong_is_told_with_the_nearest_word(
    hobbyhorse: Emulator, document: dict[str, Any], said: str
) -> None:
    with pytest.raises(ControlError, match=said) as caught:
        hobbyhorse.world(**document)

    assert caught.value.status == 422


def test_two_worlds_do_not_see_each_other(world: World, hobbyhorse: Emulator, client: Caller) -> None:
    task = client.submit()
    with hobbyhorse.world(clock={"frozen": True}) as other:
        other_client = caller(other)
        assert other_client.status(task) == "UNKNOWN"
        assert other.tasks.list() == []
        before = world.clock.now()
        other.clock.advance(86400)
        assert world.clock.now() - before < 3600
        other_client.http.close()

    assert [found.id for found in world.tasks.list()] == [task]


@FROZEN
def test_the_clock_stands_moves_and_runs_as_told(world: World) -> None:
    assert world.clock.read().moment == MORNING
    assert world.clock.read().task_time == "2026-11-21 16:00:00.000"

    world.clock.advance(1.5)
    world.clock.advance(timedelta(hours=1))
    assert world.clock.now() == MORNING.timestamp() + 3601.5

    for moment in (MORNING, MORNING.astimezone(timezone(timedelta(hours=8))), MORNING.timestamp(), "2026-11-21T08:00"):
        world.clock.set(moment)
        assert world.clock.read().moment == MORNING
    assert world.clock.read().frozen

    world.clock.run(1_000_000)
    assert (world.clock.read().frozen, world.clock.read().rate) == (False, 1_000_000)
    world.clock.freeze()
    assert world.clock.now() > MORNING.timestamp() + 60
    world.clock.run()
    assert world.clock.read().rate == 1


def test_time_cannot_be_moved_back_by_advancing(world: World) -> None:
    with pytest.raises(ControlError, match="advance: "):
        world.clock.advance(-1)
    with pytest.raises(ControlError, match="2000 to 2099"):
        world.clock.set(0)


@pytest.mark.hobbyhorse(
    keys=[
        {"name": "gone", "condition": "revoked"},
        {"name": "beijing", "region": "cn-beijing"},
        {"name": "singapore", "region": "ap-southeast-1"},
    ]
)
def test_the_environment_is_of_a_region_and_a_key_that_works_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "a.example,127.0.0.1")

    assert world.env()["DASHSCOPE_API_KEY"] == world.keys["beijing"].key
    assert world.env("ap-southeast-1")["DASHSCOPE_API_KEY"] == world.keys["singapore"].key
    assert world.env("ap-southeast-1")["DASHSCOPE_HTTP_BASE_URL"].endswith("/ap-southeast-1/api/v1")
    assert world.env(key="singapore")["DASHSCOPE_HTTP_BASE_URL"].endswith("/ap-southeast-1/api/v1")
    assert world.env("cn-beijing", key="gone")["DASHSCOPE_API_KEY"] == world.keys["gone"].key
    assert world.env(key=world.keys["gone"].key)["DASHSCOPE_API_KEY"] == world.keys["gone"].key
    assert world.env(key="sk-another")["DASHSCOPE_API_KEY"] == "sk-another"
    assert world.env()["NO_PROXY"] == world.env()["no_proxy"] == "a.example,127.0.0.1"
    with pytest.raises(LookupError, match="did you mean 'singapore'"):
        world.env(key="singapur")
    with pytest.raises(LookupError, match="did you mean 'cn-beijing'"):
        world.env("cn-bejing")


@pytest.mark.parametrize("region", ["cn-beijing", "ap-southeast-1"])
def test_a_client_with_the_environment_of_a_region_is_let_in(world: World, region: str) -> None:
    client = caller(world, region)

    task = client.submit()

    assert world.tasks.find(task).region == region
    client.http.close()


@FROZEN
def test_a_task_is_seen_as_it_is_and_can_be_acted_on(world: World, client: Caller) -> None:
    task = client.submit("a horse of paper", duration=3, resolution="480P")

    seen = world.tasks.only()
    assert (seen.id, seen.status, seen.model, seen.prompt) == (
        task,
        "PENDING",
        "happyhorse-1.1-t2v",
        "a horse of paper",
    )
    assert seen.submitted_at == MORNING.timestamp() * 1000
    assert seen.video_url is None

    world.tasks.hold(seen)
    world.clock.advance(600)
    assert (client.status(task), world.tasks.find(task).held) == ("PENDING", True)
    world.tasks.release(task)
    assert world.tasks.finish(seen).status == "SUCCEEDED"

    done = world.tasks.find(task)
    assert done.clip is not None
    assert (done.clip["seconds"], done.clip["width"], done.clip["height"]) == (3, 832, 480)
    url = client.ask(task)["video_url"]
    assert done.clip["bytes"] == len(httpx.get(url, trust_env=False).content)
    world.tasks.expire(task)
    assert httpx.get(url, trust_env=False).status_code == 403
    assert httpx.get(client.ask(task)["video_url"], trust_env=False).status_code == 200
    world.tasks.forget(task)
    assert client.status(task) == "UNKNOWN"


@FROZEN
def test_a_task_fails_as_told(world: World, client: Caller) -> None:
    first, second = client.submit(), client.submit()

    assert world.tasks.fail(first, "DataInspectionFailed").status == "FAILED"
    world.tasks.fail(second, "InternalError", "the horse bolted")

    assert client.ask(first)["code"] == "DataInspectionFailed"
    assert (client.ask(second)["code"], client.ask(second)["message"]) == ("InternalError", "the horse bolted")
    assert [task.id for task in world.tasks.list("FAILED")] == [second, first]
    assert len(world.tasks.list(limit=1)) == 1
    assert world.tasks.list("PENDING") == []
    with pytest.raises(LookupError, match="2 tasks, not one"):
        world.tasks.only()
    with pytest.raises(ControlError, match="did you mean 'DataInspectionFailed'"):
        world.tasks.fail(first, "DataInspectionFail")
    with pytest.raises(ControlError, match="there is no task 'nobody'"):
        world.tasks.find("nobody")


@INSTANT
def test_a_scenario_is_one_rule_a_document_a_file_or_a_name_and_can_be_taken_out(
    world: World, client: Caller, tmp_path: Path
) -> None:
    document = {"name": "dragons", "rules": [{"when": {"prompt": "dragon"}, "then": {"fail": "InternalError"}}]}
    path = tmp_path / "dragons.json"
    path.write_text('{"name": "dragons", "rules": [{"when": {"prompt": "dragon"}, "then": {"stuck": "RUNNING"}}]}')

    with world.scenario(document) as scenario:
        assert scenario.name == "dragons"
        assert client.status(client.submit("a dragon")) == "FAILED"
    assert client.status(client.submit("a dragon")) == "SUCCEEDED"

    with world.scenario(path):
        assert client.status(client.submit("a dragon")) == "RUNNING"
    with world.scenario("name: all\nrules:\n- then: {fail: InternalError}\n"):
        assert client.status(client.submit()) == "FAILED"
    with world.scenario(when={"prompt": "unicorn"}, then={"polls": [1, 1]}):
        task = client.submit("a unicorn")
        assert [client.status(task) for _ in range(3)] == ["PENDING", "RUNNING", "SUCCEEDED"]
    outage = world.scenario("outage")
    assert world.view()["scenarios"] == ["outage"]
    outage.remove()
    assert world.view()["scenarios"] == []
    with pytest.raises(ControlError, match="outage"):
        outage.remove()
    wrongs: list[dict[str, Any]] = [{"given": document, "then": {}}, {"given": document, "name": "x"}, {}, {"when": {}}]
    for wrong in wrongs:
        with pytest.raises(TypeError, match="then"):
            world.scenario(**wrong)


def test_a_scenario_that_is_wrong_is_told_with_its_line(world: World, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("name: wrong\nrules:\n  - when:\n      modell: happyhorse-1.1-t2v\n    then: {stuck: RUNNING}\n")

    with pytest.raises(ControlError, match=rf"{path}:4: rules\.0\.when\.modell: .*did you mean 'model'"):
        world.scenario(path)
    with pytest.raises(ControlError, match="did you mean 'outage'"):
        world.scenario("outrage")


@INSTANT
def test_a_mishap_happens_as_often_as_told_and_is_counted(world: World, client: Caller) -> None:
    task = client.submit()
    url = f"{client.base}/tasks/{task}"

    mishap = world.mishap("html", at="get", count=2)

    answers = [client.http.get(url) for _ in range(3)]
    assert [answer.headers["content-type"].partition(";")[0] for answer in answers] == [
        "text/html",
        "text/html",
        "application/json",
    ]
    (found,) = world.mishaps
    assert (found["id"], found["do"], found["happened"]) == (mishap.name, "html", 2)
    mishap.remove()
    assert world.mishaps == []
    with world.mishap("reset", at=["get", "list"]), pytest.raises(httpx.HTTPError):
        client.http.get(url)
    assert client.http.get(url).status_code == 200


@pytest.mark.parametrize(
    ("do", "options", "said"),
    [
        ("rest", {}, "did you mean 'reset'"),
        ("reset", {"at": "got"}, "did you mean 'get'"),
        ("reset", {"were": "idle"}, "did you mean 'where'"),
    ],
)
def test_a_mishap_that_is_wrong_is_told_with_the_nearest_word(
    world: World, do: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ControlError, match=said):
        world.mishap(do, **options)


@INSTANT
def test_the_journal_tells_what_was_asked_and_why_it_was_answered_so(world: World, client: Caller) -> None:
    task = client.submit()
    client.ask(task)
    client.http.get(f"{client.base}/tasks/{task}", headers={"Authorization": "Bearer sk-wrong"})

    created, polled = world.journal.entries()
    assert (created.method, created.route, created.status, created.committed) == ("POST", "create", 200, task)
    assert (polled.method, polled.route, polled.number) == ("GET", "get", created.number + 1)
    assert dict(polled.headers)["authorization"] != f"Bearer {world.key}"
    assert world.journal.entry(polled.number) == polled
    assert [entry.number for entry in world.journal.entries(route="get", task=task)] == [polled.number]
    assert world.journal.page(limit=1).more
    assert world.journal.page().dropped == 0
    assert "200" in world.journal.explain(polled)
    story = world.journal.story().splitlines()
    assert len(story) == 2
    assert "create" in story[0]
    with pytest.raises(ControlError, match="there is no entry 99"):
        world.journal.entry(99)
    with pytest.raises(ControlError, match="route"):
        world.journal.entries(route="got")


@INSTANT
def test_the_journal_is_followed_until_the_world_is_gone(world: World, client: Caller) -> None:
    task = client.submit()
    seen: list[str] = []
    first = threading.Event()

    def follow() -> None:
        for entry in world.journal.follow(after=0):
            seen.append(entry.route)
            first.set()

    thread = threading.Thread(target=follow)
    thread.start()
    assert first.wait(10)
    client.ask(task)
    world.delete()
    thread.join(10)

    assert not thread.is_alive()
    assert seen[0] == "create"


@INSTANT
def test_the_ledger_and_the_events_speak_of_the_finished_tasks(world: World, client: Caller) -> None:
    task = client.submit(duration=5, resolution="720P")
    client.ask(task)

    ledger = world.ledger
    assert list(ledger.currencies) == ["CNY"]
    assert ledger.lines[0]["tasks"] == 1
    assert ledger.pending == 0
    assert task in str(world.events)


@FROZEN
def test_what_is_named_is_reset_and_nothing_else(world: World, client: Caller) -> None:
    client.submit()
    world.mishap("html", at="list")
    world.scenario(then={"stuck": "RUNNING"})

    world.reset("mishaps")
    assert world.mishaps == []
    assert len(world.tasks.list()) == len(world.view()["scenarios"]) == 1
    world.reset("tasks", "scenarios")
    assert world.tasks.list() == world.view()["scenarios"] == []
    assert len(world.journal.entries()) == 1
    world.reset()
    assert world.journal.entries() == []
    with pytest.raises(ControlError, match="did you mean 'journal'"):
        world.reset("jurnal")
