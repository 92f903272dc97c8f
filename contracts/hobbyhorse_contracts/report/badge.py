"""A badge: the level a client reached, as an SVG and as the JSON that badge services read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .printable import columns, line
from .rendering import environment

if TYPE_CHECKING:
    from ..campaign import Campaign

NAME = "DashScope video"
# White text on each has a contrast of at least 4.5 to 1.
_COLOURS = {"smoke": "#5b6370", "bronze": "#9c5a22", "silver": "#5f6b7a", "gold": "#8a6708", None: "#b3261e"}
_LETTER = 6.6  # an average letter of 11 px Verdana
_MARGIN = 14.0


def value(campaign: Campaign) -> str:
    """Return what the badge says: the level and the set, or that something is broken."""
    said = line(campaign.requirement_set)
    if campaign.exit_code > 1 or not campaign.results:
        return "not certified"
    return f"{campaign.level} · {said}" if campaign.level else f"no level · {said}"


def badge(campaign: Campaign) -> str:
    """Return the SVG, 20 high, with fonts that are there everywhere."""
    said = value(campaign)
    left, right = _width(NAME), _width(said)
    drawn = environment().get_template("badge.svg.j2")
    return drawn.render(name=NAME, value=said, left=left, width=left + right, colour=colour(campaign))


def endpoint(campaign: Campaign) -> dict[str, object]:
    """Return the document of a badge service's endpoint (shields.io's schema, version 1)."""
    return {"schemaVersion": 1, "label": NAME, "message": value(campaign), "color": colour(campaign)}


def colour(campaign: Campaign) -> str:
    """Return the badge's colour."""
    return _COLOURS[None if campaign.exit_code > 1 else campaign.level]


def _width(text: str) -> float:
    return round(columns(text) * _LETTER + _MARGIN, 1)
