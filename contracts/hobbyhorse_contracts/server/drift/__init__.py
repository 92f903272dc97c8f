"""Drift: the same free requests to the real service and to the emulator, and where the answers differ in shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import yaml

Key = Literal["good", "bad", "none"]


@dataclass(frozen=True, slots=True)
class Probe:
    """One request, as the table has it; `promises` are the rows that it is about."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    key: Key
    promises: tuple[str, ...]
    is_async: bool = False
    body: Any = None


@dataclass(frozen=True, slots=True)
class Table:
    """The probes, and how answers are compared."""

    probes: tuple[Probe, ...]
    exact: frozenset[str]
    texts: frozenset[str]
    valued: frozenset[str]
    ignored: frozenset[str]


@lru_cache(maxsize=1)
def table() -> Table:
    """Return the package's own table."""
    document = yaml.safe_load(files(__package__).joinpath("probes.yaml").read_text(encoding="utf-8"))
    return Table(
        tuple(Probe(**{**row, "promises": tuple(row["promises"])}) for row in document["probes"]),
        frozenset(document["exact"]),
        frozenset(document["texts"]),
        frozenset(document["headers"]["valued"]),
        frozenset(document["headers"]["ignored"]),
    )
