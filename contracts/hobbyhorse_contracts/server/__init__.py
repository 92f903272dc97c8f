"""The server half: what the upstream promises its clients, as rows, and what finds out whether a server keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import yaml

from ..hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

LATEST = "2026-11"

Level = Literal["MUST", "SHOULD"]
Confidence = Literal["official", "observed", "assumed"]


@dataclass(frozen=True, slots=True)
class Promise:
    """One row. `sources` are keys of the set's table; `confidence` says how sure it is that upstream does so."""

    id: str
    level: Level
    confidence: Confidence
    statement: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Promises:
    """A set; `sources` says what each key of a row's sources stands for."""

    name: str
    rows: tuple[Promise, ...]
    sources: Mapping[str, str]

    def get(self, name: str) -> Promise:
        """Return a row by its id. Raises KeyError with the nearest id."""
        for row in self.rows:
            if row.id == name:
                return row
        hint = did_you_mean(name, [row.id for row in self.rows])
        raise KeyError(f"there is no promise {name!r} in the set {self.name}{hint}")


@lru_cache(maxsize=4)
def promises(name: str = LATEST) -> Promises:
    """Return a set by its name. Raises LookupError for one that there is not."""
    path = files(__package__).joinpath(f"{name}.yaml")
    if not path.is_file():
        raise LookupError(f"there is no set of promises {name!r}; the newest is {LATEST!r}")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    rows = tuple(Promise(**{**row, "sources": tuple(row["sources"])}) for row in document["promises"])
    return Promises(document["set"], rows, document["sources"])
