"""Which requirements a run is about: ids (`POL-07`), families (`CRE`), or globs of either (`RES-0*`)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class SelectionError(ValueError):
    """A word names no requirement. The message has the nearest one that does."""


def matches(only: Sequence[str], requirement: str) -> bool:
    """Say whether a requirement is one of those; nothing in `only` means all are."""
    return not only or any(_is_named(word, requirement) for word in only)


def words(texts: Iterable[str], requirements: Sequence[str]) -> tuple[str, ...]:
    """Return the words of comma-separated texts. Raises SelectionError for one that names no requirement."""
    found = tuple(word.strip().upper() for text in texts for word in text.split(",") if word.strip())
    for word in found:
        if not any(_is_named(word, one) for one in requirements):
            known = [*requirements, *dict.fromkeys(one.partition("-")[0] for one in requirements)]
            raise SelectionError(f"there is no requirement {word!r}{did_you_mean(word, known)}")
    return found


def _is_named(word: str, requirement: str) -> bool:
    return requirement.startswith(f"{word}-") or fnmatchcase(requirement, word)
