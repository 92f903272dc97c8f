"""Words for a developer who mistyped one."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 64  # difflib is quadratic in length


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return ` (did you mean 'generate'?)`, or nothing."""
    found = get_close_matches(word[:_LONGEST], list(words), n=1, cutoff=0.6)
    return f" (did you mean {found[0]!r}?)" if found else ""
