"""Temporary tokens: API keys that a client may hand on because they end soon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core import tokens
from ..core.faults import Fault

if TYPE_CHECKING:
    from .admission import Caller


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, and when it ends: seconds since the epoch on the world's clock."""

    text: str
    expires_at: int


class TokenService:
    """Issues tokens. Stateless: a token says itself what it is."""

    def issue(self, caller: Caller, seconds: int) -> IssuedToken:
        """Return a token with the rights of the caller's key. Raises Fault for a caller that came with a token.

        Upstream is silent on that; a token that could issue the next one would live for ever (assumed).
        """
        if caller.is_temporary:
            raise Fault("access-denied", detail="a temporary token may not issue another")
        expires_at = caller.now // 1000 + seconds
        text = tokens.issue(caller.world.secret, caller.key.key, expires_at * 1000, caller.visit.random.getrandbits(32))
        return IssuedToken(text, expires_at)
