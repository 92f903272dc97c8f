"""Campaigns against clients that are made up: what is confirmed, shrunk, flaky, trouble; what the budget does."""

from __future__ import annotations

import threading
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from hobbyhorse_contracts.adapters import AdapterError, Subject
from hobbyhorse_contracts.campaign import Campaign, Plan, Progress, Standing
from hobbyhorse_contracts.certifying import Order, certify
from hobbyhorse_contracts.driver import NotOfferedError
from hobbyhorse_contracts.history import Answer, History, Result
from hobbyhorse_contracts.requirements import requirements
from hobbyhorse_contracts.scenario import Call, Scenario
from hobbyhorse_contracts.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}
LOST = {"do": "reset", "at": "create", "moment": "after", "count": 1}
CORPUS = (
    *(Scenario(f"plain {n}", (Call(request=PLAIN),), ("REQ-01",)) for n in range(5)),
    Scenario(
        "lost",
        (Call(request={**PLAIN, "parameters": {"seed": 0}}), Call("c2", request=PLAIN)),
        ("CRE-01",),
        mishaps=({"do": "html", "at": "get", "count": 2}, LOST),
        world={"quotas": "on"},
    ),
)


class Made:
    """A stand whose client is a function."""

    def __init__(self, play: Callable[[Scenario], History], capabilities: tuple[str, ...] = ("generate",)) -> None:
        self.play = play
        self.capabilities = capabilities
        self.starts = 1
        self.seen: list[str] = []
        self.stopped = False

    @property
    def subject(self) -> Subject:
        return Subject("made up", "1", "python", self.capabilities)

    def run(self, scenario: Scenario) -> History:
        if not set(scenario.only) <= set(self.capabilities):
            raise NotOfferedError(scenario.name)
        self.seen.append(scenario.name)
        return self.play(scenario)

    def stop(self) -> None:
        self.stopped = True


def fine(scenario: Scenario) -> History:
    answers = tuple(Answer(call.id, ok=True, result=Result(task_id="t")) for call in scenario.calls)
    return History(scenario.name, answers=answers)


def judge(scenario: Scenario, history: History) -> tuple[Verdict, ...]:
    """Of a client that pays twice where a create is lost, as its stderr tells."""
    lost = any(row["do"] == "reset" for row in scenario.mishaps)
    outcome = Outcome.NOT_TESTABLE if not lost else Outcome.FAIL if "twice" in history.stderr else Outcome.PASS
    apart = Verdict("UPL-01", Outcome.NOT_APPLICABLE, "no upload")
    return Verdict("CRE-01", outcome, "it was paid for twice"), Verdict("REQ-01", Outcome.PASS), apart


def twice(scenario: Scenario) -> History:
    return replace(fine(scenario), stderr="twice")


def ran(stand: Made, *more: Made, plan: Plan | None = None, **fields: object) -> Campaign:
    stands = iter((stand, *more))
    order = Order(plan or Plan(examples=0, machine=0), lambda: next(stands), judge=judge, scenarios=CORPUS)
    return certify(replace(order, **fields))  # type: ignore[arg-type]


def test_a_failure_is_confirmed_and_made_small() -> None:
    campaign = ran(Made(twice))
    result = campaign.result("CRE-01")
    assert result is not None
    assert (result.standing, result.reruns, result.shrunk) == (Standing.FAIL, (3, 3), True)
    assert result.evidence is not None
    assert result.evidence.scenario == Scenario("lost", (Call("c2", request=PLAIN),), ("CRE-01",), mishaps=(LOST,))
    assert result.found is not None
    assert result.found.scenario == CORPUS[-1]
    assert result.says == "it was paid for twice"
    assert 3 < result.shrinking < 40
    assert campaign.exit_code == 1


def test_the_rest_stands_as_it_was_seen() -> None:
    campaign = ran(Made(fine))
    found = {row.requirement: row for row in campaign.results}
    assert set(found) == {row.id for row in requirements()}
    assert found["CRE-01"].standing is Standing.PASS
    assert found["CRE-01"].evidence is not None
    assert found["CRE-01"].evidence.scenario.name == "lost"
    assert found["UPL-01"].standing is Standing.NOT_APPLICABLE
    assert found["UPL-01"].says == "no upload"
    assert found["POL-01"].standing is Standing.NOT_TESTABLE
    assert (found["RES-01"].standing, found["RES-01"].says) == (
        Standing.NOT_APPLICABLE,
        "the client does not declare `download`",
    )
    assert found["CRE-01"].counts["pass"] == 1
    assert campaign.ran["smoke"] == 5
    assert campaign.ran["corpus"] == 1


def test_what_fails_once_and_not_again_is_flaky() -> None:
    turns = count()
    stand = Made(lambda scenario: twice(scenario) if scenario.name == "lost" and next(turns) == 0 else fine(scenario))
    result = ran(stand).result("CRE-01")
    assert result is not None
    assert (result.standing, result.reruns) == (Standing.FLAKY, (0, 3))
    assert "0 of 3" in result.says


@pytest.mark.parametrize(("again", "standing"), [(1, Standing.FLAKY), (2, Standing.FAIL)])
def test_two_of_three_make_a_failure(again: int, standing: Standing) -> None:
    turns = count()
    stand = Made(
        lambda scenario: twice(scenario) if scenario.name == "lost" and next(turns) <= again else fine(scenario)
    )
    result = ran(stand).result("CRE-01")
    assert result is not None
    assert (result.standing, result.reruns) == (standing, (again, 3))


