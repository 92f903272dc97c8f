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


def account_id(world: str) -> str:
    """Return the number of a world's account: sixteen digits, the same for the same world."""
    return str(10**15 + int.from_bytes(hashlib.sha256(world.encode()).digest()[:6], "big"))


def unique_key(model: str, path: str) -> str:
    """Return the key under which listings and events name a model's use: `apikey:v1:aigc:<service>:…:<model>`."""
    return f"apikey:v1:aigc:{path}:video-synthesis:{model}"


def event_id(world: str, task: str) -> str:
    """Return the id of a task's completion event: a UUID, the same for the same task."""
    digits = hashlib.sha256(f"{world}/{task}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _uuid(random: Random, version: str) -> str:
    digits = f"{random.getrandbits(128):032x}"
    variant = _VARIANT[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-{version}{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
