"""The page on mishaps is true: its examples run, and it names every word that is taken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from hobbyhorse import Emulator
from hobbyhorse.core.mishaps import Place
from hobbyhorse.scenarios import forms

PAGE = (Path(__file__).parents[2] / "docs" / "mishaps.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_walk_leaves_a_task_behind_a_reset(tmp_path: Path) -> None:
    with Emulator(process=False) as emulator:
        walk = example("bash").replace("http://127.0.0.1:8700", emulator.api)
        command = ["bash", "-euo", "pipefail", "-c", walk]
        said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)

    assert said.stdout == "curl ended with 56\n"
    assert json.loads((tmp_path / "mishap.json").read_text())["do"] == "reset"
    assert len(json.loads((tmp_path / "tasks.json").read_text())["tasks"]) == 1


def test_the_program_prints_what_it_says(tmp_path: Path) -> None:
    program = example("python")
    command = [sys.executable, "-c", program]
    environment = {**os.environ, "NO_PROXY": "*"}
    said = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)

    assert said.stdout.splitlines() == re.findall(r"  # (.+)", program)


def test_every_word_of_a_mishap_and_every_route_is_named() -> None:
    words = {field.alias or name for name, field in forms.MishapForm.model_fields.items()} | set(Place)

    assert {word for word in words if not re.search(rf"\b{word}\b", PAGE)} == set()
