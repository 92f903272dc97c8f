"""Scenarios and mishaps through the control API: added, listed, replaced, taken out, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from hobbyhorse.data import load
from hobbyhorse.scenarios import library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator

    from .client import Client
    from .conftest import Play

FAIL = {"rules": [{"then": {"fail": "SystemError"}}]}
YAML = {"content-type": "application/yaml"}


@pytest.fixture
def control(served: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.control, trust_env=False) as client:
        yield client


def names(control: httpx.Client, client: Client) -> list[str]:
    return [row["name"] for row in control.get(f"/worlds/{client.world.id}/scenarios").json()["scenarios"]]


def test_a_scenario_is_added_and_taken_out(control: httpx.Client, play: Play) -> None:
    client = play()
    path = f"/worlds/{client.world.id}/scenarios"
    added = control.post(path, json=FAIL | {"name": "mine", "description": "all fail"})
    assert 201 == added.status_code
    rules = [{"id": "mine/1", "source": ""}]
    assert {"name": "mine", "description": "all fail", "rules": rules, "mishaps": []} == added.json()
    assert "FAILED" == client.status(client.create())
    assert 204 == control.delete(f"{path}/mine").status_code
    assert "SUCCEEDED" == client.status(client.create())
    assert [] == names(control, client)
    gone = control.delete(f"{path}/mine")
    assert (404, "no scenario 'mine' plays in this world") == (gone.status_code, gone.json()["detail"])


def test_scenarios_without_names_are_numbered(control: httpx.Client, play: Play) -> None:
    client = play()
    for _ in range(2):
        control.post(f"/worlds/{client.world.id}/scenarios", json=FAIL)
    assert ["scenario-1", "scenario-2"] == names(control, client)
    control.delete(f"/worlds/{client.world.id}/scenarios/scenario-1")
    control.post(f"/worlds/{client.world.id}/scenarios", json=FAIL)
    assert ["scenario-2", "scenario-1"] == names(control, client)


def test_one_of_the_library_is_added_by_its_name_or_its_text(control: httpx.Client, play: Play) -> None:
    client = play("slow-queue")
    path = f"/worlds/{client.world.id}/scenarios"
    assert ["outage/m1", "outage/m2"] == control.post(path, json="outage").json()["mishaps"]
    assert 201 == control.post(path, content=library.text("moderation"), headers=YAML).status_code
    assert ["slow-queue", "outage", "moderation"] == names(control, client)
    assert ["slow-queue", "outage", "moderation"] == control.get(f"/worlds/{client.world.id}").json()["scenarios"]


def test_one_of_the_same_name_is_replaced_and_counts_anew(control: httpx.Client, play: Play) -> None:
    once = {
        "name": "once",
        "rules": [{"when": {"nth": 1}, "then": {"fail": "SystemError"}}],
        "mishaps": [{"do": "html", "at": "get", "count": 1}],
    }
    client = play(once)
    for _ in range(2):
        task = client.create()
        assert [502, 200] == [client.get(task).status_code for _ in range(2)]
        assert "FAILED" == client.status(task)
        assert "SUCCEEDED" == client.status(client.create())
        assert 201 == control.post(f"/worlds/{client.world.id}/scenarios", json=once).status_code
    assert ["once"] == names(control, client)
    assert 1 == len(control.get(f"/worlds/{client.world.id}/mishaps").json()["mishaps"])


@pytest.mark.parametrize("how", ["delete", "replace", "reset"])
def test_what_was_bound_to_a_task_counts_on_when_its_scenario_goes(control: httpx.Client, play: Play, how: str) -> None:
    once = {"name": "once", "rules": [{"then": {"mishaps": [{"do": "html", "at": "get", "count": 1}]}}]}
    client = play(once)
    task = client.create()
    assert [502, 200] == [client.get(task).status_code for _ in range(2)]
    path = f"/worlds/{client.world.id}"
    match how:
        case "delete":
            control.delete(f"{path}/scenarios/once")
        case "replace":
            control.post(f"{path}/scenarios", json=once)
        case _:
            control.post(f"{path}/reset", json={"what": ["scenarios"]})
    assert 200 == client.get(task).status_code


def test_a_mishap_is_added_counted_and_taken_out(control: httpx.Client, play: Play) -> None:
    client = play("outage", mishaps=[{"do": "gzip", "at": "tokens"}])
    path = f"/worlds/{client.world.id}/mishaps"
    added = control.post(path, json={"do": "html", "at": "list", "on": {"key": "main"}, "seconds_alive": 60})
    assert 201 == added.status_code
    view = added.json()
    now = control.get(f"/worlds/{client.world.id}/clock").json()["now"]
    assert {
        "id": "2",
        "do": "html",
        "at": ["list"],
        "moment": "before",
        "on": {"key": "main"},
        "skip": 0,
        "count": None,
        "probability": 1.0,
        "until": now + 60_000,
        "happened": 0,
        "status": 502,
    } == view
    listed = [client._http.get(f"{client.base}/tasks").status_code for _ in range(2)]
    client.world.clock.advance(60)
    listed.append(client._http.get(f"{client.base}/tasks").status_code)
    assert [502, 502, 200] == listed
    found = {row["id"]: row["happened"] for row in control.get(path).json()["mishaps"]}
    assert {"outage/m1": 0, "outage/m2": 0, "1": 0, "2": 2} == found
    assert 204 == control.delete(f"{path}/2").status_code
    assert 204 == control.delete(f"{path}/outage/m1").status_code
    assert ["outage/m2", "1"] == [row["id"] for row in control.get(path).json()["mishaps"]]
    assert 404 == control.delete(f"{path}/2").status_code
    again = control.post(path, json={"do": "html", "at": "list"}).json()
    assert ("2", 0) == (again["id"], again["happened"])


@pytest.mark.parametrize("what", ["scenarios", "mishaps", "all"])
def test_a_reset_takes_them_out(control: httpx.Client, play: Play, what: str) -> None:
    client = play({"name": "once", "rules": [{"when": {"nth": 1}, "then": {"fail": "SystemError"}}]}, "outage")
    control.post(f"/worlds/{client.world.id}/reset", json={"what": [what]})
    view = control.get(f"/worlds/{client.world.id}").json()
    assert ([] if what != "mishaps" else ["once", "outage"]) == view["scenarios"]
    assert [] == view["mishaps"]


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (
            {"rules": [{"then": {"stuk": "RUNNING"}}]},
            {
                "loc": ["body", "rules", "0", "then", "stuk"],
                "msg": "there is no such field",
                "hint": "did you mean 'stuck'?",
            },
        ),
        (
            "outtage",
            {
                "loc": ["body"],
                "msg": "no scenario of the library is called 'outtage'",
                "hint": "did you mean 'outage'?",
            },
        ),
        (7, {"loc": ["body"], "msg": "should be an object with fields"}),
    ],
)
def test_a_wrong_scenario_is_refused(control: httpx.Client, play: Play, body: Any, row: dict[str, Any]) -> None:
    client = play()
    answer = control.post(f"/worlds/{client.world.id}/scenarios", json=body)
    assert (422, {"detail": [row]}) == (answer.status_code, answer.json())
    assert [] == names(control, client)
    if isinstance(body, dict | str):
        made = control.post("/worlds", json={"scenarios": [FAIL, body]})
        inside = row | {"loc": ["body", "scenarios", "1", *row["loc"][1:]]}
        assert (422, {"detail": [inside]}) == (made.status_code, made.json())


def test_a_wrong_text_is_refused_with_its_line(control: httpx.Client, play: Play) -> None:
    path = f"/worlds/{play().world.id}/scenarios"
    answer = control.post(path, content="rules:\n- then:\n    fail: SystemEror\n", headers=YAML)
    (row,) = answer.json()["detail"]
    assert (3, "did you mean 'SystemError'?") == (row["line"], row["hint"])
    answer = control.post(path, content="a: [", headers=YAML)
    assert (422, 1) == (answer.status_code, answer.json()["detail"][0]["line"])
    assert 422 == control.post(path, content=b"\xff", headers=YAML).status_code


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"name": "\\ud800"}', b"[1e999]", b"null", b"[" * 100_000])
@pytest.mark.parametrize("what", ["scenarios", "mishaps"])
def test_a_hostile_body_is_refused(control: httpx.Client, play: Play, what: str, body: bytes) -> None:
    answer = control.post(f"/worlds/{play().world.id}/{what}", content=body)
    assert 422 == answer.status_code
    assert "body" == answer.json()["detail"][0]["loc"][0]


def test_a_wrong_mishap_is_refused(control: httpx.Client, play: Play) -> None:
    wrong = {"do": "reset", "at": "dowload"}
    answer = control.post(f"/worlds/{play().world.id}/mishaps", json=wrong)
    (row,) = answer.json()["detail"]
    assert (422, ["body", "at", "0"]) == (answer.status_code, row["loc"])
    assert "did you mean 'download'?" == row["hint"]
    made = control.post("/worlds", json={"mishaps": [{"do": "gzip"}, wrong]})
    assert (422, ["body", "mishaps", "1", "at", "0"]) == (made.status_code, made.json()["detail"][0]["loc"])


def test_a_world_holds_a_hundred_scenarios(control: httpx.Client, play: Play) -> None:
    client = play(*[FAIL] * 100)
    answer = control.post(f"/worlds/{client.world.id}/scenarios", json=FAIL)
    assert (409, "100 scenarios play in this world already; delete one") == (
        answer.status_code,
        answer.json()["detail"],
    )


def test_the_library_and_the_kinds_are_shown(control: httpx.Client) -> None:
    shown = control.get("/scenarios").json()["scenarios"]
    assert list(library.names()) == [row["name"] for row in shown]
    text = control.get("/scenarios/outage")
    assert ("application/yaml", library.text("outage")) == (text.headers["content-type"].split(";")[0], text.text)
    missing = control.get("/scenarios/outtage")
    assert 404 == missing.status_code
    assert "(did you mean 'outage'?)" in missing.json()["detail"]
    kinds = control.get("/mishaps").json()["kinds"]
    assert list(load().mishaps) == [kind["name"] for kind in kinds]


@pytest.mark.parametrize("path", ["/worlds/nowhere/scenarios", "/worlds/nowhere/mishaps"])
def test_a_world_that_is_not_there_is_a_404(control: httpx.Client, path: str) -> None:
    assert [404, 404] == [control.get(path).status_code, control.post(path, json=FAIL).status_code]
