"""`usage` to the letter: keys, their order, and the JSON types that strict clients need (dashscope-api.md §4.1)."""

from __future__ import annotations

import json

import pytest

from hobbyhorse.core.usage import usage_of
from unit.records import CATALOGUE, a_job, a_model

SHAPES = {
    "happyhorse t2v, r2v": '{"duration": 5, "input_video_duration": 0, "output_video_duration": 5, "video_count": 1, '
    '"SR": 720, "ratio": "16:9"}',
    "happyhorse i2v": '{"duration": 5, "input_video_duration": 0, "output_video_duration": 5, "video_count": 1, '
    '"SR": 720}',
    "happyhorse edit": '{"duration": 5.0, "input_video_duration": 0.0, "output_video_duration": 5.0, '
    '"video_count": 1, "SR": 720}',
    "wan2.6 t2v, r2v": '{"duration": 5, "size": "1280*720", "input_video_duration": 0, "output_video_duration": 5, '
    '"video_count": 1, "SR": 720}',
    "wan2.6 flash i2v": '{"duration": 5, "input_video_duration": 0, "output_video_duration": 5, "video_count": 1, '
    '"SR": 720, "audio": true}',
    "wan2.6 flash r2v": '{"duration": 5, "size": "1280*720", "input_video_duration": 0, "output_video_duration": 5, '
    '"video_count": 1, "SR": 720, "audio": true}',
    "old t2v": '{"video_duration": 5, "video_ratio": "1280*720", "video_count": 1}',
    "2.2, 2.5 i2v": '{"duration": 5, "SR": 720, "video_count": 1}',
    "2.1 others": '{"video_duration": 5, "video_ratio": "standard", "video_count": 1}',
    "wan2.2 kf2v": '{"video_duration": 5, "video_count": 1, "SR": 720}',
}
MODELS = {
    "happyhorse t2v, r2v": "happyhorse-1.1-t2v happyhorse-1.1-r2v happyhorse-1.0-t2v happyhorse-1.0-r2v wan2.7-t2v "
    "wan2.7-t2v-2026-04-25 wan2.7-t2v-2026-06-12 wan2.7-r2v wan2.7-r2v-2026-06-12 wan2.7-videoedit wan3.0-video "
    "wan3.0-video-prime",
    "happyhorse i2v": "happyhorse-1.1-i2v happyhorse-1.0-i2v wan2.7-i2v wan2.7-i2v-2026-04-25 wan2.6-i2v wan2.6-i2v-us",
    "happyhorse edit": "happyhorse-1.0-video-edit",
    "wan2.6 t2v, r2v": "wan2.6-t2v wan2.6-t2v-us wan2.6-r2v",
    "wan2.6 flash i2v": "wan2.6-i2v-flash",
    "wan2.6 flash r2v": "wan2.6-r2v-flash",
    "old t2v": "wan2.5-t2v-preview wan2.2-t2v-plus wanx2.1-t2v-turbo wanx2.1-t2v-plus wan2.1-t2v-turbo wan2.1-t2v-plus",
    "2.2, 2.5 i2v": "wan2.5-i2v-preview wan2.2-i2v-plus wan2.2-i2v-flash",
    "2.1 others": "wanx2.1-i2v-turbo wanx2.1-i2v-plus wan2.1-i2v-turbo wan2.1-i2v-plus wanx2.1-vace-plus "
    "wan2.1-vace-plus wanx2.1-kf2v-plus wan2.1-kf2v-plus",
    "wan2.2 kf2v": "wan2.2-kf2v-flash",
}
SHAPE_OF = {model: shape for shape, models in MODELS.items() for model in models.split()}


def test_the_table_below_names_every_model() -> None:
    assert set(SHAPE_OF) == set(CATALOGUE.models)


@pytest.mark.parametrize(("model", "shape"), SHAPE_OF.items())
def test_the_usage_of_five_seconds_at_720p_is_the_documented_one(model: str, shape: str) -> None:
    assert SHAPES[shape] == json.dumps(usage_of(a_model(model), a_job()))


def test_video_edit_counts_input_and_output_in_fractions() -> None:
    usage = usage_of(a_model("happyhorse-1.0-video-edit"), a_job(seconds=6.62, input_seconds=6.62))
    expected = (
        '{"duration": 13.24, "input_video_duration": 6.62, "output_video_duration": 6.62, "video_count": 1, "SR": 720}'
    )
    assert expected == json.dumps(usage)


@pytest.mark.parametrize("model", ["wan2.7-r2v", "wan2.7-videoedit"])
def test_footage_counts_beside_the_output_in_whole_seconds(model: str) -> None:
    usage = usage_of(a_model(model), a_job(seconds=5, input_seconds=5))
    expected = (
        '{"duration": 10, "input_video_duration": 5, "output_video_duration": 5, "video_count": 1, "SR": 720, '
        '"ratio": "16:9"}'
    )
    assert expected == json.dumps(usage)


def test_whole_seconds_are_integers_whatever_type_they_came_in() -> None:
    assert '"duration": 5,' in json.dumps(usage_of(a_model("happyhorse-1.1-t2v"), a_job(seconds=5.0)))


@pytest.mark.parametrize(("tier", "expected"), [("480P", 480), ("720P", 720), ("1080P", 1080)])
def test_sr_is_the_number_of_the_tier(tier: str, expected: int) -> None:
    assert expected == usage_of(a_model("happyhorse-1.1-t2v"), a_job(tier=tier))["SR"]


def test_a_silent_clip_says_so() -> None:
    assert usage_of(a_model("wan2.6-i2v-flash"), a_job(audio=False))["audio"] is False
