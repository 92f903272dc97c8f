"""The shapes of what an account has: the regions it works in and the keys it is known by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .catalogue import Evidence


@dataclass(frozen=True, slots=True)
class Region:
    """A deployment. `shared_host` is None where only workspace hosts exist; `trial` tells of a trial host."""

    id: str
    name: str
    shared_host: str | None
    result_bucket: str
    trial: bool
    evidence: Evidence


class Condition(StrEnum):
    """What is the matter with a declared key or its account."""

    OK = "ok"
    REVOKED = "revoked"
    ARREARS = "arrears"
    UNPURCHASED = "unpurchased"
    FREE_TIER_EXHAUSTED = "free_tier_exhausted"
    NO_MODEL_ACCESS = "no_model_access"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A declared key. Bound to one region and one workspace; None means any. `name` is for people."""

    name: str
    key: str
    region: str | None
    workspace: str | None
    condition: Condition = Condition.OK
    note: str = ""
