"""Which checker judges which requirement, and what is the same for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..requirements import requirements
from ..verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..history import History, Row
    from ..requirements import Requirement
    from ..scenario import Scenario

Checker = Callable[["Scenario", "History"], Verdict]
_MOST_ROWS = 12  # numbers of rows that a verdict names; more prove nothing more


class Found(NamedTuple):
    """What a checker found: the outcome as for a MUST, a sentence, the rows that prove it."""

    outcome: Outcome
    says: str
    rows: tuple[int, ...] = ()


def kept(says: str = "", rows: Iterable[Row] = ()) -> Found:
    """Say that it was provoked, and kept."""
    return Found(Outcome.PASS, says, _numbers(rows))


def broken(says: str, rows: Iterable[Row] = ()) -> Found:
    """Say that it is broken. Of a SHOULD this becomes a warning."""
    return Found(Outcome.FAIL, says, _numbers(rows))


def worse(says: str, rows: Iterable[Row] = ()) -> Found:
    """Say that it is kept in the worse of several acceptable ways."""
    return Found(Outcome.WARN, says, _numbers(rows))


def unseen(says: str) -> Found:
    """Nothing in this history shows whether it is kept."""
    return Found(Outcome.NOT_TESTABLE, says)


def checks(name: str) -> Callable[[Callable[[Scenario, History], Found]], Checker]:
    """Make a function that finds something the checker of a requirement. Raises KeyError for no such requirement."""
    requirement = requirements().get(name)

    def register(find: Callable[[Scenario, History], Found]) -> Checker:
        def checker(scenario: Scenario, history: History) -> Verdict:
            found = _barred(requirement, history) or find(scenario, history)
            outcome = found.outcome
            if outcome is Outcome.FAIL and requirement.level != "MUST":
                outcome = Outcome.WARN
            return Verdict(name, outcome, found.says, found.rows)

        if name in CHECKERS:
            raise ValueError(f"{name} has a checker already")
        checker.__name__, checker.__doc__ = find.__name__, find.__doc__
        CHECKERS[name] = checker
        return checker

    return register


CHECKERS: dict[str, Checker] = {}


def _barred(requirement: Requirement, history: History) -> Found | None:
    """Return why there is nothing to judge, whatever the checker would find; else None."""
    if not requirement.applies_to(history.capabilities):
        words = " or ".join(f"`{word}`" for word in requirement.capability)
        return Found(Outcome.NOT_APPLICABLE, f"the client does not declare {words}")
    trouble = [*history.trouble, *(answer.harness_error for answer in history.answers if answer.harness_error)]
    if trouble:
        return unseen(f"the adapter had trouble: {trouble[0]}")
    if not history.complete:
        return unseen("the journal had to drop rows, so that it tells less than the truth")
    return None


def _numbers(rows: Iterable[Row]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(row.number for row in rows))[:_MOST_ROWS]
