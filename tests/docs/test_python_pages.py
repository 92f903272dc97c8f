"""The pages about Python and pytest: their examples run, and nothing that there is goes unsaid."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hobbyhorse import Emulator, World
from hobbyhorse.handle.clock import Clock
from hobbyhorse.handle.journal import Journal
from hobbyhorse.handle.tasks import Tasks

if TYPE_CHECKING:
    from hobbyhorse import Emulator as Server

DOCS = Path(__file__).parents[2] / "docs"
BARE = ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def run(example: str, folder: Path) -> str:
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", example], cwd=folder, check=False, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def test_the_first_walk_ends_with_a_clip_and_its_story(tmp_path: Path) -> None:
    status, *story = run(blocks("python.md", "python")[0], tmp_path).splitlines()

    assert status.startswith("SUCCEEDED http://127.0.0.1:")
    shown = re.findall(r"^    \+\S+ +(\w+ \w+ → \d+ \w+), task", (DOCS / "python.md").read_text(), re.MULTILINE)
    assert [line.partition("s")[2].partition(",")[0].strip() for line in story] == shown


def test_the_walk_through_time_holds(tmp_path: Path) -> None:
    assert run(blocks("python.md", "python")[1], tmp_path) == ""


def test_the_walk_of_what_goes_wrong_says_so(tmp_path: Path) -> None:
    said = run(blocks("python.md", "python")[2], tmp_path)

    assert "inappropriate content" in said
    assert "502 text/html" in said
    assert "The mishap 1 happened to it: html" in said
    assert "did you mean 'get'?" in said


def test_the_walk_with_asyncio_holds(tmp_path: Path) -> None:
    said = run(blocks("python.md", "python")[3], tmp_path)

    assert "'do': 'reset'" in said
    assert said.endswith("{} []\n")


def test_the_tests_on_the_page_about_pytest_pass(pytester: pytest.Pytester, hobbyhorse: Server) -> None:
    (source,) = blocks("pytest.md", "python")
    pytester.makepyfile(test_page=source)
    result = pytester.runpytest_subprocess(*BARE, "-W", "ignore", f"--hobbyhorse-url={hobbyhorse.api}")

    result.assert_outcomes(passed=3)


def test_the_configuration_on_the_page_is_taken(pytester: pytest.Pytester) -> None:
    (toml,) = blocks("pytest.md", "toml")
    pytester.makepyprojecttoml(toml)
    pytester.makepyfile(
        """
        import os

        def test_it(world, hobbyhorse):
            assert hobbyhorse.pid == os.getpid()
            assert (world.view()["pace"], world.clock.read().frozen) == ("instant", True)
        """
    )

    pytester.runpytest_subprocess(*BARE, "--strict-config").assert_outcomes(passed=1)


@pytest.mark.parametrize("kind", [Emulator, World, Clock, Tasks, Journal])
def test_everything_that_a_handle_has_is_on_the_page(kind: type) -> None:
    page = (DOCS / "python.md").read_text()
    names = {name for name in {*dir(kind), *getattr(kind, "__annotations__", {})} if not name.startswith("_")}

    assert {name for name in names - {"afollow"} if not re.search(rf"\b{name}\b", page)} == set()


def test_every_option_of_the_plugin_is_on_the_page(pytestconfig: pytest.Config) -> None:
    plugin = pytestconfig.pluginmanager.get_plugin("hobbyhorse")
    assert plugin is not None
    names = set(re.findall(r'"((?:--)?hobbyhorse[-_]\w+)"', Path(plugin.__file__).read_text()))

    assert names == {f"hobbyhorse_{name}" for name in ("url", "process", "settings", "world", "story")} | {
        "--hobbyhorse-url"
    }
    assert {name for name in names if f"`{name}`" not in (DOCS / "pytest.md").read_text()} == set()
