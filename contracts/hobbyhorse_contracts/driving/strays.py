"""Requests of a client that named no key which its world takes: they are in the default world's journal.

A poll without the key, a form whose fields OSS does not see, a request that a redirect led to the other origin: each is
what some requirement is about. They are told from those of others by what they carry: the key, a task of the world, an
upload's folder, a prompt.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .gather import row_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hobbyhorse import Emulator

    from ..history import Row

_LEAST = 8  # characters of a text by which requests can be told apart


class Strays:
    """The quarantined requests to one emulator, as one driver reads them."""

    def __init__(self, emulator: Emulator) -> None:
        self._journal = emulator.default.journal
        self._last: int | None = None

    def mark(self) -> None:
        """Begin: what came before is nobody's."""
        if self._last is None:
            self._last = self._journal.page(limit=1).last

    def belonging(self, rows: Sequence[Row], marks: Iterable[str], first: float) -> tuple[Row, ...]:
        """Return those since the mark that carry one of these texts, as rows behind the world's own `rows`.

        `first` is the server's clock at the world's first request. The default world goes by another clock: instants
        are those of the world's last request before.
        """
        page = self._journal.page(after=self._last or 0)
        self._last = page.last
        wanted = [mark for mark in marks if len(mark) >= _LEAST]
        wanted += [row.path for row in rows if "redirect" in row.mishaps]
        found = [entry for entry in page.entries if entry.quarantined and _carries(entry, wanted)]
        number = max((row.number for row in rows), default=0)
        return tuple(_placed(entry, rows, number + at, first) for at, entry in enumerate(found, 1))


def folders(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the folders of upload policies."""
    for row in rows:
        if row.route == "uploads":
            try:
                yield str(json.loads(row.reply_body.text or "")["data"]["upload_dir"])
            except (ValueError, KeyError, TypeError):
                continue


def _carries(entry: Any, marks: Sequence[str]) -> bool:
    texts = [entry.path, entry.query, entry.body.text or "", *(value for _, value in entry.headers)]
    return any(mark in text for mark in marks for text in texts)


def _placed(entry: Any, rows: Sequence[Row], number: int, first: float) -> Row:
    row = row_of(entry, entry.at, first)
    before = [other.at_ms for other in rows if other.monotonic_s <= row.monotonic_s]
    return replace(row, number=number, at_ms=max(before, default=0))
