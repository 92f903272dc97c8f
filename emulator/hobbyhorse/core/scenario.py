"""Scenarios: what should happen when. A rule matches a create request and says what becomes of its task."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .faults import Failure
    from .mishaps import Mishap

_GLOB = frozenset("*?[")


class IdForm(StrEnum):
    """The forms a task id can take. Upstream's is `uuid`; clients must take any (docs: `reference`, requirement ids)."""

    UUID = "uuid"
    DOTTED = "dotted"
    UNDERSCORED = "underscored"
    HEX64 = "hex64"


class Stuck(StrEnum):
    """The status in which a task stays until its retention ends."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True)
class Odd:
    """An odd answer, laid over polls number `polls` (1 is the first; None: all of them) while the truth stays.

    `status` is shown instead of the true word. `without` names fields of `output` or the body that are left out.
    `extra` is added to `output`. `video_url` replaces the signed one. `when` limits it to a true status.
    """

    polls: tuple[int, ...] | None = None
    when: str | None = None
    status: str | None = None
    without: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    video_url: str | None = None


@dataclass(frozen=True, slots=True)
class When:
    """What a rule matches; None means any. `nth` counts the creates that match all the rest of it, from 1.

    `model` is a glob. `prompt` is a glob where it has `*`, `?` or `[`, else a text that is contained. `key` is an API
    key or its name. `body` maps dotted paths (`parameters.duration`, `input.media.0.type`) to the value demanded.
    """

    model: str | None = None
    prompt: str | None = None
    key: str | None = None
    region: str | None = None
    nth: tuple[int, ...] | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Then:
    """What becomes of a matched create. Instants in ms; polls are counted; None leaves it to the world's pace.

    `refuse` answers the create with an HTTP error and makes no task; `fail` is the outcome of the task.
    """

    pending: int | None = None
    running: int | None = None
    pending_polls: int | None = None
    running_polls: int | None = None
    stuck: Stuck | None = None
    fail: Failure | None = None
    refuse: Failure | None = None
    task_id: IdForm | None = None
    mishaps: tuple[Mishap, ...] = ()
    odd: tuple[Odd, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a scenario. `id` names it in the journal: `outage/2`; `source` says where it was written."""

    id: str
    when: When
    then: Then
    source: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A create request as rules see it. `key` holds both the API key and its name."""

    model: str
    prompt: str
    key: tuple[str, ...]
    region: str
    body: Mapping[str, Any]


def matches(when: When, attempt: Attempt) -> bool:
    """Whether a create is one that `when` describes, leaving `nth` aside."""
    return (
        (when.model is None or fnmatchcase(attempt.model, when.model))
        and (when.prompt is None or _says(attempt.prompt, when.prompt))
        and (when.key is None or when.key in attempt.key)
        and (when.region is None or when.region == attempt.region)
        and all(_at(attempt.body, path) == value for path, value in when.body.items())
    )


def _says(prompt: str, wanted: str) -> bool:
    return fnmatchcase(prompt, wanted) if _GLOB & set(wanted) else wanted in prompt


def _at(body: Any, path: str) -> Any:
    """Return what stands at a dotted path, or an object equal to nothing where there is nothing."""
    for step in path.split("."):
        if isinstance(body, dict) and step in body:
            body = body[step]
        elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            return _NOTHING
    return body


_NOTHING = object()
