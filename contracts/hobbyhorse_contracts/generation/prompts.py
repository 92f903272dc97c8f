"""Prompts: ordinary ones, hostile ones, and ones at a model's limit. The simplest come first, for shrinking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from .table import Model

PLAIN = "a paper horse"
# Each of these has broken a client: lost to latin-1, to stripping, to normalisation, to escaping, to a log's format.
HOSTILE = (
    "一只纸折的小马在夜晚的城市里奔跑",
    "a horse 🐎 and a family 👨‍👩‍👧‍👦 under 🇨🇳",
    "  leading and trailing blanks  ",
    "two\nlines\tand a tab",
    "she said \"run\", \\ and 'jump'",
    "café décomposé: cafe\u0301",  # NFC would fold the second e
    "\u202bסוס נייר בעיר\u202c حصان من ورق",  # noqa: RUF001 - right to left, on purpose
    "100% of {braces}, $HOME, %s and <b>tags</b> & entities",
    "𠮷野家の馬",  # a Han character outside of the BMP
    "\u200bzero\u200dwidth\ufeff",
    "null",
    "a=b&c=d+e%20f",
)
_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)


def prompts(model: Model) -> SearchStrategy[str]:
    """Return prompts that a model takes whole: never empty, never over its limit."""
    return st.one_of(
        st.just(PLAIN),
        st.sampled_from(HOSTILE),
        st.builds(lambda before, after: f"{before}a{after}", _WORDS, _WORDS),
        st.sampled_from(at_limit(model)),
    )


def at_limit(model: Model) -> tuple[str, ...]:
    """Return prompts that use exactly a model's limit, or one character less: in Latin, in Han, in both."""
    han = model.limit // model.han
    half = model.limit // 2 // model.han
    return (
        "h" * (model.limit - 1),
        "h" * model.limit,
        "马" * han,
        "马" * half + "h" * (model.limit - half * model.han),
    )


def over_limit(model: Model) -> SearchStrategy[str]:
    """Return prompts that are one character too long, or more; the service cuts them and says nothing."""
    han = model.limit // model.han
    return st.sampled_from(
        ("h" * (model.limit + 1), "马" * (han + 1), "马" * han + "h", "马h" * (model.limit // (model.han + 1) + 1))
    )
