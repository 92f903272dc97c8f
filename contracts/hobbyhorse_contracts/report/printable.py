"""What may be shown: a last fence before a report is written. Clients say hostile things, and sometimes keys.

The driver has put placeholders for the keys it knows. What else looks like one (in a command, a setting, a baseline) is
replaced here; so are characters that would act on a terminal, break XML, or turn the direction of a line.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from ..campaign import Campaign

if TYPE_CHECKING:
    from collections.abc import Mapping

# DashScope's keys and temporary tokens, as the emulator's journal knows them. `sk-facade…` are public test keys, which
# a scenario may name.
_SECRET = re.compile(r"(?<![A-Za-z0-9])(sk|st)-(?!facade)[A-Za-z0-9][A-Za-z0-9_-]{11,}")
_PLACEHOLDER = {"sk": "<api-key hidden>", "st": "<token hidden>"}
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_LAYOUT = "\n\t"
_FLAT = str.maketrans(_LAYOUT, "  ")
_UNSHOWN = "\ufffd"


def hidden(value: Any) -> Any:
    """Return plain JSON with whatever looks like a key replaced, in names too."""
    if isinstance(value, str):
        return _SECRET.sub(lambda found: _PLACEHOLDER[found[1]], value)
    if isinstance(value, dict):
        return {hidden(name): hidden(part) for name, part in value.items()}
    if isinstance(value, list):
        return [hidden(part) for part in value]
    return value


def safe(campaign: Campaign) -> Campaign:
    """Return the campaign without anything that looks like a key. Every report begins with this."""
    return Campaign.of(hidden(campaign.document()))


def plain(text: object) -> str:
    """Return text without characters that control something; line feeds and tabs stay."""
    return "".join(_UNSHOWN if _controls(char) else char for char in str(text))


def _controls(char: str) -> bool:
    if char in _LAYOUT:
        return False
    return unicodedata.category(char) in {"Cc", "Cs", "Cn"} or char in _BIDI or ord(char) & 0xFFFE == 0xFFFE  # noqa: PLR2004


def line(text: object) -> str:
    """Return text as one line, white space made single blanks."""
    return " ".join(plain(text).split())


def clipped(text: object, most: int) -> str:
    """Return one line that is at most so many columns wide; a Chinese character has two. Blanks stay."""
    whole = plain(text).translate(_FLAT)
    width = 0
    for place, char in enumerate(whole):
        width += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if width > most:
            return _fitting(whole[:place], most)
    return whole


def _fitting(start: str, most: int) -> str:
    while start and columns(start) > most - 1:
        start = start[:-1]
    return start + "…"


def columns(text: str) -> int:
    """Return how many columns a text takes in a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def pairs(values: Mapping[str, Any]) -> str:
    """Return a mapping as `name value, name value`."""
    return ", ".join(f"{line(name)} {line(value)}" for name, value in values.items())
