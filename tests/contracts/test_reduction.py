from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Literal

import pytest

from hobbyhorse_contracts.generation.oracle import mistakes
from hobbyhorse_contracts.generation.scenarios import Scope, drawn
from hobbyhorse_contracts.protocol import CAPABILITIES
from hobbyhorse_contracts.reduction import candidates, reduced, weight
from hobbyhorse_contracts.scenario import Act, Call, Scenario, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = drawn(Scope.of(tuple(CAPABILITIES), {"models": ["*"]}), 120, 3)
PLAIN = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}


def for_ever() -> bool:
    return True


def smallest(scenario: Scenario, breaks: Callable[[Scenario], bool]) -> Scenario:
    found = reduced(scenario, breaks, for_ever)
    assert found.is_smallest
    return found.scenario


@pytest.mark.parametrize("scenario", MANY[::6], ids=lambda one: one.name)
def test_a_bug_that_is_always_there_needs_only_the_plainest_call(scenario: Scenario) -> None:
    found = smallest(scenario, lambda _: True)
    assert len(found.calls) == 1
    assert (found.mishaps, found.acts, found.rules, found.world, found.files) == ((), (), (), {}, {})
    assert found.timeline == Timeline()
    assert found.defect == scenario.defect
    if not scenario.defect:
        assert found.calls[0].request == PLAIN
        assert not found.calls[0].options


def test_a_lost_create_keeps_its_mishap_and_nothing_else() -> None:
    lost = {"do": "reset", "at": "create", "moment": "after", "count": 1}
    scenario = Scenario(
        "big",
        (
            Call("c1", request={**PLAIN, "parameters": {"seed": 0, "duration": 7}}, options={"out": "v.mp4"}),
            Call("c2", request=PLAIN, at=3.0),
        ),
        timeline=Timeline(pending_s=45.0, running_s=180.0, odd=({"without": ["usage"]},), task_id="hex64"),
        mishaps=({"do": "html", "at": "get", "count": 4}, {**lost, "skip": 0}),
        acts=(Act(30.0, "advance", options={"seconds": 5}),),
        world={"quotas": "on"},
    )

    def breaks(one: Scenario) -> bool:
        return any(row["do"] == "reset" and row["moment"] == "after" and row.get("count") for row in one.mishaps)

    assert smallest(scenario, breaks) == Scenario("big", (Call("c2", request=PLAIN),), mishaps=(lost,))


def test_counts_prompts_and_polls_become_as_small_as_they_can() -> None:
    scenario = Scenario(
        "big",
        (Call(request={**PLAIN, "input": {"prompt": "a horse 马 " * 40}}),),
        timeline=Timeline(polls=(3, 4)),
        mishaps=({"do": "reset", "at": "get", "count": 4},),
    )

    def breaks(one: Scenario) -> bool:
        prompt = one.calls[0].request["input"].get("prompt", "")
        polls = one.timeline.polls or (0, 0)
        return "马" in prompt and polls[1] >= 2 and any(row.get("count", 0) >= 3 for row in one.mishaps)

    found = smallest(scenario, breaks)
    assert found.calls[0].request["input"] == {"prompt": "马"}
    assert found.timeline == Timeline(polls=(0, 2))
    assert found.mishaps == ({"do": "reset", "at": "get", "count": 3},)


def test_every_candidate_is_smaller_valid_and_wrong_in_the_same_place() -> None:
    for scenario in MANY:
        paths = {one.path for call in scenario.calls for one in mistakes(call.request)}
        for simpler in candidates(scenario):
            assert weight(simpler.document()) < weight(scenario.document())
            assert {one.path for call in simpler.calls for one in mistakes(call.request)} == paths
            assert (simpler.name, simpler.only, simpler.defect) == (scenario.name, scenario.only, scenario.defect)


def test_the_best_so_far_is_kept_when_time_is_up() -> None:
    turns = count()
    found = reduced(MANY[0], lambda _: True, lambda: next(turns) < 1)
    assert found.runs == 1
    assert not found.is_smallest
    assert weight(found.scenario.document()) < weight(MANY[0].document())


def test_nothing_is_run_twice_and_a_bug_that_goes_away_changes_nothing() -> None:
    seen: list[str] = []

    def breaks(one: Scenario) -> bool:
        seen.append(repr(one))
        return False

    found = reduced(MANY[5], breaks, for_ever)
    assert found.scenario == MANY[5]
    assert len(set(seen)) == len(seen) == found.runs


@pytest.mark.parametrize("op", ["wait", "download", "cancel"])
def test_a_call_about_a_task_keeps_its_task(op: Literal["wait", "download", "cancel"]) -> None:
    about = Call("c2", op, options={"task_id": "{task:c1}", "timeout_s": 60}, after="c1")

    found = smallest(Scenario("two", (Call("c1", "submit", request=PLAIN), about)), lambda one: one.calls[-1].op == op)

    assert found.calls == (Call("c2", op, options={"task_id": "{task:c1}"}),)
