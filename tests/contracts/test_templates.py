"""The templates run as they are, and are good clients; talking to an adapter says what is wrong with it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hobbyhorse_contracts
from hobbyhorse_contracts.adapters import StdioAdapter
from hobbyhorse_contracts.adapters.talk import main, talk
from hobbyhorse_contracts.driver import Driver, Limits
from hobbyhorse_contracts.scenario import Call, Scenario, Timeline

from .raw import REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator
    from hobbyhorse_contracts.history import History

TEMPLATES = Path(hobbyhorse_contracts.__file__).parent / "adapters" / "templates"
RUNS = {"client.py": sys.executable, "client.mjs": "node", "client.sh": "bash"}


def command(name: str) -> list[str]:
    program = shutil.which(RUNS[name])
    if program is None or (name == "client.sh" and shutil.which("curl") is None):
        pytest.skip(f"{RUNS[name]} or curl is not installed")
    return [program, str(TEMPLATES / name)]


@pytest.fixture(scope="module", params=RUNS)
def driver(request: pytest.FixtureRequest, hobbyhorse: Emulator) -> Iterator[Driver]:
    with Driver(StdioAdapter(command(request.param)), hobbyhorse) as found:
        yield found


def played(driver: Driver, prompt: str = "a paper horse", **rest: Any) -> History:
    request = {**REQUEST, "input": {"prompt": prompt}}
    history = driver.run(Scenario("x", (Call("c1", request=request, options={"out": "clip.mp4"}),), **rest))
    assert not history.trouble
    assert not history.leaks
    return history


def test_every_template_is_tested() -> None:
    assert {path.name for path in TEMPLATES.iterdir() if path.is_file()} == set(RUNS)


def test_it_saves_the_clip_of_a_task_that_takes_a_minute(driver: Driver) -> None:
    prompt = 'a "paper" horse, \\ 马 🐎\n","options":{"out":"/tmp/x"}'
    history = played(driver, prompt, timeline=Timeline(pending_s=20, running_s=40))

    (answer,) = history.answers
    (task,) = history.tasks
    assert answer.result is not None
    assert (answer.result.task_id, answer.result.sha256, answer.result.path) == (task.id, task.clip_sha256, "clip.mp4")
    assert history.files[-1].sha256 == task.clip_sha256
    assert history.ended_ms == 60_000
    (create,) = history.on("create")
    assert create.header("x-dashscope-async") == "enable"
    (download,) = history.on("download")
    assert download.header("authorization") is None
    assert task.model == REQUEST["model"]
    assert json.loads(create.body.text or "")["input"]["prompt"] == prompt


@pytest.mark.parametrize(
    ("rest", "kind"),
    [
        ({"timeline": Timeline(outcome="FAILED", error="InternalError.Timeout")}, "task"),
        ({"timeline": Timeline(outcome="CANCELED")}, "canceled"),
        ({"timeline": Timeline(outcome="UNKNOWN")}, "unknown_task"),
        ({"timeline": Timeline(outcome="STUCK")}, "timeout"),
        ({"mishaps": ({"do": "reset", "at": "create", "moment": "after"},)}, "ambiguous"),
        ({"rules": ({"then": {"refuse": "InvalidParameter"}},)}, "validation"),
        ({"mishaps": ({"do": "truncated-mp4", "at": "download", "keep": 0},)}, "integrity"),
        ({"mishaps": ({"do": "short-body", "at": "create"},)}, "ambiguous"),
        ({"mishaps": ({"do": "empty-body", "at": "create"},)}, "ambiguous"),
        ({"mishaps": ({"do": "short-body", "at": "download"},)}, "network"),
        ({"mishaps": ({"do": "missing-last-chunk", "at": "download"},)}, "network"),
    ],
)
def test_it_says_what_went_wrong_and_pays_once(driver: Driver, rest: dict[str, Any], kind: str) -> None:
    history = played(driver, **rest)

    (answer,) = history.answers
    assert answer.error is not None
    assert answer.error.kind == kind
    assert answer.error.text
    assert len(history.on("create")) == 1


def test_it_goes_on_after_polls_that_failed(driver: Driver) -> None:
    history = played(
        driver, mishaps=({"do": "html", "at": "get", "count": 2}, {"do": "close", "at": "get", "count": 3})
    )

    assert history.answers[0].ok


@pytest.mark.parametrize("name", RUNS)
def test_talking_to_it_finds_nothing_wrong(name: str, hobbyhorse: Emulator) -> None:
    found = talk(command(name), hobbyhorse)

    assert [row.says for row in found if row.weight != "fine"] == []
    assert found[-1].says == "it ends when it is told bye"


def mended(*changes: tuple[str, str]) -> list[str]:
    """Return the command of the Python template with texts replaced."""
    text = (TEMPLATES / "client.py").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return [sys.executable, "-c", text]


@pytest.mark.parametrize(
    ("changes", "weight", "said"),
    [
        ([('"sleep_hook", ', '"sleep-hook", ')], "wrong", "no capability 'sleep-hook' (did you mean 'sleep_hook'?)"),
        ([('"generate", "download"', '"download"')], "wrong", "neither `generate` nor `submit` and `wait`"),
        ([('VERSION = "template-python", "1"', 'VERSION = "x", ""')], "advice", "hello has no `version`"),
        ([('"config": {"auto_retry": False},', "")], "advice", "no `config.auto_retry`"),
        ([('{"auto_retry": False}', '{"auto_retry": False, "time": "hok"}')], "wrong", "'hok' (did you mean 'hook'?)"),
        ([('    say(type="sleep"', '    print("zzz", flush=1)\n    say(type="sleep"')], "wrong", "the line is: 'zzz'"),
        ([('say(type="answer", id=call["id"], ok=True', 'dict(id=call["id"], ok=True')], "wrong", "said nothing"),
        ([('{"task_id": task, "status"', '{"task_id": "mine", "status"')], "wrong", "result.task_id is 'mine'"),
        ([("part.rename(out)", "part.unlink()")], "wrong", "nothing was saved as options.out"),
        ([("sha256(clip).hexdigest()", "sha256(b'').hexdigest()")], "wrong", "result.sha256 is not that of the file"),
        ([('"FAILED": "task"', '"FAILED": "other"')], "advice", "error.kind is 'other'"),
        ([('message["type"] == "bye"', "False")], "fine", "it ends"),  # the end of stdin is a bye as well
    ],
)  # fmt: skip
def test_talking_to_an_adapter_names_what_is_wrong_with_it(
    changes: list[tuple[str, str]], weight: str, said: str, hobbyhorse: Emulator
) -> None:
    found = talk(mended(*changes), hobbyhorse, limits=Limits(silent_s=1.0))

    assert [row for row in found if said in row.says and row.weight == weight], found


def test_the_command_prints_what_was_found_and_ends_with_3_for_one_that_is_broken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["/no/such/adapter"])

    out = capsys.readouterr().out
    assert code == 3
    assert "WRONG  the adapter cannot be started" in out
    assert "cannot use this adapter yet" in out