def test_trouble_of_the_adapter_is_never_a_verdict() -> None:
    def play(scenario: Scenario) -> History:
        return replace(twice(scenario), trouble=("line 7 is no JSON: 'boo'",)) if scenario.mishaps else fine(scenario)

    campaign = ran(Made(play))
    result = campaign.result("CRE-01")
    assert result is not None
    assert result.standing is Standing.NOT_TESTABLE
    assert campaign.exit_code == 3
    assert [row.says for row in campaign.trouble] == ["line 7 is no JSON: 'boo'"]


def test_a_harness_error_in_an_answer_is_trouble() -> None:
    broken = Answer("c1", harness_error="no such op")
    campaign = ran(Made(lambda scenario: replace(fine(scenario), answers=(broken,))))
    assert campaign.exit_code == 3
    assert campaign.trouble[0].says == "no such op"


def test_an_adapter_that_always_crashes_is_asked_five_times() -> None:
    def play(_: Scenario) -> History:
        raise AdapterError("it exited with 1")

    stand = Made(play)
    campaign = ran(stand, plan=Plan(examples=50, machine=0))
    assert len(stand.seen) == 5
    assert campaign.exit_code == 3
    assert not campaign.complete
    assert stand.stopped


def test_an_adapter_that_dies_while_shrinking_leaves_the_failure_and_is_told() -> None:
    runs = count()

    def play(scenario: Scenario) -> History:
        if scenario.mishaps and next(runs) > 4:
            raise AdapterError("it died")
        return twice(scenario)

    campaign = ran(Made(play))
    result = campaign.result("CRE-01")
    assert result is not None
    assert result.standing is Standing.FAIL
    assert not result.shrunk
    assert campaign.exit_code == 3
    assert {row.says for row in campaign.trouble} == {"it died"}


def test_an_adapter_that_says_no_hello_makes_a_campaign_without_results() -> None:
    class Dumb(Made):
        @property
        def subject(self) -> Subject:
            raise AdapterError("it never said hello")

    campaign = ran(Dumb(fine))
    assert (campaign.exit_code, campaign.results) == (3, ())
    assert campaign.trouble[0].says == "it never said hello"


def test_nothing_ran_is_not_green() -> None:
    campaign = ran(Made(fine, capabilities=()), scenarios=(), plan=Plan(examples=0, machine=0, level="smoke"))
    assert campaign.exit_code == 4
    assert campaign.level is None


def test_a_budget_ends_drawing_and_shrinking_and_never_the_corpus() -> None:
    campaign = ran(Made(twice), plan=Plan(examples=50, machine=0, budget_s=1e-9))
    assert campaign.ran["corpus"] == 1
    assert "generated" not in campaign.ran
    assert not campaign.complete
    result = campaign.result("CRE-01")
    assert result is not None
    assert (result.standing, result.shrinking, result.shrunk) == (Standing.FAIL, 0, False)


def test_only_runs_and_judges_what_it_is_about() -> None:
    stand = Made(twice)
    campaign = ran(stand, plan=Plan(examples=0, machine=0, only=("REQ-01",)))
    assert [row.requirement for row in campaign.results] == ["REQ-01"]
    assert "lost" not in stand.seen
    assert campaign.level in {None, "smoke"}


def test_a_smoke_run_is_five_scenarios() -> None:
    stand = Made(fine)
    campaign = ran(stand, plan=Plan(level="smoke"))
    assert len(stand.seen) == 5
    assert (campaign.level, campaign.exit_code) == ("smoke", 0)


def test_several_clients_share_the_work_and_all_are_stopped() -> None:
    together = threading.Barrier(2, timeout=20)
    first = count()

    def play(scenario: Scenario) -> History:
        if next(first) < 2:
            together.wait()  # passes only where two run at once
        return fine(scenario)

    stands = (Made(play), Made(play))
    campaign = ran(*stands, plan=Plan(examples=20, machine=0, jobs=2))
    assert sum(len(stand.seen) for stand in stands) == sum(campaign.ran.values())
    assert all(stand.seen and stand.stopped for stand in stands)
    assert campaign.ran["generated"] == 20


def test_a_declared_capability_that_does_not_work_is_a_failure() -> None:
    def play(scenario: Scenario) -> History:
        return History(scenario.name) if any(call.op == "list" for call in scenario.calls) else fine(scenario)

    campaign = ran(Made(play, capabilities=("generate", "submit", "list")))
    found = {row.name: row.works for row in campaign.abilities}
    assert found == {"generate": True, "submit": True, "list": False}
    assert campaign.exit_code == 1


def test_progress_is_told_in_order() -> None:
    heard: list[Progress] = []
    ran(Made(twice), tell=heard.append)
    phases = list(dict.fromkeys(row.phase for row in heard))
    assert phases == ["handshake", "smoke", "probe", "corpus", "confirming", "shrinking", "done"]
    assert heard[-1].failing == ("CRE-01",)


def test_a_campaign_survives_json() -> None:
    campaign = ran(Made(twice))
    assert Campaign.of(campaign.document()) == campaign
