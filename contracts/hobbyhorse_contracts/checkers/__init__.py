"""The checkers: one pure function a requirement, from a scenario and a history to a verdict, a module a family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    cancels,
    clips,
    connections,
    creates,
    deadlines,
    downloads,
    errors,
    keys,
    lists,
    media,
    pacing,
    payload,
    polling,
    requests,
    retries,
    uploads,
)
from .registry import CHECKERS, Checker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..history import History
    from ..scenario import Scenario
    from ..verdict import Verdict

__all__ = ["CHECKERS", "FAMILIES", "Checker", "judge"]

FAMILIES = (
    *(requests, payload, media, uploads, creates, retries, polling, deadlines, pacing, errors, keys),
    *(clips, downloads, cancels, lists, connections),
)
"""The modules that hold them."""


def judge(scenario: Scenario, history: History, only: Iterable[str] | None = None) -> tuple[Verdict, ...]:
    """Return what every checker says of a history, or only those of some requirements, in the order of their ids."""
    wanted = sorted(CHECKERS) if only is None else [name for name in sorted(CHECKERS) if name in set(only)]
    return tuple(CHECKERS[name](scenario, history) for name in wanted)
