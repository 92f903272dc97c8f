"""Which requests are taken, and what they are after their defaults."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from hobbyhorse.core.validation import MediaItem
from unit.records import CATALOGUE
from unit.requests import FORMS, LEAST, MP3, MP4, PNG, media, unknown, valid


def test_the_least_requests_name_every_model() -> None:
    assert set(LEAST) == set(CATALOGUE.models)


def test_a_required_prompt_has_a_character_at_least_and_an_optional_one_need_not() -> None:
    for model, expected in (("happyhorse-1.1-t2v", 1), ("happyhorse-1.1-i2v", None)):
        parts = FORMS.form(CATALOGUE.models[model]).model_json_schema()["$defs"].values()
        inputs = next(part["properties"] for part in parts if part["title"] == f"{model}.input")
        assert expected == inputs["prompt"].get("minLength")


def said(value: Any) -> Any:
    """Return a value without its nulls."""
    if isinstance(value, list):
        return [said(item) for item in value]
    return {name: said(item) for name, item in value.items() if item is not None} if isinstance(value, dict) else value


@pytest.mark.parametrize("model", LEAST)
def test_every_model_takes_the_least_that_is_documented_for_it(model: str) -> None:
    request = valid(model)
    assert LEAST[model] == said(request.input)
    assert () == unknown(model)


@pytest.mark.parametrize("model", LEAST)
def test_every_models_form_has_a_schema_that_describes_its_evidence(model: str) -> None:
    row = CATALOGUE.models[model]
    parts = {part["title"]: part["properties"] for part in FORMS.form(row).model_json_schema()["$defs"].values()}
    inputs, parameters = parts[f"{model}.input"], parts[f"{model}.parameters"]
    assert [field.name for field in row.input] + ["media"] * (row.media is not None) == list(inputs)
    assert [field.name for field in row.parameters] == list(parameters)
    for field in [*inputs.values(), *parameters.values()]:
        assert re.search(r"\((official|assumed): [^)]+", json.dumps(field))


HAPPY_HORSE = {"resolution": "1080P", "duration": 5, "watermark": True, "seed": None}
WAN_2_7 = {"resolution": "1080P", "duration": 5, "prompt_extend": True, "watermark": False, "seed": None}
SIZED = {"size": "1920*1080", "duration": 5, "prompt_extend": True, "watermark": False, "seed": None}
DEFAULTS: dict[str, dict[str, Any]] = {
    "happyhorse-1.1-t2v": HAPPY_HORSE | {"ratio": "16:9"},
    "happyhorse-1.1-i2v": HAPPY_HORSE,
    "happyhorse-1.0-r2v": HAPPY_HORSE | {"ratio": "16:9"},
    "happyhorse-1.0-video-edit": {"resolution": "1080P", "watermark": True, "seed": None, "audio_setting": "auto"},
    "wan2.7-t2v": WAN_2_7 | {"ratio": "16:9"},
    "wan2.7-i2v": WAN_2_7,
    "wan2.7-r2v": WAN_2_7 | {"ratio": "16:9"},
    "wan2.7-videoedit": WAN_2_7 | {"ratio": None, "duration": 0, "audio_setting": "auto"},
    "wan3.0-video": WAN_2_7 | {"ratio": "adaptive", "audio": True},
    "wan2.6-t2v": SIZED | {"shot_type": "single"},
    "wan2.5-t2v-preview": SIZED,
    "wan2.2-t2v-plus": SIZED,
    "wanx2.1-t2v-turbo": SIZED | {"size": "1280*720"},
    "wan2.6-i2v-flash": WAN_2_7 | {"shot_type": "single", "audio": True},
    "wan2.2-i2v-plus": WAN_2_7,
    "wan2.2-i2v-flash": WAN_2_7 | {"resolution": "720P"},
    "wanx2.1-i2v-plus": WAN_2_7 | {"resolution": "720P"},
    "wan2.2-kf2v-flash": WAN_2_7 | {"resolution": "720P"},
    "wanx2.1-vace-plus": {"size": "1280*720", "duration": 5},
    "wan2.6-r2v": {"size": "1920*1080", "duration": 5, "watermark": False, "seed": None, "shot_type": "single"},
}


@pytest.mark.parametrize(("model", "defaults"), DEFAULTS.items())
@pytest.mark.parametrize("is_sent", [False, True])
def test_parameters_that_were_not_sent_have_their_documented_defaults(
    model: str, defaults: dict[str, Any], *, is_sent: bool
) -> None:
    assert defaults == valid(model, parameters={} if is_sent else None).parameters


@pytest.mark.parametrize(("model", "defaults"), DEFAULTS.items())
def test_null_is_read_as_not_sent(model: str, defaults: dict[str, Any]) -> None:
    assert defaults == valid(model, parameters=dict.fromkeys(defaults)).parameters


@pytest.mark.parametrize("model", LEAST)
def test_optional_input_fields_may_be_null(model: str) -> None:
    optional = {row.name: None for row in CATALOGUE.models[model].input if row.name not in LEAST[model]}
    assert valid(model).input == valid(model, optional | LEAST[model]).input


TAKEN: list[tuple[str, dict[str, Any]]] = [
    ("happyhorse-1.1-t2v", {"duration": 3}),
    ("happyhorse-1.1-t2v", {"duration": 15}),
    ("happyhorse-1.1-t2v", {"resolution": "480P", "ratio": "9:21"}),
    ("happyhorse-1.0-t2v", {"resolution": "720P", "ratio": "3:4"}),
    ("happyhorse-1.1-t2v", {"seed": 0}),
    ("happyhorse-1.1-t2v", {"seed": 2_147_483_647}),
    ("happyhorse-1.1-t2v", {"watermark": False}),
    ("happyhorse-1.0-video-edit", {"audio_setting": "origin"}),
    ("wan2.7-t2v", {"duration": 2}),
    ("wan2.7-videoedit", {"duration": 0}),
    ("wan2.7-videoedit", {"duration": 2, "ratio": "1:1"}),
    ("wan2.7-videoedit", {"duration": 10}),
    ("wan3.0-video", {"duration": -1}),
    ("wan3.0-video", {"duration": 30, "ratio": "adaptive", "audio": False}),
    ("wan2.6-t2v-us", {"duration": 10, "shot_type": "multi"}),
    ("wan2.6-i2v-us", {"duration": 15}),
    ("wanx2.1-i2v-turbo", {"duration": 3, "resolution": "480P"}),
    ("wan2.5-t2v-preview", {"size": "832*480"}),
    ("wanx2.1-vace-plus", {"duration": 1}),
]


@pytest.mark.parametrize(("model", "parameters"), TAKEN)
def test_values_at_the_edges_are_taken_as_they_are(model: str, parameters: dict[str, Any]) -> None:
    assert parameters.items() <= valid(model, parameters=parameters).parameters.items()


def test_a_whole_number_written_with_a_fraction_is_that_integer() -> None:
    for duration in (
        (valid("happyhorse-1.1-t2v", parameters=dict.fromkeys(("duration", "seed"), 5.0))).parameters,
        (valid("wan2.5-i2v-preview", parameters={"duration": 5.0}).parameters),
    ):
        assert "5" == repr(duration["duration"])


COMBINATIONS: list[tuple[str, list[dict[str, str]]]] = [
    ("wan2.7-i2v", media("first_frame")),
    ("wan2.7-i2v", media("first_frame", ("driving_audio", MP3))),
    ("wan2.7-i2v", media("first_frame", "last_frame")),
    ("wan2.7-i2v", media("last_frame", "first_frame", ("driving_audio", MP3))),
    ("wan2.7-i2v", media(("first_clip", MP4))),
    ("wan2.7-i2v", media(("first_clip", MP4), "last_frame")),
    ("happyhorse-1.1-r2v", media(*["reference_image"] * 9)),
    ("happyhorse-1.0-video-edit", media(("video", MP4), *["reference_image"] * 5)),
    ("wan2.7-videoedit", media(*["reference_image"] * 4, ("video", MP4))),
    ("wan2.7-r2v", media(("reference_video", MP4), *["reference_image"] * 4, "first_frame")),
    ("wan3.0-video", media("first_frame", "last_frame")),
    (
        "wan3.0-video",
        media(*["reference_image"] * 10, *[("reference_video", MP4)] * 5, *[("reference_audio", MP3)] * 5),
    ),
    ("wan3.0-video", media("file")),
    ("wan3.0-video", media("link", "reference_image")),
]


@pytest.mark.parametrize(("model", "items"), COMBINATIONS)
def test_documented_combinations_of_media_are_taken(model: str, items: list[dict[str, str]]) -> None:
    found = valid(model, {"prompt": "x", "media": items}).media
    expected = tuple(MediaItem(item["type"], item["url"], f"input.media.{at}.url") for at, item in enumerate(items))
    assert expected == found


def test_every_url_of_a_request_is_listed_with_its_path() -> None:
    voiced = [media(("reference_video", MP4))[0] | {"reference_voice": MP3}]
    assert (
        MediaItem("reference_video", MP4, "input.media.0.url"),
        MediaItem("reference_voice", MP3, "input.media.0.reference_voice"),
    ) == valid("wan2.7-r2v", {"prompt": "x", "media": voiced}).media
    assert (MediaItem("img_url", PNG, "input.img_url"),) == valid("wan2.6-i2v").media
    assert (MediaItem("audio_url", MP3, "input.audio_url"),) == valid(
        "wan2.6-t2v", {"prompt": "x", "audio_url": MP3}
    ).media
    assert (
        MediaItem("reference_urls", PNG, "input.reference_urls.0"),
        MediaItem("reference_urls", MP4, "input.reference_urls.1"),
    ) == valid("wan2.6-r2v", {"prompt": "x", "reference_urls": [PNG, MP4]}).media
    assert (
        MediaItem("first_frame_url", PNG, "input.first_frame_url"),
        MediaItem("last_frame_url", PNG, "input.last_frame_url"),
    ) == valid("wan2.2-kf2v-flash").media


def test_a_voice_of_null_is_none() -> None:
    quiet = [media("reference_image")[0] | {"reference_voice": None}]
    assert 1 == len(valid("wan2.7-r2v", {"prompt": "x", "media": quiet}).media)


def test_unknown_fields_are_tolerated_and_told_with_the_nearest_known_name() -> None:
    inputs = {"prompt": "x", "promt": True, "functions": "video-synthesis", "media": []}
    parameters = {"resolutions": "720P", "size": "1280*720", "zzz": None}
    request = valid("happyhorse-1.1-t2v", inputs, parameters)
    assert (
        "input.promt (did you mean 'prompt'?)",
        "input.functions",
        "input.media",
        "parameters.resolutions (did you mean 'resolution'?)",
        "parameters.size",
        "parameters.zzz",
    ) == unknown("happyhorse-1.1-t2v", inputs, parameters)
    assert "1080P" == request.parameters["resolution"]
    assert {"prompt": "x"} == request.input


def test_what_the_sdks_always_send_is_ignored_without_a_word() -> None:
    inputs = {"prompt": "x", "extend_prompt": True, "function": "video-synthesis"}

    assert () == unknown("happyhorse-1.1-t2v", inputs, {"with_audio": False})


def test_a_prompt_of_any_length_is_kept_whole() -> None:
    prompt = "城" * 100_000
    assert prompt == valid("happyhorse-1.1-t2v", {"prompt": prompt}).input["prompt"]
    assert prompt == valid("wan2.7-t2v", {"prompt": "x", "negative_prompt": prompt}).input["negative_prompt"]
