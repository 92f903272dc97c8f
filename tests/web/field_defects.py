"""What can be wrong with `input` and `parameters`, field by field: the worker judges it after the create (§3.1)."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from .defects import LIST, NOT_AN_OBJECT, NOT_TEXT, OBJECT, TEXT, listed, missing, schemes, too_many, wrong, wrongs
from .media_defects import media_defects
from .models import MODELS
from .requests import URLS, item, valid_request
from .shapes import Flag, Numbers, Span, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hypothesis.strategies import SearchStrategy

    from .defects import Defect
    from .requests import Json, Request
    from .shapes import Model, Parameter

NOT_WHOLE: tuple[Json, ...] = ("5", "five", "", True, False, 5.5, [], {})
NOT_A_FLAG: tuple[Json, ...] = ("true", "False", "", 0, 1, 1.5, [], {})
HUGE = (2**31, 2**63, 2**64, 10**30)
WHOLE = "Input should be a valid integer"
FLAG = "Input should be a valid boolean"


def one_defect(model: Model) -> SearchStrategy[tuple[Request, Defect]]:
    """Draw a request that is valid but for one field, and what is wrong with it."""
    return _strategy_of(model.id)


@functools.cache
def _strategy_of(model_id: str) -> SearchStrategy[tuple[Request, Defect]]:
    return st.builds(
        lambda request, defect: (defect.spoil(request), defect),
        valid_request(MODELS[model_id]),
        st.sampled_from(_defects_of(model_id)),
    )


@functools.cache
def _defects_of(model_id: str) -> tuple[Defect, ...]:
    model = MODELS[model_id]
    return (
        *_texts(model),
        *_urls(model),
        *_references(model),
        *_media(model),
        *_parameters(model),
    )


def field_defects(model: Model) -> Sequence[Defect]:
    """Return every defect of `input` and `parameters` that this model can have."""
    return _defects_of(model.id)


def _texts(model: Model) -> Iterator[Defect]:
    """Prompt, other texts, function."""
    for name in ("prompt", *model.texts):
        yield from wrongs(f"input.{name}", NOT_TEXT, TEXT)
    if model.prompt == "required":
        yield missing("input.prompt")
        yield wrong("input.prompt", None, TEXT)
        # A prompt of no characters says as little as none: decided once.
        yield replace(missing("input.prompt"), name="empty prompt", spoil=lambda one: one.put("input.prompt", ""))
    if model.prompt == "unless media":
        nothing = replace(missing("input.prompt"), name="neither prompt nor media")
        yield replace(nothing, spoil=lambda request: request.put("input", {}))
        yield replace(nothing, spoil=lambda request: request.put("input", {"prompt": "", "media": []}))
    if model.functions:
        yield missing("input.function")
        yield from wrongs("input.function", ("", "t2v", 5, None, []), listed(model.functions))


def _urls(model: Model) -> Iterator[Defect]:
    for name, (medium, required) in model.urls.items():
        path = f"input.{name}"
        yield from wrongs(path, NOT_TEXT, TEXT)
        if required:
            yield missing(path)
            yield wrong(path, None, TEXT)
        yield from schemes(medium, lambda url: url, path)


def _references(model: Model) -> Iterator[Defect]:
    path, most = "input.reference_urls", model.references
    if not most:
        return
    url = URLS["image"][0]
    yield missing(path)
    yield from wrongs(path, ("text", url, 5, True, {}, None), LIST)
    yield wrong(path, [], "List should have at least 1 item after validation, not 0")
    yield wrong(path, [url] * (most + 1), too_many(most, most + 1))
    yield from (wrong(path, [url, value], TEXT, f"{path}.1") for value in (*NOT_TEXT, None))
    yield from schemes("image", lambda each: [url, each], path)


def _media(model: Model) -> Iterator[Defect]:
    for defect in media_defects(model.media) if model.media else ():
        # A short duration beside it, so that a video among the media is no second defect.
        spoil = functools.partial(_short_beside, defect) if "duration" in model.parameters else defect.spoil
        yield replace(defect, spoil=spoil)


def _short_beside(defect: Defect, request: Request) -> Request:
    return defect.spoil(request.put("parameters.duration", 5))


def _parameters(model: Model) -> Iterator[Defect]:
    yield from wrongs("parameters", NOT_AN_OBJECT, OBJECT)
    for name, parameter in model.parameters.items():
        yield from (wrong(f"parameters.{name}", value, wording) for value, wording in _values(parameter))
    duration = model.parameters.get("duration")
    if isinstance(duration, Span) and duration.most_with_video is not None and model.media:
        most = duration.most_with_video
        video = next(name for name, role in model.media.roles.items() if role.medium == "video")
        media = [item(model.media, video)]
        for value in range(most + 1, duration.most + 1):
            one = wrong("parameters.duration", value, f"Input should be less than or equal to {most}")
            yield replace(one, name=f"{one.name} beside a video", spoil=functools.partial(_long_beside, media, value))


def _long_beside(media: list[Json], seconds: int, request: Request) -> Request:
    return request.put("input.media", media).put("parameters.duration", seconds)


def _values(parameter: Parameter) -> Iterator[tuple[Json, str]]:
    match parameter:
        case Words(words):
            first = words[0]
            wrong = (
                "",
                f"{first} ",
                f"{first}x",
                "4K",
                *sorted({first.lower(), first.upper()} - {first}),
                720,
                720.0,
                True,
                [],
                {},
            )
            yield from ((value, listed(words)) for value in wrong)
        case Numbers(numbers):
            yield from ((value, WHOLE) for value in NOT_WHOLE)
            yield from ((value, listed(numbers)) for value in (min(numbers) - 1, max(numbers) + 1, 0, -5, *HUGE))
        case Span(least, most):
            yield from ((value, WHOLE) for value in NOT_WHOLE)
            below = f"Input should be greater than or equal to {least}"
            above = f"Input should be less than or equal to {most}"
            yield from ((value, below) for value in (least - 1, -2, -(2**63), -(10**30)))
            yield from ((value, above) for value in (most + 1, float(most + 1), *HUGE))
        case Flag():
            yield from ((value, FLAG) for value in NOT_A_FLAG)
