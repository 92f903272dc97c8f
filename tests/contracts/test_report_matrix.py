"""Clients beside each other, as a page: every sign is a stored standing, every failure has its replay."""

from __future__ import annotations

import pytest

from hobbyhorse_contracts.campaign import Standing
from hobbyhorse_contracts.report.certificate import certificate
from hobbyhorse_contracts.report.matrix import SIGNS, Entry, matrix

from .campaigns import ROWS, campaign, told_by


def entry(name: str, title: str, says: str = "call c1 made 2 tasks") -> Entry:
    made = certificate(told_by(campaign(), "CRE-01", standing=Standing.FAIL, says=says), ROWS)
    return Entry(
        name, title, made, f"kept/{name}", "made.json", "its `call`", "Cancels nothing.", {"CRE-01": "It says so."}
    )


def test_every_requirement_has_a_sign_of_every_client() -> None:
    one, two = entry("one", "One"), entry("two", "Two")

    page = matrix([one, two], ROWS)

    rows = [line for line in page.splitlines() if any(line.startswith(f"| {row.id} | ") for row in ROWS)]
    assert len(rows) == len(ROWS) + 2 * sum(
        row.standing in {Standing.FAIL, Standing.FLAKY, Standing.WARN} for row in one.certificate.requirements
    )
    for row in ROWS:
        stated = one.standing(row.id)
        assert stated
        sign = SIGNS[stated.standing]
        assert any(line.startswith(f"| {row.id} | ") and line.endswith(f"| {sign} | {sign} |") for line in rows), row.id


def test_a_failure_is_told_with_its_note_and_how_to_see_it_again() -> None:
    page = matrix([entry("one", "One")], ROWS)

    assert "| CRE-01 | MUST | ✗ call c1 made 2 tasks |" in page
    assert "| It says so. |" in page
    assert "hobbyhorse certify replay kept/one/failures/CRE-01.json --" in page
    assert "[Certificate](../kept/one/made.json)" in page


@pytest.mark.parametrize(("says", "shown"), [("a|b", "a\\|b"), ("<b>", "&lt;b>"), ("a\nb", "a b")])
def test_what_is_said_cannot_break_the_table(says: str, shown: str) -> None:
    assert f"✗ {shown} |" in matrix([entry("one", "One", says)], ROWS)
