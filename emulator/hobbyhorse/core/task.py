"""The task record and the job it does. Frozen values; every change is a new value with the next version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .faults import Failure

if TYPE_CHECKING:
    from .clip import Footage, Picture, Reference
    from .mishaps import Mishap
    from .scenario import Odd


class Pace(StrEnum):
    """How a task's start and end are chosen (see `timeline`)."""

    INSTANT = "instant"
    QUICK = "quick"
    REALISTIC = "realistic"


@dataclass(frozen=True, slots=True)
class MediaRef:
    """One medium as the caller named it: its role (`first_frame`, `img_url`, …) and a printable form of its URL."""

    role: str
    label: str


@dataclass(frozen=True, slots=True)
class Job:
    """A create request after defaults: what will be made. `tier` is `480P`, `720P` or `1080P`.

    `prompt` is as sent; it is cut to the model's limit only where it is drawn. `input_seconds` is the length of the
    caller's footage as far as it is counted. `media` are those of the caller's media that a clip can only name.
    """

    prompt: str | None
    seed: int
    tier: str
    ratio: str
    width: int
    height: int
    seconds: float
    watermark: bool
    audio: bool
    extends_prompt: bool = False
    input_seconds: float = 0
    first_frame: Picture | Footage | None = None
    last_frame: Picture | None = None
    footage: Footage | None = None
    keeps_sound: bool = False
    references: tuple[Reference, ...] = ()
    media: tuple[MediaRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """What a scenario's rule has in store for one task beside its times and outcome. `rule` names the rule."""

    rule: str
    odd: tuple[Odd, ...] = ()
    mishaps: tuple[Mishap, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One submitted job. Instants are whole milliseconds since the epoch, on the world's clock.

    Invariant: submitted_at <= scheduled_at <= starts_at <= ends_at. `outcome`, decided before the create is
    answered, is what will be made, or why nothing will. `polls` counts answered GETs that moved the task, or all of
    them where a script has odd answers. So many as `polls_to_start` find it not yet started, `polls_to_end` not yet
    ended; None: it goes by time only. `held_at` is when it was made to stand still. `generation` numbers its result
    URLs; one that `url_is_dead` has its next from the next poll. `version` grows with each change (compare-and-set).
    """

    id: str
    world: str
    region: str
    key_id: str
    request_id: str
    model: str
    outcome: Job | Failure
    submitted_at: int
    scheduled_at: int
    starts_at: int
    ends_at: int
    polls_to_start: int | None = None
    polls_to_end: int | None = None
    canceled_at: int | None = None
    held_at: int | None = None
    polls: int = 0
    generation: int = 0
    url_is_dead: bool = False
    script: Script | None = None
    version: int = 0

    @property
    def fails(self) -> bool:
        """Whether the task ends with a fault."""
        return isinstance(self.outcome, Failure)

    @property
    def goes_by_polls(self) -> bool:
        """Whether polls move the task."""
        return self.polls_to_start is not None or self.polls_to_end is not None
