"""One HTML page about one campaign: requirements by verdict, and each failure with its timeline drawn as a picture.

The page holds everything it needs, loads nothing, runs nothing (its own policy forbids scripts), and can be read by
keyboard, by screen reader, on paper, in light and in dark.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..campaign import Campaign, Result, Standing
from .evidence import proof, scenario_text
from .picture import API, CLIENT, RESULTS, WIDTH, Picture, picture
from .printable import pairs, safe
from .rendering import environment, style
from .replay import replay_command
from .timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..requirements import Requirement, Requirements

FAMILIES = {
    "REQ": "How requests are made",
    "PAY": "Fidelity of what is sent",
    "UPL": "Local files",
    "CRE": "Create: money",
    "POL": "Polling",
    "ERR": "Errors",
    "SEC": "Secrets and redirects",
    "RES": "The result",
    "CAN": "Cancel",
    "LST": "List",
    "CON": "Connections and batches",
}
_LEVELS = {"smoke": "Smoke", "bronze": "Bronze", "silver": "Silver", "gold": "Gold"}
_MOST_TEXT = 400  # lines of a timeline in the page


@dataclass(frozen=True, slots=True)
class Shown:
    """A failure or warning with all that its article shows; no picture where there is no evidence."""

    result: Result
    requirement: Requirement
    picture: Picture | None = None
    text: str = ""
    scenario: str = ""
    replay: str = ""


def html(campaign: Campaign, requirements: Requirements, digest: str = "") -> str:
    """Return the page. `digest` is the certificate's, where there is one."""
    shown = safe(campaign)
    faults = [_shown(row, requirements, shown) for row in shown.results if row.standing in _BROKEN]
    warnings = [_shown(row, requirements, shown) for row in shown.results if row.standing is Standing.WARN]
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            campaign=shown,
            style=style(),
            sources=requirements.sources,
            verdict=verdict(shown),
            counts=counts(shown),
            faults=faults,
            warnings=warnings,
            linked={article.result.requirement for article in (*faults, *warnings)},
            families=_families(shown, requirements),
            about=[*_about(shown), *([("digest of the certificate", digest)] if digest else [])],
            lanes={"client": CLIENT, "api": API, "results": RESULTS},
            width=WIDTH,
        )
    )


_BROKEN = {Standing.FAIL, Standing.FLAKY}


def counts(campaign: Campaign) -> list[tuple[str, int]]:
    """Return how many requirements stand how, in the order of Standing, without what none does."""
    found = Counter(row.standing for row in campaign.results)
    return [(standing.value, found[standing]) for standing in Standing if found[standing]]


def verdict(campaign: Campaign) -> str:
    """Return the whole campaign in one or two sentences."""
    failing = [row.requirement for row in campaign.results if row.standing is Standing.FAIL]
    applicable = sum(row.standing not in _OUTSIDE for row in campaign.results)
    level = f"It reaches {_LEVELS[campaign.level]}" if campaign.level else "It reaches no level"
    if not failing:
        return f"{level}. Of {applicable} applicable requirements none was seen broken."
    some = ", ".join(failing[:6]) + (f" and {len(failing) - 6} more" if len(failing) > 6 else "")  # noqa: PLR2004
    verb = "was" if len(failing) == 1 else "were"
    return f"{level}. Of {applicable} applicable requirements {len(failing)} {verb} seen broken: {some}."


_OUTSIDE = {Standing.NOT_APPLICABLE, Standing.NOT_JUDGED}


def _shown(result: Result, requirements: Requirements, campaign: Campaign) -> Shown:
    requirement = requirements.get(result.requirement)
    case = result.evidence
    if case is None:
        return Shown(result, requirement)
    rows = proof(case, result.requirement)
    return Shown(
        result,
        requirement,
        picture(case.scenario, case.history, rows),
        "\n".join(timeline(case.scenario, case.history, rows, most=_MOST_TEXT, wide=200)),
        scenario_text(case),
        replay_command(campaign, result.requirement),
    )


def _families(campaign: Campaign, requirements: Requirements) -> Iterator[tuple[str, list[tuple[Requirement, Result]]]]:
    rows: dict[str, list[tuple[Requirement, Result]]] = {}
    for result in campaign.results:
        rows.setdefault(result.requirement.partition("-")[0], []).append((requirements.get(result.requirement), result))
    for family in sorted(rows, key=lambda name: list(FAMILIES).index(name) if name in FAMILIES else len(FAMILIES)):
        yield f"{family} · {FAMILIES[family]}" if family in FAMILIES else family, rows[family]


def _about(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Yield what is to be known of the run, each with its name."""
    yield "kit", campaign.kit
    yield "scenarios", pairs(campaign.ran) or "none"
    yield "seeds", ", ".join(map(str, campaign.plan.seeds))
    if campaign.families:
        yield "mishaps", pairs(campaign.families)
    yield "time", ", ".join(sorted({mode for row in campaign.results for mode in row.modes})) or "not said"
    yield "capabilities", ", ".join(campaign.subject.capabilities) or "none declared"
    if campaign.subject.config:
        yield "what it says of itself", pairs(campaign.subject.config)
    yield "restarts of the adapter", str(campaign.restarts)
    yield "from, to", f"{campaign.began} to {campaign.ended} ({campaign.seconds:.1f} s)"
