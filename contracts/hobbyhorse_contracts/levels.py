"""What a campaign is worth: Smoke, Bronze, Silver, Gold, and the exit code.

Counted are the requirements that apply to the client, and how many these are is always told with the level: a client
that declares nothing keeps everything. A known failure is a failure here; it only changes the exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

from .campaign import LevelStanding, Standing
from .selection import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from .campaign import Ability, Plan, Result, Trouble
    from .requirements import Requirement

LevelName = Literal["smoke", "bronze", "silver", "gold"]
LEVELS: tuple[LevelName, ...] = ("smoke", "bronze", "silver", "gold")
SAFE = ("CRE", "SEC", "POL-01", "POL-09", "POL-11", "ERR-07", "RES-01", "RES-07")
"""Bronze: the MUSTs among these are about losing money and keys."""
TIMING = ("POL-04", "POL-05", "POL-07", "POL-09", "CRE-04", "CRE-05")
"""MUSTs about how long something takes: on a scaled clock they are only indicated."""
SMOKE_SCENARIOS = 5
SILVER_SCENARIOS = 500
GOLD_SCENARIOS = 5000
GOLD_SEEDS = 3
_APART = {Standing.NOT_APPLICABLE, Standing.NOT_JUDGED}
_BELOW_GOLD = {Standing.PASS, Standing.WARN, Standing.FLAKY}


class Exit(IntEnum):
    """What the command ends with. Of several that are true the first here counts: 4, 3, 1, 2, 0."""

    OK = 0
    VIOLATIONS = 1
    BASELINE = 2
    HARNESS = 3
    NOTHING_RAN = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a level depends on. `ran` counts runs by origin, `smoke` are requirements that failed in its scenarios.

    `unanswered` are endings of a task for which the client gave no answer. `is_whole` says that corpus and generated
    scenarios all ran, and were about all requirements.
    """

    requirements: Sequence[Requirement]
    results: Sequence[Result]
    abilities: Sequence[Ability]
    trouble: Sequence[Trouble]
    ran: Mapping[str, int]
    plan: Plan
    is_whole: bool
    smoke: Sequence[str] = ()
    unanswered: Sequence[str] = ()
    has_machine: bool = False
    baseline: Sequence[str] = ()

    def standings(self, choose: Callable[[Requirement], bool]) -> list[tuple[Requirement, Result]]:
        """Return the requirements of a kind that apply, with their results."""
        by_id = {row.requirement: row for row in self.results}
        return [
            (row, by_id[row.id])
            for row in self.requirements
            if choose(row) and row.id in by_id and by_id[row.id].standing not in _APART
        ]


def standings(facts: Facts) -> tuple[LevelStanding, ...]:
    """Return how each level stands, lowest first. One is reached only with all below it."""
    makers = (_smoke, _bronze, _silver, _gold)
    found: list[LevelStanding] = []
    for name, make in zip(LEVELS, makers, strict=True):
        found.append(make(name, facts, found[-1] if found else None))
    return tuple(found)


def highest(rows: Iterable[LevelStanding]) -> LevelName | None:
    """Return the highest level that is reached."""
    reached = [row.level for row in rows if row.reached]
    return reached[-1] if reached else None


def exit_code(facts: Facts, reached: LevelName | None) -> Exit:
    """Return what the command ends with."""
    if not sum(facts.ran.values()) and not facts.trouble:
        return Exit.NOTHING_RAN
    if facts.trouble:
        return Exit.HARNESS
    if any(True for _ in violations(facts)) or _is_below(facts.plan.level, reached):
        return Exit.VIOLATIONS
    return Exit.BASELINE if facts.baseline else Exit.OK


