"""Mishaps as the documentation has them: which happen to a request, and whether it still has its effect."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .tables import STATUS_OF

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What comes instead of the answer; of these alone `before` keeps a request from its effect.
INSTEAD = frozenset({"error", "html", "redirect"})


@dataclass
class Mishap:
    """A document in effect. `until` (ms) ends it; `concerned` counts the requests it is bound to."""

    id: str
    document: Mapping[str, Any]
    until: int | None = None
    concerned: int = 0

    @property
    def kind(self) -> str:
        """What it does."""
        return str(self.document["do"])

    @property
    def prevents(self) -> bool:
        """Whether the request has no effect. `error`, `html` and `redirect` come before it unless told otherwise."""
        return self.kind in INSTEAD and self.document.get("moment", "before") == "before"

    def takes(self, place: str, now: int, task: str | None, key: str) -> bool:
        """Whether it happens to a request; one that it is bound to is counted."""
        on = self.document.get("on", {})
        if self.document["at"] != place or (self.until is not None and now >= self.until):
            return False
        if ("task" in on and on["task"] != task) or ("key" in on and on["key"] != key):
            return False
        self.concerned += 1
        turn = self.concerned - self.document.get("skip", 0)
        return turn >= 1 and ("count" not in self.document or turn <= self.document["count"])


def armed(name: str, document: Mapping[str, Any], now: int) -> Mishap:
    """Return a mishap that acts from now on."""
    alive = document.get("seconds_alive")
    return Mishap(name, document, None if alive is None else now + round(alive * 1000))


def taken(mishaps: Iterable[Mishap], place: str, now: int, task: str | None, key: str) -> list[Mishap]:
    """Return those that happen to a request; a dead URL is none of them, it is found out when the clip is fetched."""
    return [one for one in mishaps if one.kind != "dead-url" and one.takes(place, now, task, key)]


@dataclass
class Expected:
    """What a request should be answered. `mishaps` are laid over it; where one `is_prevented` nothing happened.

    `code` and `message` None: not told by the reference, or there is none. `job` is the task that was asked about or
    will have been made. `facts` are the route's own.
    """

    status: int
    code: str | None = None
    message: str | None = None
    mishaps: list[Mishap] = field(default_factory=list)
    is_prevented: bool = False
    rule: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def status_of(mishap: Mishap) -> int:
    """Return the HTTP status of a mishap that comes instead of an answer."""
    if mishap.kind == "error":
        return STATUS_OF[mishap.document["error"]]
    return int(mishap.document.get("status", 502 if mishap.kind == "html" else 302))
