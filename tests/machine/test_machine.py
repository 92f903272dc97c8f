"""One world, driven through the public API, agrees with a model of it; with a bug planted it does not."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from .bugs import BUGS
from .checks import Disagreement
from .machine import Machine
from .planting import plant
from .wire import over_http

if TYPE_CHECKING:
    from .planting import Bug
    from .wire import Server

# The same draws in every run, so that what is found today is found tomorrow. A failure is not kept: it comes again.
_ANY = settings(
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
HONEST = settings(_ANY, max_examples=80, stateful_step_count=30)
SOCKETS = settings(_ANY, max_examples=8, stateful_step_count=25)
# Enough for every bug that is planted, most of which show in the first ten; a bug found need not be a small one.
PLANTED = settings(
    _ANY,
    max_examples=150,
    stateful_step_count=25,
    phases=(Phase.generate,),
    report_multiple_bugs=False,
    print_blob=False,
)


def driven(server: Server, how: settings) -> None:
    """Run the machine against a server."""
    machine = type("Driven", (Machine,), {"server": server})
    run_state_machine_as_test(machine, settings=how)


def test_an_honest_emulator_agrees_with_the_model(server: Server) -> None:
    driven(server, HONEST)


@pytest.mark.parametrize("bug", BUGS, ids=[bug.name.replace(" ", "-") for bug in BUGS])
def test_a_planted_bug_is_found(server: Server, bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(bug, monkeypatch)
    with pytest.raises(Disagreement) as found:
        driven(server, PLANTED)
    assert found.value.area in bug.areas, found.value


def test_behind_real_sockets_it_is_the_same() -> None:
    with pytest.MonkeyPatch.context() as patch, over_http(patch) as server:
        driven(server, SOCKETS)


def imported(path: Path) -> set[str]:
    """Return the first names of all that a module imports absolutely, and of what it takes from beside its folder."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0] if node.level == 0 else "." * node.level)
    return found


def test_the_model_knows_nothing_of_the_emulator() -> None:
    modules = sorted((Path(__file__).parent / "expected").glob("*.py"))
    assert {"world.py", "life.py", "tables.py"} < {path.name for path in modules}
    for path in modules:
        assert imported(path) <= {".", *sys.stdlib_module_names}, path.name
