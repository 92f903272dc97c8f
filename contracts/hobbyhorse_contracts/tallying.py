"""Gathers what checkers say of many histories, and keeps of each requirement only what may be shown later."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .reduction import weight
from .verdict import Outcome

if TYPE_CHECKING:
    from .campaign import Case
    from .history import Mode

_KEPT = 8  # cases that break a requirement: one of them will be confirmed


@dataclass(slots=True)
class Tally:
    """What was seen of one requirement. `broke` and `worse` are the smallest such cases, smallest first."""

    requirement: str
    counts: Counter[Outcome] = field(default_factory=Counter)
    modes: set[Mode] = field(default_factory=set)
    broke: list[Case] = field(default_factory=list)
    worse: list[Case] = field(default_factory=list)
    kept: Case | None = None
    apart: str = ""

    def add(self, case: Case, outcome: Outcome, says: str) -> None:
        """Take in one case."""
        self.counts[outcome] += 1
        if outcome is Outcome.NOT_APPLICABLE:
            self.apart = says
        if outcome in {Outcome.NOT_APPLICABLE, Outcome.NOT_TESTABLE}:
            return
        self.modes.add(case.history.mode)
        if outcome is Outcome.FAIL:
            self.broke = _smallest([*self.broke, case])
        elif outcome is Outcome.WARN:
            self.worse = _smallest([*self.worse, case])
        elif self.kept is None or _rank(case, self.requirement) < _rank(self.kept, self.requirement):
            self.kept = case


def add(tallies: dict[str, Tally], case: Case) -> None:
    """Take in everything that was said of a case."""
    for verdict in case.verdicts:
        tally = tallies.get(verdict.requirement)
        if tally is not None:
            tally.add(case, verdict.outcome, verdict.says)


def _smallest(cases: list[Case]) -> list[Case]:
    return sorted(cases, key=lambda case: (*weight(case.scenario.document()), len(case.history.rows)))[:_KEPT]


def _rank(case: Case, requirement: str) -> tuple[bool, int, str]:
    """Return how well a case shows that a requirement is kept: best one that was made for it, then a short one."""
    text = json.dumps(case.scenario.document(), sort_keys=True, default=str)
    return requirement not in case.scenario.about, len(case.history.rows), text
