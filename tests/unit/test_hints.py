"""Hints for mistyped words."""

from __future__ import annotations

import pytest

from hobbyhorse.core.hints import did_you_mean, nearest

WORDS = ["prompt", "media", "resolution", "duration"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [("promt", "prompt"), ("resolutions", "resolution"), ("Duration", "duration"), ("zzz", None), ("", None)],
)
def test_the_nearest_word_is_found_where_one_is_near(word: str, expected: str | None) -> None:
    assert expected == nearest(word, WORDS)


def test_the_hint_is_a_question_or_nothing() -> None:
    assert " (did you mean 'prompt'?)" == did_you_mean("promt", WORDS)
    assert "" == did_you_mean("zzz", WORDS)
    assert "" == did_you_mean("promt", [])


def test_a_word_of_a_million_letters_is_judged_by_its_first_64() -> None:
    assert "p" * 64 == nearest("p" * 1_000_000, ["p" * 64])
