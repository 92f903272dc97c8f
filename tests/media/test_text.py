from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from hobbyhorse.media.drawing import fonts as finder
from hobbyhorse.media.drawing.card import fit
from hobbyhorse.media.drawing.fonts import BUILT_IN, NO_CHINESE, NO_LATIN, Fonts
from hobbyhorse.media.drawing.layout import Box
from hobbyhorse.media.drawing.text import Style, clean, draw, face_for, has, shorten, width, wrap
from media.clips import need

if TYPE_CHECKING:
    from pathlib import Path


def test_chinese_breaks_at_any_character_and_words_do_not(fonts: Fonts) -> None:
    need(fonts, "硬纸板火车缓缓驶过小灯点缀其间")
    style = Style(fonts.plain, 20)
    lines = wrap("硬纸板火车缓缓驶过小灯点缀其间 paper trains", style, width("硬纸板火车", style))
    assert lines[:3] == ["硬纸板火车", "缓缓驶过小", "灯点缀其间"]
    assert " ".join(lines[3:]) == "paper trains"


def test_no_line_begins_with_a_closing_mark(fonts: Fonts) -> None:
    style = Style(fonts.plain, 20)
    lines = wrap("硬纸板火车\uff0c缓缓驶过。", style, width("硬纸板火车", style))
    assert lines[0] == "硬纸板火"
    assert lines[1].startswith("车\uff0c")


@given(st.text(max_size=200), st.integers(20, 400))
@settings(deadline=None, max_examples=60)
def test_wrapping_loses_nothing_and_keeps_within_the_measure(fonts: Fonts, text: str, measure: int) -> None:
    style, cleaned = Style(fonts.plain, 14), clean(text)
    lines = wrap(cleaned, style, measure)
    assert "".join(lines).replace(" ", "") == cleaned.replace(" ", "").replace("\n", "")
    assert all(width(line, style) <= measure + 0.01 or len(line) == 1 for line in lines)


@given(st.text(max_size=80), st.integers(15, 300))
@settings(deadline=None, max_examples=60)
def test_shortened_lines_fit_and_say_that_they_are_short(fonts: Fonts, text: str, measure: int) -> None:
    style, line = Style(fonts.plain, 14), clean(text).replace("\n", " ")
    short = shorten(line, style, measure)
    assert width(short, style) <= measure
    assert short == line or (short.endswith("…") and line.startswith(short[:-1]))


def test_a_text_is_set_as_large_as_its_box_allows(fonts: Fonts) -> None:
    style, box = Style(fonts.plain, 0), Box(0, 0, 400, 120)
    sizes = [40.0, 30.0, 20.0, 10.0]
    assert fit("horse", style, box, sizes)[1].size == 40
    assert fit("horse " * 20, style, box, sizes)[1].size == 20
    lines, chosen = fit("horse " * 900, style, box, sizes)
    assert chosen.size == 10
    assert len(lines) * chosen.leading <= 120
    assert lines[-1].endswith("…")


def test_a_mixed_line_is_drawn_by_fonts_that_have_its_characters(fonts: Fonts) -> None:
    need(fonts, "CaféÉmile骏Ж")
    for unit in ("Café", "骏", "Émile", "Ж"):
        for face, piece in face_for(fonts.plain, unit):
            assert all(has(face, character) for character in piece), unit
    assert len(face_for(fonts.plain, "Café")) == 1  # a word is not pieced together


def ink(line: str, chain: tuple[finder.Face, ...]) -> bytes:
    picture = Image.new("RGB", (200, 60))
    draw(ImageDraw.Draw(picture), (10, 40), line, Style(chain, 30), (255, 255, 255))
    return np.asarray(picture).tobytes()


def test_accents_and_chinese_are_not_boxes(fonts: Fonts) -> None:
    need(fonts, "éè骏马奔")
    assert len({ink(line, fonts.plain) for line in ("é", "e", "è", "骏", "马", "奔", "")}) == 7


def test_without_any_font_there_is_still_a_card_and_one_line_of_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "installed", dict)
    bare = finder.find()
    assert bare.plain == bare.bold == bare.fixed == (BUILT_IN,)
    assert bare.advice == NO_CHINESE
    assert "fonts-droid-fallback" in NO_CHINESE
    assert "\n" not in NO_CHINESE + NO_LATIN
    assert ink("horse", bare.plain) != ink("", bare.plain)
    assert not has(BUILT_IN, "骏")
    # Pillow's own font has no accents: the letter is better than a box.
    assert ink("é", bare.plain) == ink("e", bare.plain)


def test_a_chinese_font_alone_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "installed", lambda: {"DroidSansFallbackFull.ttf": "/fonts/DroidSansFallbackFull.ttf"})
    assert finder.find().advice == NO_LATIN


def test_a_font_of_the_setting_comes_first(tmp_path: Path) -> None:
    named = str(tmp_path / "mine.ttf")
    (tmp_path / "mine.ttf").touch()
    chosen = finder.find(named)
    assert {chosen.plain[0].path, chosen.bold[0].path, chosen.fixed[0].path} == {named}
    assert chosen.advice is None


def test_a_font_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no font file"):
        finder.find(str(tmp_path / "nowhere.ttf"))
