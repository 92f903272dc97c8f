"""The named scenarios that come with the package: data in `hobbyhorse_fixtures/scenarios`, one file each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from .documents import scenario_of
from .reader import read

if TYPE_CHECKING:
    from ..core.catalogue import Catalogue
    from ..core.scenario import Scenario

_ENDING = ".yaml"


@cache
def names() -> tuple[str, ...]:
    """Return the names there are, in alphabetical order."""
    folder = files("hobbyhorse_fixtures") / "scenarios"
    return tuple(sorted(file.name.removesuffix(_ENDING) for file in folder.iterdir() if file.name.endswith(_ENDING)))


@cache
def text(name: str) -> str:
    """Return the text of a scenario. Raises KeyError for a name that is none."""
    if name not in names():
        raise KeyError(name)
    return (files("hobbyhorse_fixtures") / "scenarios" / f"{name}{_ENDING}").read_text(encoding="utf-8")


def find(name: str, catalogue: Catalogue) -> Scenario:
    """Return a scenario. Raises KeyError for a name that is none."""
    return scenario_of(read(text(name), f"{name}{_ENDING}"), catalogue, name)
