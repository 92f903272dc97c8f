"""A scenario: what is asked of a client, and how the service behaves meanwhile. Plain JSON; nothing in it is drawn.

Times are virtual seconds since the scenario's start. Texts in `request`, `options`, `rules`, `mishaps` and `acts` may
have placeholders, which the driver fills in: `{results}` (origin of the clips), `{api}` (origin of the API),
`{file:NAME}` (path of one of `files`), `{task:CALL}` (id of the task that a call made), `{url:CALL}` (its clip's URL).
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the fields' types
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from pydantic import ConfigDict

from .documents import DocumentError, read, schema, shown
from .hints import did_you_mean

__all__ = ["ENDINGS", "OPS", "Act", "Call", "DocumentError", "Scenario", "Timeline"]

OPS = ("generate", "submit", "wait", "download", "cancel", "list", "abort")
ENDINGS = ("SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN", "STUCK")
ACTS = ("mishap", "revoke", "finish", "fail", "hold", "release", "expire", "forget", "advance")
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the client.

    `request` has `model`, `input`, `parameters`. `options` may have `poll_interval_s` (15), `timeout_s` (600), `out`
    (a file name; the driver puts it into a folder of its own), `task_id` (for wait, download, cancel), `call` (which
    call an abort is for), `base` (`plain`, `slash`: with a trailing slash) and `region`. It begins at `at`, or when
    the call `after` has been answered, whichever is later.
    """

    __pydantic_config__ = _STRICT

    id: str = "c1"
    op: Literal["generate", "submit", "wait", "download", "cancel", "list", "abort"] = "generate"
    request: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    at: float = 0.0
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What becomes of a task that a create makes.

    It is PENDING for `pending_s` and RUNNING for `running_s`; or, where `polls` is given, so many polls find it PENDING
    and RUNNING, whatever the clock says. STUCK stays at `stuck_at`; UNKNOWN is forgotten when it would have ended;
    CANCELED needs a cancel, from the client or, where nobody cancels, shown by the answers to polls. `error` is a code
    or row of a FAILED one. `odd` are odd answers as the emulator's scenarios have them.
    """

    __pydantic_config__ = _STRICT

    pending_s: float = 0.0
    running_s: float = 30.0
    polls: tuple[int, int] | None = None
    outcome: Literal["SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN", "STUCK"] = "SUCCEEDED"
    stuck_at: Literal["PENDING", "RUNNING"] = "RUNNING"
    error: str = "InternalError"
    message: str | None = None
    odd: tuple[Mapping[str, Any], ...] = ()
    task_id: Literal["uuid", "dotted", "underscored", "hex64"] = "uuid"


@dataclass(frozen=True, slots=True)
class Act:
    """What happens at a virtual instant, whatever the client does.

    `mishap` adds one (`options` is its document), `revoke` makes the key invalid, `advance` moves the clock by
    `options.seconds`; the others act on the task of `call` (the only one where there is one), `fail` with `error`.
    """

    __pydantic_config__ = _STRICT

    at: float
    do: Literal["mishap", "revoke", "finish", "fail", "hold", "release", "expire", "forget", "advance"]
    call: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The unit of generation, shrinking, storage, replay and of a bug report.

    `about` are the requirements that it was made to provoke. `rules` are rules of an emulator's scenario, tried before
    the timeline; `mishaps` documents of mishaps; `world` further fields of a world's document. `files` maps names of
    local files to their bytes in base64. `only` names the capabilities that a client needs for it. `defect` is the
    dotted path of the one mistake in the request (`parameters.duration`), empty where it is valid. For `closed_s` the
    API's port refuses connections. `untrusted` says that the API speaks TLS with a certificate that nobody trusts.
    """

    __pydantic_config__ = _STRICT

    name: str
    calls: tuple[Call, ...]
    about: tuple[str, ...] = ()
    timeline: Timeline = Timeline()
    rules: tuple[Mapping[str, Any], ...] = ()
    mishaps: tuple[Mapping[str, Any], ...] = ()
    world: Mapping[str, Any] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    defect: str = ""
    closed_s: float = 0.0
    untrusted: bool = False

    def __post_init__(self) -> None:
        """Refuse what no driver could run."""
        if not self.calls:
            raise ValueError("calls: a scenario without a call shows nothing")
        seen: list[str] = []
        for call in self.calls:
            if call.id in seen:
                raise ValueError(f"calls: two calls are called {call.id!r}")
            if call.after is not None and call.after not in seen:
                raise ValueError(f"calls.{call.id}.after: no earlier call is called {call.after!r}")
            seen.append(call.id)
        for act in self.acts:
            if act.call is not None and act.call not in seen:
                raise ValueError(f"acts: there is no call {act.call!r}{did_you_mean(act.call, seen)}")

    def call(self, name: str) -> Call:
        """Return the call of an id. Raises KeyError."""
        return next(call for call in self.calls if call.id == name) if name in self.ids else _missing(name)

    @property
    def ids(self) -> tuple[str, ...]:
        """The calls' ids."""
        return tuple(call.id for call in self.calls)

    def document(self) -> dict[str, Any]:
        """Return the scenario as plain JSON."""
        return shown(self)

    @classmethod
    def of(cls, document: object, what: str = "scenario") -> Self:
        """Return the scenario that a document describes. Raises DocumentError with all that is wrong."""
        return read(cls, document, what)


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario's document."""
    return schema(Scenario, "A scenario of the contract kit, version 1")


def _missing(name: str) -> Call:
    raise KeyError(f"there is no call {name!r}")
