"""The queue of one account, region and model: so many tasks run at once, the rest wait, in order of submission.

A lane is a value. A server that is free takes the first in the queue, and waits for it where it is not ready yet. Each
function returns the lane after one event, with the instants of everybody still waiting reckoned anew; who has started
keeps its instants. Nothing else moves a lane: time passes by itself, and a poll is no event.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import heapify, heapreplace, nlargest
from typing import TYPE_CHECKING

from .timeline import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Ticket:
    """One task's place. Instants in ms; `starts_at` and `ends_at` are NEVER where nothing in sight leads there.

    It is in the queue from `queued_at` on, may start once `ready` (not before), and then `runs` so many ms (in a held
    one that had started: what is left of them).
    One that waits and `is_held` lets others pass; one that runs and is held, or runs for ever, keeps its server.
    Whatever it does, it is no more from `gone_at` on, when its task is forgotten.
    """

    task: str
    queued_at: int
    ready: int
    runs: int
    gone_at: int
    starts_at: int = NEVER
    ends_at: int = NEVER
    is_held: bool = False

    def waits(self, now: int) -> bool:
        """Whether it has not started, and will not as soon as it could have: it stands in the queue."""
        return self.starts_at > max(now, self.ready)


@dataclass(frozen=True, slots=True)
class Lane:
    """One account's lane for a model in a region: the tickets in order of submission, ended ones left out.

    `version` grows with each change (compare-and-set).
    """

    world: str
    region: str
    model: str
    servers: int
    tickets: tuple[Ticket, ...] = ()
    version: int = 0

    def ticket(self, task: str) -> Ticket | None:
        """Return a task's ticket, or None where it has none (any more)."""
        return next((ticket for ticket in self.tickets if ticket.task == task), None)

    def depth(self, now: int) -> int:
        """Return how many stand in the queue."""
        return sum(ticket.waits(now) for ticket in self.tickets)


def join(lane: Lane, ticket: Ticket, now: int) -> Lane:
    """Return the lane after a ticket joined at its end."""
    return _reckoned(lane, (*lane.tickets, ticket), now)


def leave(lane: Lane, tasks: Iterable[str], now: int) -> Lane:
    """Return the lane without some tasks: canceled, ended before their time, or forgotten."""
    gone = set(tasks)
    return _reckoned(lane, (ticket for ticket in lane.tickets if ticket.task not in gone), now)


def hold(lane: Lane, task: str, now: int) -> Lane:
    """Return the lane after a task was held: one that runs keeps its server, one that waits lets others pass."""
    return _reckoned(lane, (_held(one, now) if one.task == task else one for one in lane.tickets), now)


def release(lane: Lane, task: str, now: int) -> Lane:
    """Return the lane after a held task was let go: it runs on for what was left, or waits again in its old place."""
    return _reckoned(lane, (_released(one, now) if one.task == task else one for one in lane.tickets), now)


def overflows(lane: Lane, task: str, most: int, now: int) -> bool:
    """Whether a task that joined stands in the queue, and more do than may."""
    ticket = lane.ticket(task)
    return ticket is not None and ticket.waits(now) and lane.depth(now) > most


def moved(old: Lane | None, new: Lane) -> tuple[Ticket, ...]:
    """Return the tickets of `new` whose instants are others than in `old`, or that were not there."""
    before = {one.task: (one.starts_at, one.ends_at) for one in old.tickets} if old else {}
    return tuple(one for one in new.tickets if before.get(one.task) != (one.starts_at, one.ends_at))


def _held(ticket: Ticket, now: int) -> Ticket:
    if ticket.is_held or ticket.starts_at > now:
        return replace(ticket, is_held=True)
    left = NEVER if ticket.ends_at == NEVER else ticket.ends_at - now
    return replace(ticket, is_held=True, runs=left, ends_at=NEVER)


def _released(ticket: Ticket, now: int) -> Ticket:
    if not ticket.is_held or ticket.starts_at > now:
        return replace(ticket, is_held=False)
    return replace(ticket, is_held=False, ends_at=_sum(now, ticket.runs))


def _reckoned(lane: Lane, tickets: Iterable[Ticket], now: int) -> Lane:
    """Return the lane with these tickets: ended ones dropped, starts and ends of all that have not started anew."""
    kept = [ticket for ticket in tickets if min(ticket.ends_at, ticket.gone_at) > now]
    busy = [min(one.ends_at, one.gone_at) for one in kept if one.starts_at <= now]
    # More may run than there are servers, where a world's quota was lowered: the longest decide.
    free = [*nlargest(lane.servers, busy), *[now] * (lane.servers - len(busy))]
    starts = _starts([one for one in kept if one.starts_at > now and not one.is_held], free)
    seated = (one if one.starts_at <= now else _seated(one, starts.get(one.task, NEVER)) for one in kept)
    return replace(lane, tickets=tuple(seated), version=lane.version + 1)


def _starts(waiting: Sequence[Ticket], free: list[int]) -> dict[str, int]:
    """Return when each of those in the queue starts. `free` are the instants at which servers are free."""
    heapify(free)
    starts = {}
    for ticket in sorted(waiting, key=lambda one: one.queued_at):
        at = max(free[0], ticket.ready)
        if at < ticket.gone_at:
            starts[ticket.task] = at
            heapreplace(free, min(at + ticket.runs, ticket.gone_at))
    return starts


def _seated(ticket: Ticket, starts_at: int) -> Ticket:
    if ticket.starts_at == starts_at:
        return ticket
    return replace(ticket, starts_at=starts_at, ends_at=_sum(starts_at, ticket.runs))


def _sum(instant: int, span: int) -> int:
    return min(instant + span, NEVER)
