"""The world: the unit of isolation. One account with its keys, its clock and its ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ..core import tokens
from ..core.accounts import ApiKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.clock import ClockState
    from ..core.task import Pace
    from ..core.tokens import Token

# Any key that looks like one. `sk-sp-` is the coding plan, which sells no video (OD-URL).
_LOOKS_LIKE_A_KEY = re.compile(r"(?:sk-(?!sp-)|st-)[\x21-\x7e]{1,250}")


class Validation(StrEnum):
    """Where a broken worker-stage rule shows: in a FAILED task (as upstream), or as HTTP 400 at create."""

    WORKER = "worker"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class World:
    """One world. `access_key_id` and `secret` sign its result URLs; `open_keys` lets any key in that looks like one.

    `stamped` worlds serve prepared clips that carry the task id in their tags and show nothing else.
    """

    id: str
    keys: Mapping[str, ApiKey]
    open_keys: bool
    pace: Pace
    validation: Validation
    clock: ClockState
    access_key_id: str
    secret: str
    stamped: bool = False

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
    """Where worlds are kept."""

    async def default(self) -> World:
        """Return the world that is always there."""

    async def by_key(self, api_key: str) -> World | None:
        """Return the world that takes a key, or None where none does."""

    async def by_access_key(self, access_key_id: str) -> World | None:
        """Return the world whose result URLs carry an access key id."""

    async def find(self, world_id: str) -> World | None:
        """Return a world by its id."""

    async def swap(self, old: World, new: World) -> bool:
        """Replace a world if `old` is still what is kept; say whether it was."""
