"""Finding the key where it must not be, and taking it out of what is kept."""

from __future__ import annotations

import base64
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
        self._slices = [key[start : start + _SLICE] for start in range(len(key) - _SLICE + 1)]

    def found(self, text: str) -> What | None:
        """Return what of the key stands in a text: all of it, its base64, or a slice of 12 characters."""
        if self._key in text:
            return "key"
        if any(piece in text for piece in self._base64):
            return "base64"
        return "slice" if any(piece in text for piece in self._slices) else None

    def hidden(self, text: str) -> str:
        """Return a text without the key, its base64 and its slices."""
        for piece in (self._key, *self._base64):
            text = text.replace(piece, self._label)
        # A longer run of the key's characters is several slices; the first found goes on for as long as it is the key.
        for start, piece in enumerate(self._slices):
            while piece in text:
                begin = text.index(piece)
                end = begin + _SLICE
                while text[end : end + 1] == self._key[start + end - begin : start + end - begin + 1] != "":
                    end += 1
                text = text[:begin] + self._label + text[end:]
        return text


def _in_base64(key: str) -> Iterator[str]:
    """Yield what of a key's base64 does not depend on what stands around it, for each of the three alignments."""
    raw = key.encode()
    for before in range(3):
        padded = b"\0" * before + raw
        whole = len(padded) // 3 * 3
        text = base64.b64encode(padded[:whole]).decode()
        skipped = (0, 2, 3)[before]  # characters that the bytes before have a part in
        yield text[skipped:]
