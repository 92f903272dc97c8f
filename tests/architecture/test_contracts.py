"""Emulator and contract kit do not know each other: the kit drives the emulator by its public handle, and no more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import hobbyhorse
import hobbyhorse_contracts

KIT = Path(hobbyhorse_contracts.__file__).parent
EMULATOR = Path(hobbyhorse.__file__).parent


def strange(source: str, package: str) -> list[str]:
    """Return what a module imports of another package of this project, except what that offers to everybody."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            found += [name for name in names if name == package or name.startswith(f"{package}.")]
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            if node.module == "hobbyhorse" == package:
                found += [alias.name for alias in node.names if alias.name not in {*hobbyhorse.__all__, "__version__"}]
            elif node.module == package or node.module.startswith(f"{package}."):
                found.append(node.module)
    return found


@pytest.mark.parametrize("path", sorted(KIT.rglob("*.py")), ids=lambda path: path.relative_to(KIT).as_posix())
def test_the_kit_takes_of_the_emulator_its_handle_alone(path: Path) -> None:
    assert strange(path.read_text("utf-8"), "hobbyhorse") == []


def test_the_emulator_imports_nothing_of_the_kit() -> None:
    assert [path for path in EMULATOR.rglob("*.py") if strange(path.read_text("utf-8"), "hobbyhorse_contracts")] == []


@pytest.mark.parametrize(
    ("source", "package", "found"),
    [
        ("from hobbyhorse import Emulator, World", "hobbyhorse", []),
        ("from hobbyhorse import core", "hobbyhorse", ["core"]),
        ("import hobbyhorse", "hobbyhorse", ["hobbyhorse"]),
        ("def f():\n    from hobbyhorse.core.ids import key_id", "hobbyhorse", ["hobbyhorse.core.ids"]),
        ("from hobbyhorse_contracts import driver", "hobbyhorse", []),
        ("from hobbyhorse_contracts import driver", "hobbyhorse_contracts", ["hobbyhorse_contracts"]),
        ("from ..hobbyhorse import x", "hobbyhorse", []),
    ],
)
def test_a_planted_import_is_found(source: str, package: str, found: list[str]) -> None:
    assert strange(source, package) == found


@pytest.mark.parametrize("path", sorted(KIT.rglob("*.py")), ids=lambda path: path.relative_to(KIT).as_posix())
def test_modules_stay_under_300_lines_and_functions_under_45(path: Path) -> None:
    source = path.read_text("utf-8")
    functions = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert source.count("\n") <= 300
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > 45] == []
