"""What `hobbyhorse scenarios` and `hobbyhorse mishaps` say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hobbyhorse.cli import main
from hobbyhorse.data import load
from hobbyhorse.scenarios import library

if TYPE_CHECKING:
    from pathlib import Path

DONE, FAILED, WRONG_USE = 0, 1, 2

Printed = pytest.CaptureFixture[str]


@pytest.mark.parametrize("arguments", [["scenarios"], ["scenarios", "list"]])
def test_the_scenarios_are_listed_with_what_they_show(arguments: list[str], capsys: Printed) -> None:
    assert DONE == main(arguments)
    said = capsys.readouterr().out
    assert [name for name in library.names() if f"\n{name} " not in said] == []


def test_a_scenario_is_shown_as_it_is_written(capsys: Printed) -> None:
    assert DONE == main(["scenarios", "show", "outage"])
    assert library.text("outage") == capsys.readouterr().out


def test_a_scenario_that_is_shown_is_in_order(tmp_path: Path, capsys: Printed) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(library.text("moderation"))
    assert DONE == main(["scenarios", "check", str(file)])
    assert f"{file}: moderation is in order, rules: 2, mishaps: 0\n" == capsys.readouterr().out


def test_a_wrong_file_is_told_with_its_line_and_the_others_are_checked(tmp_path: Path, capsys: Printed) -> None:
    wrong, right = tmp_path / "wrong.yaml", tmp_path / "right.json"
    wrong.write_text("name: wrong\nrules:\n  - then: {stuck: RUNING}\n  - then: {fial: x}\n")
    right.write_text('{"mishaps": [{"do": "reset"}]}')
    assert FAILED == main(["scenarios", "check", str(wrong), str(right)])
    assert (
        f"{wrong}:3: rules.0.then.stuck: should be 'PENDING' or 'RUNNING' (did you mean 'RUNNING'?)\n"
        f"{wrong}:4: rules.1.then.fial: there is no such field (did you mean 'fail'?)\n"
        f"{right}: scenario is in order, rules: 0, mishaps: 1\n"
    ) == capsys.readouterr().out


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, capsys: Printed) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert WRONG_USE == main(["scenarios", "check", str(tmp_path / "none"), str(tmp_path / "binary")])
    said = capsys.readouterr().err
    assert f"cannot read {tmp_path / 'none'}: No such file" in said
    assert f"cannot read {tmp_path / 'binary'}: 'utf-8' codec" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["scenarios", "show", "outtage"], "there is no scenario 'outtage' (did you mean 'outage'?); `hobbyhorse scen"),
        (["mishaps", "rest"], "there is no mishap 'rest' (did you mean 'reset'?); `hobbyhorse mishaps` lists them"),
        (["scenario"], "there is no command 'scenario' (did you mean 'scenarios'?)"),
    ],
)
def test_a_mistyped_word_gets_the_nearest(arguments: list[str], said: str, capsys: Printed) -> None:
    assert WRONG_USE == main(arguments)
    assert said in capsys.readouterr().err


def test_the_kinds_of_mishap_are_listed(capsys: Printed) -> None:
    assert DONE == main(["mishaps"])
    said = capsys.readouterr().out
    assert [name for name in load().mishaps if f"\n{name} " not in said] == []


def test_a_kind_is_told_with_its_options(capsys: Printed) -> None:
    assert DONE == main(["mishaps", "date-skew"])
    said = capsys.readouterr().out
    assert "date-skew: a Date header that is off\n" in said
    assert "when: after the request has its effect; default: after\n" in said
    assert "required   -31622400 to 31622400" in said
    assert DONE == main(["mishaps", "gzip"])
    assert capsys.readouterr().out.endswith("tokens, route\n")
