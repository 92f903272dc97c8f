"""The certificate: what was found out about one client, and what that rests on, as one JSON document with a digest.

A digest proves nothing about who made it (let a CI attest that); it shows whether somebody changed a word since. The
histories are attached, or lie beside it, so that `verify` can judge them again with the same checkers.
"""

# ruff: noqa: TC001, TC003 - pydantic reads the types of the fields
from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import ConfigDict

from ..campaign import (
    Ability,
    Campaign,
    Case,
    KnownFailure,
    LevelStanding,
    Origin,
    Plan,
    Standing,
    Subject,
    Trouble,
)
from ..documents import DocumentError, read, schema, shown
from ..history import History, Mode
from ..scenario import Scenario
from ..verdict import Verdict
from .printable import safe
from .rendering import slug

if TYPE_CHECKING:
    from ..campaign import Result
    from ..requirements import Requirements

_STRICT = ConfigDict(extra="forbid")
FORMAT: Literal[1] = 1
SCHEMA = Path(__file__).parent / "schemas" / "certificate.v1.json"
HISTORIES = "histories"


@dataclass(frozen=True, slots=True)
class RequirementSet:
    """Which set was judged by: its name, and the digest (sha-256, hex) of its rows."""

    __pydantic_config__ = _STRICT

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Standard:
    """How one requirement stands. `evidence` is the id of the case that shows it, None where there is none."""

    __pydantic_config__ = _STRICT

    id: str
    level: Literal["MUST", "SHOULD", "INFO"]
    kind: Literal["inv", "scn", "stoch", "obs"]
    standing: Standing
    says: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    modes: tuple[Mode, ...] = ()
    evidence: str | None = None
    reruns: tuple[int, int] = (0, 0)
    shrinking: int = 0
    shrunk: bool = False
    known: KnownFailure | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """A case. `sha256` is that of its scenario and history; those are in `case`, or in `file` beside the certificate.

    `verdicts` are those that were stated when the certificate was made.
    """

    __pydantic_config__ = _STRICT

    id: str
    sha256: str
    verdicts: tuple[Verdict, ...]
    origin: Origin = "generated"
    scenario: Scenario | None = None
    history: History | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """All that a certificate says.

    `command_sha256` is the adapter's command line's, `adapter_files` maps the files that it names to their sha-256.
    `kinds` are the error kinds that the client's adapter used in the attached histories, each with the service's codes
    that it used them for: the mapping is its author's claim. `digest` is the sha-256 (hex) of all the rest.
    """

    __pydantic_config__ = _STRICT

    certificate: Literal[1]
    kit: str
    requirement_set: RequirementSet
    subject: Subject
    command_sha256: str
    requirements: tuple[Standard, ...]
    plan: Plan
    cases: tuple[Attached, ...] = ()
    adapter_files: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    level: Literal["smoke", "bronze", "silver", "gold"] | None = None
    levels: tuple[LevelStanding, ...] = ()
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
    environment: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    def document(self) -> dict[str, Any]:
        """Return the certificate as plain JSON."""
        return shown(self)

    @classmethod
    def of(cls, document: object, what: str = "certificate") -> Self:
        """Return the certificate that a document describes. Raises DocumentError with all that is wrong."""
        return read(cls, document, what)


def certificate(
    campaign: Campaign, requirements: Requirements, *, files: Mapping[str, str] | None = None
) -> Certificate:
    """Return the certificate of a campaign, its histories attached. `files` are the adapter's, with their sha-256."""
    told = safe(campaign)
    cases = {_case_id(case): case for result in told.results if (case := result.evidence) is not None}
    made = Certificate(
        certificate=FORMAT,
        kit=told.kit,
        requirement_set=RequirementSet(requirements.name, requirements.digest),
        subject=told.subject,
        command_sha256=hashlib.sha256(campaign.subject.command.encode()).hexdigest(),
        requirements=tuple(_standard(result, requirements) for result in told.results),
        plan=told.plan,
        cases=tuple(_attached(name, case) for name, case in sorted(cases.items())),
        adapter_files=dict(files or {}),
        kinds=_kinds(cases.values()),
        environment=environment(),
        **{name: getattr(told, name) for name in _SAME},
    )
    return replace(made, digest=digest(made.document()))


