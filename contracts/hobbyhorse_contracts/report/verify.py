"""Judges what a certificate attaches again, with the same checkers, and holds what it says against that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..campaign import Standing
from ..checkers import judge
from ..documents import DocumentError
from ..history import History
from ..levels import SAFE, highest
from ..requirements import requirements
from ..scenario import Scenario
from ..selection import matches
from ..verdict import Outcome, Verdict
from .certificate import Attached, Certificate, content, digest, read_certificate, sha256
from .printable import line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Judge = Callable[[Scenario, History, Iterable[str] | None], tuple[Verdict, ...]]
# What the evidence of a standing must say when it is judged again.
_SHOWN_BY = {
    Standing.PASS: {Outcome.PASS},
    Standing.WARN: {Outcome.WARN},
    Standing.FAIL: {Outcome.FAIL},
    Standing.FLAKY: {Outcome.FAIL, Outcome.WARN},
}
_KEPT = {Standing.PASS, Standing.WARN, Standing.FLAKY, Standing.NOT_APPLICABLE, Standing.NOT_JUDGED}


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found. `wrong` are sentences, each a reason not to believe it; `notes` are to be known and no reason."""

    wrong: tuple[str, ...]
    notes: tuple[str, ...]
    judged: int

    @property
    def holds(self) -> bool:
        """Whether the certificate says what its histories say."""
        return not self.wrong


def verify(path: Path, judged_by: Judge = judge) -> Verified:
    """Verify the certificate in a file. Raises DocumentError where it is none, OSError where it cannot be read."""
    document = read_certificate(path.read_text(encoding="utf-8"))
    stated = Certificate.of(document)
    wrong = list(_altered(document, stated))
    verdicts: dict[str, dict[str, Verdict]] = {}
    for case in stated.cases:
        try:
            scenario, history = _content(case, path.parent)
        except (OSError, ValueError) as error:
            wrong.append(f"case {case.id} cannot be judged again: {error}")
            continue
        if sha256(content(scenario, history)) != case.sha256:
            wrong.append(f"case {case.id}: its scenario or history was edited; its digest is another")
        verdicts[case.id] = {row.requirement: row for row in judged_by(scenario, history, None)}
        wrong += _changed(case, verdicts[case.id])
    wrong += _unfounded(stated, verdicts)
    wrong += _too_high(stated)
    return Verified(tuple(map(line, wrong)), tuple(map(line, _notes(stated))), sum(map(len, verdicts.values())))


def _altered(document: dict[str, Any], stated: Certificate) -> Iterator[str]:
    if digest(document) != stated.digest:
        yield "the certificate was edited: its digest is another"
    try:
        known = requirements(stated.requirement_set.name)
    except LookupError as error:
        yield str(error)
        return
    if known.digest != stated.requirement_set.digest:
        yield f"the requirement set {known.name} that it was judged by is not the one of this kit"
    ids = {row.id for row in known}
    yield from (f"there is no requirement {row.id} in the set" for row in stated.requirements if row.id not in ids)
    told = {row.id for row in stated.requirements}
    if told != ids and not stated.plan.only and not told - ids:
        yield f"requirements are missing: {', '.join(sorted(ids - told))}"


def _content(case: Attached, folder: Path) -> tuple[Scenario, History]:
    if case.scenario is not None and case.history is not None:
        return case.scenario, case.history
    if case.file is None:
        raise DocumentError("it has neither a history nor a file")
    path = (folder / case.file).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise DocumentError(f"its file {case.file!r} does not lie beside the certificate")
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise DocumentError(f"{case.file} is no case")
    return Scenario.of(document.get("scenario"), case.file), History.of(document.get("history"), case.file)


def _changed(case: Attached, now: dict[str, Verdict]) -> Iterator[str]:
    for then in case.verdicts:
        found = now.get(then.requirement)
        if found is None:
            yield f"case {case.id}: {then.requirement} is stated as {then.outcome}, and this kit does not judge it"
        elif found.outcome is not then.outcome:
            rows = f" (rows {', '.join(map(str, found.rows))})" if found.rows else ""
            said = f"{found.outcome}: {found.says}{rows}"
            yield f"case {case.id}: {then.requirement} is stated as {then.outcome}; judged again it is {said}"
    stated = {row.requirement for row in case.verdicts}
    for name, found in now.items():
        if name not in stated and found.outcome is Outcome.FAIL and stated:
            yield f"case {case.id}: {name} is not stated; judged again it is {found.outcome}: {found.says}"


def _unfounded(stated: Certificate, verdicts: dict[str, dict[str, Verdict]]) -> Iterator[str]:
    attached = {case.id for case in stated.cases}
    for row in stated.requirements:
        wanted = _SHOWN_BY.get(row.standing)
        if wanted is None:
            continue
        if row.evidence is None or row.evidence not in attached:
            yield f"{row.id} is stated as {row.standing}, and nothing is attached that shows it"
        elif row.evidence in verdicts:
            found = verdicts[row.evidence].get(row.id)
            if found is None or found.outcome not in wanted:
                shows = f"shows {found.outcome}: {found.says}" if found else "is not about it"
                yield f"{row.id} is stated as {row.standing}; its history {row.evidence} {shows}"


def _too_high(stated: Certificate) -> Iterator[str]:
    """Yield why a client cannot have the level that is stated, as far as the requirements tell."""
    if stated.level != highest(stated.levels):
        yield f"the level is stated as {stated.level or 'none'}, and the levels as {highest(stated.levels) or 'none'}"
    if stated.level in {None, "smoke"}:
        return
    for row in stated.requirements:
        counts = row.level == "MUST" and (stated.level != "bronze" or matches(SAFE, row.id))
        if counts and row.standing not in _KEPT:
            yield f"{stated.level} cannot be reached while {row.id} is {row.standing}"
        elif stated.level == "gold" and row.level != "INFO" and row.standing in {Standing.WARN, Standing.FLAKY}:
            yield f"gold cannot be reached while {row.id} is {row.standing}"


def _notes(stated: Certificate) -> Iterator[str]:
    yield f"{len(stated.cases)} histories are attached, made by kit {stated.kit or 'unknown'}"
    if stated.plan.only:
        yield f"it is about {', '.join(stated.plan.only)} only"
    if not stated.complete:
        yield "its budget ended before all scenarios had run"
