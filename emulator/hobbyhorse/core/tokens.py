"""Temporary tokens: API keys that carry their own end and the key they stand for, so nothing is kept of them.

Upstream's tokens are opaque texts that begin with `st-` (OD-TOK). Here they are `st-` and 64 hex digits: expiry (ms),
fingerprint of the parent key, nonce, and a seal over all of it with the world's secret. A token that expired is
therefore known as one for ever.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

_TOKEN = re.compile(r"st-(?P<said>(?P<expires>[0-9a-f]{12})(?P<parent>[0-9a-f]{16})[0-9a-f]{8})(?P<seal>[0-9a-f]{28})")
_SEAL = 28


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """How long a token may live, in seconds; the values stand in `data/uploads.toml`."""

    least: int
    most: int
    default: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token that a world issued. `expires_at` in ms on the world's clock; `parent` is its key's fingerprint."""

    expires_at: int
    parent: str


def fingerprint(api_key: str) -> str:
    """Return 16 hex digits that stand for a key."""
    return hashlib.sha256(api_key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def issue(secret: str, parent: str, expires_at: int, nonce: int) -> str:
    """Return a token for a parent key. `nonce` (32 bits) keeps two of one instant apart."""
    said = f"{expires_at:012x}{fingerprint(parent)}{nonce:08x}"
    return f"st-{said}{_seal(secret, said)}"


def read(secret: str, text: str) -> Token | None:
    """Return what a text says if it is a token sealed with this secret, else None."""
    found = _TOKEN.fullmatch(text)
    if found is None or not hmac.compare_digest(found["seal"], _seal(secret, found["said"])):
        return None
    return Token(int(found["expires"], 16), found["parent"])


def parent_of(text: str) -> str | None:
    """Return the fingerprint of the key that a text claims to stand for, be the claim sealed or not."""
    found = _TOKEN.fullmatch(text)
    return found["parent"] if found else None


def _seal(secret: str, said: str) -> str:
    return hmac.new(secret.encode(), f"st-{said}".encode(), hashlib.sha256).hexdigest()[:_SEAL]