def violations(facts: Facts) -> Iterable[str]:
    """Yield what makes the run fail: MUSTs that are broken and not known to be, abilities that do not work."""
    for requirement, result in facts.standings(lambda row: row.level == "MUST"):
        unseen = result.standing is Standing.NOT_TESTABLE and facts.is_whole
        if (result.standing is Standing.FAIL or unseen) and result.known is None:
            yield requirement.id
    yield from (row.name for row in facts.abilities if row.works is False)


def _is_below(asked: LevelName | None, reached: LevelName | None) -> bool:
    if asked is None:
        return False
    return reached is None or LEVELS.index(reached) < LEVELS.index(asked)


def _smoke(name: LevelName, facts: Facts, below: LevelStanding | None) -> LevelStanding:
    missing = [f"{one} failed" for one in facts.smoke]
    ran = facts.ran.get("smoke", 0)
    if ran < SMOKE_SCENARIOS:
        missing.append(f"{ran} of {SMOKE_SCENARIOS} scenarios were run")
    return _standing(name, missing, ran - len(facts.smoke), ran, below)


def _bronze(name: LevelName, facts: Facts, below: LevelStanding | None) -> LevelStanding:
    rows = facts.standings(lambda row: row.level == "MUST" and matches(SAFE, row.id))
    missing = [f"no answer where a task ends as {ending}" for ending in facts.unanswered]
    missing += [f"the capability `{row.name}` does not work" for row in facts.abilities if row.works is False]
    if not any(row.name == "generate" and row.works for row in facts.abilities):
        missing.append("generate has not been seen to work")
    return _counted(name, facts, rows, _BELOW_GOLD, missing, below)


def _silver(name: LevelName, facts: Facts, below: LevelStanding | None) -> LevelStanding:
    rows = facts.standings(lambda row: row.level == "MUST")
    missing = [
        f"{row.id} is only indicated: time was scaled"
        for row, result in rows
        if row.id in TIMING and "scale" in result.modes
    ]
    missing += _too_few(facts.ran.get("generated", 0), SILVER_SCENARIOS)
    return _counted(name, facts, rows, _BELOW_GOLD, missing, below)


def _gold(name: LevelName, facts: Facts, below: LevelStanding | None) -> LevelStanding:
    rows = facts.standings(lambda row: row.level != "INFO")
    missing = [f"{row.requirement} is flaky" for row in facts.results if row.standing is Standing.FLAKY]
    missing += [f"{row.requirement} is a known failure" for row in facts.results if row.known is not None]
    missing += _too_few(facts.ran.get("generated", 0), GOLD_SCENARIOS)
    if len(facts.plan.seeds) < GOLD_SEEDS:
        missing.append(f"{len(facts.plan.seeds)} of {GOLD_SEEDS} seeds were used")
    declared = {row.name for row in facts.abilities}
    missing += [f"`{one}` is not declared" for one in ("download", "resume") if one not in declared]
    if facts.has_machine and not facts.ran.get("machine", 0):
        missing.append("the state machine was not run")
    return _counted(name, facts, rows, {Standing.PASS}, missing, below)


def _too_few(ran: int, needed: int) -> list[str]:
    return [f"{ran} of {needed} generated scenarios were run"] if ran < needed else []


def _counted(
    name: LevelName,
    facts: Facts,
    rows: Sequence[tuple[Requirement, Result]],
    good: set[Standing],
    missing: list[str],
    below: LevelStanding | None,
) -> LevelStanding:
    bad = [f"{row.id}: {result.standing}" for row, result in rows if result.standing not in good]
    if not facts.is_whole:
        missing = ["only a part was run", *missing]
    if facts.trouble:
        missing = ["the adapter had trouble", *missing]
    return _standing(name, [*bad, *missing], len(rows) - len(bad), len(rows), below)


def _standing(
    name: LevelName, missing: Sequence[str], kept: int, applicable: int, below: LevelStanding | None
) -> LevelStanding:
    is_reached = not missing and (below is None or below.reached)
    return LevelStanding(name, is_reached, max(0, kept), applicable, tuple(dict.fromkeys(missing)))
