"""Mishaps: what goes wrong on the way rather than in the API. Values only; `web` carries them out.

A mishap is bound to what it happens to (`at` which routes, `on` which task, URL, key or connection) and ends by count,
by chance or by age. Which kinds there are, what each does and which options it has are rows in `data/mishaps.toml`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Option = str | int | float | bool


class Place(StrEnum):
    """The routes of both origins at which a mishap can happen. `ROUTE` is a path or method that stands for nothing."""

    CREATE = "create"
    GET = "get"
    LIST = "list"
    CANCEL = "cancel"
    UPLOADS = "uploads"
    TOKENS = "tokens"
    ROUTE = "route"
    DOWNLOAD = "download"
    UPLOAD = "upload"


RESULT_PLACES = frozenset({Place.DOWNLOAD, Place.UPLOAD})
API_PLACES = frozenset(Place) - RESULT_PLACES
# Where a mishap can be bound to one task: its create, its polls and cancel, its clip.
TASK_PLACES = frozenset({Place.CREATE, Place.GET, Place.CANCEL, Place.DOWNLOAD})


class Moment(StrEnum):
    """Whether the request has its effect: `before` refuses without commit, `after` commits and then goes wrong."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option of a kind. `type` is `text`, `number`, `whole` or `choice`; a `required` one has no default."""

    name: str
    type: str
    says: str
    default: Option | None = None
    required: bool = False
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mishap. `moments` it can happen at, the first being the default; `places` where it means something."""

    name: str
    says: str
    moments: tuple[Moment, ...]
    places: tuple[Place, ...]
    options: tuple[OptionRow, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a mishap is bound to; None means any.

    `url` is an object's key or a part of it, `connection` an id as the journal shows it, `request` the number of a
    request on its connection (1 is the first).
    """

    task: str | None = None
    url: str | None = None
    key: str | None = None
    connection: int | None = None
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Mishap:
    """One mishap. It lets `skip` requests pass, then happens to `count` (None: all) of them with `probability`.

    `until` (ms, the world's clock) ends it; `alive` (ms) is how long it lasts once it is armed. `options` are complete:
    defaults are filled in.
    """

    id: str
    kind: str
    moment: Moment
    at: frozenset[Place]
    on: Target = Target()
    skip: int = 0
    count: int | None = None
    probability: float = 1.0
    until: int | None = None
    alive: int | None = None
    options: Mapping[str, Option] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A request as mishaps see it. `key` holds both the API key and its name; `now` is the world's clock."""

    place: Place
    now: int
    task: str | None = None
    url: str | None = None
    key: tuple[str, ...] = ()
    connection: int | None = None
    request: int | None = None


def armed(mishap: Mishap, mishap_id: str, now: int) -> Mishap:
    """Return a mishap as it acts from `now` on (ms), under its id."""
    until = None if mishap.alive is None else now + mishap.alive
    return replace(mishap, id=mishap_id, until=until)


def concerns(mishap: Mishap, occasion: Occasion) -> bool:
    """Whether a mishap is bound to a request, leaving count and chance aside."""
    on = mishap.on
    return (
        occasion.place in mishap.at
        and (mishap.until is None or occasion.now < mishap.until)
        and (on.task is None or on.task == occasion.task)
        and (on.url is None or (occasion.url is not None and on.url in occasion.url))
        and (on.key is None or on.key in occasion.key)
        and (on.connection is None or on.connection == occasion.connection)
        and (on.request is None or on.request == occasion.request)
    )


def happens(mishap: Mishap, number: int, seed: str) -> bool:
    """Whether a mishap happens to the `number`-th request (from 1) that it concerns. Chance is drawn from the seed."""
    turn = number - mishap.skip
    if turn < 1 or (mishap.count is not None and turn > mishap.count):
        return False
    return mishap.probability >= 1 or _drawn(seed, mishap.id, number) < mishap.probability


def _drawn(seed: str, mishap_id: str, number: int) -> float:
    digest = hashlib.sha256(f"{seed}/{mishap_id}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
