"""The page on certifying is true: its walk runs, and what it says of the set and the levels holds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from hobbyhorse_contracts.requirements import requirements

PAGE = (Path(__file__).parents[2] / "docs" / "certify.md").read_text(encoding="utf-8")


def test_the_walk_ends_with_a_certificate_that_holds(tmp_path: Path) -> None:
    (walk,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    path = f"PATH={Path(sys.executable).parent}:$PATH\n"
    said = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", path + walk], cwd=tmp_path, check=True, capture_output=True, text=True
    )

    assert "One call makes at most one task" in said.stdout
    report = tmp_path / "report"
    assert {"report.html", "certificate.json", "junit.xml", "badge.svg"} <= {path.name for path in report.iterdir()}


def test_the_number_of_requirements_is_right() -> None:
    assert f"{len(requirements().rows)} requirements, `{requirements().name}`" in PAGE
