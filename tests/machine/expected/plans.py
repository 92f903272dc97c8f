"""When a new task starts and ends: what its pace says, and what a rule makes of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .life import NEVER
from .scenarios import span
from .tables import JITTER, JUDGED, QUICK, RUNS, SCHEDULED

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Plan:
    """Bounds (ms, both included) of the start after the submission and of the run after the start; None: never.

    So many polls as `waits` find it not yet started, `runs` not yet ended; None: polls do not move it.
    """

    start: tuple[int, int] | None
    run: tuple[int, int] | None
    waits: int | None = None
    runs: int | None = None

    def holds(self, submitted: int, starts: int, ends: int) -> bool:
        """Whether instants are within the bounds."""
        return _within(self.start, starts - submitted, starts) and _within(self.run, ends - starts, ends)


def planned(pace: str, kind: str, then: Mapping[str, Any], *, fails: bool) -> Plan:
    """Return the plan of a task."""
    plan = _paced(pace, kind, fails=fails)
    if then.get("stuck") == "PENDING":
        return Plan(None, None)
    if "polls" in then:
        waits, runs = then["polls"]
        return Plan(None, None, waits, waits + runs)
    if "pending" in then:
        waiting = span(then["pending"])
        plan = Plan((waiting, waiting), plan.run)
    if then.get("stuck") == "RUNNING":
        return Plan(plan.start, None, plan.waits)
    if "running" in then:
        running = span(then["running"])
        return Plan(plan.start, (running, running))
    return plan


def _paced(pace: str, kind: str, *, fails: bool) -> Plan:
    """Return what the pace says. A worker-stage fault is final on the first poll in every pace."""
    if pace == "instant":
        return Plan((0, 0), (0, 0), 0, 0)
    soonest, latest = SCHEDULED
    if fails:
        return Plan(SCHEDULED, (JUDGED - latest, JUDGED - soonest), 0, 0)
    if pace == "quick":
        start, end = QUICK
        return Plan((start, start), (end - start, end - start), 1, 2)
    run = RUNS[kind]
    return Plan(SCHEDULED, (int(run * (1 - JITTER)), int(run * (1 + JITTER))))


def _within(bounds: tuple[int, int] | None, span_: int, instant: int) -> bool:
    if bounds is None:
        return instant == NEVER
    return instant < NEVER and bounds[0] <= span_ <= bounds[1]
