"""Every checker against hand-written histories that keep and break its requirement, and what holds for all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hobbyhorse_contracts.checkers import CHECKERS, judge
from hobbyhorse_contracts.history import Answer, History
from hobbyhorse_contracts.requirements import requirements
from hobbyhorse_contracts.requirements.examples import examples
from hobbyhorse_contracts.scenario import Scenario
from hobbyhorse_contracts.verdict import Outcome

if TYPE_CHECKING:
    from hobbyhorse_contracts.requirements.examples import Example

ROWS = requirements()
ALL = pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.requirement} {example.name}")
JUDGED = pytest.mark.parametrize("name", sorted(CHECKERS))


def outcome(example: Example, history: History | None = None) -> Outcome:
    return CHECKERS[example.requirement](example.scenario, history or example.history).outcome


def wanted(example: Example) -> Outcome:
    is_must = ROWS.get(example.requirement).level == "MUST"
    return {
        "kept": Outcome.PASS,
        "broken": Outcome.FAIL if is_must else Outcome.WARN,
        "worse": Outcome.WARN,
        "unseen": Outcome.NOT_TESTABLE,
    }[example.word]


@ALL
def test_a_checker_says_of_an_example_what_its_author_did(example: Example) -> None:
    verdict = CHECKERS[example.requirement](example.scenario, example.history)

    assert verdict.outcome is wanted(example), verdict.says
    assert verdict.says


@JUDGED
def test_every_checker_has_an_example_that_keeps_and_one_that_breaks(name: str) -> None:
    words = {example.word for example in examples() if example.requirement == name}

    assert {"kept", "broken"} <= words


def test_the_order_in_which_rows_and_answers_were_written_makes_no_difference() -> None:
    for example in examples():
        history = example.history
        turned = replace(history, rows=history.rows[::-1], tasks=history.tasks[::-1], events=history.events[::-1])

        assert outcome(example, turned) is outcome(example), example.scenario.name


def test_the_rows_that_prove_a_verdict_are_in_the_history() -> None:
    for example in examples():
        numbers = {row.number for row in example.history.rows}

        for verdict in judge(example.scenario, example.history):
            assert set(verdict.rows) <= numbers, (example.scenario.name, verdict)


def test_a_verdict_survives_the_history_being_stored() -> None:
    for example in examples():
        stored = History.of(json.loads(json.dumps(example.history.document())))
        scenario = Scenario.of(json.loads(json.dumps(example.scenario.document())))
        checker = CHECKERS[example.requirement]

        assert checker(scenario, stored) == checker(example.scenario, example.history)


def test_what_a_client_does_not_declare_is_not_applicable() -> None:
    for example in examples():
        bare = replace(example.history, capabilities=("generate",))

        said = outcome(example, bare)

        assert (said is Outcome.NOT_APPLICABLE) == bool(ROWS.get(example.requirement).capability), example.scenario.name


def test_trouble_of_the_adapter_is_no_verdict() -> None:
    for example in examples():
        trouble = replace(example.history, trouble=("line 3: no JSON: Traceback",))
        own = replace(example.history, answers=(*example.history.answers, Answer("c1", harness_error="it crashed")))

        assert outcome(example, trouble) is outcome(example, own) is Outcome.NOT_TESTABLE, example.scenario.name


def test_a_journal_with_gaps_proves_nothing() -> None:
    for example in examples():
        assert outcome(example, replace(example.history, complete=False)) is Outcome.NOT_TESTABLE, example.scenario.name


@JUDGED
def test_a_history_in_which_nothing_happened_breaks_nothing(name: str) -> None:
    row = ROWS.get(name)
    scenario = Scenario.of({"name": "nothing", "calls": [{"request": {"model": "m", "input": {"prompt": "p"}}}]})

    verdict = CHECKERS[name](scenario, History("nothing", capabilities=row.capability))

    assert verdict.outcome is Outcome.NOT_TESTABLE, verdict


def test_an_edited_row_changes_the_verdict() -> None:
    example = next(one for one in examples() if one.requirement == "CRE-01" and one.word == "kept")
    edited = replace(
        example.history, rows=(*example.history.rows, replace(example.history.rows[0], number=9, committed="U"))
    )

    assert outcome(example) is Outcome.PASS
    assert outcome(example, edited) is Outcome.FAIL


def test_judging_some_judges_only_these() -> None:
    example = examples()[0]

    assert [one.requirement for one in judge(example.scenario, example.history, ["SEC-01", "CRE-01"])] == [
        "CRE-01",
        "SEC-01",
    ]
    assert len(judge(example.scenario, example.history)) == len(CHECKERS)


def test_a_good_story_of_everyday_breaks_nothing() -> None:
    # The whole of a usual call, as the first example of RES-01 tells it.
    example = next(one for one in examples() if one.requirement == "RES-01" and one.word == "kept")

    bad = [one for one in judge(example.scenario, example.history) if one.outcome in {Outcome.FAIL, Outcome.WARN}]

    assert bad == []
