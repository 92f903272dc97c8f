"""The messages, version 1. Kit to adapter: hello, call, wake, cancel, bye. Adapter to kit: hello, event, sleep, answer.

An answer may come at any time after its call and before those of earlier calls. A call that sleeps does nothing else
until it is woken. What an adapter writes to stderr is free text, and is searched for secrets.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ..hints import did_you_mean
from ..history import ERROR_KINDS

PROTOCOL = 1
# What an adapter may declare. What is declared and does not work is a failure; what is not declared does not apply.
CAPABILITIES = {
    "generate": "creates, waits and downloads in one call",
    "submit": "creates and returns the task_id without waiting",
    "wait": "waits for the task of options.task_id",
    "download": "saves the clip at the end of generate and wait; with `wait`, also that of options.task_id alone",
    "cancel": "asks the service to cancel options.task_id",
    "list": "lists the account's tasks, all pages",
    "abort": "stops a call that is under way when the kit says cancel",
    "sleep_hook": "says sleep instead of sleeping, and goes on when it is woken",
    "resume": "a wait in a new process polls and creates nothing",
    "batch": "several calls at once",
    "upload": "takes paths of local files in input.media",
    "i2v": "takes pictures",
    "r2v": "takes reference pictures",
    "events": "says task_created before the first wait",
    "logs": "logs to stderr, at debug level",
    "range": "resumes a broken download by Range",
    "passthrough": "passes on parameters that it does not know",
    "tls": "can be used over https",
}
_STRICT = ConfigDict(extra="forbid")
_LOOSE = ConfigDict(extra="allow")
Kind = Literal[
    "validation",
    "auth",
    "quota",
    "moderation",
    "task",
    "canceled",
    "unknown_task",
    "timeout",
    "ambiguous",
    "network",
    "integrity",
    "other",
]


class KitHello(BaseModel):
    """The first line that an adapter reads."""

    model_config = _STRICT
    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL
    kit: str


class Run(BaseModel):
    """A call to the client. `now` is the time as epoch seconds, by which the client should go."""

    model_config = _STRICT
    type: Literal["call"] = "call"
    id: str
    op: Literal["generate", "submit", "wait", "download", "cancel", "list"]
    base_url: str
    api_key: str
    request: dict[str, Any] = {}
    options: dict[str, Any] = {}
    now: float = 0.0


class Wake(BaseModel):
    """The sleep of a token is over; `now` is the time as epoch seconds."""

    model_config = _STRICT
    type: Literal["wake"] = "wake"
    token: int | str
    now: float


class Cancel(BaseModel):
    """Stop a call that is under way; it is answered all the same, as `canceled`."""

    model_config = _STRICT
    type: Literal["cancel"] = "cancel"
    id: str


class Bye(BaseModel):
    """Nothing more will come: finish and exit. So does the end of stdin."""

    model_config = _STRICT
    type: Literal["bye"] = "bye"


class Hello(BaseModel):
    """The first line that an adapter writes: what it drives, and what that can do."""

    model_config = _STRICT
    type: Literal["hello"] = "hello"
    protocol: int
    name: Annotated[str, Field(min_length=1)]
    version: str = ""
    language: str = ""
    capabilities: list[str]
    config: dict[str, Any] = {}


class Occurred(BaseModel):
    """Something that happened while a call lasts: `task_created` with its `task_id`, or a word of the adapter's own."""

    model_config = _STRICT
    type: Literal["event"] = "event"
    id: str
    event: Annotated[str, Field(min_length=1)]
    task_id: str | None = None
    data: dict[str, Any] = {}


class Asleep(BaseModel):
    """The client would now sleep. `token` is any that is not in use; `id` is the call's, where that is known."""

    model_config = _STRICT
    type: Literal["sleep"] = "sleep"
    id: str | None = None
    token: int | str
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Good(BaseModel):
    """What came of a call that went well. Fields of the adapter's own are kept out of the verdicts."""

    model_config = _LOOSE
    task_id: str | None = None
    status: str | None = None
    bytes: Annotated[int | None, Field(ge=0)] = None
    sha256: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    path: str | None = None
    url: str | None = None
    tasks: list[dict[str, Any]] | None = None


class Bad(BaseModel):
    """What came of a call that did not. `text` is what a user of the client would see, in the client's own words."""

    model_config = _LOOSE
    kind: Kind
    text: str
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    http_status: int | None = None
    task_id: str | None = None


class Answered(BaseModel):
    """How a call ended. `harness_error` is trouble of the adapter's own and never a verdict on the client."""

    model_config = _STRICT
    type: Literal["answer"] = "answer"
    id: str
    ok: bool | None = None
    result: Good | None = None
    error: Bad | None = None
    harness_error: str | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Answered:
        if self.harness_error is not None:
            return self
        if self.ok is None:
            raise ValueError("an answer has `ok` (true or false), or `harness_error`")
        if self.ok and self.error is not None:
            raise ValueError("`ok` is true and there is an `error`")
        if not self.ok and self.error is None:
            raise ValueError("`ok` is false and there is no `error`")
        return self


FromKit = KitHello | Run | Wake | Cancel | Bye
Said = Hello | Occurred | Asleep | Answered
Told = Annotated[FromKit, Field(discriminator="type")]
FromAdapter = Annotated[Said, Field(discriminator="type")]
_from_adapter: TypeAdapter[Said] = TypeAdapter(FromAdapter)
_KINDS: dict[str, type[BaseModel]] = {"hello": Hello, "event": Occurred, "sleep": Asleep, "answer": Answered}
_SHOWN = 300  # characters of a line in an error


class ProtocolError(ValueError):
    """An adapter said what cannot be understood. The message has the line and says what is wrong with it."""


def written(message: FromKit) -> str:
    """Return a message as its line, with the line feed."""
    return message.model_dump_json() + "\n"


def understood(line: str) -> Said:
    """Return the message that an adapter's line is. Raises ProtocolError."""
    try:
        return _from_adapter.validate_json(line)
    except ValidationError as error:
        raise ProtocolError(f"{_wrong(line, error)}; the line is: {excerpt(line)}") from None


def excerpt(line: str) -> str:
    """Return the beginning of a line, as it is shown in an error."""
    text = line.rstrip("\r\n")
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def _wrong(line: str, error: ValidationError) -> str:
    try:
        given = json.loads(line)
    except ValueError:
        return "stdout has a line that is not JSON (print to stderr instead; a message is one JSON object on one line)"
    if not isinstance(given, dict):
        return "a message is a JSON object"
    kind = given.get("type")
    if kind not in _KINDS:
        return f"there is no message of type {kind!r}{did_you_mean(str(kind), _KINDS)}; an adapter says {_listed()}"
    return f"a message of type {kind!r} is wrong: " + "; ".join(_mistake(kind, row) for row in error.errors())


def _listed() -> str:
    return ", ".join(_KINDS)


def _mistake(kind: str, row: Any) -> str:
    steps = [str(step) for step in row["loc"] if step != kind]
    place = ".".join(steps)
    if row["type"] == "extra_forbidden":
        return f"{place}: there is no such field{did_you_mean(steps[-1], _KINDS[kind].model_fields)}"
    if row["type"] == "literal_error":
        return f"{place}: {row['input']!r} is none of them{did_you_mean(str(row['input']), ERROR_KINDS)}: {_kinds()}"
    said = row["msg"].removeprefix("Value error, ")
    return f"{place}: {said}" if place else said


def _kinds() -> str:
    return ", ".join(ERROR_KINDS)
