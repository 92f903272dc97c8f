"""A history: all that was seen of a client in one scenario. Plain JSON, so that it can be judged again later.

Instants (`at_ms`) are milliseconds on the world's clock since the scenario began. No key is in it: the journal and the
driver put `<api-key NUMBER>` in its place.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the fields' types
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from pydantic import ConfigDict

from .documents import read, schema, shown

_STRICT = ConfigDict(extra="forbid")
Headers = tuple[tuple[str, str], ...]
Mode = Literal["hook", "patch", "scale", "real"]
ERROR_KINDS = (
    *("validation", "auth", "quota", "moderation", "task", "canceled", "unknown_task", "timeout", "ambiguous"),
    *("network", "integrity", "other"),
)


@dataclass(frozen=True, slots=True)
class Body:
    """A body: sha-256 (hex) and number of its bytes, its text.

    The text has no secrets and short `data:` URIs (`;base64,<N bytes>`); it is None where there is none to show, and
    only the beginning where it `is_cut`.
    """

    __pydantic_config__ = _STRICT

    sha256: str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    size: int = 0
    text: str | None = ""
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One request and its answer, from the journal. Rows are in the order in which the requests ended.

    `monotonic_s` is the server's clock when the request came, since its first; `seconds` how long it took, both real.
    `route` is create, get, list, cancel, uploads, tokens, route (any other path), download or upload; `origin` api or
    results. `path` and `query` are as sent. `status` is None where nothing was answered. `written` counts the bytes
    that left, headers included. `task` is the one that was asked for or made; `committed` what the request made or
    changed although its answer may have been lost. `error_row` is the row of the error that was answered. `closed`
    says how the connection ended, None while it is open. `quarantined` came with no key that any world knows.
    """

    __pydantic_config__ = _STRICT

    number: int
    at_ms: int
    route: str
    method: str
    path: str
    origin: str = "api"
    query: str = ""
    headers: Headers = ()
    body: Body = Body()
    status: int | None = 200
    reply_headers: Headers = ()
    reply_body: Body = Body()
    monotonic_s: float = 0.0
    seconds: float = 0.0
    mishaps: tuple[str, ...] = ()
    written: int | None = None
    task: str | None = None
    committed: str | None = None
    error_row: str | None = None
    connection_id: int | None = None
    request_on_connection: int | None = None
    closed: str | None = None
    quarantined: bool = False

    def header(self, name: str) -> str | None:
        """Return a request header's value; the first, where there are several; None where there is none."""
        return next(iter(self.header_values(name)), None)

    def header_values(self, name: str) -> tuple[str, ...]:
        """Return every value of a request header, in order."""
        low = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == low)

    def reply_header(self, name: str) -> str | None:
        """Return the value of a header of the answer, or None."""
        low = name.lower()
        return next((value for key, value in self.reply_headers if key.lower() == low), None)


@dataclass(frozen=True, slots=True)
class Result:
    """What a client says of a success. `tasks` are a list's: `task_id`, `status`, times as epoch seconds, and so on."""

    __pydantic_config__ = ConfigDict(extra="ignore")

    task_id: str | None = None
    status: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    path: str | None = None
    url: str | None = None
    tasks: tuple[Mapping[str, Any], ...] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What a client says of a failure; `kind` is one of ERROR_KINDS, `text` its own words as users see them."""

    __pydantic_config__ = ConfigDict(extra="ignore")

    kind: str = "other"
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    http_status: int | None = None
    task_id: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a call ended: with a result, an error, or trouble of the adapter's own (`harness_error`): one of them."""

    __pydantic_config__ = _STRICT

    call: str
    ok: bool = False
    result: Result | None = None
    error: Problem | None = None
    harness_error: str | None = None
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """What a client told while a call lasted: `task_created` with its `task_id`, or another word with its `data`."""

    __pydantic_config__ = _STRICT

    call: str
    event: str
    at_ms: int = 0
    task_id: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sleep:
    """A client said that it would now sleep; `call` is None where it did not say for which."""

    __pydantic_config__ = _STRICT

    at_ms: int
    seconds: float
    call: str | None = None


@dataclass(frozen=True, slots=True)
class Leak:
    """The key was seen where it must not be. `what` of it: all, its base64, or a slice of 12 characters.

    `place` says where exactly (`answer c1: error.text`), never what stood there.
    """

    __pydantic_config__ = _STRICT

    where: Literal["answer", "event", "stderr", "stdout", "file"]
    what: Literal["key", "base64", "slice"]
    place: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file in the folder of `out`, as it lay there at an instant; None for its bytes says that it was gone again."""

    __pydantic_config__ = _STRICT

    name: str
    at_ms: int
    bytes: int | None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """A task as the service knows it at the end: its true status, and of a SUCCEEDED one the clip it would give."""

    __pydantic_config__ = _STRICT

    id: str
    status: str
    model: str = ""
    submitted_ms: int = 0
    ends_ms: int | None = None
    canceled_ms: int | None = None
    clip_sha256: str | None = None
    clip_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class History:
    """Everything that was seen. Checkers read this and the scenario, and nothing else.

    `bases` maps a call to the base URL that it was given, `requests` to its request with placeholders filled in;
    `apis` maps every region to its base URL, `results` is the origin of the clips, `key` stands for the key. `complete`
    is False where the journal had to drop rows. `silent` are the calls that were never answered, `gave_up` says why
    they were not waited for any longer; `trouble` are harness errors, which are no verdict on the client. `ended_ms` is
    how long it all took on the world's clock, `real_s` in earnest. `files` are the changes in the folder of `out`.
    """

    __pydantic_config__ = _STRICT

    scenario: str
    capabilities: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    mode: Mode = "hook"
    bases: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    apis: Mapping[str, str] = field(default_factory=dict)
    results: str = ""
    key: str = "<api-key 0000000>"
    rows: tuple[Row, ...] = ()
    answers: tuple[Answer, ...] = ()
    events: tuple[Event, ...] = ()
    sleeps: tuple[Sleep, ...] = ()
    tasks: tuple[Truth, ...] = ()
    files: tuple[File, ...] = ()
    leaks: tuple[Leak, ...] = ()
    stderr: str = ""
    silent: tuple[str, ...] = ()
    gave_up: str = ""
    trouble: tuple[str, ...] = ()
    complete: bool = True
    ended_ms: int = 0
    real_s: float = 0.0

    def answer(self, call: str) -> Answer | None:
        """Return how a call ended, or None where it was never answered."""
        return next((answer for answer in self.answers if answer.call == call), None)

    def on(self, *routes: str) -> tuple[Row, ...]:
        """Return the rows of these routes."""
        return tuple(row for row in self.rows if row.route in routes)

    def row(self, number: int) -> Row:
        """Return a row by its number. Raises KeyError."""
        for row in self.rows:
            if row.number == number:
                return row
        raise KeyError(f"there is no row {number}")

    def task(self, task: str) -> Truth | None:
        """Return what the service knows of a task, or None."""
        return next((truth for truth in self.tasks if truth.id == task), None)

    def document(self) -> dict[str, Any]:
        """Return the history as plain JSON."""
        return shown(self)

    @classmethod
    def of(cls, document: object, what: str = "history") -> Self:
        """Return the history that a document describes. Raises DocumentError with all that is wrong."""
        return read(cls, document, what)


def history_schema() -> dict[str, Any]:
    """Return the JSON Schema of a history's document."""
    return schema(History, "A history of the contract kit, version 1")
