"""Sets text: which font has which character, how wide a line is, where it breaks, and drawing it on a baseline."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageDraw import ImageDraw

    from .fonts import Face

ELLIPSIS = "…"
# Blocks that are set without spaces and may break at any character.
EAST_ASIAN = (
    "\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
)
# Marks that must not begin a line stay with what is before them: closing brackets, commas, full stops and such.
CLOSING = re.escape(
    "\u3001\u3002\uff0c\uff0e\uff1a\uff1b\uff1f\uff01\uff09\u300d\u300f\u3011\u3009\u300b\u3015\uff5d"
    "\u201d\u2019\u2026\u2014\uff5e\u00b7,.:;?!)]}%"
)
# Marks that must not end one stay with what follows.
OPENING = re.escape("\uff08\u300c\u300e\u3010\u3008\u300a\u3014\uff5b\u201c\u2018")
UNIT = re.compile(rf"\s+|[{OPENING}]*(?:[{EAST_ASIAN}]|[^\s{EAST_ASIAN}]+)[{CLOSING}]*")
# A glyph that no font has; its picture is what "missing" looks like.
NOWHERE = "\U0010ffff"
PROBE_SIZE = 24


@dataclass(frozen=True, slots=True)
class Style:
    """A chain of faces at a size in pixels."""

    faces: tuple[Face, ...]
    size: int

    @property
    def leading(self) -> int:
        """Return the distance from baseline to baseline in pixels."""
        return round(self.size * 1.38)

    def sized(self, size: float) -> Style:
        """Return the same faces at another size, never below what can be drawn."""
        return Style(self.faces, max(round(size), 5))


@lru_cache(256)
def font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    """Open a face at a size in pixels."""
    if not face.path:
        built_in = ImageFont.load_default(size)
        if not isinstance(built_in, ImageFont.FreeTypeFont):
            raise TypeError("Pillow was built without FreeType")
        return built_in
    return ImageFont.truetype(face.path, size, face.index, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(16384)
def has(face: Face, character: str) -> bool:
    """Say whether a face can draw a character: Pillow does not show the font's table, but it draws the missing sign."""
    if character.isspace():
        return True
    probe = font(face, PROBE_SIZE)
    drawn, missing = probe.getmask(character), _missing(face)
    return (drawn.size, bytes(drawn)) != missing


@lru_cache(64)
def _missing(face: Face) -> tuple[tuple[int, int], bytes]:
    """Return what a face draws for a character it lacks."""
    mask = font(face, PROBE_SIZE).getmask(NOWHERE)
    return mask.size, bytes(mask)


def clean(text: str) -> str:
    """Return text that can be drawn: composed, one space for any blank but line ends, nothing invisible."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (
        character if character.isprintable() or character == "\n" else " " if character.isspace() else ""
        for character in text
    )
    lines = (" ".join(line.split()) for line in "".join(kept).split("\n"))
    return "\n".join(line for line in lines if line)


@lru_cache(16384)
def face_for(faces: tuple[Face, ...], unit: str) -> tuple[tuple[Face, str], ...]:
    """Split a word into runs of one face: whole if one face has all of it, else character by character."""
    for face in faces:
        if all(has(face, character) for character in unit):
            return ((face, unit),)
    best = [_nearest(faces, each) for each in unit]
    return tuple((face, "".join(each for _, each in run)) for face, run in groupby(best, key=lambda pair: pair[0]))


def _nearest(faces: tuple[Face, ...], character: str) -> tuple[Face, str]:
    """Return a face with the character, or one with the letter under its accent; else the sign for missing."""
    candidates = (character, unicodedata.normalize("NFD", character)[0])
    found = ((face, each) for each in candidates for face in faces if has(face, each))
    return next(found, (faces[0], character))


def runs(line: str, style: Style) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
    """Return the line as pieces with the font each is drawn in."""
    pieces = (piece for unit in UNIT.findall(line) for piece in face_for(style.faces, unit))
    for face, run in groupby(pieces, key=lambda pair: pair[0]):
        yield font(face, style.size), "".join(text for _, text in run)


@lru_cache(16384)
def _advance(style: Style, unit: str) -> float:
    return sum(font(face, style.size).getlength(text) for face, text in face_for(style.faces, unit))


def width(line: str, style: Style) -> float:
    """Return the width of a line in pixels."""
    return sum(_advance(style, unit) for unit in UNIT.findall(line))


def draw(
    canvas: ImageDraw, origin: tuple[float, float], line: str, style: Style, fill: tuple[int, int, int] | int
) -> None:
    """Draw a line with its baseline beginning at `origin`."""
    x, y = origin
    for face, text in runs(line, style):
        canvas.text((round(x), round(y)), text, fill, face, anchor="ls")
        x += face.getlength(text)


def wrap(text: str, style: Style, most: float) -> list[str]:
    """Break cleaned text into lines no wider than `most` pixels."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0.0
        for unit in _breakable(paragraph, style, most):
            advance = _advance(style, unit)
            if line and used + advance > most and not unit.isspace():
                lines.append(line.rstrip())
                line, used = "", 0.0
            if line or not unit.isspace():
                line, used = line + unit, used + advance
        lines.append(line.rstrip())
    return lines


def _breakable(paragraph: str, style: Style, most: float) -> Iterator[str]:
    """Return the units of a paragraph, those that alone are too wide for a line in single characters."""
    for unit in UNIT.findall(paragraph):
        if _advance(style, unit) > most:
            yield from unit
        else:
            yield unit


def shorten(line: str, style: Style, most: float) -> str:
    """Return the line, or its beginning with an ellipsis where it is wider than `most` pixels."""
    if width(line, style) <= most:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        fits = width(line[:middle].rstrip() + ELLIPSIS, style) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return line[:low].rstrip() + ELLIPSIS
