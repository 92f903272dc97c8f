"""`certify`, `certify smoke` and `certify replay`: what starts clients."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

from hobbyhorse import ControlError, Emulator

from . import cli_options as options
from .adapters.port import AdapterError
from .certifying import Order, certify
from .checkers import judge
from .driver import Driver, NotOfferedError
from .generation.corpus import load as load_scenario
from .known_failures import load as load_known
from .levels import Exit
from .report import Ticker, told, write_reports
from .report.timeline import timeline
from .requirements import requirements
from .selection import matches, words
from .verdict import Outcome

if TYPE_CHECKING:
    import argparse

    from .history import History
    from .scenario import Scenario
    from .verdict import Verdict

_ORDER = (Outcome.FAIL, Outcome.WARN)


def run(given: argparse.Namespace) -> int:
    """Run a campaign, tell of it, write its reports; return the exit code."""
    rows = requirements()
    plan = options.plan(given)
    known = load_known(given.known_failures, [row.id for row in rows]) if given.known_failures else ()
    make = options.client(given)
    wide = shutil.get_terminal_size().columns
    seeds = ", ".join(map(str, plan.seeds))
    sys.stderr.write(f"requirements {rows.name}, {plan.examples} scenarios to draw, seed {seeds}, {plan.profile}\n")
    with Emulator(log_level="warning") as emulator:
        order = Order(
            plan,
            lambda: Driver(make(), emulator, mode=plan.time),
            command=given.adapter or given.inproc,
            in_process=given.inproc is not None,
            known=known,
            tell=Ticker(sys.stderr, wide=wide),
        )
        campaign = certify(order)
    folder = given.out
    write_reports(campaign, folder)
    is_coloured = sys.stdout.isatty()
    sys.stdout.write(told(campaign, rows, folder=str(folder), is_coloured=is_coloured, wide=wide))
    sys.stdout.write(f"reports: {folder / 'report.html'}, {folder / 'certificate.json'}, {folder / 'junit.xml'}\n")
    return campaign.exit_code


def replay(given: argparse.Namespace) -> int:
    """Run one scenario again; show its timeline and what it breaks; return the exit code."""
    scenario = load_scenario(given.file)
    ids = [row.id for row in requirements()]
    only = words(given.only or ([given.file.stem] if given.file.stem in ids else []), ids)
    make = options.client(given)
    worst = Exit.OK
    with Emulator(log_level="warning") as emulator, Driver(make(), emulator, mode=given.time) as driver:
        for _ in range(given.times):
            try:
                history = driver.run(scenario)
            except (AdapterError, ControlError) as error:
                sys.stderr.write(f"hobbyhorse certify: {error}\n")
                return Exit.HARNESS
            except NotOfferedError as error:
                sys.stderr.write(f"hobbyhorse certify: {error}\n")
                return Exit.NOTHING_RAN
            worst = max(worst, _shown(scenario, history, only))
    if given.history:
        given.history.write_text(json.dumps(history.document(), indent=1, ensure_ascii=False), encoding="utf-8")
    return worst


def _shown(scenario: Scenario, history: History, only: tuple[str, ...]) -> Exit:
    """Print one run; return what it comes to. `only` are the requirements that it is about."""
    verdicts = [row for row in judge(scenario, history) if matches(only, row.requirement)]
    bad = [row for row in verdicts if row.outcome in _ORDER]
    wide = shutil.get_terminal_size().columns
    rows = tuple(number for row in bad for number in row.rows)
    sys.stdout.write("\n".join(timeline(scenario, history, rows, wide=wide)) + "\n\n")
    for text in history.trouble:
        sys.stdout.write(f"trouble: {text}\n")
    for verdict in bad:
        sys.stdout.write(_line(verdict))
    if not bad:
        about = f" of {', '.join(only)}" if only else ""
        kept = sum(1 for row in verdicts if row.outcome is Outcome.PASS)
        sys.stdout.write(f"nothing{about} is broken; {kept} of {len(verdicts)} were seen to be kept\n")
    if history.trouble:
        return Exit.HARNESS
    return Exit.VIOLATIONS if any(row.outcome is Outcome.FAIL for row in bad) else Exit.OK


def _line(verdict: Verdict) -> str:
    row = requirements().get(verdict.requirement)
    return f"{row.id} ({row.level}) {verdict.outcome}: {verdict.says}\n  {row.statement}\n"
