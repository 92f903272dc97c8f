"""A campaign: all that was found out about one client in one run. Reports and certificates are made of this.

`running.py` makes one, `levels.py` says what it is worth. Everything in it is plain JSON both ways.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the fields' types
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import ConfigDict

from .documents import read, schema, shown
from .history import History, Mode  # noqa: TC001 - pydantic reads the fields' types
from .scenario import Scenario  # noqa: TC001 - same
from .verdict import Verdict  # noqa: TC001 - same

_STRICT = ConfigDict(extra="forbid")
Origin = Literal["smoke", "probe", "corpus", "generated", "machine", "file"]


class Standing(StrEnum):
    """How a client stands to one requirement after a whole campaign. The first of these that is true."""

    FAIL = "fail"
    """A history breaks it, and did so again in at least two of three runs."""
    FLAKY = "flaky"
    """A history broke it, and running the same scenario again mostly did not."""
    WARN = "warn"
    """A SHOULD that was not kept, or the worse of several acceptable ways."""
    PASS = "pass"  # noqa: S105 - no secret
    NOT_TESTABLE = "not testable"
    """It applies and should have been seen, and no history could show it."""
    NOT_APPLICABLE = "not applicable"
    """The client does not declare what it is about."""
    NOT_JUDGED = "not judged"
    """The kit has no checker for it yet, or this campaign was not about it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario, run once, and what the checkers said. `origin` is where the scenario came from."""

    __pydantic_config__ = _STRICT

    scenario: Scenario
    history: History
    verdicts: tuple[Verdict, ...]
    origin: Origin = "generated"

    def verdict(self, requirement: str) -> Verdict | None:
        """Return what was said about a requirement, or None."""
        return next((row for row in self.verdicts if row.requirement == requirement), None)


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """One line of a baseline: a requirement that is known to fail, why, where that is told, until when (a date)."""

    __pydantic_config__ = _STRICT

    id: str
    reason: str
    issue: str
    until: str


@dataclass(frozen=True, slots=True)
class Result:
    """One requirement at the end.

    `says` is one sentence. `counts` tells in how many scenarios each outcome was seen. `evidence` is the smallest case
    that shows the standing: of a failure the shrunk one (`found` is the one it came from), otherwise one that passed.
    `reruns` are (how often it failed again, how often it was run again). `shrinking` are the runs that shrinking took;
    `shrunk` is False where its budget ended first.
    """

    __pydantic_config__ = _STRICT

    requirement: str
    standing: Standing
    says: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    evidence: Case | None = None
    found: Case | None = None
    reruns: tuple[int, int] = (0, 0)
    shrinking: int = 0
    shrunk: bool = False
    known: KnownFailure | None = None
    modes: tuple[Mode, ...] = ()


@dataclass(frozen=True, slots=True)
class Ability:
    """A capability that the client declares. `works` is None where no scenario used it."""

    __pydantic_config__ = _STRICT

    name: str
    works: bool | None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with the adapter or the harness; never a verdict on the client."""

    __pydantic_config__ = _STRICT

    scenario: str
    says: str
    origin: Origin = "generated"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who was judged. `command` is how to start it: `node my-client.js`, or `module:Class` where it is in process."""

    __pydantic_config__ = _STRICT

    name: str
    version: str = ""
    language: str = ""
    command: str = ""
    in_process: bool = False
    capabilities: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for. `only` are requirement ids or families; nothing means all. Seconds are real ones."""

    __pydantic_config__ = _STRICT

    level: Literal["smoke", "bronze", "silver", "gold"] | None = None
    only: tuple[str, ...] = ()
    examples: int = 200
    seeds: tuple[int, ...] = (0,)
    machine: int = 20
    profile: Literal["kit-dev", "kit-ci", "kit-nightly"] = "kit-dev"
    time: Mode | None = None
    budget_s: float | None = None
    shrink_s: float = 60.0
    jobs: int = 1
    corpus: bool = True


@dataclass(frozen=True, slots=True)
class LevelStanding:
    """One level: whether it is reached, how many of its applicable requirements are kept, and what is in the way."""

    __pydantic_config__ = _STRICT

    level: Literal["smoke", "bronze", "silver", "gold"]
    reached: bool
    kept: int
    applicable: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """Everything. `ran` counts runs by origin, and those for `shrinking` and `reruns`; `families` scenarios by mishap.

    `level` is the highest that is reached with all below it. `baseline` are errors of the known failures. `began` and
    `ended` are UTC instants in ISO 8601. `complete` is False where the budget ended before all scenarios had run.
    """

    __pydantic_config__ = _STRICT

    subject: Subject
    requirement_set: str
    plan: Plan
    results: tuple[Result, ...]
    levels: tuple[LevelStanding, ...] = ()
    level: Literal["smoke", "bronze", "silver", "gold"] | None = None
    abilities: tuple[Ability, ...] = ()
    trouble: tuple[Trouble, ...] = ()
    baseline: tuple[str, ...] = ()
    ran: Mapping[str, int] = field(default_factory=dict)
    families: Mapping[str, int] = field(default_factory=dict)
    restarts: int = 0
    complete: bool = True
    began: str = ""
    ended: str = ""
    seconds: float = 0.0
    exit_code: int = 0
    kit: str = ""

    def result(self, requirement: str) -> Result | None:
        """Return how a requirement stands, or None."""
        return next((row for row in self.results if row.requirement == requirement), None)

    def document(self) -> dict[str, Any]:
        """Return the campaign as plain JSON."""
        return shown(self)

    @classmethod
    def of(cls, document: object, what: str = "campaign") -> Self:
        """Return the campaign that a document describes. Raises DocumentError with all that is wrong."""
        return read(cls, document, what)


@dataclass(frozen=True, slots=True)
class Progress:
    """Told while a campaign runs.

    `phase` is what goes on: handshake, smoke, probes, corpus, generated, machine, confirming, shrinking, done. `done`
    of `total` are over; `now` is the scenario or requirement in hand. `failing` are the requirements that fail so far.
    """

    phase: str
    done: int = 0
    total: int = 0
    now: str = ""
    failing: tuple[str, ...] = ()
    seconds: float = 0.0


def campaign_schema() -> dict[str, Any]:
    """Return the JSON Schema of a campaign's document."""
    return schema(Campaign, "A campaign of the contract kit, version 1")
