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
    """The forms a task id can take. Upstream's is `uuid`; a client must not mind another."""

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

    Number 0 is the answer to the create itself, which `polls` of None leaves alone.

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
class Refusal:
    """An HTTP error that answers a create. `retry_after` is in seconds; it is written as a number or a date."""

    failure: Failure
    retry_after: int | None = None
    as_date: bool = False


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
    refuse: Refusal | None = None
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
class Scenario:
    """A document read: rules for creates, in order, and mishaps of the whole world."""

    name: str
    description: str
    rules: tuple[Rule, ...] = ()
    mishaps: tuple[Mishap, ...] = ()


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
        and all(_same(_at(attempt.body, path), value) for path, value in when.body.items())
    )


def contradiction(then: Then) -> str | None:
    """Say which two parts of a `then` cannot both be had, or None where all can."""
    by_time = then.pending is not None or then.running is not None
    by_polls = then.pending_polls is not None or then.running_polls is not None
    goes = by_time or by_polls or then.stuck is not None or then.task_id is not None or bool(then.odd)
    both = (
        (then.refuse and (then.fail or goes), "refuse makes no task, so nothing but mishaps can stand beside it"),
        (by_time and by_polls, "a task goes by time (pending, running) or by polls, not by both"),
        (then.stuck and then.fail, "a stuck task never ends, so it cannot fail"),
        (then.stuck and by_polls, "a stuck task goes by time; leave polls out"),
        (then.stuck and then.running is not None, "a stuck task has no end; leave running out"),
        (then.stuck is Stuck.PENDING and then.pending is not None, "a task stuck PENDING waits on; leave pending out"),
    )
    return next((text for is_so, text in both if is_so), None)


def _says(prompt: str, wanted: str) -> bool:
    return fnmatchcase(prompt, wanted) if _GLOB & set(wanted) else wanted in prompt


def _same(found: Any, wanted: Any) -> bool:
    """Compare as JSON does: 5 is 5.0, but true is not 1, nor inside lists and objects."""
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(_same(found[name], wanted[name]) for name in wanted)
    return bool(found == wanted) and isinstance(found, bool) is isinstance(wanted, bool)


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
