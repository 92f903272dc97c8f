"""The world: the unit of isolation. One account with its keys, its clock and its ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ..core import tokens
from ..core.accounts import ApiKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..core.clock import ClockState
    from ..core.mishaps import Mishap
    from ..core.quota import Quotas
    from ..core.scenario import Scenario
    from ..core.task import Pace
    from ..core.tokens import Token

# Any key that looks like one. `sk-sp-` is the coding plan, which sells no video (OD-URL).
_LOOKS_LIKE_A_KEY = re.compile(r"(?:sk-(?!sp-)|st-)[\x21-\x7e]{1,250}")


class Validation(StrEnum):
    """Where a broken worker-stage rule shows: in a FAILED task (as upstream), or as HTTP 400 at create."""

    WORKER = "worker"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class ClockStart:
    """How a world's clock begins, and begins anew: at an instant (ms; None: the time of day), at a rate."""

    shown: int | None = None
    rate: float = 1.0


NOW = ClockStart()


@dataclass(frozen=True, slots=True)
class World:
    """One world. `access_key_id` and `secret` sign its result URLs; `open_keys` lets any key in that looks like one.

    `stamped` worlds serve prepared clips that carry the task id in their tags and show nothing else. `url_lifetime`
    is in ms. A `seed` makes ids and drawn numbers repeat. `markers` lets prompts say what becomes of their tasks.
    `quotas` is None where nothing is limited. `mishaps` are armed, those of its scenarios among them. `sink` is a
    loopback URL that hears of every finished task. `generation` grows with each reset: what began in an older one is
    not finished.
    """

    id: str
    keys: Mapping[str, ApiKey]
    open_keys: bool
    pace: Pace
    validation: Validation
    clock: ClockState
    access_key_id: str
    secret: str
    url_lifetime: int
    stamped: bool = False
    name: str = ""
    seed: int | None = None
    markers: bool = False
    quotas: Quotas | None = None
    scenarios: tuple[Scenario, ...] = ()
    mishaps: tuple[Mishap, ...] = ()
    sink: str | None = None
    generation: int = 0
    clock_start: ClockStart = NOW

    def key(self, text: str) -> ApiKey | None:
        """Return the key that a text is in this world: a declared one, an open one bound to nothing, or None.

        A token is its parent key, whether or not it expired.
        """
        declared = self.keys.get(text)
        if declared is not None:
            return declared
        token = self.token(text)
        if token:
            parents = (key for key in self.keys.values() if tokens.fingerprint(key.key) == token.parent)
            parent = next(parents, None)
            if parent is not None:
                return parent
        if self.open_keys and _LOOKS_LIKE_A_KEY.fullmatch(text):
            return ApiKey("open", text, region=None, workspace=None)
        return None

    def token(self, text: str) -> Token | None:
        """Return what a text says if this world issued it as a token, be it expired or not."""
        return tokens.read(self.secret, text)


class Worlds(Protocol):
    """Where worlds are kept: the default one always, others until they are deleted or have been idle for long."""

    async def default(self) -> World:
        """Return the world that is always there."""

    async def add(self, world: World) -> Sequence[str]:
        """Keep a new world; return the ids of those that had to go for it. Raises KeyTakenError."""

    async def by_key(self, api_key: str) -> World | None:
        """Return the world that takes a key, or None where none does."""

    async def by_access_key(self, access_key_id: str) -> World | None:
        """Return the world whose result URLs carry an access key id."""

    async def find(self, world_id: str) -> World | None:
        """Return a world by its id."""

    async def every(self) -> Sequence[World]:
        """Return all worlds, the default one first, then in the order they were made."""

    async def swap(self, old: World, new: World) -> bool:
        """Replace a world if `old` is still what is kept; say whether it was. Keys and ids stay what they were."""

    async def remove(self, world_id: str) -> bool:
        """Forget a world; say whether it was there. The default one stays."""


class KeyTakenError(ValueError):
    """An API key of a new world is another world's already. `key` names it."""

    def __init__(self, key: ApiKey) -> None:
        super().__init__(f"the key {key.name!r} is another world's already")
        self.key = key
