from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hobbyhorse_contracts.campaign import Ability, KnownFailure, Plan, Result, Standing, Trouble
from hobbyhorse_contracts.levels import Exit, Facts, exit_code, highest, standings
from hobbyhorse_contracts.requirements import requirements

ROWS = requirements().rows
KNOWN = KnownFailure("POL-07", "r", "i", "2999-01-01")
GOOD = Facts(
    requirements=ROWS,
    results=tuple(Result(row.id, Standing.PASS, modes=("hook",)) for row in ROWS),
    abilities=tuple(Ability(name, works=True) for name in ("generate", "download", "resume")),
    trouble=(),
    ran={"smoke": 5, "corpus": 100, "generated": 5000, "machine": 60},
    plan=Plan(seeds=(1, 2, 3)),
    is_whole=True,
    has_machine=True,
)


def facts(changes: dict[str, Standing] | None = None, **fields: Any) -> Facts:
    changes = changes or {}
    results = tuple(replace(row, standing=changes.get(row.requirement, row.standing)) for row in GOOD.results)
    return replace(GOOD, results=results, **fields)


def reached(found: Facts) -> tuple[str | None, int]:
    level = highest(standings(found))
    return level, int(exit_code(found, level))


def missing(found: Facts, level: str) -> tuple[str, ...]:
    return next(row.missing for row in standings(found) if row.level == level)


@pytest.mark.parametrize(
    ("found", "level", "code"),
    [
        (facts(), "gold", 0),
        (facts({"CRE-01": Standing.FAIL}), "smoke", 1),
        (facts({"SEC-01": Standing.FAIL}), "smoke", 1),
        (facts({"RES-07": Standing.FAIL}), "smoke", 1),
        (facts({"POL-07": Standing.FAIL}), "bronze", 1),
        (facts({"POL-07": Standing.NOT_TESTABLE}), "bronze", 1),
        (facts({"POL-07": Standing.FLAKY}), "silver", 0),
        (facts({"POL-07": Standing.NOT_APPLICABLE}), "gold", 0),
        (facts({"CRE-03": Standing.WARN}), "silver", 0),
        (facts({"SEC-06": Standing.WARN}), "silver", 0),
        (facts(ran={**GOOD.ran, "generated": 4999}), "silver", 0),
        (facts(ran={**GOOD.ran, "generated": 499}), "bronze", 0),
        (facts(ran={**GOOD.ran, "machine": 0}), "silver", 0),
        (facts(ran={**GOOD.ran, "machine": 0}, has_machine=False), "gold", 0),
        (facts(ran={**GOOD.ran, "smoke": 4}), None, 0),
        (facts(smoke=("REQ-01",)), None, 0),
        (facts(plan=Plan(seeds=(1, 2))), "silver", 0),
        (facts(unanswered=("UNKNOWN",)), "smoke", 0),
        (facts(is_whole=False), "smoke", 0),
        (facts(abilities=(*GOOD.abilities, Ability("cancel", works=False))), "smoke", 1),
        (facts(abilities=(*GOOD.abilities, Ability("logs", works=None))), "gold", 0),
        (facts(abilities=GOOD.abilities[:2]), "silver", 0),
        (facts(abilities=GOOD.abilities[1:]), "smoke", 0),
        (facts(trouble=(Trouble("x", "it crashed"),)), "smoke", 3),
        (facts(baseline=("POL-07: it is kept now",)), "gold", 2),
        (facts({"CRE-01": Standing.FAIL}, baseline=("x",)), "smoke", 1),
        (facts({"CRE-01": Standing.FAIL}, trouble=(Trouble("x", "y"),)), "smoke", 3),
        (facts(ran={}), None, 4),
        (facts(ran={}, trouble=(Trouble("handshake", "no hello"),)), None, 3),
        (facts({"POL-07": Standing.FAIL}, plan=Plan(level="bronze", seeds=(1,))), "bronze", 1),
        (facts(ran={**GOOD.ran, "generated": 10}, plan=Plan(level="silver")), "bronze", 1),
        (facts(ran={**GOOD.ran, "generated": 600}, plan=Plan(level="silver")), "silver", 0),
    ],
)
def test_the_level_and_the_exit_code(found: Facts, level: str | None, code: int) -> None:
    assert reached(found) == (level, code)


def test_a_known_failure_changes_the_exit_code_and_not_the_level() -> None:
    failing = facts({"POL-07": Standing.FAIL})
    known = replace(
        failing,
        results=tuple(replace(row, known=KNOWN) if row.requirement == "POL-07" else row for row in failing.results),
    )
    assert reached(known) == ("bronze", 0)


def test_a_known_warning_keeps_gold_away() -> None:
    found = facts({"CRE-03": Standing.WARN})
    known = tuple(replace(row, known=KNOWN) if row.requirement == "CRE-03" else row for row in found.results)
    assert "CRE-03 is a known failure" in missing(replace(found, results=known), "gold")


def test_scaled_time_only_indicates_what_is_about_time() -> None:
    results = tuple(replace(row, modes=("scale",)) for row in GOOD.results)
    found = replace(GOOD, results=results)
    assert reached(found) == ("bronze", 0)
    assert "POL-04 is only indicated: time was scaled" in missing(found, "silver")
    assert not any("PAY" in text for text in missing(found, "silver"))


def test_applicable_requirements_are_counted() -> None:
    apart = {row.id: Standing.NOT_APPLICABLE for row in ROWS if row.family != "CRE"}
    rows = {row.level: row for row in standings(facts({**apart, "CRE-03": Standing.WARN}))}
    musts = sum(1 for row in ROWS if row.family == "CRE" and row.level == "MUST")
    assert (rows["silver"].kept, rows["silver"].applicable) == (musts, musts)
    every = sum(1 for row in ROWS if row.family == "CRE" and row.level != "INFO")
    assert (rows["gold"].kept, rows["gold"].applicable) == (every - 1, every)


def test_bronze_is_about_money_and_keys() -> None:
    rows = {row.level: row for row in standings(GOOD)}
    families = {"CRE", "SEC"}
    single = {"POL-01", "POL-09", "POL-11", "ERR-07", "RES-01", "RES-07"}
    wanted = [row for row in ROWS if row.level == "MUST" and (row.family in families or row.id in single)]
    assert rows["bronze"].applicable == len(wanted)


def test_exit_codes_are_those_of_the_reference() -> None:
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 4]
