"""Imports point down. The table below is the architecture; this test is why it stays true."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hobbyhorse

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(hobbyhorse.__file__).parent

# Every folder and file of the package, and the parts of it that it may import (a prefix of the dotted name; "" is
# the package itself, for its version). Type-only imports count: they couple as well.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "__init__": ("handle",),
    "__main__": ("cli",),
    "cli": ("", "cli_scenarios", "core.hints", "core.catalogue", "data", "settings", "serve", "tables"),
    "cli_scenarios": ("core.hints", "data", "scenarios", "tables"),
    "clocks": ("core.clock",),
    "core": ("core",),
    "data": ("data", "core"),
    "dialects": ("dialects", "service", "core"),
    "handle": (
        "handle",
        "cli",
        "core.hints",
        "core.mishaps",
        "journal.entry",
        "serve",
        "settings",
        "web.server",
    ),
    "journal": ("journal", "core"),
    "logs": ("journal.lines", "journal.redaction"),
    "media": ("media", "service.ports", "core"),
    "pytest_plugin": ("handle",),
    "scenarios": ("scenarios", "core"),
    "serve": ("", "journal.entry", "logs", "data", "settings", "web.server", "web.sockets", "web.tls", "wiring"),
    "service": ("service", "core"),
    "settings": ("core.hints",),
    "sink": ("core.events",),
    "store": ("store", "service.ports", "service.worlds", "core"),
    "tables": ("core.catalogue", "core.mishaps"),
    "web": ("", "web", "dialects", "journal", "scenarios", "service", "media.cache", "core"),
    "wiring": (
        "core",
        "clocks",
        "data",
        "dialects",
        "journal",
        "media",
        "scenarios",
        "service",
        "settings",
        "sink",
        "store",
        "web",
    ),
}

# What the pure core must not touch: time, chance, the outside, frameworks. `random` is allowed as a type only.
NOT_IN_CORE = frozenset(
    (  # noqa: SIM905 - a list of names reads better so
        "asyncio fastapi hobbyhorse_fixtures httpx io logging os pathlib PIL random secrets shutil socket starlette "
        "subprocess sys tempfile threading time urllib.request uvicorn"
    ).split()
)
# The weight of a render must not be paid at start (see also the test on sys.modules in e2e).
HEAVY = ("av", "imageio", "numpy", "PIL", "hypothesis", "schemathesis", "redis", "tabulate")


def imports(source: str, module: str) -> Iterator[tuple[str, bool, bool]]:
    """Yield what a module imports: dotted name, whether for types only, whether at the top level."""
    tree = ast.parse(source)
    for_types = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    lazy = {id(node) for block in ast.walk(tree) if isinstance(block, ast.FunctionDef) for node in ast.walk(block)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            found = ".".join([*base, *([node.module] if node.module else [])])
            names = [found] if node.module else [f"{found}.{alias.name}" for alias in node.names]
        for name in names:
            yield name, id(node) in for_types, id(node) not in lazy


def violations(source: str, module: str) -> list[str]:
    """Say what a module imports against the table."""
    inside = module.removeprefix("hobbyhorse.")
    part = inside.split(".")[0]
    found = []
    for name, for_types, at_top in imports(source, module):
        if name == "hobbyhorse" or name.startswith("hobbyhorse."):
            target = name.removeprefix("hobbyhorse").lstrip(".")
            target = "" if target == "__version__" else target
            if not any(target == may or (may and target.startswith(f"{may}.")) for may in MAY_IMPORT[part]):
                found.append(f"{module} imports {name}")
        elif part == "core" and not for_types and any(name == no or name.startswith(f"{no}.") for no in NOT_IN_CORE):
            found.append(f"{module} is pure and imports {name}")
        elif at_top and not for_types and name.split(".")[0] in HEAVY and inside not in LAZILY_IMPORTED:
            found.append(f"{module} imports the heavy {name} at the top")
    return found


# Modules that may be heavy because nobody imports them before the first clip or picture.
LAZILY_IMPORTED = frozenset(
    {f"media.drawing.{name}" for name in "board captions card layers layout photo plate screening text tiles".split()}  # noqa: SIM905
    | {f"media.encoding.{name}" for name in ("encode", "film", "stamp", "tone")}
    | {f"media.judging.{name}" for name in ("confined_worker", "decode", "footage", "reel", "soundtrack", "stills")}
)

MODULES = {
    ".".join(("hobbyhorse", *path.relative_to(ROOT).with_suffix("").parts)): path for path in sorted(ROOT.rglob("*.py"))
}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_lies_below_it(module: str) -> None:
    assert violations(MODULES[module].read_text(), module) == []


def test_the_table_names_every_folder_and_file_and_nothing_else() -> None:
    there = {path.stem for path in ROOT.iterdir() if path.suffix == ".py"}
    there |= {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"}

    assert there == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("module", "source", "said"),
    [
        ("hobbyhorse.core.task", "from ..web import front", "hobbyhorse.core.task imports hobbyhorse.web"),
        ("hobbyhorse.core.task", "import time", "hobbyhorse.core.task is pure and imports time"),
        ("hobbyhorse.service.tasks", "from ..store.memory import MemoryTasks", "imports hobbyhorse.store.memory"),
        ("hobbyhorse.service.tasks", "from .. import wiring", "imports hobbyhorse.wiring"),
        (
            "hobbyhorse.web.oss",
            "def f():\n    from ..media.drawing.card import draw",
            "imports hobbyhorse.media.drawing.card",
        ),
        (
            "hobbyhorse.dialects.wire",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..web.front import Front",
            "imports hobbyhorse.web.front",
        ),
        ("hobbyhorse.wiring", "import numpy as np", "hobbyhorse.wiring imports the heavy numpy at the top"),
    ],
)
def test_a_planted_violation_is_found(module: str, source: str, said: str) -> None:
    found = violations(source, module)

    assert len(found) == 1
    assert said in found[0]


def test_only_lazily_imported_modules_may_be_heavy_and_each_of_them_exists() -> None:
    assert {f"hobbyhorse.{name}" for name in LAZILY_IMPORTED} - set(MODULES) == set()


def test_modules_stay_under_300_lines_and_functions_under_40() -> None:
    too_long = []
    for module, path in MODULES.items():
        source = path.read_text()
        if source.count("\n") > 300:
            too_long.append(module)
        too_long += [
            f"{module}.{node.name}"
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
            if node.end_lineno - node.lineno + 1 > 45
        ]

    assert too_long == []
