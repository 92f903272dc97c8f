"""The kit proves itself: every mutant dies of its own requirement, and every good variant lives.

A mutant runs through the scenarios of the corpus that are about its requirement, and through as many drawn ones; who
dies without the corpus is counted apart. A good variant runs through the whole corpus and keeps everything.
"""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from hobbyhorse import Emulator

from .adapters import InprocAdapter
from .checkers import judge
from .clients.drivable import CAPABILITIES
from .clients.mutants import MUTANTS
from .clients.variants import VARIANTS
from .driver import Driver, Limits, NotOfferedError
from .generation.corpus import corpus
from .generation.scenarios import Scope, drawn
from .requirements import requirements
from .verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .clients.mutants import Mutant
    from .scenario import Scenario
    from .verdict import Verdict

_LIMITS = Limits(silent_s=3.0, real_s=20.0)
_BAD = (Outcome.FAIL, Outcome.WARN)
DRAWN = 60
SEED = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a mutant, or of a good variant, for which `requirement` is empty.

    `noticed` maps each requirement that was broken to the scenario that showed it first; `kept` are those that passed
    somewhere. `drawn_by` is the drawn scenario that killed it first, `trouble` what the harness had to say.
    """

    name: str
    requirement: str
    scenarios: int
    noticed: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    drawn_by: str = ""
    trouble: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_mutant(self) -> bool:
        """Whether it has a bug."""
        return bool(self.requirement)

    @property
    def killed_by(self) -> str:
        """The scenario by which its own requirement noticed it; empty where none did."""
        return self.noticed.get(self.requirement, "")

    @property
    def is_right(self) -> bool:
        """Whether it came out as it should: a mutant died of its own requirement, a variant broke nothing."""
        return not self.trouble and (bool(self.killed_by) if self.is_mutant else not self.noticed)


def try_mutant(mutant: Mutant, emulator: Emulator, *, count: int = DRAWN, seed: int = SEED) -> Trial:
    """Run a mutant through the corpus of its requirement, and through drawn scenarios until one kills it."""
    began = time.monotonic()
    noticed: dict[str, str] = {}
    trouble: list[str] = []
    ran = 0
    with Driver(InprocAdapter(mutant.client), emulator, limits=_LIMITS) as driver:
        for scenario, verdicts in _judged(driver, about(mutant.requirement), trouble):
            ran += 1
            for row in verdicts:
                if row.outcome is bar(row.requirement) or row.outcome is Outcome.FAIL:
                    noticed.setdefault(row.requirement, scenario.name)
        by = ""
        if count:
            for scenario, verdicts in _judged(driver, _drawn(count, seed), trouble, only=(mutant.requirement,)):
                ran += 1
                if verdicts and verdicts[0].outcome in (bar(mutant.requirement), Outcome.FAIL):
                    by = scenario.name
                    break
    return Trial(
        mutant.name, mutant.requirement, ran, noticed, (), by, tuple(trouble), round(time.monotonic() - began, 2)
    )


def try_variant(name: str, emulator: Emulator, scenarios: Iterable[Scenario] | None = None) -> Trial:
    """Run a good client through the corpus, or through other scenarios."""
    began = time.monotonic()
    noticed: dict[str, str] = {}
    kept: set[str] = set()
    trouble: list[str] = []
    ran = 0
    with Driver(InprocAdapter(VARIANTS[name]), emulator, limits=_LIMITS) as driver:
        for scenario, verdicts in _judged(driver, corpus() if scenarios is None else scenarios, trouble):
            ran += 1
            kept |= {row.requirement for row in verdicts if row.outcome is Outcome.PASS}
            for row in verdicts:
                if row.outcome in _BAD:
                    noticed.setdefault(row.requirement, f"{scenario.name}: {row.says}")
    return Trial(name, "", ran, noticed, tuple(sorted(kept)), "", tuple(trouble), round(time.monotonic() - began, 2))


def about(requirement: str) -> tuple[Scenario, ...]:
    """Return the corpus's scenarios that were made to provoke a requirement."""
    return tuple(scenario for scenario in corpus() if requirement in scenario.about)


def bar(requirement: str) -> Outcome:
    """Return the outcome that a broken requirement has: a failure of a MUST, a warning of a SHOULD."""
    return Outcome.FAIL if requirements().get(requirement).level == "MUST" else Outcome.WARN


def mutants(only: Sequence[str] = ()) -> tuple[Mutant, ...]:
    """Return the mutants of judged requirements, or some of them by name or requirement."""
    judged = {row.id for row in requirements().judged}
    rows = sorted(MUTANTS.values(), key=lambda mutant: (mutant.requirement, mutant.name))
    chosen = [row for row in rows if row.requirement in judged]
    return tuple(row for row in chosen if not only or row.name in only or row.requirement in only)


def selftest(
    *, jobs: int = 2, only: Sequence[str] = (), count: int = DRAWN, progress: Callable[[Trial, int, int], object]
) -> tuple[Trial, ...]:
    """Run the whole matrix in so many processes, each with a server of its own; tell of each trial as it ends."""
    tasks = [("mutant", row.name) for row in mutants(only)]
    if not only:
        tasks = [("variant", name) for name in VARIANTS] + tasks
    context = multiprocessing.get_context("spawn")
    found: list[Trial] = []
    with ProcessPoolExecutor(max(1, jobs), mp_context=context, initializer=_open) as pool:
        under_way = [pool.submit(_try, kind, name, count) for kind, name in tasks]
        for done in as_completed(under_way):
            found.append(done.result())
            progress(found[-1], len(found), len(tasks))
    order = {name: at for at, (_, name) in enumerate(tasks)}
    return tuple(sorted(found, key=lambda trial: order[trial.name]))


def _judged(
    driver: Driver, scenarios: Iterable[Scenario], trouble: list[str], only: Sequence[str] | None = None
) -> Iterator[tuple[Scenario, tuple[Verdict, ...]]]:
    for scenario in scenarios:
        try:
            history = driver.run(scenario)
        except NotOfferedError:
            continue
        trouble += [f"{scenario.name}: {text}" for text in history.trouble]
        yield scenario, judge(scenario, history, only)


@lru_cache(maxsize=4)
def _drawn(count: int, seed: int) -> tuple[Scenario, ...]:
    """Return what a campaign of no particular purpose would draw: the same for every mutant."""
    return drawn(Scope.of(CAPABILITIES, {}), count, seed)


_servers: list[Emulator] = []


def _open() -> None:
    """Start this process's server. It ends with the process, as every server of the handle does."""
    _servers.append(Emulator().start())


def _try(kind: str, name: str, count: int) -> Trial:
    if kind == "mutant":
        return try_mutant(MUTANTS[name], _servers[0], count=count)
    return try_variant(name, _servers[0])


__all__ = ["Trial", "about", "bar", "mutants", "selftest", "try_mutant", "try_variant"]
