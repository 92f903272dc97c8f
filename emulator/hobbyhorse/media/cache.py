"""What is kept until room is needed: the least recently used goes first. Bounded by bytes; imports nothing heavy."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from ..core.clip import Clip

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """Values by key, each with the bytes that it counts for, in the order of their last use. Not thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[str, tuple[Kept, int]] = OrderedDict()
        self.held = 0

    def get(self, key: str) -> Kept | None:
        """Return a value and count it as used, or None."""
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def put(self, key: str, value: Kept, size: int) -> list[tuple[str, Kept]]:
        """Keep a value and return what had to go for it: the value itself where it is larger than the bound."""
        if key in self._kept:
            self.held -= self._kept.pop(key)[1]
        if size > self._most:
            return [(key, value)]
        self._kept[key] = (value, size)
        self.held += size
        gone = []
        while self.held > self._most:
            oldest, (dropped, its_size) = self._kept.popitem(last=False)
            self.held -= its_size
            gone.append((oldest, dropped))
        return gone


class ClipCache:
    """Finished clips by the digest of their spec. Used from one event loop only."""

    def __init__(self, most_bytes: int) -> None:
        self._shelf: Shelf[Clip] = Shelf(most_bytes)

    @property
    def held(self) -> int:
        """Return how many bytes of clips are kept."""
        return self._shelf.held

    def get(self, key: str) -> Clip | None:
        """Return a clip and count it as used, or None."""
        return self._shelf.get(key)

    def put(self, key: str, clip: Clip) -> None:
        """Keep a clip, dropping old ones until all fit. One that is larger than the bound is not kept."""
        self._shelf.put(key, clip, len(clip.data))
