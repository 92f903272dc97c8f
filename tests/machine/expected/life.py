"""One task and its life, as the reference tells it: instants, polls that may pull them back, and what stops them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .tables import RETENTION

if TYPE_CHECKING:
    from .mishaps import Mishap

PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, UNKNOWN = (
    "PENDING",
    "RUNNING",
    "SUCCEEDED",
    "FAILED",
    "CANCELED",
    "UNKNOWN",
)
FINAL = frozenset({SUCCEEDED, FAILED, CANCELED, UNKNOWN})
NEVER = 10**18


@dataclass
class Job:
    """A task. `failure` is code and message (None: not told) of one that will fail. Instants in ms; seconds in s.

    So many polls as `waits` find it not yet started, `runs` not yet ended; None: polls do not move it. `moves` counts
    polls that moved it, `asked` all that were answered. `urls` are by generation and end.
    """

    model: str
    region: str
    prompt: str | None
    submitted: int
    tier: str
    ratio: str
    seconds: float
    input_seconds: float
    failure: tuple[str, str | None] | None
    starts: int = NEVER
    ends: int = NEVER
    waits: int | None = None
    runs: int | None = None
    rule: str | None = None
    odd: list[dict[str, Any]] = field(default_factory=list)
    mishaps: list[Mishap] = field(default_factory=list)
    id: str = ""
    plain_id: bool = True
    canceled: int | None = None
    held: int | None = None
    moves: int = 0
    asked: int = 0
    is_dead: bool = False
    generation: int = 0
    urls: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def counts_polls(self) -> bool:
        """Whether the count of its polls is kept in any case: odd answers are numbered."""
        return bool(self.odd)

    def truly(self, now: int) -> str:
        """Return the status, leaving aside that the upstream forgets."""
        if self.canceled is not None and self.canceled <= now:
            return CANCELED
        until = now if self.held is None else min(now, self.held)
        if self.ends <= until:
            return SUCCEEDED if self.failure is None else FAILED
        return RUNNING if self.starts <= until else PENDING

    def status(self, now: int) -> str:
        """Return the status that is answered: 24 h after its creation a task is UNKNOWN."""
        return UNKNOWN if self.submitted + RETENTION <= now else self.truly(now)

    def poll(self, now: int) -> str:
        """Ask for the task: return its status, after what the poll may do to it."""
        self.asked += 1
        if self.status(now) == SUCCEEDED and self.is_dead:
            self.generation, self.is_dead = self.generation + 1, False
        is_moved = self.waits is not None or self.runs is not None
        if is_moved and self.status(now) not in FINAL and self.canceled is None and self.held is None:
            at = max(now, self.submitted)
            if self.waits is not None and self.moves >= self.waits:
                self.starts = min(self.starts, at)
            if self.runs is not None and self.moves >= self.runs:
                self.ends = min(self.ends, at)
            self.starts = min(self.starts, self.ends)
            self.moves += 1
        return self.status(now)

    def end(self, now: int, failure: tuple[str, str | None] | None) -> None:
        """End it now, as it would have, or with a failure."""
        at = max(now, self.submitted)
        self.failure = failure or self.failure
        self.starts, self.ends, self.held = min(self.starts, at), at, None

    def release(self, now: int, *, in_lane: bool) -> None:
        """Let it go on: what lay ahead when it was held lies as far ahead now.

        One that waits in a lane waits again in its old place: it starts as soon as it may have.
        """
        held = now if self.held is None else self.held
        if in_lane and self.waits is self.runs is None and held < self.starts < NEVER:
            run, self.starts = self.ends - self.starts, max(now, self.starts)
            self.ends, self.held = min(self.starts + run, NEVER), None
            return
        late = max(0, now - held)
        if held < self.starts < NEVER:
            self.starts += late
        if held < self.ends < NEVER:
            self.ends += late
        self.held = None

    def shown(self, status: str) -> dict[str, Any]:
        """Return what odd answers change in the answer to the latest poll, with a true status."""
        changes: dict[str, Any] = {}
        for odd in self.odd:
            polls = odd.get("polls")
            numbers = polls if isinstance(polls, list) else [self.asked if polls is None else polls]
            if self.asked in numbers and odd.get("when", status) == status:
                changes |= {name: value for name, value in odd.items() if name not in {"polls", "when"}}
        return changes
