"""pytest: a client's contract as items of its own suite, one a requirement.

    from hobbyhorse_contracts.pytest_plugin import Contract
    from my_client.testing import Adapter

    contract = Contract(Adapter)

is collected as `test_contract.py::contract::CRE-01` and so on, so that `-k`, `--lf`, `-x` and pytest-xdist work. Loaded
with every run of pytest where hobbyhorse is installed, so it imports nothing before there is a contract.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from .campaign import Campaign, KnownFailure, Result
    from .driver import Driver
    from .history import History, Mode
    from .requirements import Requirement
    from .scenario import Scenario

__all__ = ["Contract"]


@dataclass(frozen=True)
class Contract:
    """What is certified. Assign one to a name in a test module.

    `client` is a class for the in-process adapter, or the command line of one (`"node my-client.js"`). `only` are ids
    or families; nothing means all. Every item runs the corpus's scenarios about its requirement, and `examples` drawn
    ones from `seed`; `shrink_s` are real seconds for making a failing one small. `known_failures` is a file.
    """

    client: Callable[[], Any] | str
    only: Sequence[str] = ()
    examples: int = 10
    seed: int = 0
    shrink_s: float = 20.0
    time: Mode | None = None
    known_failures: str | Path | None = None


class Broken(Exception):  # noqa: N818 - a requirement is broken; it is not an error of the kit
    """A requirement is not kept. The message is what the report shows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what can be set on the command line."""
    group = parser.getgroup("hobbyhorse")
    group.addoption("--certify-examples", type=int, metavar="N", help="drawn scenarios for each requirement")
    group.addoption("--certify-seed", type=int, metavar="N", help="what the drawn scenarios are drawn from")


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    config.addinivalue_line("markers", "certify: a requirement of hobbyhorse's contract kit")
    for level in ("must", "should", "info"):
        config.addinivalue_line("markers", f"certify_{level}: a requirement of this level")


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> pytest.Collector | None:
    """Collect a contract."""
    return Clauses.from_parent(collector, name=name, contract=obj) if isinstance(obj, Contract) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Leave out what was captured during a clause: thousands of lines of the client's log, keys among them."""
    report = yield
    if isinstance(item, Clause):
        report.sections.clear()
    return report


