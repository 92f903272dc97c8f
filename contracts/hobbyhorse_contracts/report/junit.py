"""JUnit XML: a testcase per requirement, its family as the class; built as a tree, so that all text is escaped."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET  # only writes

from ..campaign import Campaign, Result, Standing
from .evidence import proof
from .printable import pairs, plain, safe
from .replay import replay_command
from .timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..requirements import Requirement, Requirements

_LINES = 10  # of the timeline
_FAILED = {Standing.FAIL, Standing.FLAKY}
_HARNESS_ERROR = 3


def junit(campaign: Campaign, requirements: Requirements, folder: str = "") -> str:
    """Return the report. `folder` is where the scenarios of failures lie, for the replay command.

    FAIL is a failure (a known one is skipped, as it is expected), FLAKY one as well; NOT_TESTABLE an error, since what
    could not be seen is no pass; WARN, NOT_APPLICABLE and NOT_JUDGED are skipped with the reason. Trouble of a run that
    could not judge is an error of its own.
    """
    shown = safe(campaign)
    suite = ET.Element("testsuite", name=_text(f"hobbyhorse certify {shown.subject.name} {shown.subject.version}"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(shown):
        ET.SubElement(properties, "property", name=name, value=_text(value))
    for result in shown.results:
        suite.append(_case(shown, result, requirements.get(result.requirement), folder))
    if shown.exit_code >= _HARNESS_ERROR or shown.baseline:
        suite.append(_trouble(shown))
    kinds = Counter(kind.tag for case in suite.iter("testcase") for kind in case if kind.tag in _COUNTED)
    suite.attrib |= {"tests": str(len(list(suite.iter("testcase")))), "time": f"{shown.seconds:.3f}"}
    suite.attrib |= {plural: str(kinds[tag]) for tag, plural in _COUNTED.items()} | {"timestamp": _text(shown.began)}
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


_COUNTED = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def _properties(campaign: Campaign) -> Iterator[tuple[str, str]]:
    yield "kit", campaign.kit
    yield "requirement_set", campaign.requirement_set
    yield "level", campaign.level or "none"
    yield "seeds", ", ".join(map(str, campaign.plan.seeds))
    yield "scenarios", pairs(campaign.ran)


def _case(campaign: Campaign, result: Result, requirement: Requirement, folder: str) -> ET.Element:
    case = ET.Element("testcase", classname=requirement.family, name=requirement.id)
    properties = ET.SubElement(case, "properties")
    rows = {
        "level": requirement.level,
        "kind": requirement.kind,
        "standing": result.standing.value,
        "time": ", ".join(result.modes),
        "seen": pairs(result.counts),
    }
    for name, value in rows.items():
        ET.SubElement(properties, "property", name=name, value=_text(value))
    tag = _tag(result)
    if tag is not None:
        said = ET.SubElement(case, tag, message=_text(_message(result)))
        if tag != "skipped":
            said.set("type", result.standing.value)
            said.text = _text("\n".join(_told(campaign, result, requirement, folder)))
    return case


def _tag(result: Result) -> str | None:
    if result.standing is Standing.PASS:
        return None
    if result.standing is Standing.NOT_TESTABLE:
        return "error"
    return "failure" if result.standing in _FAILED and result.known is None else "skipped"


def _message(result: Result) -> str:
    known = f"known until {result.known.until} ({result.known.reason}): " if result.known else ""
    return f"{known}{result.standing.value}: {result.says}" if result.says else f"{known}{result.standing.value}"


def _told(campaign: Campaign, result: Result, requirement: Requirement, folder: str) -> Iterator[str]:
    yield f"{requirement.id} ({requirement.level}): {requirement.statement}"
    yield result.says
    case = result.evidence
    if case is not None:
        rows = proof(case, result.requirement)
        yield f"scenario {case.scenario.name!r}:"
        yield from (f"  {line}" for line in timeline(case.scenario, case.history, rows, most=_LINES))
        yield f"replay: {replay_command(campaign, result.requirement, folder)}"


def _trouble(campaign: Campaign) -> ET.Element:
    case = ET.Element("testcase", classname="harness", name="the run itself")
    lines = [*campaign.baseline, *(f"{row.scenario}: {row.says}" for row in campaign.trouble)]
    error = ET.SubElement(case, "error", message=_text(lines[0] if lines else "nothing was judged"), type="harness")
    error.text = _text("\n".join(lines))
    return case


def _text(text: str) -> str:
    return plain(text)