_SAME = (
    *("level", "levels", "abilities", "trouble", "baseline", "ran", "families", "restarts", "complete", "began"),
    *("ended", "seconds", "exit_code"),
)


def digest(document: Mapping[str, Any]) -> str:
    """Return the sha-256 (hex) of a certificate's document without its digest, independent of how it is laid out."""
    return sha256({name: value for name, value in document.items() if name != "digest"})


def sha256(document: object) -> str:
    """Return the sha-256 (hex) of plain JSON: sorted names, no blanks, UTF-8."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def content(scenario: Scenario, history: History) -> dict[str, Any]:
    """Return what the digest of a case is over, which is also what lies in its file."""
    return {"scenario": scenario.document(), "history": history.document()}


def write(made: Certificate, path: Path, *, beside: bool = False) -> None:
    """Write a certificate; with `beside`, its histories into files next to it."""
    document = made.document()
    if beside:
        folder = path.parent / HISTORIES
        folder.mkdir(parents=True, exist_ok=True)
        document["cases"] = [_beside(case, folder) for case in document.get("cases", [])]
        document["digest"] = digest(document)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _beside(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    name = f"{case['id']}.json"
    both = {part: case.pop(part) for part in ("scenario", "history")}
    (folder / name).write_text(json.dumps(both, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return {**case, "file": f"{HISTORIES}/{name}"}


def adapter_files(command: str, folder: Path = Path()) -> dict[str, str]:
    """Return the files that a command line names, with their sha-256 (hex): the adapter, as far as one can tell."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    found = [word for word in words if (folder / word).is_file()]
    return {Path(word).name: hashlib.sha256((folder / word).read_bytes()).hexdigest() for word in found}


def environment() -> dict[str, str]:
    """Return what the run's outcome may depend on, and nothing that names a machine or a person."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
        "ci": "yes" if os.environ.get("CI") else "no",
    }


def certificate_schema() -> dict[str, Any]:
    """Return the JSON Schema of a certificate."""
    return schema(Certificate, "A certificate of the contract kit, version 1")


def schema_text() -> str:
    """Return the schema as it lies in the package."""
    return json.dumps(certificate_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _standard(result: Result, requirements: Requirements) -> Standard:
    row = requirements.get(result.requirement)
    return Standard(
        id=row.id,
        level=row.level,
        kind=row.kind,
        standing=result.standing,
        says=result.says,
        counts=dict(result.counts),
        modes=result.modes,
        evidence=_case_id(result.evidence) if result.evidence else None,
        reruns=result.reruns,
        shrinking=result.shrinking,
        shrunk=result.shrunk,
        known=result.known,
    )


def _case_id(case: Case) -> str:
    name = slug(case.scenario.name)[:60] or "case"
    return f"{name}-{sha256(content(case.scenario, case.history))[:12]}"


def _attached(name: str, case: Case) -> Attached:
    both = sha256(content(case.scenario, case.history))
    return Attached(name, both, case.verdicts, case.origin, case.scenario, case.history)


def _kinds(cases: Any) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for case in cases:
        for answer in case.history.answers:
            if answer.error is not None and not answer.ok:
                found.setdefault(answer.error.kind, set()).add(answer.error.code or "no code")
    return {kind: tuple(sorted(codes)) for kind, codes in sorted(found.items())}


def read_certificate(text: str) -> dict[str, Any]:
    """Return the document in a certificate's text. Raises DocumentError where it is none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"certificate: it is no JSON: {error}") from None
    if not isinstance(document, dict) or "certificate" not in document:
        raise DocumentError("certificate: it is no certificate: the field `certificate` (1) is missing")
    Certificate.of(document)
    return document


if __name__ == "__main__":
    SCHEMA.parent.mkdir(exist_ok=True)
    SCHEMA.write_text(schema_text(), encoding="utf-8")
