"""What tasks would have cost: quantities are counted without prices, and priced when somebody asks.

Failed and canceled tasks cost nothing; what has not ended is pending. Amounts are exact until they are shown.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from .task import Job
from .timeline import Status, own_status_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .catalogue import ModelRow, Price
    from .task import Task

# Money is shown to a millionth: published prices have six places.
_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Sort:
    """What tasks must have in common to be counted together: all that a price can depend on."""

    model: str
    region: str
    tier: str
    audio: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """How many tasks, and how much of input and output they had, in ms."""

    tasks: int = 0
    input_ms: int = 0
    output_ms: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.tasks + other.tasks, self.input_ms + other.input_ms, self.output_ms + other.output_ms)

    def billed_ms(self, model: ModelRow) -> int:
        """Return how much of it has a price."""
        return self.output_ms + (self.input_ms if model.bills_input else 0)


@dataclass(frozen=True, slots=True)
class Count:
    """What became of some tasks. Those that cost something by sort; the others by number."""

    made: Mapping[Sort, Amount] = field(default_factory=dict)
    failed: int = 0
    canceled: int = 0
    pending: int = 0

    def __add__(self, other: Count) -> Count:
        made = dict(self.made)
        for sort, amount in other.made.items():
            made[sort] = made.get(sort, Amount()) + amount
        return Count(made, self.failed + other.failed, self.canceled + other.canceled, self.pending + other.pending)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger. `price` and `cost` are None where no price is known."""

    model: str
    region: str
    tier: str
    tasks: int
    seconds: float
    price: Price | None = None
    per_second: float | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A ledger, priced. `totals` by currency are of the lines that have a price."""

    totals: Mapping[str, float]
    lines: tuple[Line, ...]
    count: Count


def counted(tasks: Iterable[Task], now: int) -> Count:
    """Return what has become of some tasks by an instant (ms). Retention does not matter: what was made was made."""
    made: dict[Sort, Amount] = {}
    ends: Counter[Status] = Counter()
    for task in tasks:
        status = own_status_at(task, now)
        ends[status] += 1
        if status is Status.SUCCEEDED and isinstance(task.outcome, Job):
            sort, amount = _sorted(task, task.outcome)
            made[sort] = made.get(sort, Amount()) + amount
    return Count(made, ends[Status.FAILED], ends[Status.CANCELED], ends[Status.PENDING] + ends[Status.RUNNING])


def used_ms(tasks: Iterable[Task], model: ModelRow, region: str, now: int) -> int:
    """Return how much of a model's free tier some tasks use: those that ended well, and those under way."""
    used = 0
    for task in tasks:
        if task.model != model.id or task.region != region or not isinstance(task.outcome, Job):
            continue
        if own_status_at(task, now) is not Status.CANCELED:
            used += _sorted(task, task.outcome)[1].billed_ms(model)
    return used


def priced(count: Count, models: Mapping[str, ModelRow]) -> Statement:
    """Return a count with prices, sorted by model, region and tier."""
    lines: list[Line] = []
    totals: dict[str, Decimal] = {}
    for sort, amount in sorted(_merged(count, models).items(), key=lambda item: _order(item[0])):
        model = models[sort.model]
        seconds = Decimal(amount.billed_ms(model)) / 1000
        line = Line(sort.model, sort.region, sort.tier, amount.tasks, float(seconds))
        price = price_of(model, sort)
        if price is not None:
            per_second = price.per_second[sort.tier]
            cost = seconds * Decimal(str(per_second))
            totals[price.currency] = totals.get(price.currency, Decimal(0)) + cost
            line = replace(line, price=price, per_second=per_second, cost=_shown(cost))
        lines.append(line)
    return Statement({name: _shown(total) for name, total in sorted(totals.items())}, tuple(lines), count)


def _merged(count: Count, models: Mapping[str, ModelRow]) -> dict[Sort, Amount]:
    """Return the amounts, with and without sound in one where that makes no difference to the price."""
    found: dict[Sort, Amount] = {}
    for sort, amount in count.made.items():
        price = price_of(models[sort.model], sort)
        common = sort if price and price.audio is not None else replace(sort, audio=True)
        found[common] = found.get(common, Amount()) + amount
    return found


def price_of(model: ModelRow, sort: Sort) -> Price | None:
    """Return the price that a sort of task has, or None where none is known."""
    fitting = (
        price
        for price in model.prices
        if price.region == sort.region and sort.tier in price.per_second and price.audio in {None, sort.audio}
    )
    return next(fitting, None)


def _sorted(task: Task, job: Job) -> tuple[Sort, Amount]:
    sort = Sort(task.model, task.region, job.tier, job.audio)
    return sort, Amount(1, round(job.input_seconds * 1000), round(job.seconds * 1000))


def _order(sort: Sort) -> tuple[str, str, int, bool]:
    return sort.model, sort.region, int(sort.tier.removesuffix("P")), sort.audio


def _shown(amount: Decimal) -> float:
    return float(amount.quantize(_PLACES))
