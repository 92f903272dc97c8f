"""Campaigns made of recorded histories, judged by the kit's own checkers, for the tests of reports."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hobbyhorse_contracts.campaign import (
    Ability,
    Campaign,
    Case,
    LevelStanding,
    Plan,
    Result,
    Standing,
    Subject,
    Trouble,
)
from hobbyhorse_contracts.checkers import judge
from hobbyhorse_contracts.history import History
from hobbyhorse_contracts.requirements import requirements
from hobbyhorse_contracts.scenario import Scenario
from hobbyhorse_contracts.verdict import Outcome

HISTORIES = Path(__file__).parent / "histories"
ROWS = requirements()
_STANDINGS = {
    Outcome.FAIL: Standing.FAIL,
    Outcome.WARN: Standing.WARN,
    Outcome.PASS: Standing.PASS,
    Outcome.NOT_TESTABLE: Standing.NOT_TESTABLE,
    Outcome.NOT_APPLICABLE: Standing.NOT_APPLICABLE,
}


def recorded(name: str) -> Case:
    document = json.loads((HISTORIES / f"{name}.json").read_text())
    scenario, history = Scenario.of(document["scenario"]), History.of(document["history"])
    return Case(scenario, history, judge(scenario, history), "corpus")


def judged(case: Case) -> tuple[Result, ...]:
    results = []
    for row in ROWS:
        verdict = case.verdict(row.id)
        if verdict is None:
            results.append(Result(row.id, Standing.NOT_JUDGED))
            continue
        standing = _STANDINGS[verdict.outcome]
        has_evidence = standing in {Standing.FAIL, Standing.WARN, Standing.PASS}
        counts = {verdict.outcome.value: 1}
        evidence = case if has_evidence else None
        is_small = standing is Standing.FAIL
        results.append(
            Result(row.id, standing, verdict.says, counts, evidence, None, (3, 3), 7, is_small, None, ("hook",))
        )
    return tuple(results)


def campaign(name: str = "lost-create", **changes: object) -> Campaign:
    made = Campaign(
        subject=Subject("my-client", "1.4.0", "python", "python adapter.py", capabilities=("generate", "download")),
        requirement_set=ROWS.name,
        plan=Plan(),
        results=judged(recorded(name)),
        levels=(
            LevelStanding("smoke", reached=True, kept=5, applicable=5),
            LevelStanding("bronze", reached=False, kept=23, applicable=24, missing=("CRE-01: fail",)),
        ),
        level="smoke",
        abilities=(Ability("generate", works=True), Ability("download", works=False, says="no clip came")),
        trouble=(Trouble("odd-1", "stdout has a line that is not JSON: 'hello'"),),
        ran={"corpus": 1, "generated": 2},
        families={"reset": 1},
        began="2026-11-21T01:00:00+00:00",
        ended="2026-11-21T01:00:02+00:00",
        seconds=2.5,
        exit_code=1,
        kit="0.1.0",
    )
    return replace(made, **changes)  # type: ignore[arg-type] # a test says which


def told_by(made: Campaign, requirement: str, **changes: object) -> Campaign:
    """Return the campaign with one result changed."""
    results = tuple(
        replace(row, **changes) if row.requirement == requirement else row  # type: ignore[arg-type] # same
        for row in made.results
    )
    return replace(made, results=results)
