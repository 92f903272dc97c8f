"""Ids shaped as upstream's, drawn from a random source that is passed in (so that a seed decides them)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_VARIANT = "89ab"


def request_id(random: Random) -> str:
    """Return a request id: a UUID whose third group begins with 9, not 4 (captured so, RAW)."""
    return _uuid(random, "9")


def task_id(random: Random) -> str:
    """Return a task id: a UUID of version 4 (RAW)."""
    return _uuid(random, "4")


def trace_id(random: Random) -> str:
    """Return an eagleeye trace id: 32 hex digits (RAW)."""
    return f"{random.getrandbits(128):032x}"


def oss_request_id(random: Random) -> str:
    """Return a request id of the result origin: 24 upper-case hex digits (OD-OSS)."""
    return f"{random.getrandbits(96):024X}"


def key_id(api_key: str) -> str:
    """Return the number under which listings show an API key: seven digits, the same for the same key."""
    return f"{int.from_bytes(hashlib.sha256(api_key.encode()).digest()[:4], 'big') % 9_000_000 + 1_000_000}"


def _uuid(random: Random, version: str) -> str:
    digits = f"{random.getrandbits(128):032x}"
    variant = _VARIANT[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
