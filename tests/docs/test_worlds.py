"""The page on worlds is true: its walk runs, it names every field, act and reset there is."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx

from hobbyhorse import Emulator
from hobbyhorse.service.provisioning import Resettable
from hobbyhorse.web.control.clock import ClockChange
from hobbyhorse.web.control.worlds import KeyDocument, WorldDocument

PAGE = (Path(__file__).parents[2] / "docs" / "worlds.md").read_text(encoding="utf-8")


def test_the_walk_ends_with_a_clip_a_dead_url_a_story_and_a_bill(tmp_path: Path) -> None:
    (walk,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    with Emulator(process=False) as emulator:
        walk = f"PATH={Path(sys.executable).parent}:$PATH\n" + walk.replace("http://127.0.0.1:8700", emulator.api)
        said = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", walk], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        left = [world.id for world in emulator.worlds()]

    read = {path.stem: json.loads(path.read_text()) for path in tmp_path.glob("*.json")}
    assert "SUCCEEDED" == read["task"]["output"]["task_status"]
    assert "SUCCEEDED" == read["expired"]["status"]
    assert read["task"]["output"]["task_id"][:8] in said.stdout
    assert [("happyhorse-1.1-t2v", 1)] == [(line["model"], line["tasks"]) for line in read["ledger"]["lines"]]
    assert ["default"] == left


def test_the_refusal_is_what_is_answered() -> None:
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    with Emulator(process=False) as emulator:
        url = f"{emulator.api}/_hobbyhorse/worlds"
        answer = httpx.post(url, json={"pase": "instant"}, trust_env=False)

    assert (422, json.loads(shown)) == (answer.status_code, answer.json())


def test_every_field_and_reset_is_told() -> None:
    fields = {*WorldDocument.model_fields, *ClockChange.model_fields, *KeyDocument.model_fields}
    words = {*fields, *Resettable}
    assert {word for word in words if not re.search(rf"[`{{ ,]{word}[`}}, ]", PAGE)} == set()


def test_every_act_is_told() -> None:
    with Emulator(process=False) as emulator:
        paths = httpx.get(f"{emulator.api}/_hobbyhorse/openapi.json", trust_env=False).json()["paths"]
    (acts,) = [
        parameter["schema"]["enum"]
        for path, methods in paths.items()
        if path.endswith("/{act}")
        for parameter in methods["post"]["parameters"]
        if parameter["name"] == "act"
    ]
    assert [] == [act for act in ("fail", *acts) if f"| `{act}` |" not in PAGE]
