"""Words for a developer who mistyped one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 64  # difflib is quadratic in length


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the word most like the one given, or None where none is."""
    return next(iter(get_close_matches(word[:_LONGEST], list(map(str, words)), n=1, cutoff=0.6)), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return ` (did you mean 'prompt'?)`, or nothing."""
    found = nearest(word, words)
    return f" (did you mean {found!r}?)" if found else ""
