"""What `hobbyhorse certify` takes on its command line, and what comes of it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, get_args

from .campaign import Plan
from .generation.profiles import PROFILES, ProfileName, new_seed
from .hints import did_you_mean
from .history import Mode
from .levels import GOLD_SCENARIOS, GOLD_SEEDS, LEVELS, SILVER_SCENARIOS
from .requirements import requirements
from .selection import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .adapters import Adapter

INTERRUPTED = 130  # as shells have it for SIGINT
_WRONG_USE = 2
# How many scenarios are drawn for a level, where nothing else is said. Bronze is decided by the corpus alone.
_EXAMPLES = {"smoke": 0, "bronze": 0, "silver": SILVER_SCENARIOS, "gold": GOLD_SCENARIOS}
_OUT = "hobbyhorse-report"


class OptionError(ValueError):
    """An option cannot be what it is; the message says which and why."""


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with 2."""
        self.exit(_WRONG_USE, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser(name: str, about: str, *, epilog: str = "") -> argparse.ArgumentParser:
    """Return a parser of a command."""
    return _Parser(
        prog=name,
        description=about,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def parsed(found: argparse.ArgumentParser, given: Sequence[str]) -> argparse.Namespace:
    """Return what a command line says; one that says something wrong ends the process with 2.

    An option that there is not is told first, whatever else is missing.
    """
    known = [word for action in found._actions for word in action.option_strings]  # noqa: SLF001 - no other way
    for word in given:
        name = word.partition("=")[0]
        if word == "--":
            break
        if name.startswith("--") and name not in known:
            found.error(f"there is no option {name!r}{did_you_mean(name, known)}")
    return found.parse_args(given)


def add_client(found: argparse.ArgumentParser) -> None:
    """Add the options that say which client is meant."""
    group = found.add_argument_group("the client").add_mutually_exclusive_group(required=True)
    group.add_argument("--adapter", metavar="CMD", help='a command that speaks the protocol: "node my-client.js"')
    group.add_argument("--inproc", metavar="MODULE:CLASS", help="a class in this process; the folder you are in counts")
    found.add_argument(
        "--time",
        choices=get_args(Mode),
        help="how time goes: hook (the adapter says sleep), patch (it replaced the clock), scale, real;"
        " default: what the adapter can",
    )


def add_campaign(found: argparse.ArgumentParser, *, is_smoke: bool = False) -> None:
    """Add the options of a campaign; of a smoke run only those that it has a use for."""
    hidden = argparse.SUPPRESS if is_smoke else None
    group = found.add_argument_group("the campaign")
    group.add_argument("--level", choices=LEVELS, help=hidden or "fail if this level is not reached")
    group.add_argument(
        "--only", action="append", default=[], metavar="IDS", help="requirements or families: CRE,POL-07"
    )
    group.add_argument("--examples", type=natural, metavar="N", help=hidden or "scenarios to draw (default: 200)")
    group.add_argument("--seed", type=natural, metavar="N", help=hidden or "what they are drawn from")
    group.add_argument("--profile", choices=PROFILES, help=hidden or "default: kit-ci where CI is set, else kit-dev")
    group.add_argument("--budget", type=seconds, metavar="TIME", help=hidden or "real time for all of it: 120s, 5m")
    group.add_argument("--shrink", type=seconds, default=60.0, metavar="TIME", help=hidden or "for each failure (60s)")
    group.add_argument("--jobs", type=positive, default=1, metavar="N", help="clients side by side (default: 1)")
    group.add_argument("--known-failures", type=Path, metavar="FILE", help="failures that are known, with dates: YAML")
    group.add_argument("--out", type=Path, default=Path(_OUT), metavar="DIR", help=f"for the reports (default: {_OUT})")


def plan(given: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Plan:
    """Return the plan that the options make. Raises SelectionError."""
    name: ProfileName = given.profile or ("kit-ci" if environment.get("CI") else "kit-dev")
    profile = PROFILES[name]
    fixed = given.seed if given.seed is not None else profile.seed
    seed = new_seed() if fixed is None else fixed
    examples = given.examples
    if examples is None:
        examples = _EXAMPLES[given.level] if given.level else profile.examples
    count = GOLD_SEEDS if given.level == "gold" else 1
    return Plan(
        level=given.level,
        only=words(given.only, [row.id for row in requirements()]),
        examples=examples,
        seeds=tuple(range(seed, seed + count)),
        profile=name,
        time=given.time,
        budget_s=given.budget,
        shrink_s=given.shrink,
        jobs=given.jobs,
    )


def client(given: argparse.Namespace) -> Callable[[], Adapter]:
    """Return what makes an adapter for the client that the options name. Raises OptionError."""
    from .adapters import InprocAdapter, StdioAdapter  # noqa: PLC0415 - --help needs none

    if given.adapter is not None:
        if not given.adapter.strip():
            raise OptionError("--adapter: say how the adapter is started, for example 'node my-client.js'")
        return lambda: StdioAdapter(given.adapter)
    if not all(part for part in given.inproc.partition(":")):
        raise OptionError(f"--inproc: {given.inproc!r} is not written as package.module:Class")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    return lambda: InprocAdapter(given.inproc)


def natural(text: str) -> int:
    """Return a whole number that is not below 0."""
    return _whole(text, 0)


def positive(text: str) -> int:
    """Return a whole number above 0."""
    return _whole(text, 1)


def seconds(text: str) -> float:
    """Return how many seconds a text says: `90`, `90s`, `5m`, `1h`."""
    units = {"s": 1.0, "m": 60.0, "h": 3600.0}
    number, unit = (text[:-1], units[text[-1]]) if text[-1:] in units else (text, 1.0)
    try:
        found = float(number) * unit
    except ValueError:
        found = -1.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no time, such as 90s or 5m")
    return found


def _whole(text: str, least: int) -> int:
    try:
        found = int(text)
    except ValueError:
        found = least - 1
    if found < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
    return found
