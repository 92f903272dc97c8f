"""Every model's row against a table written by hand from dashscope-api.md §1.2, §2.2 to §2.4, §8 and §9."""

from __future__ import annotations

import pytest

from hobbyhorse.core.catalogue import FieldRow, FieldType
from unit.records import CATALOGUE

REGIONS = {
    "BJ": "cn-beijing",
    "SG": "ap-southeast-1",
    "US": "us-east-1",
    "FRA": "eu-central-1",
    "TYO": "ap-northeast-1",
    "HK": "cn-hongkong",
}
VIDEO, IMAGE, BOTH = ("video-generation",), ("image2video",), ("video-generation", "image2video")

# model: kind, regions, services, fps, submissions a second and running at once
MODELS = {
    "happyhorse-1.1-t2v": ("t2v", "BJ SG US FRA TYO", VIDEO, 24, 5),
    "happyhorse-1.1-i2v": ("i2v", "BJ SG US FRA TYO", VIDEO, 24, 5),
    "happyhorse-1.1-r2v": ("r2v", "BJ SG US FRA TYO", VIDEO, 24, 5),
    "happyhorse-1.0-t2v": ("t2v", "BJ SG US FRA", VIDEO, 24, 5),
    "happyhorse-1.0-i2v": ("i2v", "BJ SG US FRA", VIDEO, 24, 5),
    "happyhorse-1.0-r2v": ("r2v", "BJ SG US FRA", VIDEO, 24, 5),
    "happyhorse-1.0-video-edit": ("video-edit", "BJ SG US FRA TYO", VIDEO, 24, 5),
    "wan3.0-video": ("general", "BJ SG US FRA TYO HK", VIDEO, 30, 5),
    "wan3.0-video-prime": ("general", "BJ SG US FRA TYO HK", VIDEO, 30, 5),
    "wan2.7-t2v": ("t2v", "BJ SG", VIDEO, 30, 5),
    "wan2.7-t2v-2026-04-25": ("t2v", "BJ SG", VIDEO, 30, 5),
    "wan2.7-t2v-2026-06-12": ("t2v", "BJ SG", VIDEO, 30, 5),
    "wan2.7-i2v": ("i2v", "BJ SG", VIDEO, 30, 5),
    "wan2.7-i2v-2026-04-25": ("i2v", "BJ SG", VIDEO, 30, 5),
    "wan2.7-r2v": ("r2v", "BJ SG", VIDEO, 30, 5),
    "wan2.7-r2v-2026-06-12": ("r2v", "BJ US", VIDEO, 30, 5),
    "wan2.7-videoedit": ("video-edit", "BJ SG", VIDEO, 30, 5),
    "wan2.6-t2v": ("t2v", "BJ SG US FRA", VIDEO, 30, 5),
    "wan2.6-t2v-us": ("t2v", "US", VIDEO, 30, 5),
    "wan2.6-i2v": ("i2v", "BJ SG US FRA", VIDEO, 30, 5),
    "wan2.6-i2v-us": ("i2v", "US", VIDEO, 30, 5),
    "wan2.6-i2v-flash": ("i2v", "BJ SG", VIDEO, 30, 5),
    "wan2.6-r2v": ("r2v", "BJ SG US FRA", VIDEO, 30, 5),
    "wan2.6-r2v-flash": ("r2v", "BJ SG", VIDEO, 30, 5),
    "wan2.5-t2v-preview": ("t2v", "BJ SG", VIDEO, 30, 5),
    "wan2.5-i2v-preview": ("i2v", "BJ SG", VIDEO, 30, 5),
    "wan2.2-t2v-plus": ("t2v", "BJ SG", VIDEO, 30, 2),
    "wan2.2-i2v-plus": ("i2v", "BJ SG", VIDEO, 30, 2),
    "wan2.2-i2v-flash": ("i2v", "BJ", VIDEO, 30, 2),
    "wan2.2-kf2v-flash": ("kf2v", "BJ", IMAGE, 30, 2),
    "wanx2.1-t2v-turbo": ("t2v", "BJ", VIDEO, 30, 2),
    "wanx2.1-t2v-plus": ("t2v", "BJ", VIDEO, 30, 2),
    "wanx2.1-i2v-turbo": ("i2v", "BJ", BOTH, 30, 2),
    "wanx2.1-i2v-plus": ("i2v", "BJ", BOTH, 30, 2),
    "wanx2.1-kf2v-plus": ("kf2v", "BJ", IMAGE, 30, 2),
    "wanx2.1-vace-plus": ("vace", "BJ", VIDEO, 30, 2),
    "wan2.1-t2v-turbo": ("t2v", "SG", VIDEO, 30, 2),
    "wan2.1-t2v-plus": ("t2v", "SG", VIDEO, 30, 2),
    "wan2.1-i2v-turbo": ("i2v", "SG", BOTH, 30, 2),
    "wan2.1-i2v-plus": ("i2v", "SG", BOTH, 30, 2),
    "wan2.1-kf2v-plus": ("kf2v", "SG", IMAGE, 30, 1),
    "wan2.1-vace-plus": ("vace", "SG", VIDEO, 30, 2),
}

