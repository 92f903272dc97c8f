"""The page on scenarios is true: its commands run, its document is in order, it names everything that is taken."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from hobbyhorse import Emulator
from hobbyhorse.core import markers
from hobbyhorse.data import load
from hobbyhorse.scenarios import DocumentError, forms, read, scenario_of

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text(encoding="utf-8")


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_document_is_in_order() -> None:
    (text,) = examples("yaml")
    found = scenario_of(read(text, "bad-day.yaml"), load())
    assert (3, 1) == (len(found.rules), len(found.mishaps))


def test_the_message_is_what_is_said() -> None:
    (text,) = examples("text")
    wrong = "name: mine\nrules:\n- when: {nth: 1}\n  then: {fail: SystemEror}\n"
    with pytest.raises(DocumentError) as found:
        scenario_of(read(wrong, "mine.yaml"), load())
    assert text.strip() == str(found.value)


def test_the_commands_run(tmp_path: Path) -> None:
    (walk,) = examples("bash")
    with Emulator(process=False) as emulator:
        walk = walk.replace("http://127.0.0.1:8700", emulator.api)
        path = f"PATH={Path(sys.executable).parent}:$PATH\n"
        said = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", path + walk], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        listed = httpx.get(f"{emulator.control}/worlds/default/scenarios", trust_env=False).json()
    left = [row["name"] for row in listed["scenarios"]]
    assert "mine.yaml: slow-queue is in order" in said.stdout
    assert '"name":"outage"' in said.stdout
    assert ["slow-queue"] == left


@pytest.mark.parametrize("form", [forms.WhenForm, forms.ThenForm, forms.OddForm])
def test_every_field_is_told(form: type[forms.WhenForm]) -> None:
    assert [] == [name for name in form.model_fields if f"`{name}`" not in PAGE]


def test_every_marker_is_told() -> None:
    assert [] == [word for word in markers._READERS if f"[[{word}" not in PAGE]
