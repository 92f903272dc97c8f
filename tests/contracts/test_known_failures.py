from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from hobbyhorse_contracts.campaign import KnownFailure, Result, Standing
from hobbyhorse_contracts.known_failures import BaselineError, held, load

if TYPE_CHECKING:
    from pathlib import Path

IDS = ["CRE-01", "POL-06", "POL-07"]
TODAY = date(2026, 11, 21)
ENTRY = KnownFailure("POL-07", "a 429 ends the wait", "https://example.com/7", "2027-03-01")


def file(folder: Path, text: str) -> Path:
    path = folder / "known-failures.yaml"
    path.write_text(text)
    return path


def test_a_file_is_read_whatever_its_dates_and_issues_are_written_as(tmp_path: Path) -> None:
    first = "- {id: POL-07, reason: a, issue: 7, until: 2027-03-01}"
    text = f"{first}\n- {{id: CRE-01, reason: b, issue: x, until: '2027-03-02'}}"
    assert load(file(tmp_path, text), IDS) == (
        KnownFailure("POL-07", "a", "7", "2027-03-01"),
        KnownFailure("CRE-01", "b", "x", "2027-03-02"),
    )
    assert load(file(tmp_path, "# none yet\n"), IDS) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "- {id: POL-7, reason: a, issue: x, until: 2027-03-01}",
            "no requirement 'POL-7' (did you mean 'POL-",
        ),
        ("- {id: POL-07, reason: a, issue: x, until: soon}", "'soon' is no date"),
        ("- {id: POL-07, reason: '', issue: x, until: 2027-03-01}", "say why it fails"),
        ("- {id: POL-07, reason: a, issue: x}", "until"),
        ("- {id: POL-07, reson: a, issue: x, until: 2027-03-01}", "did you mean 'reason'"),
        ("- POL-07", "entry 1"),
        ("id: POL-07", "no list"),
        ("- {id: [", "no YAML"),
        ("\n".join(["- {id: POL-07, reason: a, issue: x, until: 2027-03-01}"] * 2), "has an entry already"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BaselineError) as caught:
        load(file(tmp_path, text), IDS)
    assert said in str(caught.value)
    assert "known-failures.yaml" in str(caught.value)


def test_all_mistakes_are_told_at_once_and_a_missing_file_is_one(tmp_path: Path) -> None:
    text = "- {id: X, reason: a, issue: x, until: 2027-03-01}\n- {id: POL-07, reason: a, issue: x, until: soon}"
    with pytest.raises(BaselineError, match=r"(?s)entry 1.*entry 2"):
        load(file(tmp_path, text), IDS)
    with pytest.raises(BaselineError, match="No such file"):
        load(tmp_path / "none.yaml", IDS)


@pytest.mark.parametrize("standing", [Standing.FAIL, Standing.WARN, Standing.FLAKY])
def test_an_entry_that_is_true_marks_its_result(standing: Standing) -> None:
    results, errors = held([Result("POL-07", standing), Result("CRE-01", Standing.FAIL)], [ENTRY], TODAY, is_whole=True)
    assert [row.known for row in results] == [ENTRY, None]
    assert errors == ()


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing.PASS, "it is kept now"),
        (Standing.NOT_APPLICABLE, "matches nothing"),
        (Standing.NOT_JUDGED, "matches nothing"),
        (Standing.NOT_TESTABLE, "matches nothing"),
    ],
)
def test_an_entry_that_is_not_true_is_an_error(standing: Standing, said: str) -> None:
    results, errors = held([Result("POL-07", standing)], [ENTRY], TODAY, is_whole=True)
    assert results[0].known is None
    assert len(errors) == 1
    assert said in errors[0]


def test_an_entry_whose_date_is_over_is_an_error_from_the_next_day_on() -> None:
    failing = [Result("POL-07", Standing.FAIL)]
    assert held(failing, [ENTRY], date(2027, 3, 1), is_whole=True)[1] == ()
    (error,) = held(failing, [ENTRY], date(2027, 3, 2), is_whole=True)[1]
    assert "2027-03-01" in error


def test_a_part_of_a_run_says_nothing_of_what_it_was_not_about() -> None:
    assert held([Result("CRE-01", Standing.PASS)], [ENTRY], TODAY, is_whole=False)[1] == ()
    assert held([Result("POL-07", Standing.NOT_TESTABLE)], [ENTRY], TODAY, is_whole=False)[1] == ()
    assert held([Result("POL-07", Standing.PASS)], [ENTRY], TODAY, is_whole=False)[1] != ()