FIVE = "16:9|9:16|1:1|4:3|3:4"
SIZES_480 = "832*480|480*832|624*624|"
SIZES_720 = "1280*720|720*1280|960*960|1088*832|832*1088"
SIZES_1080 = "|1920*1080|1080*1920|1440*1440|1632*1248|1248*1632"
HAPPY = "watermark=true; seed 0..2147483647"
WAN = "prompt_extend=true; watermark=false; seed 0..2147483647"
HH_1_1 = "resolution 480P|720P|1080P=1080P; "
HH_1_0 = "resolution 720P|1080P=1080P; "
W27 = "resolution 720P|1080P=1080P; "
SHOT = "; shot_type single|multi=single"
PARAMETERS = {
    "happyhorse-1.1-t2v happyhorse-1.1-r2v": f"{HH_1_1}ratio {FIVE}|4:5|5:4|9:21|21:9=16:9; duration 3..15=5; {HAPPY}",
    "happyhorse-1.1-i2v": f"{HH_1_1}duration 3..15=5; {HAPPY}",
    "happyhorse-1.0-t2v happyhorse-1.0-r2v": f"{HH_1_0}ratio {FIVE}=16:9; duration 3..15=5; {HAPPY}",
    "happyhorse-1.0-i2v": f"{HH_1_0}duration 3..15=5; {HAPPY}",
    "happyhorse-1.0-video-edit": f"{HH_1_0}{HAPPY}; audio_setting auto|origin=auto",
    "wan2.7-t2v wan2.7-t2v-2026-04-25 wan2.7-t2v-2026-06-12": f"{W27}ratio {FIVE}=16:9; duration 2..15=5; {WAN}",
    "wan2.7-i2v wan2.7-i2v-2026-04-25": f"{W27}duration 2..15=5; {WAN}",
    "wan2.7-r2v wan2.7-r2v-2026-06-12": f"{W27}ratio {FIVE}=16:9; duration 2..15=5; {WAN}",
    "wan2.7-videoedit": f"{W27}ratio {FIVE}; duration 2..10,0=0; audio_setting auto|origin=auto; {WAN}",
    "wan3.0-video wan3.0-video-prime": "resolution 480P|720P|1080P=1080P; "
    f"ratio adaptive|16:9|4:3|1:1|3:4|9:16=adaptive; duration 2..30,-1=5; audio=true; {WAN}",
    "wan2.6-t2v": f"size {SIZES_720}{SIZES_1080}=1920*1080; duration 2..15=5; {WAN}{SHOT}",
    "wan2.6-t2v-us": f"size {SIZES_720}{SIZES_1080}=1920*1080; duration 5|10=5; {WAN}{SHOT}",
    "wan2.5-t2v-preview": f"size {SIZES_480}{SIZES_720}{SIZES_1080}=1920*1080; duration 5|10=5; {WAN}",
    "wan2.2-t2v-plus": f"size {SIZES_480[:-1]}{SIZES_1080}=1920*1080; duration 5=5; {WAN}",
    "wanx2.1-t2v-turbo wan2.1-t2v-turbo": f"size {SIZES_480}{SIZES_720}=1280*720; duration 5=5; {WAN}",
    "wanx2.1-t2v-plus wan2.1-t2v-plus": f"size {SIZES_720}=1280*720; duration 5=5; {WAN}",
    "wan2.6-i2v": f"{W27}duration 2..15=5; {WAN}{SHOT}",
    "wan2.6-i2v-us": f"{W27}duration 5|10|15=5; {WAN}{SHOT}",
    "wan2.6-i2v-flash": f"{W27}duration 2..15=5; {WAN}{SHOT}; audio=true",
    "wan2.5-i2v-preview": f"resolution 480P|720P|1080P=1080P; duration 5|10=5; {WAN}",
    "wan2.2-i2v-plus": f"resolution 480P|1080P=1080P; duration 5=5; {WAN}",
    "wan2.2-i2v-flash wan2.2-kf2v-flash": f"resolution 480P|720P|1080P=720P; duration 5=5; {WAN}",
    "wanx2.1-i2v-turbo wan2.1-i2v-turbo": f"resolution 480P|720P=720P; duration 3|4|5=5; {WAN}",
    "wanx2.1-i2v-plus wan2.1-i2v-plus wanx2.1-kf2v-plus wan2.1-kf2v-plus": f"resolution 720P=720P; duration 5=5; {WAN}",
    "wanx2.1-vace-plus wan2.1-vace-plus": f"size {SIZES_720}=1280*720; duration 1..5=5",
    "wan2.6-r2v wan2.6-r2v-flash": f"size {SIZES_720}{SIZES_1080}=1920*1080; duration 2..10=5; watermark=false; "
    f"seed 0..2147483647{SHOT}",
}
PARAMETERS_OF = {model: said for models, said in PARAMETERS.items() for model in models.split()}

