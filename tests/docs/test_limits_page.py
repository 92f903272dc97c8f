"""The page on limits: its example runs, and its numbers are the rows'."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from hobbyhorse.data import load

if TYPE_CHECKING:
    from hobbyhorse import Emulator

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text()


def test_the_storm_is_answered_as_the_page_says(tmp_path: Path, hobbyhorse: Emulator) -> None:
    (walk,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    walk = walk.replace("http://127.0.0.1:8700", hobbyhorse.api)
    subprocess.run(["bash", "-euo", "pipefail", "-c", walk], cwd=tmp_path, check=True, capture_output=True)

    assert (tmp_path / "said.txt").read_text().split() == ["200", "200", "429"]
    assert json.loads((tmp_path / "ledger.json").read_text())["currencies"] == {"CNY": 9}


def test_the_numbers_are_those_of_the_rows() -> None:
    limits = load().limits
    numbers = {limited.value: row.value for limited, row in limits.rows.items()}

    assert f"| tasks waiting for others to end | {numbers['queue']} |" in PAGE
    assert numbers["get"] == numbers["list"] == numbers["cancel"]
    assert f"| gets, lists, cancels a second | {numbers['get']} of each |" in PAGE
    assert f"| upload policies a second | {numbers['policy']} |" in PAGE
    assert [f"(upstream grants {tier.seconds})" in PAGE for tier in limits.free_tiers] == [True]


def test_the_worlds_document_of_the_page_is_taken(hobbyhorse: Emulator) -> None:
    (document,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    with hobbyhorse.world(**json.loads(document)) as world:
        assert world.view()["quotas"] == json.loads(document)["quotas"]
