"""Rules over the wire: which is taken, what it counts, how it changes a task's life, and what stays true meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .client import RESET, Client

if TYPE_CHECKING:
    from hobbyhorse import Emulator

    from .conftest import Play


def rules(*rows: tuple[dict[str, Any], dict[str, Any]], name: str = "mine") -> dict[str, Any]:
    return {"name": name, "rules": [{"when": when, "then": then} for when, then in rows]}


def codes(client: Client, *prompts: str) -> list[str]:
    """Create a task for each prompt; return the code that each failed with, or its status."""
    outputs = [client.poll(client.create(prompt)) for prompt in prompts]
    return [str(output.get("code", output["task_status"])) for output in outputs]


def test_the_first_rule_that_matches_is_taken_in_the_order_of_scenarios(play: Play) -> None:
    first = rules(({"prompt": "cat"}, {"fail": "SystemError"}), ({"prompt": "a*"}, {"fail": "ModelServiceFailed"}))
    second = rules(({"prompt": "dog"}, {"fail": "InternalError"}), ({}, {"fail": "InternalError.Algo"}), name="other")
    client = play(first, second)
    expected = ["SystemError", "ModelServiceFailed", "InternalError", "InternalError.Algo"]
    assert expected == codes(client, "a cat", "a dog", "the dog", "the bird")


def test_nth_counts_every_create_that_the_rule_describes_whichever_rule_is_taken(play: Play) -> None:
    client = play(
        rules(
            ({"prompt": "cat", "nth": 1}, {"fail": "SystemError"}),
            ({"prompt": "cat", "nth": [2, 4]}, {"fail": "InternalError"}),
            ({"nth": 3}, {"fail": "ModelServiceFailed"}),
        )
    )
    found = codes(client, "cat", "cat", "cat", "dog", "cat", "cat")
    assert ["SystemError", "InternalError", "ModelServiceFailed", "SUCCEEDED", "InternalError", "SUCCEEDED"] == found


def test_a_rule_can_look_at_the_key_the_region_the_model_and_any_parameter(play: Play) -> None:
    client = play(
        rules(
            ({"key": "other"}, {"fail": "SystemError"}),
            ({"region": "us-east-1"}, {"fail": "SystemError"}),
            ({"model": "wan*"}, {"fail": "SystemError"}),
            ({"body": {"parameters.duration": 4}}, {"fail": "InternalError"}),
            ({"key": "main", "region": "cn-beijing", "model": "happyhorse-*"}, {"fail": "ModelServiceFailed"}),
        )
    )
    assert "ModelServiceFailed" == client.poll(client.create())["code"]
    assert "InternalError" == client.poll(client.create(duration=4))["code"]


def test_worlds_count_and_match_for_themselves(play: Play) -> None:
    scenario = rules(({"nth": 1}, {"fail": "SystemError"}))
    one, other, without = play(scenario), play(scenario), play()
    assert ["SUCCEEDED"] == codes(without, "x")
    assert ["SystemError", "SUCCEEDED"] == codes(one, "x", "x")
    assert ["SystemError"] == codes(other, "x")


@pytest.mark.parametrize("pace", ["instant", "quick", "realistic"])
def test_by_polls_the_clock_moves_nothing(play: Play, pace: str) -> None:
    client = play(rules(({}, {"polls": [2, 3]})), pace=pace)
    task = client.create()
    client.world.clock.advance(3600)
    assert ["PENDING"] * 2 + ["RUNNING"] * 3 + ["SUCCEEDED"] * 2 == client.statuses(task, 7)


@pytest.mark.parametrize("pace", ["instant", "quick", "realistic"])
@pytest.mark.parametrize(
    ("then", "seen"),
    [
        ({"pending": "1m", "running": "1m"}, ["PENDING", "RUNNING", "SUCCEEDED"]),
        ({"pending": "1m", "running": "1m", "fail": "SystemError"}, ["PENDING", "RUNNING", "FAILED"]),
        ({"pending": 0, "running": "119s"}, ["RUNNING", "RUNNING", "SUCCEEDED"]),
        ({"stuck": "PENDING"}, ["PENDING", "PENDING", "PENDING"]),
        ({"stuck": "RUNNING", "pending": "90s"}, ["PENDING", "PENDING", "RUNNING"]),
    ],
    ids=str,
)
def test_by_time_polls_move_nothing(play: Play, pace: str, then: dict[str, Any], seen: list[str]) -> None:
    client = play(rules(({}, then)), pace=pace)
    task, found = client.create(), []
    for _ in range(3):
        statuses = client.statuses(task, 4)
        assert 1 == len(set(statuses))
        found.append(statuses[0])
        client.world.clock.advance(60)
    assert seen == found


def test_a_request_that_is_wrong_fails_for_its_own_reason(play: Play) -> None:
    client = play(rules(({}, {"fail": "SystemError"})))
    output = client.poll(client.create(duration=99))
    assert ("InvalidParameter", "FAILED") == (output["code"], output["task_status"])


def test_odd_answers_can_be_laid_over_the_create_too(play: Play) -> None:
    client = play(rules(({}, {"odd": [{"polls": 0, "without": ["task_id"], "status": "QUEUED"}]})))
    assert {"task_status": "QUEUED"} == client.post().json()["output"]
    (task,) = client.listed()
    assert "SUCCEEDED" == client.status(task)


def test_the_truth_stays_on_the_table_while_polls_are_odd(play: Play) -> None:
    client = play(rules(({}, {"polls": [9, 9], "odd": [{"status": "SUCCEEDED", "extra": {"video_url": "http://x"}}]})))
    task = client.create()
    assert {"task_status": "SUCCEEDED", "video_url": "http://x"}.items() <= client.poll(task).items()
    assert {task: "PENDING"} == client.listed()
    assert ["PENDING"] == [row.status for row in client.world.tasks.list()]
    assert 200 == client.cancel(task).status_code


def test_a_rules_mishaps_happen_to_its_task_alone_and_count_for_each(play: Play) -> None:
    broken = {"mishaps": [{"do": "html", "at": "get", "count": 1}, {"do": "reset", "at": "cancel", "count": 1}]}
    client = play(rules(({"prompt": "cat"}, broken | {"stuck": "PENDING"})))
    first, second, other = client.create("cat"), client.create("cat"), client.create("dog")
    assert [502, 502, 200] == [client.get(task).status_code for task in (first, second, other)]
    assert [200, 200] == [client.get(task).status_code for task in (first, second)]
    assert RESET == client.outcome(client.cancel, first)
    assert "PENDING" == client.status(first)
    assert 200 == client.outcome(client.cancel, first)


def test_a_create_that_is_cut_before_it_is_committed_makes_no_task(play: Play) -> None:
    cut = {"mishaps": [{"do": "reset", "at": "create", "moment": "before", "count": 1}]}
    client = play(rules(({"nth": 1}, cut)))
    assert RESET == client.outcome(client.post)
    assert {} == client.listed()
    assert 200 == client.outcome(client.post)


def test_the_journal_names_the_rule_and_the_mishap(play: Play) -> None:
    client = play(rules(({"nth": 1}, {"refuse": "SystemError"}), ({}, {"fail": "SystemError"})))
    client.post()
    client.create()
    entries = client.world.journal.entries()
    assert [("mine/1", "system-error", 500), ("mine/2", None, 200)] == [
        (one.rule, one.row, one.status) for one in entries
    ]


def test_markers_are_read_where_a_world_asks_for_it(play: Play) -> None:
    prompt = "a cat [[fail:DataInspectionFailed]] [[x]]"
    assert ["SUCCEEDED"] == codes(play(), prompt)
    client = play(rules(({}, {"fail": "SystemError"})), markers=True)
    assert ["DataInspectionFailed", "SystemError"] == codes(client, prompt, "a cat")
    entries = client.world.journal.entries()
    assert ["markers", "mine/1"] == [one.rule for one in entries if one.committed]
    assert next(one.unknown for one in entries if one.unknown)[0].startswith("[[x]] is no marker")


def test_markers_are_read_in_the_default_world(served: Emulator) -> None:
    client = Client(served.default)
    task = client.create("[[polls:1,1]] a cat")
    assert ["PENDING", "RUNNING", "SUCCEEDED"] == client.statuses(task, 3)
    client.close()


def test_a_stuck_task_keeps_its_place_in_the_lane_or_lets_others_by(play: Play) -> None:
    stuck = rules(({"prompt": "runs"}, {"stuck": "RUNNING"}), ({"prompt": "waits"}, {"stuck": "PENDING"}))
    client = play(stuck, pace="realistic", quotas={"running": 1})
    waiting, first = client.create("waits"), client.create("a cat")
    client.world.clock.advance(100)
    assert ["PENDING", "SUCCEEDED"] == [client.status(waiting), client.status(first)]
    running, last = client.create("runs"), client.create("a cat")
    client.world.clock.advance(3600)
    assert ["PENDING", "RUNNING", "PENDING"] == [client.status(task) for task in (waiting, running, last)]


def test_a_create_that_is_refused_by_a_rule_takes_nothing_of_the_quota(play: Play) -> None:
    client = play(rules(({"prompt": "dragon"}, {"refuse": "SystemError"})), quotas={"submit_rps": 1})
    assert [500, 500, 200, 429] == [client.post(prompt).status_code for prompt in ("dragon", "dragon", "cat", "cat")]
