"""Every rule, by the exact message it is answered with (dashscope-api.md §3.1: pydantic's wording, dotted path)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hobbyhorse.core.faults import Failure, Fault
from unit.records import CATALOGUE
from unit.requests import FORMS, LEAST, MP3, MP4, PNG, media, refusal, valid

T2V, I2V, R2V, EDIT = "happyhorse-1.1-t2v", "happyhorse-1.1-i2v", "happyhorse-1.1-r2v", "happyhorse-1.0-video-edit"
NINE = "'16:9', '9:16', '1:1', '4:3', '3:4', '4:5', '5:4', '9:21' or '21:9'"
FIVE = "'16:9', '9:16', '1:1', '4:3' or '3:4'"
FUNCTIONS = "'image_reference', 'video_repainting', 'video_edit', 'video_extension' or 'video_outpainting'"
NOT_COMBINED = "Input should be an allowed combination of media types: input.media"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)

PARAMETERS: list[tuple[str, dict[str, Any], str]] = [
    (T2V, {"resolution": "4K"}, "Input should be '480P', '720P' or '1080P': parameters.resolution"),
    (T2V, {"resolution": 720}, "Input should be '480P', '720P' or '1080P': parameters.resolution"),
    (T2V, {"resolution": ["720P"]}, "Input should be '480P', '720P' or '1080P': parameters.resolution"),
    (T2V, {"resolution": "720p"}, "Input should be '480P', '720P' or '1080P': parameters.resolution"),
    ("happyhorse-1.0-t2v", {"resolution": "480P"}, "Input should be '720P' or '1080P': parameters.resolution"),
    (EDIT, {"resolution": "480P"}, "Input should be '720P' or '1080P': parameters.resolution"),
    ("wan2.7-t2v", {"resolution": "480P"}, "Input should be '720P' or '1080P': parameters.resolution"),
    ("wanx2.1-i2v-plus", {"resolution": "1080P"}, "Input should be '720P': parameters.resolution"),
    (T2V, {"ratio": "2:1"}, f"Input should be {NINE}: parameters.ratio"),
    ("happyhorse-1.0-r2v", {"ratio": "21:9"}, f"Input should be {FIVE}: parameters.ratio"),
    ("wan2.7-t2v", {"ratio": "4:5"}, f"Input should be {FIVE}: parameters.ratio"),
    (
        "wan3.0-video",
        {"ratio": "auto"},
        "Input should be 'adaptive', '16:9', '4:3', '1:1', '3:4' or '9:16': parameters.ratio",
    ),
    (T2V, {"duration": 2}, "Input should be greater than or equal to 3: parameters.duration"),
    (T2V, {"duration": 16}, "Input should be less than or equal to 15: parameters.duration"),
    (T2V, {"duration": -(10**30)}, "Input should be greater than or equal to 3: parameters.duration"),
    (T2V, {"duration": 10**30}, "Input should be less than or equal to 15: parameters.duration"),
    (T2V, {"duration": 1e300}, "Input should be less than or equal to 15: parameters.duration"),
    (T2V, {"duration": 5.5}, "Input should be a valid integer: parameters.duration"),
    (T2V, {"duration": "5"}, "Input should be a valid integer: parameters.duration"),
    (T2V, {"duration": True}, "Input should be a valid integer: parameters.duration"),
    (T2V, {"duration": {}}, "Input should be a valid integer: parameters.duration"),
    ("wan2.7-i2v", {"duration": 1}, "Input should be greater than or equal to 2: parameters.duration"),
    ("wan2.6-r2v", {"duration": 11}, "Input should be less than or equal to 10: parameters.duration"),
    ("wan2.7-videoedit", {"duration": 1}, "Input should be greater than or equal to 2: parameters.duration"),
    ("wan2.7-videoedit", {"duration": -1}, "Input should be greater than or equal to 2: parameters.duration"),
    ("wan2.7-videoedit", {"duration": 11}, "Input should be less than or equal to 10: parameters.duration"),
    ("wan2.7-videoedit", {"duration": False}, "Input should be a valid integer: parameters.duration"),
    ("wan3.0-video", {"duration": 0}, "Input should be greater than or equal to 2: parameters.duration"),
    ("wan3.0-video", {"duration": 31}, "Input should be less than or equal to 30: parameters.duration"),
    ("wan2.6-t2v-us", {"duration": 7}, "Input should be 5 or 10: parameters.duration"),
    ("wan2.6-i2v-us", {"duration": 7}, "Input should be 5, 10 or 15: parameters.duration"),
    ("wan2.6-i2v-us", {"duration": True}, "Input should be a valid integer: parameters.duration"),
    ("wanx2.1-i2v-turbo", {"duration": 2}, "Input should be 3, 4 or 5: parameters.duration"),
    ("wan2.2-t2v-plus", {"duration": 6}, "Input should be 5: parameters.duration"),
    ("wanx2.1-vace-plus", {"duration": 6}, "Input should be less than or equal to 5: parameters.duration"),
    (T2V, {"watermark": 1}, "Input should be a valid boolean: parameters.watermark"),
    (T2V, {"watermark": "true"}, "Input should be a valid boolean: parameters.watermark"),
    ("wan2.7-t2v", {"prompt_extend": 0}, "Input should be a valid boolean: parameters.prompt_extend"),
    ("wan3.0-video", {"audio": "no"}, "Input should be a valid boolean: parameters.audio"),
    (T2V, {"seed": -1}, "Input should be greater than or equal to 0: parameters.seed"),
    (T2V, {"seed": 2_147_483_648}, "Input should be less than or equal to 2147483647: parameters.seed"),
    (T2V, {"seed": "x"}, "Input should be a valid integer: parameters.seed"),
    (EDIT, {"audio_setting": "mute"}, "Input should be 'auto' or 'origin': parameters.audio_setting"),
    ("wan2.6-t2v", {"shot_type": "many"}, "Input should be 'single' or 'multi': parameters.shot_type"),
    (
        "wanx2.1-t2v-plus",
        {"size": "1280x720"},
        "Input should be '1280*720', '720*1280', '960*960', '1088*832' or '832*1088': parameters.size",
    ),
    # Two broken rules: the first in the order of the rows is told.
    (T2V, {"duration": 99, "resolution": "4K"}, "Input should be '480P', '720P' or '1080P': parameters.resolution"),
]


@pytest.mark.parametrize(("model", "parameters", "message"), PARAMETERS)
def test_a_broken_parameter_is_told_in_pydantics_words(model: str, parameters: dict[str, Any], message: str) -> None:
    row = "field-form"
    assert Failure(row, 400, "InvalidParameter", message) == refusal(model, parameters=parameters)


@pytest.mark.parametrize("parameters", ["x", [], 5, True])
def test_parameters_that_are_no_object_are_told(parameters: object) -> None:
    assert "Input should be a valid dictionary: parameters" == refusal(T2V, parameters=parameters).message


FIELDS: list[tuple[str, dict[str, Any], str]] = [
    (T2V, {}, "Field required: input.prompt"),
    (T2V, {"prompt": ""}, "Field required: input.prompt"),
    (T2V, {"promt": "x"}, "Field required: input.prompt"),
    (T2V, {"prompt": None}, "Input should be a valid string: input.prompt"),
    (T2V, {"prompt": 5}, "Input should be a valid string: input.prompt"),
    (T2V, {"prompt": ["x"]}, "Input should be a valid string: input.prompt"),
    (I2V, {"prompt": 5}, "Input should be a valid string: input.prompt"),
    (I2V, {"prompt": "x"}, "Field required: input.media"),
    (I2V, {"prompt": "x", "img_url": PNG}, "Field required: input.media"),
    (R2V, {}, "Field required: input.prompt"),
    (R2V, {"prompt": "x"}, "Field required: input.media"),
    (I2V, {"media": None}, "Input should be a valid list: input.media"),
    (I2V, {"media": PNG}, "Input should be a valid list: input.media"),
    (I2V, {"media": {"type": "first_frame", "url": PNG}}, "Input should be a valid list: input.media"),
    (I2V, {"media": [PNG]}, "Input should be a valid dictionary: input.media.0"),
    (I2V, {"media": [{}]}, "Field required: input.media.0.type"),
    (I2V, {"media": [{"type": "first_frame"}]}, "Field required: input.media.0.url"),
    (I2V, {"media": [{"url": PNG}]}, "Field required: input.media.0.type"),
    (I2V, {"media": [{"type": "first_frame", "url": 5}]}, "Input should be a valid string: input.media.0.url"),
    (I2V, {"media": media("last_frame")}, "Input should be 'first_frame': input.media.0.type"),
    (
        R2V,
        {"prompt": "x", "media": media("reference_image", "video")},
        "Input should be 'reference_image': input.media.1.type",
    ),
    (I2V, {"media": []}, "List should have at least 1 item after validation, not 0: input.media"),
    (
        I2V,
        {"media": media("first_frame", "first_frame")},
        "List should have at most 1 item after validation, not 2: input.media",
    ),
    (R2V, {"prompt": "x", "media": []}, "List should have at least 1 item after validation, not 0: input.media"),
    (
        R2V,
        {"prompt": "x", "media": media(*["reference_image"] * 10)},
        "List should have at most 9 items after validation, not 10: input.media",
    ),
    (
        EDIT,
        {"prompt": "x", "media": media("reference_image")},
        "List should have at least 1 item after validation, not 0: input.media",
    ),
    (
        EDIT,
        {"prompt": "x", "media": media("video", *["reference_image"] * 6)},
        "List should have at most 5 items after validation, not 6: input.media",
    ),
    (EDIT, {"media": media("video")}, "Field required: input.prompt"),
    ("wan2.7-i2v", {"media": media("last_frame")}, NOT_COMBINED),
    ("wan2.7-i2v", {"media": []}, NOT_COMBINED),
    ("wan2.7-i2v", {"media": media("first_clip", "driving_audio")}, NOT_COMBINED),
    ("wan2.7-i2v", {"media": media("first_frame", "first_clip")}, NOT_COMBINED),
    (
        "wan2.7-i2v",
        {"media": media("first_frame", "first_frame")},
        "List should have at most 1 item after validation, not 2: input.media",
    ),
    (
        "wan2.7-r2v",
        {"prompt": "x", "media": media("first_frame")},
        "List should have at least 1 item after validation, not 0: input.media",
    ),
    (
        "wan2.7-r2v",
        {"prompt": "x", "media": media(*["reference_image"] * 3, *["reference_video"] * 3)},
        "List should have at most 5 items after validation, not 6: input.media",
    ),
    (
        "wan2.7-r2v",
        {"prompt": "x", "media": [{"type": "reference_image", "url": PNG, "reference_voice": 5}]},
        "Input should be a valid string: input.media.0.reference_voice",
    ),
    (
        "wan2.7-videoedit",
        {"media": media("video", *["reference_image"] * 5)},
        "List should have at most 4 items after validation, not 5: input.media",
    ),
    ("wan3.0-video", {}, "Field required: input.prompt"),
    ("wan3.0-video", {"prompt": "", "media": []}, "Field required: input.prompt"),
    ("wan3.0-video", {"media": media("first_frame", "reference_image")}, NOT_COMBINED),
    ("wan3.0-video", {"media": media("last_frame", "file")}, NOT_COMBINED),
    ("wan3.0-video", {"media": media("file", "link")}, NOT_COMBINED),
    ("wan2.7-t2v", {"prompt": "x", "audio_url": 5}, "Input should be a valid string: input.audio_url"),
    ("wan2.6-i2v", {}, "Field required: input.img_url"),
    ("wan2.6-i2v", {"img_url": [PNG]}, "Input should be a valid string: input.img_url"),
    ("wan2.6-r2v", {"prompt": "x"}, "Field required: input.reference_urls"),
    ("wan2.6-r2v", {"prompt": "x", "reference_urls": PNG}, "Input should be a valid list: input.reference_urls"),
    (
        "wan2.6-r2v",
        {"prompt": "x", "reference_urls": [PNG, 5]},
        "Input should be a valid string: input.reference_urls.1",
    ),
    (
        "wan2.6-r2v",
        {"prompt": "x", "reference_urls": []},
        "List should have at least 1 item after validation, not 0: input.reference_urls",
    ),
    (
        "wan2.6-r2v",
        {"prompt": "x", "reference_urls": [PNG] * 6},
        "List should have at most 5 items after validation, not 6: input.reference_urls",
    ),
    ("wan2.2-kf2v-flash", {"first_frame_url": PNG}, "Field required: input.last_frame_url"),
    ("wanx2.1-vace-plus", {"prompt": "x"}, "Field required: input.function"),
    (
        "wanx2.1-vace-plus",
        {"prompt": "x", "function": "zoom"},
        f"Input should be {FUNCTIONS}: input.function",
    ),
]


@pytest.mark.parametrize(("model", "given_input", "message"), FIELDS)
def test_a_broken_input_is_told_with_its_path(model: str, given_input: dict[str, Any], message: str) -> None:
    row = "field-required" if message.startswith("Field required") else "field-form"
    assert Failure(row, 400, "InvalidParameter", message) == refusal(model, given_input)


@pytest.mark.parametrize(("kind", "most"), [("reference_image", 10), ("reference_video", 5), ("reference_audio", 5)])
def test_wan_3_bounds_each_kind_of_reference(kind: str, most: int) -> None:
    expected = f"List should have at most {most} items after validation, not {most + 1}: input.media"
    assert expected == refusal("wan3.0-video", {"media": media(*[kind] * (most + 1))}).message


def test_a_reference_video_lowers_the_longest_duration() -> None:
    with_video = {"prompt": "x", "media": media(("reference_video", MP4))}
    assert 10 == valid("wan2.7-r2v", with_video, {"duration": 10}).parameters["duration"]
    expected = "Input should be less than or equal to 10: parameters.duration"
    assert expected == refusal("wan2.7-r2v", with_video, {"duration": 11}).message


def test_a_reference_picture_with_a_voice_does_not() -> None:
    voiced = [media("reference_image")[0] | {"reference_voice": MP3}]
    assert 15 == valid("wan2.7-r2v", {"prompt": "x", "media": voiced}, {"duration": 15}).parameters["duration"]


def test_the_developer_is_told_what_was_found_cut_to_a_line() -> None:
    with pytest.raises(Fault) as found:
        valid(T2V, parameters={"resolution": "4K" * 100})
    assert found.value.detail.startswith("parameters.resolution is '4K4K")
    assert len(found.value.detail) < 120


def test_of_a_thousand_broken_items_only_the_first_is_judged() -> None:
    with pytest.raises(ValidationError) as found:
        FORMS.form(CATALOGUE.models[I2V]).model_validate({"input": {"media": [1] * 1000}})
    assert 1 == found.value.error_count()


@pytest.mark.parametrize("field", ["prompt", "media"])
def test_a_value_nested_as_deep_as_json_may_be_is_refused_like_any_other(field: str) -> None:
    deep = orjson.loads("[" * 1015 + "]" * 1015)
    assert "InvalidParameter" == refusal(R2V, {"prompt": "x", "media": media("reference_image")} | {field: deep}).code


def broken_row(model: str, given_input: object, parameters: object) -> Fault | None:
    try:
        valid(model, given_input, parameters)
    except Fault as fault:
        return fault
    return None


@given(
    st.sampled_from(sorted(LEAST)),
    st.dictionaries(st.sampled_from(["prompt", "media", "img_url"]), json_values),
    json_values,
)
def test_whatever_is_sent_is_taken_or_refused_by_a_row(model: str, inputs: dict[str, Any], parameters: object) -> None:
    fault = broken_row(model, LEAST[model] | inputs, parameters)
    assert fault is None or fault.row in {"field-required", "field-form"}


@given(st.sampled_from(sorted(LEAST)), st.data())
def test_every_parameter_of_every_model_judges_whatever_it_is_given(model: str, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([row.name for row in CATALOGUE.models[model].parameters]))
    value = data.draw(json_values)
    fault = broken_row(model, None, {name: value})
    if fault:
        assert f"parameters.{name}" == fault.values["path"]
    elif value is not None:
        found = valid(model, None, {name: value}).parameters[name]
        assert (value, isinstance(value, bool)) == (found, isinstance(found, bool))
