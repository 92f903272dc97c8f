"""pytest: one server a test run, a fresh world for each test, and the journal's story of a test that failed.

Loaded with every run of pytest where hobbyhorse is installed, so it imports nothing before a fixture is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from .handle import Emulator, World

_MARKER = "hobbyhorse"
_WORLD = pytest.StashKey["World"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what can be set, on the command line and in the configuration file."""
    group = parser.getgroup("hobbyhorse")
    group.addoption("--hobbyhorse-url", metavar="URL", help="use the emulator at this base URL instead of starting one")
    parser.addini("hobbyhorse_url", "the same as --hobbyhorse-url", default="")
    parser.addini(
        "hobbyhorse_process", "run the server in a process of its own (true) or a thread", "bool", default=True
    )
    parser.addini("hobbyhorse_settings", "the server's settings, as TOML: a line each", "linelist", [])
    parser.addini("hobbyhorse_world", "what every world has unless its test says else, as TOML", "linelist", [])
    parser.addini("hobbyhorse_story", "how many requests to show of a test that failed; 0: none", default="40")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(scenario=…, pace=…, clock=…, …): what the test's `world` is like: the fields of a world document, "
        "and a scenario (or a list of them) by name, path or document",
    )


@pytest.fixture(scope="session")
def hobbyhorse(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """Serve: one server for the run, or one for each of xdist's workers."""
    from .handle import Emulator  # noqa: PLC0415 - see above

    url = pytestconfig.getoption("--hobbyhorse-url") or pytestconfig.getini("hobbyhorse_url")
    if url:
        emulator = Emulator.at(url)
    else:
        settings = _toml(pytestconfig, "hobbyhorse_settings")
        emulator = Emulator(process=pytestconfig.getini("hobbyhorse_process"), **settings)
    with emulator:
        yield emulator


@pytest.fixture
def world(hobbyhorse: Emulator, request: pytest.FixtureRequest) -> Iterator[World]:
    """Make a fresh world, gone after the test, and bring DashScope's SDK to it, be it imported already or not."""
    from .handle.sdk import pointed  # noqa: PLC0415 - see above

    document = _wanted(request)
    scenarios = document.pop("scenario", [])
    with hobbyhorse.world(**document) as made:
        for scenario in scenarios if isinstance(scenarios, list | tuple) else [scenarios]:
            made.scenario(scenario)
        request.node.stash[_WORLD] = made
        try:
            with pointed(made.env()):
                yield made
        finally:
            del request.node.stash[_WORLD]


def _wanted(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the document of a test's world: the configuration's, then each marker's, the nearest one last."""
    document = {"name": request.node.name[:200], **_toml(request.config, "hobbyhorse_world")}
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        if marker.args:
            raise pytest.UsageError(f"@pytest.mark.{_MARKER} takes named values only, such as pace='instant'")
        document |= marker.kwargs
    return document


def _toml(config: pytest.Config, option: str) -> dict[str, Any]:
    """Return what an option's lines say. Raises UsageError for lines that are no TOML."""
    import tomllib  # noqa: PLC0415 - few runs have such lines

    try:
        return tomllib.loads("\n".join(config.getini(option)))
    except tomllib.TOMLDecodeError as error:
        raise pytest.UsageError(f"{option}: {error}; strings want quotes, as in pace = 'instant'") from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the world of a failed test was asked, and what it answered."""
    report = yield
    world = item.stash.get(_WORLD, None)
    if world is not None and report.failed:
        report.sections.append((f"Journal of world {world.id}", _story(world, item.config)))
    return report


def _story(world: World, config: pytest.Config) -> str:
    """Return the story's end, and how much of it is left out."""
    from .handle import ControlError  # noqa: PLC0415 - see above

    most = int(config.getini("hobbyhorse_story"))
    try:
        lines = world.journal.story().splitlines()
    except ControlError as error:
        return f"the emulator does not tell: {error}"
    shown = lines[-most:] if most else []
    return "\n".join([*([f"({len(lines) - len(shown)} requests before these)"] if lines != shown else []), *shown])
