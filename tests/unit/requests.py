"""Bodies to validate: the least that each model takes, written from dashscope-api.md §2.2 to §2.4."""

from __future__ import annotations

from typing import Any

from hobbyhorse.core.faults import Failure, Fault, resolve
from hobbyhorse.core.validation import RequestForms, ValidRequest
from unit.records import CATALOGUE, a_model

PNG = "https://example.com/a.png"
MP4 = "https://example.com/a.mp4"
MP3 = "https://example.com/a.mp3"
FORMS = RequestForms(CATALOGUE)

_PROMPT = {"prompt": "a paper city at night"}
_FIRST_FRAME = {"media": [{"type": "first_frame", "url": PNG}]}
_REFERENCES = _PROMPT | {"media": [{"type": "reference_image", "url": PNG}]}
_FOOTAGE = {"media": [{"type": "video", "url": MP4}]}
_PICTURE = {"img_url": PNG}
_FRAMES = {"first_frame_url": PNG, "last_frame_url": PNG}

_INPUTS: dict[str, dict[str, Any]] = {
    "happyhorse-1.1-t2v happyhorse-1.0-t2v wan2.7-t2v wan2.7-t2v-2026-04-25 wan2.7-t2v-2026-06-12 wan3.0-video "
    "wan3.0-video-prime wan2.6-t2v wan2.6-t2v-us wan2.5-t2v-preview wan2.2-t2v-plus wanx2.1-t2v-turbo wanx2.1-t2v-plus "
    "wan2.1-t2v-turbo wan2.1-t2v-plus": _PROMPT,
    "happyhorse-1.1-i2v happyhorse-1.0-i2v wan2.7-i2v wan2.7-i2v-2026-04-25": _FIRST_FRAME,
    "happyhorse-1.1-r2v happyhorse-1.0-r2v wan2.7-r2v wan2.7-r2v-2026-06-12": _REFERENCES,
    "happyhorse-1.0-video-edit": _PROMPT | _FOOTAGE,
    "wan2.7-videoedit": _FOOTAGE,
    "wan2.6-i2v wan2.6-i2v-us wan2.6-i2v-flash wan2.5-i2v-preview wan2.2-i2v-plus wan2.2-i2v-flash wanx2.1-i2v-turbo "
    "wanx2.1-i2v-plus wan2.1-i2v-turbo wan2.1-i2v-plus": _PICTURE,
    "wan2.6-r2v wan2.6-r2v-flash": _PROMPT | {"reference_urls": [MP4]},
    "wanx2.1-kf2v-plus wan2.1-kf2v-plus wan2.2-kf2v-flash": _FRAMES,
    "wanx2.1-vace-plus wan2.1-vace-plus": _PROMPT | {"function": "image_reference"},
}
LEAST = {model: given for models, given in _INPUTS.items() for model in models.split()}


def media(*items: str | tuple[str, str]) -> list[dict[str, str]]:
    """Return media items: a type alone gets a picture's URL, a pair is type and URL."""
    pairs = [(item, PNG) if isinstance(item, str) else item for item in items]
    return [{"type": kind, "url": url} for kind, url in pairs]


def valid(model: str, given: object = None, parameters: object = None) -> ValidRequest:
    """Validate an `input` (the least one if None) and `parameters`."""
    body = {"model": model, "input": LEAST[model] if given is None else given}
    return FORMS.validate(a_model(model), body if parameters is None else body | {"parameters": parameters})


def unknown(model: str, given: object = None, parameters: object = None) -> tuple[str, ...]:
    """Return the fields of a request that its model's rows do not name."""
    body = {"model": model, "input": LEAST[model] if given is None else given}
    return FORMS.unknown(a_model(model), body if parameters is None else body | {"parameters": parameters})


def refusal(model: str, given: object = None, parameters: object = None) -> Failure:
    """Return what a request that breaks a rule is answered. Raises AssertionError for a valid one."""
    try:
        found = valid(model, given, parameters)
    except Fault as fault:
        return resolve(fault, CATALOGUE.errors)
    raise AssertionError(f"{model} took {found}")
