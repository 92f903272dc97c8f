"""What an account may do at most: requests a second, tasks at once and in the queue, seconds for nothing.

Values and one pure function; which limits hold for a world is the world's to say, what they are is rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .catalogue import Evidence

# Windows slide over one second (assumed: the upstream only says "per second").
SECOND = 1000


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Submissions a second and tasks running at once, per main account and model."""

    submit_rps: int
    running: int
    evidence: Evidence


class Limited(StrEnum):
    """The limits that are the same for every model."""

    QUEUE = "queue"
    GET = "get"
    LIST = "list"
    CANCEL = "cancel"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One such limit: tasks in a lane's queue, or requests a second. `per` says what is counted together."""

    limited: Limited
    value: int
    per: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class FreeTier:
    """The seconds that a new account may make for nothing, of each model of a family, in some regions."""

    family: str
    regions: tuple[str, ...]
    seconds: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Limits:
    """All rows of `data/limits.toml`."""

    rows: Mapping[Limited, LimitRow]
    free_tiers: tuple[FreeTier, ...]

    def has_free_tier(self, family: str, region: str) -> bool:
        """Whether a model of a family has seconds for nothing in a region."""
        return any(family == tier.family and region in tier.regions for tier in self.free_tiers)


@dataclass(frozen=True, slots=True)
class Quotas:
    """What a world's account may do; None leaves a limit to the rows.

    `free_tier_seconds` (of each model that has a free tier) is None where the account pays; a number is upstream's
    mode "use free tier only", in which nothing is taken once they are used up.
    """

    submit_rps: int | None = None
    running: int | None = None
    queue: int | None = None
    qps: int | None = None
    policy_qps: int | None = None
    free_tier_seconds: float | None = None


# The instants (ms) of what was let in within the last second, oldest first.
Window = tuple[int, ...]


def admitted(window: Window, now: int, limit: int) -> Window | None:
    """Return the window after one more was let in at `now`, or None where that would be more than `limit` a second.

    What was refused does not count (assumed). On a clock that was set back, what lies ahead has not happened.
    """
    recent = tuple(instant for instant in window if now - SECOND < instant <= now)
    return (*recent, now) if len(recent) < limit else None
