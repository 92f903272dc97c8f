"""How a failure is reproduced, as one command."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..campaign import Campaign, Subject

FOLDER = "failures"


def scenario_file(requirement: str) -> str:
    """Return where a report keeps the scenario of a failure, below its own folder."""
    return f"{FOLDER}/{requirement}.json"


def replay_command(campaign: Campaign, requirement: str, folder: str = "") -> str:
    """Return the command that runs a failure's scenario again; `folder` is the report's."""
    file = f"{folder.rstrip('/')}/{scenario_file(requirement)}" if folder else scenario_file(requirement)
    return f"hobbyhorse certify replay {shlex.quote(file)} {subject_option(campaign.subject)}"


def subject_option(subject: Subject) -> str:
    """Return the option that names the client: `--adapter 'node my-client.js'`."""
    return f"--{'inproc' if subject.in_process else 'adapter'} {shlex.quote(subject.command)}"
