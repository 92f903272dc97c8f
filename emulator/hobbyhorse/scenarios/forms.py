"""The form of scenario and mishap documents. What the words in them stand for is `documents`' concern."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from ..core.mishaps import Moment, Place
from ..core.moments import span
from ..core.scenario import IdForm, Stuck
from ..core.timeline import Status

_MOST_RULES = 500
_MOST_MISHAPS = 100
_LONGEST_TEXT = 10_000

Word = Annotated[str, Field(min_length=1, max_length=300)]
Text = Annotated[str, Field(min_length=1, max_length=_LONGEST_TEXT)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


def _milliseconds(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise PydanticCustomError("span", "should be a number of seconds or a text such as '300ms', '30s', '2m', '1h'")
    try:
        return span(given)
    except ValueError as error:
        raise PydanticCustomError("span", "{said}", {"said": str(error)}) from None


def _listed(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


def _named(given: Any) -> Any:
    return {"error": given} if isinstance(given, str) else given


# A span of time, given in seconds or as a text with its unit; kept in milliseconds.
Span = Annotated[int, BeforeValidator(_milliseconds, json_schema_input_type=float | str)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
Counts = Annotated[
    list[Count], Field(min_length=1, max_length=100), BeforeValidator(_listed, json_schema_input_type=int | list[int])
]
Turns = Annotated[
    list[Annotated[int, Field(ge=1)]],
    Field(min_length=1, max_length=1000),
    BeforeValidator(_listed, json_schema_input_type=int | list[int]),
]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ErrorForm(_Form):
    """An error by its code or row id, with another message if wanted. A text alone is its code or row id."""

    error: Word
    message: Text | None = None


class RefusalForm(ErrorForm):
    """An error that answers a create, with Retry-After in seconds if wanted."""

    retry_after: Annotated[int, Field(ge=0, le=86_400)] | None = None
    retry_after_form: Literal["seconds", "date"] = "seconds"


class TargetForm(_Form):
    """What a mishap is bound to."""

    task: Word | None = None
    url: Word | None = None
    key: Word | None = None
    connection: Annotated[int, Field(ge=1)] | None = None
    request: Annotated[int, Field(ge=1)] | None = None


# The members of an enum by their texts, in forms that are strict otherwise.
_Loose = Field(strict=False)
AMoment = Annotated[Moment, _Loose]
AStatus = Annotated[Status, _Loose]
AStuck = Annotated[Stuck, _Loose]
AnIdForm = Annotated[IdForm, _Loose]
Routes = Annotated[
    list[Annotated[Place, _Loose]],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
]


class MishapForm(BaseModel):
    """A mishap. The options of its kind stand beside these fields."""

    model_config = ConfigDict(extra="allow", strict=True)

    do: Word
    at: Routes | None = None
    moment: AMoment | None = None
    on: TargetForm | None = None
    skip: Annotated[int, Field(ge=0)] = 0
    count: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    seconds_alive: Span | None = None


class OddForm(_Form):
    """An odd answer to some polls of a task."""

    polls: Counts | None = None
    when: AStatus | None = None
    status: Word | None = None
    without: list[Word] = Field(default_factory=list, max_length=50)
    extra: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)
    video_url: Text | None = None
    no_url: bool = False


class WhenForm(_Form):
    """Which creates a rule is for."""

    model: Word | None = None
    prompt: Text | None = None
    key: Word | None = None
    region: Word | None = None
    nth: Turns | None = None
    body: dict[str, JsonValue] = Field(default_factory=dict, max_length=50)


class ThenForm(_Form):
    """What becomes of them."""

    pending: Span | None = None
    running: Span | None = None
    polls: Annotated[list[Count], Field(min_length=2, max_length=2)] | None = None
    stuck: AStuck | None = None
    fail: Annotated[ErrorForm, BeforeValidator(_named, json_schema_input_type=str | ErrorForm)] | None = None
    refuse: Annotated[RefusalForm, BeforeValidator(_named, json_schema_input_type=str | RefusalForm)] | None = None
    task_id: AnIdForm | None = None
    odd: list[OddForm] = Field(default_factory=list, max_length=50)
    mishaps: list[MishapForm] = Field(default_factory=list, max_length=_MOST_MISHAPS)


class RuleForm(_Form):
    """One rule; the first that matches a create is taken."""

    when: WhenForm = Field(default_factory=WhenForm)
    then: ThenForm


class ScenarioForm(_Form):
    """A scenario document."""

    name: Name | None = None
    description: Text | None = None
    rules: list[RuleForm] = Field(default_factory=list, max_length=_MOST_RULES)
    mishaps: list[MishapForm] = Field(default_factory=list, max_length=_MOST_MISHAPS)
