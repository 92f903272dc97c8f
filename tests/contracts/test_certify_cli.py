"""The command as a process, and in process where that is enough."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hobbyhorse.cli import main as hobbyhorse
from hobbyhorse_contracts import cli_options
from hobbyhorse_contracts.cli import main

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "hobbyhorse_contracts.clients.drivable:SyncClient"
TWICE = '''
"""A client that sends a lost create again."""
from hobbyhorse_contracts.clients.mutants import MUTANTS


def Client():
    return MUTANTS["retry_create_reset"].client()
'''
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "pays_twice.py").write_text(TWICE)
    return tmp_path


def test_a_double_payment_is_named_made_small_and_replayed(folder: Path, capsys: Captured) -> None:
    words = ["--inproc", "pays_twice:Client", "--only", "CRE-01", "--examples", "20", "--seed", "1", "--out", "report"]
    assert main(words) == 1
    said = capsys.readouterr()
    assert "✗ CRE-01 fail" in said.out
    assert "seed 1" in said.err
    replay = "hobbyhorse certify replay report/failures/CRE-01.json --inproc pays_twice:Client"
    assert replay in said.out
    scenario = json.loads((folder / "report/failures/CRE-01.json").read_text())
    assert [row["moment"] for row in scenario["mishaps"]] == ["after"]
    assert scenario["calls"] == [{"request": {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}}]
    assert {"report.html", "certificate.json", "junit.xml"} <= {path.name for path in (folder / "report").iterdir()}

    assert hobbyhorse(replay.split()[1:]) == 1
    assert "CRE-01 (MUST) fail" in capsys.readouterr().out
    assert main(["verify", "report/certificate.json"]) == 0


def test_a_good_client_replays_the_same_scenario_without_a_violation(folder: Path, capsys: Captured) -> None:
    lost = {"do": "reset", "at": "create", "moment": "after", "count": 1}
    request = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}
    (folder / "lost.json").write_text(json.dumps({"name": "x", "calls": [{"request": request}], "mishaps": [lost]}))
    assert main(["replay", "lost.json", "--inproc", GOOD, "--only", "CRE-01", "--history", "history.json"]) == 0
    assert "nothing of CRE-01 is broken; 1 of 1" in capsys.readouterr().out
    assert json.loads((folder / "history.json").read_text())["rows"][0]["route"] == "create"


def test_a_known_failure_makes_it_pass_and_a_stale_one_does_not(folder: Path) -> None:
    known = folder / "known.yaml"
    words = ["--only", "CRE-01", "--examples", "0", "--known-failures", "known.yaml", "--out", "r", "--shrink", "1s"]
    known.write_text("- {id: CRE-01, reason: known, issue: x, until: 2999-01-01}")
    assert main(["--inproc", "pays_twice:Client", *words]) == 0
    assert main(["--inproc", GOOD, *words]) == 2
    known.write_text("- {id: CRE-01, reason: known, issue: x, until: 2001-01-01}")
    assert main(["--inproc", "pays_twice:Client", *words]) == 2


def test_smoke_is_a_process_that_ends_in_seconds(folder: Path) -> None:
    command = [sys.executable, "-m", "hobbyhorse", "certify", "smoke", "--inproc", GOOD, "--out", "report"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "It reaches Smoke" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["repaly"], "did you mean 'replay'?"),
        (["--inproc", GOOD, "--only", "CRE-1"], "there is no requirement 'CRE-1' (did you mean 'CRE-10'?)"),
        (["--inproc", "nothing"], "'nothing' is not written as package.module:Class"),
        (["--adapter", " "], "say how the adapter is started"),
        (["--inproc", GOOD, "--known-failures", "none.yaml"], "none.yaml: No such file"),
        (["replay", "none.json", "--inproc", GOOD], "none.json: No such file"),
        (["verify", "none.json"], "none.json: No such file"),
        (["requirements", "CRE-77"], "there is no requirement 'CRE-77'"),
        (["requirements", "CRU"], "there is no requirement 'CRU' (did you mean 'CRE'?)"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_use_is_told_with_the_nearest_word(words: list[str], said: str, capsys: Captured) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--adpater", "x"], "there is no option '--adpater' (did you mean '--adapter'?)"),
        (["--only", "CRE"], "--adapter --inproc is required"),
        (["--adapter", "x", "--inproc", "y:z"], "not allowed with"),
        (["--inproc", GOOD, "--examples", "-1"], "'-1' is no whole number from 0 on"),
        (["--inproc", GOOD, "--jobs", "0"], "'0' is no whole number from 1 on"),
        (["--inproc", GOOD, "--budget", "soon"], "'soon' is no time, such as 90s or 5m"),
        (["--inproc", GOOD, "--level", "platinum"], "invalid choice: 'platinum'"),
        (["verify"], "give a certificate, or --journal FILE"),
    ],
)
def test_wrong_options_end_with_2(words: list[str], said: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_an_adapter_that_is_none_is_trouble_and_no_verdict(capsys: Captured) -> None:
    assert main(["--adapter", f"{sys.executable} -c 'print(7)'", "--examples", "0", "--out", "report"]) == 3
    assert "trouble in handshake" in capsys.readouterr().out
    assert main(["--inproc", "no_such_module:Client", "--examples", "0", "--out", "report"]) == 3
    assert "No module named 'no_such_module'" in capsys.readouterr().out


def test_every_requirement_is_explained(capsys: Captured) -> None:
    assert main(["requirements", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["requirements"]
    assert len(rows) == 92
    for row in rows:
        assert main(["requirements", row["id"].lower()]) == 0
        said = capsys.readouterr().out
        assert said.startswith(f"{row['id']}  {row['level']}")
        assert "Evidence:" in said
        assert row["not_judged"] or "A client that breaks it" in said or "in the worse way" in said


def test_help_names_exit_codes_commands_and_examples(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for word in (
        "exit codes:",
        "certify replay",
        '--adapter "node my-client.js"',
        "--known-failures",
        "4  nothing ran",
    ):
        assert word in said


def test_nothing_at_all_shows_the_help(capsys: Captured) -> None:
    assert main([]) == 2
    assert "exit codes:" in capsys.readouterr().out


def test_without_the_kit_the_command_says_what_to_install(folder: Path) -> None:
    (folder / "hypothesis.py").write_text("raise ModuleNotFoundError('none', name='hypothesis')")
    command = [sys.executable, "-m", "hobbyhorse", "certify", "requirements"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.strip() == "hobbyhorse: certify needs hypothesis; pip install 'hobbyhorse[contracts]'"


def planned(*words: str, **environment: str) -> object:
    parser = cli_options.parser("x", "")
    cli_options.add_client(parser)
    cli_options.add_campaign(parser)
    return cli_options.plan(parser.parse_args(["--inproc", GOOD, *words]), environment)


def test_levels_profiles_and_ci_make_the_plan() -> None:
    def of(*words: str, **environment: str) -> tuple[object, ...]:
        found = planned(*words, **environment)
        return tuple(getattr(found, name) for name in ("examples", "seeds", "profile", "level"))

    assert of("--seed", "7") == (200, (7,), "kit-dev", None)
    assert of(CI="true") == (200, (0,), "kit-ci", None)
    assert of("--profile", "kit-nightly", "--seed", "3", CI="true") == (5000, (3,), "kit-nightly", None)
    assert of("--level", "gold", "--seed", "7") == (5000, (7, 8, 9), "kit-dev", "gold")
    assert of("--level", "silver", "--seed", "7", "--examples", "9") == (9, (7,), "kit-dev", "silver")
    assert of("--level", "bronze", "--seed", "7")[0] == 0
    assert of()[1] != of()[1]


@pytest.mark.parametrize(("text", "found"), [("90", 90.0), ("90s", 90.0), ("5m", 300.0), ("1.5h", 5400.0)])
def test_times_are_read(text: str, found: float) -> None:
    assert cli_options.seconds(text) == found
