"""The requirements: a frozen, versioned set of rows, read from the package's own YAML."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import yaml

from ..hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LATEST = "2026-11"

Level = Literal["MUST", "SHOULD", "INFO"]
Kind = Literal["inv", "scn", "stoch", "obs"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row. `capability` are those of which a client must declare one for it to apply; none: it always does.

    `sources` are keys of the set's table. `why_not` says why it is not yet judged; empty where it is.
    """

    id: str
    level: Level
    kind: Kind
    statement: str
    rationale: str
    sources: tuple[str, ...]
    capability: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def family(self) -> str:
        """The part of the id before the dash: `CRE`."""
        return self.id.partition("-")[0]

    @property
    def judged(self) -> bool:
        """Whether there is a checker for it."""
        return not self.why_not

    def applies_to(self, capabilities: Iterable[str]) -> bool:
        """Whether a client that declares these capabilities has to keep it."""
        return not self.capability or not set(self.capability).isdisjoint(capabilities)


@dataclass(frozen=True, slots=True)
class Requirements:
    """A set. `sources` says what each key of a row's sources stands for, `digest` is the sha-256 (hex) of the rows."""

    name: str
    rows: tuple[Requirement, ...]
    sources: Mapping[str, str]
    digest: str

    def __iter__(self) -> Iterator[Requirement]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, name: str) -> Requirement:
        """Return a row by its id, in any case. Raises KeyError with the nearest id."""
        wanted = name.upper()
        for row in self.rows:
            if row.id == wanted:
                return row
        hint = did_you_mean(wanted, [row.id for row in self.rows])
        raise KeyError(f"there is no requirement {name!r} in the set {self.name}{hint}")

    @property
    def judged(self) -> tuple[Requirement, ...]:
        """Those with a checker."""
        return tuple(row for row in self.rows if row.judged)

    @property
    def families(self) -> tuple[str, ...]:
        """The families, in the order of the rows."""
        return tuple(dict.fromkeys(row.family for row in self.rows))


@lru_cache(maxsize=4)
def requirements(name: str = LATEST) -> Requirements:
    """Return a set by its name. Raises LookupError for one that there is not."""
    path = files(__package__).joinpath(f"{name}.yaml")
    if not path.is_file():
        raise LookupError(f"there is no set of requirements {name!r}; the newest is {LATEST!r}")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    why_not: Mapping[str, str] = document.get("not_judged") or {}
    rows = tuple(_row(row, why_not.get(row["id"], "")) for row in document["requirements"])
    return Requirements(document["set"], rows, document["sources"], _digest(document["requirements"]))


def _row(row: Mapping[str, Any], why_not: str) -> Requirement:
    capability = row.get("capability", ())
    return Requirement(
        id=row["id"],
        level=row["level"],
        kind=row["kind"],
        statement=row["statement"].strip(),
        rationale=row["rationale"].strip(),
        sources=tuple(row["sources"]),
        capability=(capability,) if isinstance(capability, str) else tuple(capability),
        why_not=why_not,
    )


def _digest(rows: list[Mapping[str, Any]]) -> str:
    """Return the digest of what is frozen: the rows' meaning, not how the file is laid out."""
    text = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
