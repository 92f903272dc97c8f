"""The worker-stage rules: pydantic models built from the rows, so that messages and schemas say the same.

The upstream's messages have pydantic's wording and end in the dotted path of what is wrong (LIVE-A, LIVE-B), so
pydantic's own messages are used. The first broken rule is the answer. Unknown fields are tolerated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from reprlib import Repr
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from .catalogue import FieldRow, FieldType, Medium
from .faults import Fault
from .hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

    from .catalogue import Catalogue, Decisions, MediaForm, ModelRow

_MISSING = ("missing", "Field required")
_NOT_AN_OBJECT = "Input should be a valid dictionary"
_NOT_AN_INTEGER = ("int_type", "Input should be a valid integer")
# repr() follows nested lists until the stack ends; the JSON of a client may be as deep as that.
_SHORT = Repr()
_SHORT.maxstring = 80
_LARGEST = 2**63 - 1
_MOST_UNKNOWN = 10
_NOT_COMBINED = ("media_combination", "Input should be an allowed combination of media types")


@dataclass(frozen=True, slots=True)
class MediaItem:
    """One medium of a valid request: `path` is where its URL stands, `role` its type or field name."""

    role: str
    url: str
    path: str


@dataclass(frozen=True, slots=True)
class ValidRequest:
    """`input` and `parameters` after every form rule held. Optional values that were not sent have their default.

    `unknown` names the first fields that the model does not know, for people to read.
    """

    input: Mapping[str, Any]
    parameters: Mapping[str, Any]
    media: tuple[MediaItem, ...]


class RequestForms:
    """The form of every model's request, built from its row on first use."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._forms: dict[str, type[BaseModel]] = {}

    def form(self, model: ModelRow) -> type[BaseModel]:
        """Return the pydantic model of a create request for this model."""
        if model.id not in self._forms:
            self._forms[model.id] = _request_form(model, self._catalogue.decisions)
        return self._forms[model.id]

    def validate(self, model: ModelRow, body: Mapping[str, Any]) -> ValidRequest:
        """Hold a body's `input` and `parameters` against the model's rules. Raises Fault for the first one broken."""
        try:
            valid = self.form(model).model_validate(_given(body)).model_dump()
        except ValidationError as error:
            _refuse(error)
        request = ValidRequest(
            input=valid["input"],
            parameters=_with_defaults(model, valid["parameters"]),
            media=tuple(_media_items(model, valid["input"])),
        )
        _check_across(model, request)
        return request

    def unknown(self, model: ModelRow, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields that the model's rows do not name, each with the nearest that they do. Never refuses."""
        return tuple(islice(_unknown(model, _given(body), self._catalogue.tolerated), _MOST_UNKNOWN))


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    parameters = body.get("parameters")
    return {"input": body["input"], "parameters": {} if parameters is None else parameters}


def _refuse(error: ValidationError) -> NoReturn:
    first = error.errors(include_url=False, include_context=False)[0]
    path = ".".join(str(step) for step in first["loc"])
    if first["type"] == "missing":
        raise Fault("field-required", path=path, detail=f"{path} is missing or empty") from None
    wording = _NOT_AN_OBJECT if first["type"] == "model_type" else first["msg"]
    raise Fault("field-form", wording=wording, path=path, detail=f"{path} is {_shown(first['input'])}") from None


def _shown(value: object) -> str:
    text = _SHORT.repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # noqa: PLR2004 - enough to know it by


def _request_form(model: ModelRow, decisions: Decisions) -> type[BaseModel]:
    inputs: dict[str, Any] = {row.name: _field(row, decisions) for row in model.input}
    if model.media:
        inputs["media"] = _media_field(f"{model.id}.media", model.media)
    parameters: dict[str, Any] = {row.name: _field(row, decisions) for row in model.parameters}
    config = ConfigDict(extra="ignore")
    input_form = create_model(f"{model.id}.input", __config__=config, **inputs)
    parameters_form = create_model(f"{model.id}.parameters", __config__=config, **parameters)
    allowed = parameters_form | None if decisions.null_is_absent else parameters_form
    return create_model(
        model.id,
        __config__=config,
        input=(input_form, ...),
        parameters=(allowed, Field(default_factory=parameters_form)),
    )


def _field(row: FieldRow, decisions: Decisions) -> tuple[Any, Any]:
    """Return annotation and default for one row."""
    annotation = _ANNOTATIONS[row.type](row, decisions)
    note = f"{row.note} " if row.note else ""
    described = Field(description=f"{note}({row.evidence.confidence}: {row.evidence.source})")
    if row.required:
        return Annotated[annotation, described], ...
    if decisions.null_is_absent:
        annotation = annotation | None
    return Annotated[annotation, described], row.default


def _text(row: FieldRow, decisions: Decisions) -> Any:
    if not (row.required and decisions.empty_required_text_is_missing):
        return StrictStr

    def not_empty(value: str) -> str:
        if not value:
            raise PydanticCustomError(*_MISSING)
        return value

    return Annotated[StrictStr, Field(json_schema_extra={"minLength": 1}), AfterValidator(not_empty)]


def _choice(row: FieldRow, _: Decisions) -> Any:
    return Literal[row.choices]


def _boolean(_: FieldRow, __: Decisions) -> Any:
    return StrictBool


def _integer(row: FieldRow, decisions: Decisions) -> Any:
    def whole(value: object) -> int:
        if decisions.integral_float_is_integer and isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise PydanticCustomError(*_NOT_AN_INTEGER)
        # Past 64 bits pydantic has words of its own for a choice; such a number is simply none of the choices.
        return max(-_LARGEST, min(value, _LARGEST))

    if row.choices:
        return Annotated[Literal[row.choices], BeforeValidator(whole)]
    if not row.also:
        return Annotated[StrictInt, Field(ge=row.minimum, le=row.maximum), BeforeValidator(whole)]

    def in_range(value: int) -> int:
        if value in row.also:
            return value
        if row.minimum is not None and value < row.minimum:
            raise PydanticKnownError("greater_than_equal", {"ge": row.minimum})
        if row.maximum is not None and value > row.maximum:
            raise PydanticKnownError("less_than_equal", {"le": row.maximum})
        return value

    span = {"type": "integer", "minimum": row.minimum, "maximum": row.maximum}
    schema = WithJsonSchema({"anyOf": [{"type": "integer", "enum": list(row.also)}, span]})
    return Annotated[StrictInt, BeforeValidator(whole), AfterValidator(in_range), schema]


def _url(_: FieldRow, __: Decisions) -> Any:
    return StrictStr


def _urls(row: FieldRow, _: Decisions) -> Any:
    return Annotated[list[StrictStr], Field(min_length=1, max_length=row.most)]


_ANNOTATIONS = {
    FieldType.TEXT: _text,
    FieldType.CHOICE: _choice,
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.URL: _url,
    FieldType.URLS: _urls,
}


def _media_field(name: str, form: MediaForm) -> tuple[Any, Any]:
    fields: dict[str, Any] = {"type": (Literal[tuple(role.name for role in form.roles)], ...), "url": (StrictStr, ...)}
    if any(role.voice for role in form.roles):
        fields["reference_voice"] = (StrictStr | None, None)
    item = create_model(name, __config__=ConfigDict(extra="ignore"), **fields)

    def whole(items: list[BaseModel]) -> list[BaseModel]:
        _check_form(form, [item.type for item in items])  # type: ignore[attr-defined]
        return items

    # Only the first broken item is told, and a hostile body has millions: without fail_fast they cost minutes and
    # gigabytes (30 MB of `1,`: 200 s, 20 GB).
    described = Field(description=f"({form.evidence.confidence}: {form.evidence.source})", fail_fast=True)
    annotation = Annotated[list[item], described, AfterValidator(whole)]  # type: ignore[valid-type]
    return (annotation, ...) if form.required else (annotation | None, None)


def _check_form(form: MediaForm, types: list[str]) -> None:
    """Hold the media as a whole against counts and combinations. The wordings of counts are pydantic's (assumed)."""
    bounds = [(frozenset({role.name}), role.minimum, role.maximum) for role in form.roles]
    for names, least, most in [*bounds, *form.groups]:
        count = sum(kind in names for kind in types)
        if count > most:
            raise PydanticKnownError("too_long", {"field_type": "List", "max_length": most, "actual_length": count})
        if count < least:
            raise PydanticKnownError("too_short", {"field_type": "List", "min_length": least, "actual_length": count})
    present = frozenset(types)
    if form.combinations and present not in form.combinations:
        raise PydanticCustomError(*_NOT_COMBINED)
    if any(present & one and present & other for one, other in form.exclusive):
        raise PydanticCustomError(*_NOT_COMBINED)


def _with_defaults(model: ModelRow, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters with a null read as absent."""
    return {row.name: row.default if given[row.name] is None else given[row.name] for row in model.parameters}


def _media_items(model: ModelRow, inputs: Mapping[str, Any]) -> list[MediaItem]:
    """Return every URL of a request in the order of its fields, `input.media` last."""
    items: list[MediaItem] = []
    for row in model.input:
        value = inputs[row.name]
        if value is None or row.type not in {FieldType.URL, FieldType.URLS}:
            continue
        if row.type is FieldType.URL:
            items.append(MediaItem(row.name, value, f"input.{row.name}"))
        else:
            items += [MediaItem(row.name, url, f"input.{row.name}.{at}") for at, url in enumerate(value)]
    for at, item in enumerate(inputs.get("media") or ()):
        items.append(MediaItem(item["type"], item["url"], f"input.media.{at}.url"))
        if item.get("reference_voice") is not None:
            items.append(MediaItem("reference_voice", item["reference_voice"], f"input.media.{at}.reference_voice"))
    return items


def _unknown(model: ModelRow, given: Mapping[str, Any], tolerated: Container[str]) -> Iterator[str]:
    known = {
        "input": {row.name for row in model.input} | ({"media"} if model.media else set()),
        "parameters": {row.name for row in model.parameters},
    }
    for part, names in known.items():
        for name in given[part] if isinstance(given[part], dict) else ():
            if name not in names and f"{part}.{name}" not in tolerated:
                yield f"{part}.{_SHORT.repr(name)[1:-1]}{did_you_mean(name, names)}"


def _check_across(model: ModelRow, request: ValidRequest) -> None:
    """Hold rules that join several fields."""
    if model.prompt_or_media and not request.input.get("prompt") and not request.media:
        raise Fault("field-required", path="input.prompt", detail="neither a prompt nor media were sent")
    duration = model.parameter("duration")
    if duration is None or duration.most_with_video is None or model.media is None:
        return
    videos = {role.name for role in model.media.roles if role.medium is Medium.VIDEO}
    most = duration.most_with_video
    if any(item.role in videos for item in request.media) and request.parameters["duration"] > most:
        wording = f"Input should be less than or equal to {most}"
        raise Fault("field-form", wording=wording, path="parameters.duration", detail=f"at most {most} with a video")
