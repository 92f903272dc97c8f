"""Finding the key where it must not be, and taking it out of what is kept."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_SLICE = 12  # characters of a key that are as good as a leak
What = Literal["key", "base64", "slice"]


class Secrets:
    """Knows one key. `label` is what is written in its place."""

    def __init__(self, key: str, label: str) -> None:
        self._key = key
        self._label = label
        self._base64 = sorted(_in_base64(key), key=len, reverse=True)
        slices = [key[start : start + _SLICE] for start in range(len(key) - _SLICE + 1)]
        # Any run of the key's characters that is long enough begins with one of the slices.
        self._slices = re.compile("|".join(map(re.escape, slices)))
        self._hint = re.compile("|".join(map(re.escape, [*slices, *(piece[:_SLICE] for piece in self._base64)])))

    def found(self, text: str) -> What | None:
        """Return what of the key stands in a text: all of it, its base64, or a slice of 12 characters."""
        if self._hint.search(text) is None:
            return None
        if self._key in text:
            return "key"
        if any(piece in text for piece in self._base64):
            return "base64"
        return "slice" if self._slices.search(text) else None

    def hidden(self, text: str) -> str:
        """Return a text without the key, its base64 and its slices."""
        if self._hint.search(text) is None:
            return text
        for piece in (self._key, *self._base64):
            text = text.replace(piece, self._label)
        return "".join(self._without_slices(text))

    def _without_slices(self, text: str) -> Iterator[str]:
        done = 0
        while (found := self._slices.search(text, done)) is not None:
            start, end = found.span()
            offset = self._key.find(found[0])
            while (
                end < len(text)
                and end - start + offset < len(self._key)
                and text[end] == self._key[end - start + offset]
            ):
                end += 1
            yield text[done:start] + self._label
            done = end
        yield text[done:]


def _in_base64(key: str) -> Iterator[str]:
    """Yield what of a key's base64 does not depend on what stands around it, for each of the three alignments."""
    raw = key.encode()
    for before in range(3):
        padded = b"\0" * before + raw
        whole = len(padded) // 3 * 3
        text = base64.b64encode(padded[:whole]).decode()
        skipped = (0, 2, 3)[before]  # characters that the bytes before have a part in
        yield text[skipped:]
