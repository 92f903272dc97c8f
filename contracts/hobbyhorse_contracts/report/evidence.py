"""What a result rests on, as the reports need it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..campaign import Case


def proof(case: Case, requirement: str) -> tuple[int, ...]:
    """Return the numbers of the rows that a verdict rests on."""
    found = case.verdict(requirement)
    return found.rows if found else ()


def scenario_text(case: Case) -> str:
    """Return a scenario as it is read and kept: indented JSON."""
    return json.dumps(case.scenario.document(), indent=2, ensure_ascii=False)
