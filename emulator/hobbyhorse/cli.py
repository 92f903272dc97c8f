"""The `hobbyhorse` command."""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__, cli_scenarios, tables
from .core.hints import did_you_mean
from .data import load
from .settings import ENVIRONMENT_PREFIX, Settings, SettingsError, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .core.catalogue import Catalogue
    from .tables import Table

_WRONG_USE = 2
_COMMANDS = ("serve", "keys", "models", "errors", "scenarios", "mishaps", "certify")
# What the extra [contracts] brings; the kit is named and not imported, for the emulator knows nothing of it.
_KIT, _BROUGHT = "hobbyhorse_contracts.cli", ("hypothesis", "jinja2", "jsonschema", "pytest", "schemathesis", "trustme")
_PRECEDENCE = f"""\
Every option is also an environment variable ({ENVIRONMENT_PREFIX}RESULT_PORT for --result-port) and a key of the
TOML file that --config or {ENVIRONMENT_PREFIX}CONFIG names (result_port = 8701).
The command line wins over the environment, the environment over the file, the file over the default.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code: 0 done, 1 failed, 2 wrong use."""
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()  # now, while a closed pipe can still be caught
    except BrokenPipeError:  # `hobbyhorse errors | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    words = sys.argv[1:] if arguments is None else arguments
    if words and not words[0].startswith("-") and words[0] not in _COMMANDS:
        print(f"hobbyhorse: there is no command {words[0]!r}{did_you_mean(words[0], _COMMANDS)}", file=sys.stderr)
        return _WRONG_USE
    if words and words[0] == "certify":
        return _certify(words[1:])
    given, unknown = parser.parse_known_args(arguments)
    if given.command is None:
        parser.print_help()
        return _WRONG_USE
    if unknown:
        word = unknown[0].partition("=")[0]
        hint = did_you_mean(word, ["--config", *_options().values()] if given.command == "serve" else [])
        command = f"hobbyhorse {given.command}"
        print(f"hobbyhorse: {given.command} does not take {word!r}{hint}; see {command} --help", file=sys.stderr)
        return _WRONG_USE
    try:
        return int(given.run(given))
    except SettingsError as error:
        print(f"hobbyhorse: {error}", file=sys.stderr)
        return _WRONG_USE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hobbyhorse", description="A faithful local fake of DashScope's asynchronous video API, with real MP4s."
    )
    parser.add_argument("--version", action="version", version=f"hobbyhorse {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_serve(commands)
    keys = commands.add_parser("keys", help="the ready-made test keys and what each does")
    keys.set_defaults(run=_keys)
    models = commands.add_parser("models", help="the models, or one with its fields, limits and prices")
    models.add_argument("id", nargs="?", metavar="ID", help="a model, for example happyhorse-1.1-t2v")
    models.set_defaults(run=_models)
    errors = commands.add_parser("errors", help="the errors, where each is reached, and its evidence")
    errors.add_argument("code", nargs="?", metavar="CODE", help="a code, for example InvalidParameter")
    errors.set_defaults(run=_errors)
    cli_scenarios.add(commands, _print)
    commands.add_parser("certify", add_help=False, help="judge a client of the API: hobbyhorse certify --help")
    return parser


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser(
        "serve",
        help="start the emulator",
        description="Start the emulator and print what to do next.",
        epilog=_PRECEDENCE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument("--config", metavar="FILE", help="TOML file with settings")
    for row in fields(Settings):
        default = "" if row.default in {None, False} else f" (default: {row.default})"
        switch: dict[str, Any] = {"nargs": "?", "const": True} if row.type == "bool" else {}
        serve.add_argument(
            _options()[row.name],
            help=row.metadata["help"].replace("%", "%%") + default,
            metavar=row.metadata["metavar"] or "|".join(row.metadata["choices"]),
            default=argparse.SUPPRESS,
            **switch,
        )
    serve.set_defaults(run=_serve)


def _options() -> dict[str, str]:
    return {row.name: "--" + row.name.replace("_", "-") for row in fields(Settings)}


def _serve(given: argparse.Namespace) -> int:
    names = {row.name for row in fields(Settings)}
    file = given.config or os.environ.get(f"{ENVIRONMENT_PREFIX}CONFIG")
    arguments = {name: value for name, value in vars(given).items() if name in names}
    settings = resolve(arguments, os.environ, Path(file) if file else None)
    from .serve import serve  # noqa: PLC0415 - the other commands need no server

    return serve(settings)


def _certify(words: Sequence[str]) -> int:
    """Hand over to the contract kit, which is installed beside the emulator and needs more than that does."""
    try:
        return int(importlib.import_module(_KIT).main(words))
    except ModuleNotFoundError as error:
        if error.name not in {*_BROUGHT, _KIT.partition(".")[0]}:
            raise
        print(f"hobbyhorse: certify needs {error.name}; pip install 'hobbyhorse[contracts]'", file=sys.stderr)
        return _WRONG_USE


def _keys(_: argparse.Namespace) -> int:
    _print(tables.keys(load()))
    print("\nThe default world also takes any other key that begins with sk- or st- (but not sk-sp-),")
    print("unless it is started with --keys declared.")
    return 0


def _models(given: argparse.Namespace) -> int:
    catalogue = load()
    if given.id is None:
        _print(tables.models(catalogue))
        return 0
    model = catalogue.models.get(given.id)
    if model is None:
        return _no_such("model", given.id, catalogue.models, "hobbyhorse models")
    print(f"{model.id}: {model.kind}, {model.fps} fps, served under {' and '.join(model.paths)}")
    print(f"sold in {', '.join(model.regions)}")
    if model.rate:
        print(f"{model.rate.submit_rps} submissions a second, {model.rate.running} tasks at once, a main account")
    print(f"usage: {', '.join(model.usage)}\nevidence: {model.evidence.confidence}, {model.evidence.source}")
    print(f"note: {model.note}\n" if model.note else "")
    _print(tables.fields(model))
    print("\nPrice of a second:")
    _print(tables.prices(model))
    _print_sources(catalogue, tables.sources_of(model))
    return 0


def _errors(given: argparse.Namespace) -> int:
    catalogue = load()
    if given.code is None:
        _print(tables.errors(catalogue))
        print("\nThe result origin:")
        _print(tables.oss_errors(catalogue))
        return 0
    codes = {row.code for row in catalogue.errors.values()}
    if given.code not in codes:
        return _no_such("error code", given.code, codes, "hobbyhorse errors")
    _print(tables.errors(catalogue, [given.code]))
    _print_sources(
        catalogue, " ".join(row.evidence.source for row in catalogue.errors.values() if row.code == given.code)
    )
    return 0


def _print_sources(catalogue: Catalogue, sources: str) -> None:
    """Print what the keys of sources stand for that a text names."""
    print()
    for name, text in catalogue.sources.items():
        if name in sources:
            print(f"{name}: {text}")


def _no_such(what: str, word: str, words: Iterable[str], command: str) -> int:
    hint = did_you_mean(word, words)
    print(f"hobbyhorse: there is no {what} {word!r}{hint}; `{command}` lists them", file=sys.stderr)
    return _WRONG_USE


def _print(table: Table) -> None:
    """Print a table: within the width of a terminal, in whole lines to a file or pipe."""
    from tabulate import tabulate  # noqa: PLC0415 - serving needs none

    headers, rows = table
    widths = tables.widths(table, shutil.get_terminal_size().columns) if sys.stdout.isatty() else None
    print(tabulate(rows, headers, tablefmt="simple", disable_numparse=True, maxcolwidths=widths))
