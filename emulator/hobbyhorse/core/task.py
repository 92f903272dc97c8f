"""The task record and the job it does. Frozen values; every change is a new value with the next version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .faults import Failure

if TYPE_CHECKING:
    from .clip import Footage, Picture, Reference


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
class Task:
    """One submitted job. Instants are whole milliseconds since the epoch, on the world's clock.

    Invariant: submitted_at <= scheduled_at <= starts_at <= ends_at. `outcome`, decided before the create is
    answered, is what will be made, or why nothing will. `polls` counts answered GETs that moved the task.
    `generation` numbers its result URLs. `version` grows with each change (compare-and-set).
    """

    id: str
    world: str
    region: str
    key_id: str
    request_id: str
    model: str
    outcome: Job | Failure
    pace: Pace
    submitted_at: int
    scheduled_at: int
    starts_at: int
    ends_at: int
    canceled_at: int | None = None
    polls: int = 0
    generation: int = 0
    version: int = 0

    @property
    def fails(self) -> bool:
        """Whether the task ends with a fault."""
        return isinstance(self.outcome, Failure)
