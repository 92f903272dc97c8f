"""The commands `hobbyhorse scenarios` and `hobbyhorse mishaps`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import tables
from .core.hints import did_you_mean
from .data import load
from .scenarios import DocumentError, library, read, scenario_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse gives it no other name
    Print = Callable[[tables.Table], None]

_FAILED, _WRONG_USE = 1, 2


def add(commands: Commands, show: Print) -> None:
    """Add the two commands. `show` prints a table."""
    scenarios = commands.add_parser("scenarios", help="the named scenarios; check your own")
    scenarios.set_defaults(run=lambda _: _list(show))
    asked = scenarios.add_subparsers(dest="action", metavar="ACTION", title="actions")
    listed = asked.add_parser("list", help="the scenarios that come with hobbyhorse")
    listed.set_defaults(run=lambda _: _list(show))
    check = asked.add_parser("check", help="say what is wrong in scenario files, with lines")
    check.add_argument("files", nargs="+", metavar="FILE", help="YAML or JSON")
    check.set_defaults(run=lambda given: _check(given.files))
    shown = asked.add_parser("show", help="the text of a scenario, to start your own from")
    shown.add_argument("name", metavar="NAME")
    shown.set_defaults(run=lambda given: _show(given.name))
    mishaps = commands.add_parser("mishaps", help="the kinds of mishap, or one with its options")
    mishaps.add_argument("kind", nargs="?", metavar="KIND", help="a kind, for example reset")
    mishaps.set_defaults(run=lambda given: _mishaps(given.kind, show))


def _list(show: Print) -> int:
    found = (library.find(name, load()) for name in library.names())
    show((("scenario", "what it shows"), [(one.name, one.description) for one in found]))
    return 0


def _show(name: str) -> int:
    if name not in library.names():
        hint = did_you_mean(name, library.names())
        return _told(f"there is no scenario {name!r}{hint}; `hobbyhorse scenarios list` lists them")
    print(library.text(name), end="")
    return 0


def _check(files: list[str]) -> int:
    """Check every file; 1 if one is wrong, 2 if one cannot be read."""
    worst = 0
    for name in files:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            worst = _told(f"cannot read {name}: {getattr(error, 'strerror', None) or error}")
            continue
        try:
            found = scenario_of(read(text, name), load())
        except DocumentError as error:
            print(error)
            worst = max(worst, _FAILED)
        else:
            print(f"{name}: {found.name} is in order, rules: {len(found.rules)}, mishaps: {len(found.mishaps)}")
    return worst


def _mishaps(name: str | None, show: Print) -> int:
    kinds = load().mishaps
    if name is None:
        show(tables.mishaps(kinds.values()))
        return 0
    if name not in kinds:
        hint = did_you_mean(name, kinds)
        return _told(f"there is no mishap {name!r}{hint}; `hobbyhorse mishaps` lists them")
    kind = kinds[name]
    print(f"{kind.name}: {kind.says}")
    print(f"when: {' or '.join(kind.moments)} the request has its effect; default: {kind.moments[0]}")
    print(f"at: {', '.join(kind.places)}")
    if kind.options:
        print()
        show(tables.mishap_options(kind))
    return 0


def _told(what: str) -> int:
    print(f"hobbyhorse: {what}", file=sys.stderr)
    return _WRONG_USE
