"""The task record and the job it does. Frozen values; every change is a new value with the next version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clip import Picture
    from .faults import Failure


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
    caller's footage where the model is billed for it.
    """

    model: str
    prompt: str | None
    seed: int
    tier: str
    ratio: str
    width: int
    height: int
    seconds: float
    watermark: bool
    audio: bool
    input_seconds: float = 0
    first_frame: Picture | None = None
    media: tuple[MediaRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One submitted job. Instants are whole milliseconds since the epoch, on the world's clock.

    Invariant: submitted_at <= scheduled_at <= starts_at <= ends_at. `failure` is decided before the create is
    answered; None means success. `polls` counts answered GETs. `version` grows with each change (compare-and-set).
    """

    id: str
    world: str
    region: str
    key_id: str
    request_id: str
    job: Job
    pace: Pace
    submitted_at: int
    scheduled_at: int
    starts_at: int
    ends_at: int
    failure: Failure | None = None
    canceled_at: int | None = None
    polls: int = 0
    generation: int = 0
    version: int = 0
