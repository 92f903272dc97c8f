"""The set is frozen, complete and sourced; a row without a checker says so."""

from __future__ import annotations

from collections import Counter

import pytest

from hobbyhorse_contracts.checkers import CHECKERS
from hobbyhorse_contracts.requirements import requirements

ROWS = requirements()
# What a published certificate refers to. A row that changes is a new set, under a new name.
DIGEST = "4a52e0cc4e67046a8045782a8c20107717381a43adba06054ea00c23c445734b"


def test_the_set_of_november_2026_is_frozen() -> None:
    assert ROWS.digest == DIGEST


def test_there_are_92_in_11_families_and_each_once() -> None:
    counts = {"REQ": 9, "PAY": 14, "UPL": 6, "CRE": 10, "POL": 16, "ERR": 7, "SEC": 8, "RES": 13, "CAN": 3, "LST": 2}

    assert Counter(row.family for row in ROWS) == {**counts, "CON": 4}
    assert len({row.id for row in ROWS}) == len(ROWS) == 92
    assert Counter(row.level for row in ROWS) == {"MUST": 58, "SHOULD": 34}


@pytest.mark.parametrize("name", [row.id for row in ROWS])
def test_a_row_says_what_and_why_and_where_from(name: str) -> None:
    one = ROWS.get(name)

    assert one.statement.endswith(".")
    assert one.rationale.endswith(".")
    assert set(one.sources) <= set(ROWS.sources)
    assert one.sources
    assert one.kind in {"inv", "scn", "stoch", "obs"}


def test_a_must_rests_on_more_than_practice() -> None:
    # A client that never answers needs no document to be wrong.
    loose = [row.id for row in ROWS if row.level == "MUST" and set(row.sources) <= {"practice"}]

    assert loose == ["ERR-07"]


def test_every_source_is_used() -> None:
    assert set(ROWS.sources) == {key for row in ROWS for key in row.sources}


def test_what_is_judged_has_a_checker_and_nothing_else_has() -> None:
    assert set(CHECKERS) == {row.id for row in ROWS.judged}


def test_few_are_not_judged_and_none_of_money_keys_waiting_and_clips() -> None:
    open_ones = [row for row in ROWS if not row.judged]

    assert len(open_ones) <= 8
    assert not {row.family for row in open_ones} & {"CRE", "SEC", "POL", "RES"}


def test_a_mistyped_id_gets_the_nearest() -> None:
    assert ROWS.get("cre-01").id == "CRE-01"
    with pytest.raises(KeyError, match="did you mean 'CRE-01'"):
        ROWS.get("CRE01")


def test_there_is_no_other_set() -> None:
    with pytest.raises(LookupError, match="the newest is '2026-11'"):
        requirements("2025-01")


def test_one_of_several_capabilities_is_enough() -> None:
    media = ROWS.get("PAY-08")

    assert media.applies_to(["generate", "r2v"])
    assert not media.applies_to(["generate"])
    assert ROWS.get("CRE-01").applies_to([])
