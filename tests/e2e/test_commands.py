"""What the `hobbyhorse` command says: help, tables, and what is wrong with what it was told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from hobbyhorse.cli import main
from hobbyhorse.settings import Settings
from servers import bare_environment

if TYPE_CHECKING:
    from pathlib import Path

WRONG_USE = 2


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HOBBYHORSE_")]:
        monkeypatch.delenv(name)


def test_the_help_of_serve_tells_every_setting_and_which_wins(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--help"])

    text = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    named = {match.replace("-", "_") for match in re.findall(r"--([a-z-]+)", text)}
    assert {row.name for row in fields(Settings)} | {"config"} <= named
    assert (
        "The command line wins over the environment, the environment over the file, the file over the default" in text
    )
    assert "HOBBYHORSE_RESULT_PORT" in text
    assert "(default: 8700)" in text


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--pace", "quik"], {}, "--pace is 'quik' (did you mean 'quick'?); it may be instant, quick or realistic"),
        (["--port", "99999"], {}, "--port is 99999; a port is at most 65535"),
        (["--port", "http"], {}, "--port is 'http'; it must be a whole number"),
        (["--seed", "-1"], {}, "--seed is '-1'; it must be a whole number"),
        (["--public-url", "fake.example"], {}, "--public-url is 'fake.example'; it must be a base URL such as"),
        (["--region", "cn-bejing"], {}, "there is no region 'cn-bejing' (did you mean 'cn-beijing'?); there are"),
        (["--font", "/no/such.ttf"], {}, "there is no font file '/no/such.ttf'"),
        (
            ["--ready-file", "/no/such/file"],
            {},
            "--ready-file is '/no/such/file', which cannot be written: No such file",
        ),
        (["--ready-file", "/"], {}, "--ready-file is '/', which cannot be written: Is a directory"),
        (["--config", "/no/such.toml"], {}, "the configuration file /no/such.toml cannot be read: No such file"),
        (["--pce", "quick"], {}, "serve does not take '--pce' (did you mean '--pace'?); see hobbyhorse serve --help"),
        (["--resultport=1"], {}, "serve does not take '--resultport' (did you mean '--result-port'?); see"),
        ([], {"HOBBYHORSE_PACE": "slow"}, "HOBBYHORSE_PACE is 'slow'; it may be instant, quick or realistic"),
        ([], {"HOBBYHORSE_PAEC": "quick"}, "there is no setting HOBBYHORSE_PAEC (did you mean"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list | dict) else "",
)
def test_a_wrong_setting_is_told_in_a_line(
    arguments: list[str],
    environment: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    code = main(["serve", "--port", "0", "--result-port", "0", *arguments])

    printed = capsys.readouterr()
    assert code == WRONG_USE
    assert printed.out == ""
    assert printed.err.startswith("hobbyhorse: ")
    assert printed.err.count("\n") == 1
    assert said in printed.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('pace = "quik"', "hobbyhorse.toml: pace is 'quik' (did you mean 'quick'?); it may be"),
        ("port = true", "hobbyhorse.toml: port is True; it must be a whole number"),
        ("result-prt = 1", "hobbyhorse.toml: there is no setting 'result-prt' (did you mean 'result_port'?)"),
        ("pace = quick", "hobbyhorse.toml is no TOML: "),
        ("region = 7", "hobbyhorse.toml: region is 7; it must be a text"),
    ],
)
def test_a_wrong_line_in_the_file_is_told_with_the_file(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hobbyhorse.toml"
    file.write_text(text)

    assert main(["serve", "--config", str(file)]) == WRONG_USE

    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert said in printed


def test_without_a_command_it_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == WRONG_USE

    text = capsys.readouterr().out
    assert all(command in text for command in ("serve", "keys", "models", "errors"))


def test_keys_tells_what_each_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys"]) == 0

    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if "sk-facade00000000000000000000000002" in line)
    assert "400 Arrearage at create" in row
    assert "--keys declared" in lines[-1]


def test_models_lists_all_and_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    every = capsys.readouterr().out
    assert main(["models", "happyhorse-1.1-i2v"]) == 0
    one = capsys.readouterr().out

    assert len(re.findall(r"^happyhorse-1\.[01]-(?:t2v|i2v|r2v|video-edit) ", every, re.MULTILINE)) == 7
    assert re.search(r"^wan2\.7-t2v-2026-06-12 .* unknown ", every, re.MULTILINE)  # a missing price is never zero
    assert re.search(r"parameters\.duration +integer +5 +3 to 15", one)
    assert re.search(r"parameters\.resolution +choice +1080P +480P, 720P, 1080P", one)
    assert re.search(r"cn-beijing +CNY +0\.45 +0\.9 +1\.2", one)


def test_errors_lists_all_and_shows_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors"]) == 0
    every = capsys.readouterr().out
    assert main(["errors", "UnsupportedOperation"]) == 0
    one = capsys.readouterr().out

    assert re.search(r"^401 +InvalidApiKey +Invalid API-key provided\. .* official", every, re.MULTILINE)
    assert "Request has expired." in every
    assert re.search(r"^400 +UnsupportedOperation +Failed to cancel the task", one, re.MULTILINE)
    assert "InvalidApiKey" not in one
    assert "OD-ERR: https://" in one


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["models", "wan2.7-t2"],
            "there is no model 'wan2.7-t2' (did you mean 'wan2.7-t2v'?); `hobbyhorse models` lists them",
        ),
        (["models", "zzz"], "there is no model 'zzz'; `hobbyhorse models` lists them"),
        (
            ["errors", "InvalidApiKeys"],
            "there is no error code 'InvalidApiKeys' (did you mean 'InvalidApiKey'?); `hobbyhorse errors` lists them",
        ),
        (["modles"], "there is no command 'modles' (did you mean 'models'?)"),
        (["keys", "mine"], "keys does not take 'mine'; see hobbyhorse keys --help"),
    ],
)
def test_an_unknown_word_gets_the_nearest(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == WRONG_USE

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"hobbyhorse: {said}\n"


@pytest.mark.parametrize("arguments", [["keys"], ["errors"], ["serve", "--help"]])
def test_a_reader_that_goes_away_is_no_failure(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    environment = {**bare_environment(), "PYTHONUNBUFFERED": ""}
    try:
        said = subprocess.run(
            [sys.executable, "-m", "hobbyhorse", *arguments],
            env=environment,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=20,
            check=False,
        )
    finally:
        os.close(writer)

    assert (said.returncode, said.stderr) == (0, "")
