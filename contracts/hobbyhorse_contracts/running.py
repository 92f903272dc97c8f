"""Runs a campaign: corpus first, then what was drawn; then failures are confirmed and made small."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hobbyhorse import ControlError

from .adapters.port import AdapterError
from .campaign import Case, Progress, Result, Standing, Trouble
from .documents import DocumentError
from .driver import NotOfferedError
from .reduction import reduced
from .selection import matches
from .tallying import Tally, add
from .verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .campaign import Origin, Plan
    from .history import History
    from .pool import Pool
    from .requirements import Requirement
    from .scenario import Scenario

_RERUNS = 3
_MAJORITY = 2
_ATTEMPTS = 3  # cases of one requirement that are run again before it is called flaky
_TROUBLES_IN_A_ROW = 5  # then the adapter is not asked any more
_FOR_RESULTS = 0.4  # of the budget is kept for confirming and shrinking


@dataclass(slots=True)
class Run:
    """A campaign under way. `clock` gives seconds that never go back, `tell` hears of progress.

    Times of `plan` are real seconds. Only `only` of the requirements are judged. `capabilities` are those that the
    client declared, None before it did.
    """

    plan: Plan
    pool: Pool
    requirements: Sequence[Requirement]
    judge: Callable[[Scenario, History], tuple[Verdict, ...]]
    tell: Callable[[Progress], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    began: float = 0.0
    ran: Counter[str] = field(default_factory=Counter)
    trouble: list[Trouble] = field(default_factory=list)
    histories: dict[str, History] = field(default_factory=dict)
    smoke: set[str] = field(default_factory=set)
    tallies: dict[str, Tally] = field(default_factory=dict)
    complete: bool = True
    capabilities: Sequence[str] | None = None
    _in_a_row: int = 0

    def __post_init__(self) -> None:
        """Begin counting."""
        self.began = self.clock()
        chosen = (row for row in self.requirements if row.judged and matches(self.plan.only, row.id))
        self.tallies = {row.id: Tally(row.id) for row in chosen}

    @property
    def seconds(self) -> float:
        """How long it has lasted."""
        return self.clock() - self.began

    @property
    def failing(self) -> tuple[str, ...]:
        """The requirements that fail so far."""
        return tuple(name for name, tally in self.tallies.items() if tally.broke)

    def play(self, origin: Origin, scenarios: Sequence[Scenario], *, may_stop: bool = False) -> None:
        """Run scenarios and take in what is said of them. `may_stop`: not all need to run if the budget ends."""
        begun = 0

        def goes_on() -> bool:
            nonlocal begun
            if self._in_a_row >= _TROUBLES_IN_A_ROW or (may_stop and not self._has_time(_FOR_RESULTS)):
                self.complete = self.complete and begun == len(scenarios)
                return False
            begun += 1
            return True

        played = self.pool.each(scenarios, lambda one: self.case(one, origin), goes_on=goes_on)
        for done, (scenario, case) in enumerate(played, 1):
            if case is not None:
                self.ran[origin] += 1
                self._take(case)
            self.tell(Progress(origin, done, len(scenarios), scenario.name, self.failing, self.seconds))

    def case(self, scenario: Scenario, origin: Origin, *, is_candidate: bool = False) -> Case | None:
        """Run one scenario; return what came of it, None where the client is not asked for it or there was trouble.

        A candidate of shrinking may be something that the emulator refuses; that is no trouble.
        """
        try:
            history = self.pool.run(scenario)
        except NotOfferedError:
            return None
        except (AdapterError, DocumentError, ControlError, LookupError) as error:
            if is_candidate and not isinstance(error, AdapterError):
                return None
            self._note(scenario, (str(error),), origin)
            return None
        told = (*history.trouble, *(row.harness_error for row in history.answers if row.harness_error))
        if told:
            self._note(scenario, told, origin)
            return None
        self._in_a_row = 0
        return Case(scenario, history, self.judge(scenario, history), origin)

    def results(self) -> tuple[Result, ...]:
        """Confirm and shrink what fails; return how every requirement stands, in the order of the set."""
        again: dict[str, list[Case | None]] = {}
        failing = [self.tallies[name] for name in self.failing]
        made = {
            tally.requirement: result
            for tally, result in self.pool.each(failing, lambda tally: self._failed(tally, again))
        }
        rows = [row for row in self.requirements if matches(self.plan.only, row.id)]
        return tuple(made.get(row.id) or self._unbroken(row) for row in rows)

    def _take(self, case: Case) -> None:
        add(self.tallies, case)
        if case.origin == "smoke":
            self.smoke |= {row.requirement for row in case.verdicts if row.outcome is Outcome.FAIL}
        if case.origin == "probe":
            self.histories[case.scenario.name] = case.history

    def _note(self, scenario: Scenario, says: Iterable[str], origin: Origin) -> None:
        self._in_a_row += 1
        self.trouble += [Trouble(scenario.name, text, origin) for text in says]

    def _failed(self, tally: Tally, again: dict[str, list[Case | None]]) -> Result:
        self.tell(Progress("confirming", now=tally.requirement, failing=self.failing, seconds=self.seconds))
        for case in tally.broke[:_ATTEMPTS]:
            runs = self._again(case, again)
            broke = sum(1 for one in runs if _breaks(one, tally.requirement))
            if broke >= _MAJORITY:
                return self._shrunk(tally, case, (broke, len(runs)))
        case = tally.broke[0]
        says = f"{_says(case, tally.requirement)}; it did so again in {broke} of {len(runs)} runs"
        return _result(tally, Standing.FLAKY, says, case, reruns=(broke, len(runs)))

    def _again(self, case: Case, again: dict[str, list[Case | None]]) -> list[Case | None]:
        if case.scenario.name not in again:
            again[case.scenario.name] = [self.case(case.scenario, case.origin) for _ in range(_RERUNS)]
            self.ran["reruns"] += _RERUNS
        return again[case.scenario.name]

    def _shrunk(self, tally: Tally, case: Case, reruns: tuple[int, int]) -> Result:
        until = self.clock() + self.plan.shrink_s
        best = case
        is_sound = True

        def breaks(scenario: Scenario) -> bool:
            nonlocal best, is_sound
            self.tell(Progress("shrinking", now=tally.requirement, failing=self.failing, seconds=self.seconds))
            tried = self.case(scenario, case.origin, is_candidate=True)
            is_sound = is_sound and (tried is not None or self._in_a_row == 0)
            if tried is None or not _breaks(tried, tally.requirement):
                return False
            best = tried
            return True

        def has_time() -> bool:
            return self.clock() < until and self._has_time(0.0) and self._in_a_row < _TROUBLES_IN_A_ROW

        found = reduced(case.scenario, breaks, has_time)
        self.ran["shrinking"] += found.runs
        result = _result(tally, Standing.FAIL, _says(best, tally.requirement), best, reruns=reruns)
        return replace(result, found=case, shrinking=found.runs, shrunk=found.is_smallest and is_sound)

    def _unbroken(self, row: Requirement) -> Result:
        tally = self.tallies.get(row.id)
        if tally is None:
            return Result(row.id, Standing.NOT_JUDGED, row.why_not)
        counts = tally.counts
        if tally.worse:
            return _result(tally, Standing.WARN, _says(tally.worse[0], row.id), tally.worse[0])
        if tally.kept is not None:
            says = f"kept in all {counts[Outcome.PASS]} scenarios that show it"
            return _result(tally, Standing.PASS, says, tally.kept)
        if tally.apart and not counts[Outcome.NOT_TESTABLE]:
            return _result(tally, Standing.NOT_APPLICABLE, tally.apart, None)
        if self.capabilities is not None and not row.applies_to(self.capabilities):
            words = " or ".join(f"`{word}`" for word in row.capability)
            return _result(tally, Standing.NOT_APPLICABLE, f"the client does not declare {words}", None)
        says = f"no scenario of {sum(counts.values())} shows whether it is kept"
        return _result(tally, Standing.NOT_TESTABLE, says, None)

    def _has_time(self, kept: float) -> bool:
        budget = self.plan.budget_s
        return budget is None or self.seconds < budget * (1 - kept)


def _breaks(case: Case | None, requirement: str) -> bool:
    verdict = case.verdict(requirement) if case is not None else None
    return verdict is not None and verdict.outcome is Outcome.FAIL


def _says(case: Case, requirement: str) -> str:
    verdict = case.verdict(requirement)
    return verdict.says if verdict is not None else ""


def _result(
    tally: Tally, standing: Standing, says: str, evidence: Case | None, *, reruns: tuple[int, int] = (0, 0)
) -> Result:
    counts = {str(outcome): count for outcome, count in tally.counts.items()}
    modes = tuple(sorted(tally.modes))
    return Result(tally.requirement, standing, says, counts, evidence, reruns=reruns, modes=modes)