class Clauses(pytest.Collector):
    """A contract: a clause for each requirement."""

    def __init__(self, *, contract: Contract, **rest: Any) -> None:
        super().__init__(**rest)
        self.contract = contract
        self._stack = ExitStack()
        self._stand: Remembering | None = None

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items. Raises CollectError for a word in `only` that names no requirement."""
        from .requirements import requirements  # noqa: PLC0415 - see above
        from .selection import SelectionError, matches, words  # noqa: PLC0415 - same

        rows = requirements()
        try:
            only = words(self.contract.only, [row.id for row in rows])
            known = {row.id: row for row in self._known([row.id for row in rows])}
        except (SelectionError, ValueError, OSError) as error:
            raise self.CollectError(str(error)) from error
        for row in rows.judged:
            if matches(only, row.id):
                yield Clause.from_parent(self, name=row.id, requirement=row, known=known.get(row.id))

    def stand(self) -> Remembering:
        """Return what runs scenarios, started with its server if need be: one for all clauses."""
        if self._stand is None:
            from hobbyhorse import Emulator  # noqa: PLC0415 - see above

            from .driver import Driver  # noqa: PLC0415 - same

            emulator = self._stack.enter_context(Emulator(process=True))
            driver = Driver(self._adapter(), emulator, mode=self.contract.time)
            self._stack.callback(driver.stop)
            self._stand = Remembering(driver)
        return self._stand

    def teardown(self) -> None:
        """Stop the client and the server, after the last clause."""
        self._stand = None
        self._stack.close()

    def _adapter(self) -> Any:
        from .adapters import InprocAdapter, StdioAdapter  # noqa: PLC0415 - see above

        client = self.contract.client
        return StdioAdapter(client) if isinstance(client, str) else InprocAdapter(client)

    def _known(self, ids: Sequence[str]) -> Sequence[KnownFailure]:
        if self.contract.known_failures is None:
            return ()
        from .known_failures import load  # noqa: PLC0415 - see above

        return load(self.path.parent / self.contract.known_failures, ids)


class Clause(pytest.Item):
    """One requirement, held against one client."""

    parent: Clauses

    def __init__(self, *, requirement: Requirement, known: KnownFailure | None, **rest: Any) -> None:
        super().__init__(**rest)
        self.requirement = requirement
        self.known = known
        self.add_marker("certify")
        self.add_marker(f"certify_{requirement.level.lower()}")

    def runtest(self) -> None:
        """Run a campaign about this requirement alone. Raises Broken, or skips with the reason."""
        from .campaign import Standing  # noqa: PLC0415 - see above

        campaign = self._campaign()
        result = campaign.result(self.name)
        for name, value in (("level", self.requirement.level), ("standing", result.standing if result else "none")):
            self.user_properties.append((name, str(value)))
        if campaign.trouble:
            raise Broken(self._trouble(campaign))
        if result is None or result.standing is Standing.NOT_TESTABLE:
            raise Broken(f"{self._title()}\nno history could show it: {result.says if result else 'nothing ran'}")
        if campaign.baseline:
            raise Broken("\n".join([self._title(), *campaign.baseline]))
        if result.known is not None:
            pytest.xfail(f"known until {result.known.until}: {result.known.reason} ({result.known.issue})")
        if self.known is not None:
            raise Broken(f"{self._title()}\nis a known failure and is {result.standing} now: take it off the list")
        if result.standing in {Standing.FAIL, Standing.FLAKY}:
            raise Broken(self._failure(campaign, result))
        if result.standing is not Standing.PASS:
            pytest.skip(f"{result.standing}: {result.says}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what broke it, without the kit's own frames."""
        return str(excinfo.value) if isinstance(excinfo.value, Broken) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Say where the item is from."""
        return self.path, None, f"{self.parent.name}: {self.name}"

    def _campaign(self) -> Campaign:
        from .campaign import Plan  # noqa: PLC0415 - see above
        from .certifying import Order, certify  # noqa: PLC0415 - same

        contract, stand = self.parent.contract, self.parent.stand()
        stand.begin()
        examples, seed = self.config.getoption("--certify-examples"), self.config.getoption("--certify-seed")
        plan = Plan(
            only=(self.name,),
            examples=contract.examples if examples is None else examples,
            seeds=(contract.seed if seed is None else seed,),
            machine=0,
            time=contract.time,
            shrink_s=contract.shrink_s,
        )
        known = () if self.known is None else (self.known,)
        command = contract.client if isinstance(contract.client, str) else _named(contract.client)
        return certify(Order(plan, lambda: stand, command, not isinstance(contract.client, str), known))

    def _title(self) -> str:
        return f"{self.name} ({self.requirement.level}): {self.requirement.statement}"

    def _failure(self, campaign: Campaign, result: Result) -> str:
        from .report.evidence import proof, scenario_text  # noqa: PLC0415 - see above
        from .report.printable import hidden, plain, safe  # noqa: PLC0415 - same
        from .report.replay import subject_option  # noqa: PLC0415 - same
        from .report.timeline import timeline  # noqa: PLC0415 - same

        case = result.evidence
        lines = [self._title(), f"{result.standing}: {result.says}", "", "Why: " + self.requirement.rationale]
        if case is not None:
            told = timeline(case.scenario, case.history, proof(case, self.name), most=30, wide=100)
            lines += ["", f"Scenario {case.scenario.name}:", *(f"  {line}" for line in told)]
            lines += ["", "Replay: save as scenario.json, then"]
            lines += [f"  hobbyhorse certify replay scenario.json {subject_option(safe(campaign).subject)}"]
            lines += [scenario_text(case)]
        return plain(hidden("\n".join(lines)))

    def _trouble(self, campaign: Campaign) -> str:
        from .report.printable import hidden, plain  # noqa: PLC0415 - see above

        said = "\n".join(f"  {row.scenario}: {row.says}" for row in campaign.trouble[:5])
        return plain(hidden(f"{self._title()}\nthe adapter has trouble of its own; this is no verdict:\n{said}"))


class Remembering:
    """A driver that remembers, from clause to clause, what it has seen: many are about the same scenarios.

    Within a clause the same scenario is run again in earnest, which is how a flaky one is found.
    """

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.starts = 0
        self._seen: dict[str, History] = {}
        self._now: set[str] = set()

    @property
    def subject(self) -> Any:
        """Who is under test. Raises AdapterError."""
        return self._driver.subject

    def begin(self) -> None:
        """Begin a clause."""
        self._now = set()

    def run(self, scenario: Scenario) -> History:
        """Return what is remembered, the first time in a clause; else run it. Raises what a driver raises."""
        import json  # noqa: PLC0415 - see above

        key = json.dumps(scenario.document(), sort_keys=True)
        if key not in self._now and key in self._seen:
            self._now.add(key)
            return self._seen[key]
        self._now.add(key)
        try:
            self._seen[key] = history = self._driver.run(scenario)
        finally:
            self.starts = self._driver.starts
        return history

    def stop(self) -> None:
        """Leave the client running: the next clause wants it. The contract stops it in the end."""


def _named(client: Callable[[], Any]) -> str:
    return f"{getattr(client, '__module__', '')}:{getattr(client, '__qualname__', type(client).__qualname__)}"