# model: weight of a prompt that is kept, weight of a Chinese character, whether it must be there
PROMPTS = {
    "happyhorse-1.1-t2v": (5000, 2, True),
    "happyhorse-1.0-i2v": (5000, 2, False),
    "happyhorse-1.1-r2v": (5000, 2, True),
    "happyhorse-1.0-video-edit": (5000, 2, True),
    "wan2.7-t2v": (5000, 2, True),
    "wan2.7-videoedit": (5000, 2, False),
    "wan3.0-video": (20_000, 1, False),
    "wan2.6-t2v": (1500, 1, True),
    "wan2.5-t2v-preview": (1500, 1, True),
    "wan2.5-i2v-preview": (1500, 1, False),
    "wan2.2-t2v-plus": (800, 1, True),
    "wanx2.1-t2v-turbo": (800, 1, True),
}


def said(row: FieldRow) -> str:
    """Say a parameter as the table does: `name choices=default` or `name low..high,beside=default`."""
    default = (
        "" if row.default is None else f"={str(row.default).lower() if isinstance(row.default, bool) else row.default}"
    )
    if row.type is FieldType.BOOLEAN:
        return f"{row.name}{default}"
    choices = "|".join(str(choice) for choice in row.choices)
    beside = "".join(f",{value}" for value in row.also)
    return f"{row.name} {choices or f'{row.minimum}..{row.maximum}{beside}'}{default}"


def test_the_tables_name_every_model_and_no_other() -> None:
    assert set(CATALOGUE.models) == set(MODELS) == set(PARAMETERS_OF)


@pytest.mark.parametrize(("model", "expected"), MODELS.items())
def test_a_model_is_sold_where_and_as_documented(
    model: str, expected: tuple[str, str, tuple[str, ...], int, int]
) -> None:
    row = CATALOGUE.models[model]
    kind, regions, paths, fps, rps = expected
    assert kind == row.kind
    assert {REGIONS[short] for short in regions.split()} == set(row.regions)
    assert set(paths) == set(row.paths)
    assert fps == row.fps
    assert row.rate is not None
    assert (rps, 2 if model == "wan2.1-kf2v-plus" else rps) == (row.rate.submit_rps, row.rate.running)


@pytest.mark.parametrize(("model", "expected"), PARAMETERS_OF.items())
def test_a_models_parameters_are_the_documented_ones(model: str, expected: str) -> None:
    assert expected == "; ".join(said(row) for row in CATALOGUE.models[model].parameters)


@pytest.mark.parametrize(("model", "expected"), PROMPTS.items())
def test_a_prompt_is_kept_up_to_its_models_limit(model: str, expected: tuple[int, int, bool]) -> None:
    row = next(row for row in CATALOGUE.models[model].input if row.name == "prompt")
    assert expected == (row.limit, row.chinese, row.required)


@pytest.mark.parametrize("model", MODELS)
def test_the_watermark_is_the_families_own(model: str) -> None:
    row = CATALOGUE.models[model].parameter("watermark")
    expected = "Happy Horse" if model.startswith("happyhorse") else None if "vace" in model else "AI生成"
    assert expected == (row.text if row else None)


def test_only_wan_before_2_5_is_silent() -> None:
    silent = {model for model, row in CATALOGUE.models.items() if row.silent}
    assert {model for model in MODELS if model.startswith(("wan2.2-", "wanx2.1-", "wan2.1-"))} == silent


# model and role: how many, MB at most, least and most side, least short side, aspect, seconds
MEDIA = {
    ("happyhorse-1.1-i2v", "first_frame"): (1, 1, 20, 300, None, None, (0.4, 2.5), None),
    ("happyhorse-1.1-r2v", "reference_image"): (1, 9, 20, None, None, 400, None, None),
    ("happyhorse-1.0-video-edit", "video"): (1, 1, 100, None, 4096, 360, (0.4, 2.5), (3, 60)),
    ("happyhorse-1.0-video-edit", "reference_image"): (0, 5, 20, 300, None, None, (0.4, 2.5), None),
    ("wan2.7-i2v", "first_frame"): (0, 1, 20, 240, 8000, None, (0.125, 8), None),
    ("wan2.7-i2v", "first_clip"): (0, 1, 100, 240, 4096, None, None, (2, 10)),
    ("wan2.7-i2v", "driving_audio"): (0, 1, 15, None, None, None, None, (2, 30)),
    ("wan2.7-r2v", "reference_video"): (0, 5, 100, None, None, None, None, (1, 30)),
    ("wan2.7-videoedit", "video"): (1, 1, 100, None, None, None, None, (2, 10)),
    ("wan2.7-videoedit", "reference_image"): (0, 4, 20, 240, 8000, None, (0.125, 8), None),
}


@pytest.mark.parametrize(("place", "expected"), MEDIA.items())
def test_media_have_their_documented_limits(place: tuple[str, str], expected: tuple[object, ...]) -> None:
    form = CATALOGUE.models[place[0]].media
    assert form is not None
    role = next(role for role in form.roles if role.name == place[1])
    limits = role.limits
    sides = (limits.min_side, limits.max_side, limits.min_short_side)
    assert expected == (role.minimum, role.maximum, limits.max_mb, *sides, limits.aspect, limits.duration_s)
