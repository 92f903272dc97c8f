"""Hypothesis profiles, loaded by name: its own `ci` profile must not slip in because `CI` is set (conformance §4.1)."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

# `explain` runs a failure many times more and says little about a server. Two busy cores are slow, not wrong.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink)

settings.register_profile(
    "dev", max_examples=50, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", parent=settings.get_profile("dev"), derandomize=True, database=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
