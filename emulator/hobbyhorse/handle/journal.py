"""The journal of a world: what it was asked, what it answered, and why."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from ..core.mishaps import Place
from ..journal.entry import Acted, Connection, Content, Entry, Origin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from .client import Client


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in the order of their numbers.

    `more` tells that the limit left some out, `dropped` how many had to go because the journal is bounded: where it is
    not 0, the journal tells less than the truth. `last` is the number of the newest entry ever written.
    """

    entries: Sequence[Entry]
    last: int
    dropped: int
    more: bool


class Filters(TypedDict, total=False):
    """Which entries are wanted: of a task, of a route (`create`, `get`, `download`, …), of a span of epoch ms.

    With `after`, the first `limit` of them with a higher number; without it, the last `limit`.
    """

    task: str | None
    route: str | None
    since: int | None
    until: int | None
    after: int | None
    limit: int | None


class Journal:
    """Every request to a world on either origin, its secrets replaced."""

    def __init__(self, client: Client, world: str) -> None:
        self._client = client
        self._path = ("worlds", world, "journal")

    def page(self, /, **wanted: Unpack[Filters]) -> Page:
        """Return the entries that are wanted. Raises ControlError for a route that there is not."""
        found = self._client.get(*self._path, **wanted)
        entries = [_entry(document) for document in found["entries"]]
        return Page(entries, found["last"], found["dropped"], found["more"])

    def entries(self, /, **wanted: Unpack[Filters]) -> list[Entry]:
        """Return the entries that are wanted, as `page` does, without what it says of the rest."""
        return list(self.page(**wanted).entries)

    def entry(self, number: int) -> Entry:
        """Return one entry. Raises ControlError (404) for a number never written, or dropped."""
        return _entry(self._client.get(*self._path, str(number)))

    def explain(self, entry: Entry | int) -> str:
        """Return in words why a request was answered as it was: the row and its evidence, the rule, what to do."""
        number = entry if isinstance(entry, int) else entry.number
        return str(self._client.get(*self._path, str(number), "explain")["text"])

    def story(self, /, **wanted: Unpack[Filters]) -> str:
        """Return what happened, a line a request, for people."""
        return str(self._client.get(*self._path, "story", **wanted)).rstrip("\n")

    def follow(self, after: int | None = None) -> Iterator[Entry]:
        """Yield the entries after a number (by default: new ones) as they are written, until the world is gone.

        Raises BufferError if entries were dropped before this reader came to them.
        """
        for document in self._client.lines(*self._path, "stream", after=after):
            yield _followed(document)

    async def afollow(self, after: int | None = None) -> AsyncIterator[Entry]:
        """Yield entries as `follow` does, in an asyncio loop."""
        async for document in self._client.alines(*self._path, "stream", after=after):
            yield _followed(document)


def _followed(document: Mapping[str, Any]) -> Entry:
    if "missed" in document:
        raise BufferError(f"{document['missed']} entries of the journal were dropped before they were read")
    return _entry(document)


def _entry(document: Mapping[str, Any]) -> Entry:
    """Return the entry that a document of the control API shows."""
    made: dict[str, Any] = {
        "origin": Origin(document["origin"]),
        "route": Place(document["route"]),
        "body": Content(**document["body"]),
        "reply_body": Content(**document["reply_body"]),
        "connection": Connection(**document["connection"]),
        "headers": tuple((name, value) for name, value in document["headers"]),
        "reply_headers": tuple((name, value) for name, value in document["reply_headers"]),
        "mishaps": tuple(Acted(**row) for row in document["mishaps"]),
        "unknown": tuple(document["unknown"]),
    }
    plain = {row.name: document[row.name] for row in fields(Entry) if row.name not in made}
    return Entry(**plain, **made)
