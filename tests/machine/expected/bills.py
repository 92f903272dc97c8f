"""What a run would have cost, by the published prices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .life import CANCELED, FAILED, SUCCEEDED
from .tables import MODELS, PRICES

if TYPE_CHECKING:
    from .life import Job

Sort = tuple[str, str, str]  # model, region, tier


@dataclass
class Bill:
    """Tasks and billed ms by sort, and how many tasks cost nothing, or have not ended. `old` is a part of pending."""

    tasks: Counter[Sort] = field(default_factory=Counter)
    ms: Counter[Sort] = field(default_factory=Counter)
    failed: int = 0
    canceled: int = 0
    pending: int = 0
    old: int = 0

    def add(self, job: Job, now: int, *, is_old: bool = False) -> None:
        """Add what became of a task. Failed and canceled ones are free."""
        status = job.truly(now)
        if status == SUCCEEDED:
            sort = (job.model, job.region, job.tier)
            billed = job.seconds + (job.input_seconds if MODELS[job.model].bills_input else 0)
            self.tasks[sort] += 1
            self.ms[sort] += round(billed * 1000)
        elif status == FAILED:
            self.failed += 1
        elif status == CANCELED:
            self.canceled += 1
        else:
            self.pending += 1
            self.old += is_old

    def plus(self, other: Bill) -> Bill:
        """Return the sum."""
        return Bill(
            self.tasks + other.tasks,
            self.ms + other.ms,
            self.failed + other.failed,
            self.canceled + other.canceled,
            self.pending + other.pending,
            self.old + other.old,
        )

    def settled(self) -> Bill:
        """Return the bill of what has ended."""
        return Bill(self.tasks, self.ms, self.failed, self.canceled)

    def lines(self) -> dict[Sort, tuple[int, float, float | None]]:
        """Return tasks, seconds and cost (CNY; None: unknown) of each sort."""
        found: dict[Sort, tuple[int, float, float | None]] = {}
        for sort, tasks in self.tasks.items():
            model, region, tier = sort
            price = PRICES.get((model, region), {}).get(tier)
            seconds = self.ms[sort] / 1000
            found[sort] = (tasks, seconds, None if price is None else price * seconds)
        return found
