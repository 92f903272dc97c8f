"""How a prompt is weighed and cut: a Chinese character counts 2, any other 1, against 5000 (OD-T2V)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.prompt import cut

# An oracle of its own: code points of the Han blocks, by hand.
HAN = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)]
texts = st.text(alphabet=st.sampled_from("aé 城夜。🐎𠀀\n"), max_size=30)


def weight(text: str) -> int:
    return sum(2 if any(low <= ord(sign) <= high for low, high in HAN) else 1 for sign in text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("a" * 5000, "a" * 5000),
        ("a" * 5001, "a" * 5000),
        ("城" * 2500, "城" * 2500),
        ("城" * 2501, "城" * 2500),
        ("a" + "城" * 2500, "a" + "城" * 2499),
        ("aa" + "城" * 2500, "aa" + "城" * 2499),
        ("城" * 2499 + "ab", "城" * 2499 + "ab"),
        ("城" * 2499 + "abc", "城" * 2499 + "ab"),
        ("🐎" * 5001, "🐎" * 5000),
        ("𠀀" * 2501, "𠀀" * 2500),
        ("\uff0c" * 5001, "\uff0c" * 5000),
        ("あ" * 5001, "あ" * 5000),
    ],
    ids=lambda text: f"{text[:3]}…{len(text)}",
)
def test_5000_or_2500_chinese_characters_are_kept(text: str, expected: str) -> None:
    assert expected == cut(text, 5000, 2)


def test_where_chinese_weighs_like_any_other_characters_are_counted() -> None:
    assert cut("城" * 801, 800, 1) == "城" * 800


def test_without_a_limit_nothing_is_cut() -> None:
    assert cut("城" * 100_000, None, 2) == "城" * 100_000


@given(texts, st.integers(0, 40), st.sampled_from([1, 2]))
def test_what_is_kept_is_the_longest_beginning_that_is_light_enough(text: str, limit: int, chinese: int) -> None:
    kept = cut(text, limit, chinese)
    weigh = weight if chinese == 2 else len
    assert text.startswith(kept)
    assert weigh(kept) <= limit
    assert kept == text or weigh(text[: len(kept) + 1]) > limit


@given(st.text(), st.integers(0, 20))
def test_no_character_is_broken(text: str, limit: int) -> None:
    kept = cut(text, limit, 2)
    assert kept.encode("utf-8").decode("utf-8") == kept
