"""How Hypothesis is set. Never by its own profiles: in CI it would load one by itself, and draw the same for ever."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hypothesis import HealthCheck, Phase, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGEST_SEED = 2**31
ProfileName = Literal["kit-dev", "kit-ci", "kit-nightly"]


@dataclass(frozen=True, slots=True)
class Profile:
    """`examples` are drawn with `seed`; None means another seed every time. It is printed and in the certificate."""

    examples: int
    seed: int | None


# kit-ci draws the same every time, so that a change of the client explains a change of the outcome.
PROFILES: Mapping[ProfileName, Profile] = {
    "kit-dev": Profile(examples=200, seed=None),
    "kit-ci": Profile(examples=200, seed=0),
    "kit-nightly": Profile(examples=5000, seed=None),
}


def drawing(count: int) -> settings:
    """Return settings for drawing only: nothing runs meanwhile, so there is nothing to shrink and to remember."""
    return settings(
        max_examples=count,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow],
    )


def new_seed() -> int:
    """Return a seed that was not used before, as good as certainly."""
    return secrets.randbelow(_LARGEST_SEED)
