"""The page on the journal is true: its examples run and say what it says, and it names every field there is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

from hobbyhorse import Emulator
from hobbyhorse.core.mishaps import Place
from hobbyhorse.journal.advice import ROWS
from hobbyhorse.journal.entry import Content, Entry
from hobbyhorse.journal.redaction import redacted
from hobbyhorse.web.control.journal import JournalView, Wanted

PAGE = (Path(__file__).parents[2] / "docs" / "journal.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def test_the_walk_explains_a_refusal(tmp_path: Path) -> None:
    with Emulator(process=False) as emulator:
        walk = example("bash").replace("http://127.0.0.1:8700", emulator.api)
        command = ["bash", "-euo", "pipefail", "-c", walk]
        said = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    why = json.loads((tmp_path / "why.json").read_text())

    assert said.stdout == example("text")
    assert why["row"]["id"] == "synchronous-call"
    assert why["todo"] == [ROWS["synchronous-call"]]
    assert f"`{why['todo'][0]}`" in PAGE


def test_the_program_prints_what_it_says(tmp_path: Path) -> None:
    program = example("python")
    environment = {**os.environ, "NO_PROXY": "*"}
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)

    assert said.stdout.splitlines() == re.findall(r"    # (.+)", program)


def test_every_field_filter_and_route_is_named() -> None:
    words = {row.name for kind in (Entry, Content) for row in fields(kind)} | set(Place)
    words |= set(Wanted.model_fields) | set(JournalView.model_fields)

    assert {word for word in words if f"`{word}`" not in PAGE} == set()


def test_the_placeholders_are_those_of_the_redaction() -> None:
    shown = redacted("sk-abcdefgh st-abcdefgh Signature=a policy=a https://a:b@c/")

    assert set(re.findall(r"<([a-z-]+) [0-9a-f]+>", shown)) == set(re.findall(r"`<([a-z-]+) \w+>`", PAGE))
