"""A report as a folder: everything that a campaign is told as, and the scenarios of what failed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..campaign import Standing
from ..requirements import requirements as newest
from .badge import badge, endpoint
from .certificate import adapter_files, certificate, write
from .evidence import scenario_text
from .junit import junit
from .page import html
from .printable import safe
from .replay import scenario_file

if TYPE_CHECKING:
    from ..campaign import Campaign
    from ..requirements import Requirements

FILES = ("certificate.json", "report.html", "junit.xml", "badge.svg", "badge.json")


def write_reports(
    campaign: Campaign, folder: Path, *, requirements: Requirements | None = None, beside: bool = False
) -> str:
    """Write every report into a folder, which is made if need be; return the certificate's digest.

    `beside` puts the histories into files of their own. Scenarios of failures are in `failures/`, as `replay` takes
    them; those of an earlier run are taken away. Raises OSError.
    """
    rows = requirements or newest(campaign.requirement_set)
    folder.mkdir(parents=True, exist_ok=True)
    made = certificate(campaign, rows, files=adapter_files(campaign.subject.command))
    write(made, folder / FILES[0], beside=beside)
    texts = (
        html(campaign, rows, made.digest),
        junit(campaign, rows, str(folder)),
        badge(campaign),
        json.dumps(endpoint(campaign)) + "\n",
    )
    for name, text in zip(FILES[1:], texts, strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    _write_failures(safe(campaign), folder)
    return made.digest


def _write_failures(campaign: Campaign, folder: Path) -> None:
    wanted = {
        scenario_file(row.requirement): scenario_text(row.evidence) + "\n"
        for row in campaign.results
        if row.evidence is not None and row.standing in {Standing.FAIL, Standing.FLAKY, Standing.WARN}
    }
    failures = folder / Path(scenario_file("any")).parent
    for old in failures.glob("*.json"):
        if f"{failures.name}/{old.name}" not in wanted:
            old.unlink()
    if wanted:
        failures.mkdir(exist_ok=True)
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
