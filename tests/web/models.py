"""What every model takes, transcribed from the documents by hand.

Nothing of it is read from the emulator: two tables that agree are evidence, a shared one is not. Sections are those of
the wire reference: §1.2 regions, §2.2 HappyHorse, §2.3 Wan 2.7 and 3.0, §2.4 older Wan.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .shapes import Flag, Form, Model, Numbers, Role, Span, Words

if TYPE_CHECKING:
    from .shapes import Medium, Parameter

BEIJING, SINGAPORE, VIRGINIA = "cn-beijing", "ap-southeast-1", "us-east-1"
FRANKFURT, TOKYO, HONGKONG = "eu-central-1", "ap-northeast-1", "cn-hongkong"
REGIONS = (BEIJING, SINGAPORE, VIRGINIA, FRANKFURT, TOKYO, HONGKONG)
SERVICES = ("video-generation", "image2video")
HOSTS = {
    BEIJING: "dashscope.aliyuncs.com",
    SINGAPORE: "dashscope-intl.aliyuncs.com",
    VIRGINIA: "dashscope-us.aliyuncs.com",
}

FIVE = ("16:9", "9:16", "1:1", "4:3", "3:4")
NINE = (*FIVE, "4:5", "5:4", "9:21", "21:9")
P480 = ("832*480", "480*832", "624*624")
P720 = ("1280*720", "720*1280", "960*960", "1088*832", "832*1088")
P1080 = ("1920*1080", "1080*1920", "1440*1440", "1632*1248", "1248*1632")
SEED = Span(0, 2_147_483_647)
HIGH = Words(("720P", "1080P"))
ALL = Words(("480P", "720P", "1080P"))
WATERMARKED: dict[str, Parameter] = {"watermark": Flag(), "seed": SEED}
EXTENDED: dict[str, Parameter] = {"prompt_extend": Flag(), **WATERMARKED}
SHOTS: dict[str, Parameter] = {"shot_type": Words(("single", "multi"))}
SOUNDTRACK: dict[str, Parameter] = {"audio_setting": Words(("auto", "origin"))}

ONE_FRAME = Form({"first_frame": Role("image", 1, 1)})
NINE_PICTURES = Form({"reference_image": Role("image", 1, 9)})
FOOTAGE = Form({"video": Role("video", 1, 1), "reference_image": Role("image", 0, 5)})
FOOTAGE_27 = Form({"video": Role("video", 1, 1), "reference_image": Role("image", 0, 4)})
FRAMES_27 = Form(
    {
        "first_frame": Role("image", 0, 1),
        "last_frame": Role("image", 0, 1),
        "driving_audio": Role("audio", 0, 1),
        "first_clip": Role("video", 0, 1),
    },
    sets=(
        ("first_frame",),
        ("first_frame", "driving_audio"),
        ("first_frame", "last_frame"),
        ("first_frame", "last_frame", "driving_audio"),
        ("first_clip",),
        ("first_clip", "last_frame"),
    ),
)
REFERENCES_27 = Form(
    {
        "reference_image": Role("image", 0, 5),
        "reference_video": Role("video", 0, 5),
        "first_frame": Role("image", 0, 1),
    },
    together=(("reference_image", "reference_video"), 1, 5),
    voice=True,
)
ANYTHING_3 = Form(
    {
        "first_frame": Role("image", 0, 1),
        "last_frame": Role("image", 0, 1),
        "reference_image": Role("image", 0, 10),
        "reference_video": Role("video", 0, 5),
        "reference_audio": Role("audio", 0, 5),
        "file": Role("any", 0, 1),
        "link": Role("any", 0, 1),
    },
    required=False,
    circles=(
        ("first_frame", "last_frame"),
        ("reference_image", "reference_video", "reference_audio", "file"),
        ("reference_image", "reference_video", "reference_audio", "link"),
    ),
)


def _happyhorse() -> list[Model]:
    """§2.2. 1.0 has no price for 480P, and the April page listed five ratios for it (§11.5, §11.6)."""
    everywhere = (BEIJING, SINGAPORE, VIRGINIA, FRANKFURT, TOKYO)
    models = []
    for version, regions, tiers, ratios in (("1.1", everywhere, ALL, NINE), ("1.0", everywhere[:4], HIGH, FIVE)):
        name = f"happyhorse-{version}"
        common: dict[str, Parameter] = {"resolution": tiers, "duration": Span(3, 15), **WATERMARKED}
        shaped = {**common, "ratio": Words(ratios)}
        models += [
            Model(f"{name}-t2v", regions, "required", shaped),
            Model(f"{name}-i2v", regions, "optional", common, media=ONE_FRAME, takes_bmp=False),
            Model(f"{name}-r2v", regions, "required", shaped, media=NINE_PICTURES, takes_bmp=False),
        ]
    edits = {"resolution": HIGH, **WATERMARKED, **SOUNDTRACK}
    edit = Model("happyhorse-1.0-video-edit", everywhere, "required", edits, media=FOOTAGE, takes_bmp=False)
    return [*models, edit]


def _wan_27_and_3() -> list[Model]:
    """§2.3."""
    both = (BEIJING, SINGAPORE)
    ratio = {"ratio": Words(FIVE)}
    common: dict[str, Parameter] = {"resolution": HIGH, "duration": Span(2, 15), **EXTENDED}
    t2v = Model(
        "wan2.7-t2v",
        both,
        "required",
        {**common, **ratio},
        texts=("negative_prompt",),
        urls={"audio_url": ("audio", False)},
    )
    i2v = Model("wan2.7-i2v", both, "optional", common, texts=("negative_prompt",), media=FRAMES_27)
    shorter = {**common, **ratio, "duration": Span(2, 15, most_with_video=10)}
    r2v = Model("wan2.7-r2v", both, "required", shorter, texts=("negative_prompt",), media=REFERENCES_27)
    kept = {**common, **ratio, **SOUNDTRACK, "duration": Span(2, 10, also=(0,))}
    edit = Model("wan2.7-videoedit", both, "optional", kept, media=FOOTAGE_27)
    free: dict[str, Parameter] = {
        "resolution": ALL,
        "ratio": Words(("adaptive", "16:9", "4:3", "1:1", "3:4", "9:16")),
        "duration": Span(2, 30, also=(-1,)),
        "audio": Flag(),
        **EXTENDED,
    }
    wan3 = Model("wan3.0-video", REGIONS, "unless media", free, media=ANYTHING_3)
    return [
        t2v,
        replace(t2v, id="wan2.7-t2v-2026-04-25"),
        replace(t2v, id="wan2.7-t2v-2026-06-12"),
        i2v,
        replace(i2v, id="wan2.7-i2v-2026-04-25"),
        r2v,
        replace(r2v, id="wan2.7-r2v-2026-06-12", regions=(BEIJING, VIRGINIA)),
        edit,
        wan3,
        replace(wan3, id="wan3.0-video-prime"),
    ]


def _t2v() -> list[Model]:
    """§2.4. wan2.1 is what Singapore calls wanx2.1."""
    four = (BEIJING, SINGAPORE, VIRGINIA, FRANKFURT)
    long: dict[str, Parameter] = {"size": Words(P720 + P1080), "duration": Span(2, 15), **EXTENDED}
    urls: dict[str, tuple[Medium, bool]] = {"audio_url": ("audio", False)}
    wan26 = Model("wan2.6-t2v", four, "required", {**long, **SHOTS}, texts=("negative_prompt",), urls=urls)
    two: dict[str, Parameter] = {**long, "size": Words(P480 + P720 + P1080), "duration": Numbers((5, 10))}
    wan25 = replace(wan26, id="wan2.5-t2v-preview", regions=four[:2], parameters=two)
    five = {**two, "duration": Numbers((5,))}
    plus22 = replace(wan25, id="wan2.2-t2v-plus", parameters={**five, "size": Words(P480 + P1080)}, urls={})
    models = [
        wan26,
        replace(
            wan26,
            id="wan2.6-t2v-us",
            regions=(VIRGINIA,),
            parameters={**wan26.parameters, "duration": Numbers((5, 10))},
        ),
        wan25,
        plus22,
    ]
    for name, region in (("wanx2.1", BEIJING), ("wan2.1", SINGAPORE)):
        turbo = replace(
            plus22, id=f"{name}-t2v-turbo", regions=(region,), parameters={**five, "size": Words(P480 + P720)}
        )
        models += [turbo, replace(turbo, id=f"{name}-t2v-plus", parameters={**five, "size": Words(P720)})]
    return models


def _i2v() -> list[Model]:
    """§2.4. The 2.1 models are documented under both services (§2)."""
    four = (BEIJING, SINGAPORE, VIRGINIA, FRANKFURT)
    long: dict[str, Parameter] = {"resolution": HIGH, "duration": Span(2, 15), **EXTENDED, **SHOTS}
    wan26 = Model(
        "wan2.6-i2v",
        four,
        "optional",
        long,
        texts=("negative_prompt", "template"),
        urls={"img_url": ("image", True)},
    )
    us: dict[str, Parameter] = {**long, "duration": Numbers((5, 10, 15))}
    five: dict[str, Parameter] = {"duration": Numbers((5,)), **EXTENDED}
    models = [
        wan26,
        replace(wan26, id="wan2.6-i2v-us", regions=(VIRGINIA,), parameters=us),
        replace(wan26, id="wan2.6-i2v-flash", regions=four[:2], parameters={**long, "audio": Flag()}),
        replace(
            wan26,
            id="wan2.5-i2v-preview",
            regions=four[:2],
            parameters={**five, "resolution": ALL, "duration": Numbers((5, 10))},
        ),
        replace(
            wan26, id="wan2.2-i2v-plus", regions=four[:2], parameters={**five, "resolution": Words(("480P", "1080P"))}
        ),
        replace(wan26, id="wan2.2-i2v-flash", regions=(BEIJING,), parameters={**five, "resolution": ALL}),
    ]
    for name, region in (("wanx2.1", BEIJING), ("wan2.1", SINGAPORE)):
        turbo = {**five, "resolution": Words(("480P", "720P")), "duration": Numbers((3, 4, 5))}
        plus = {**five, "resolution": Words(("720P",))}
        for kind, parameters in (("turbo", turbo), ("plus", plus)):
            models.append(
                replace(wan26, id=f"{name}-i2v-{kind}", regions=(region,), parameters=parameters, services=SERVICES)
            )
    return models


def _others() -> list[Model]:
    """§2.4: key frames, all in one, references. Least duration of vace: assumed."""
    five: dict[str, Parameter] = {"duration": Numbers((5,)), **EXTENDED}
    flash = Model(
        "wan2.2-kf2v-flash",
        (BEIJING,),
        "optional",
        {**five, "resolution": ALL},
        services=("image2video",),
        urls={"first_frame_url": ("image", True), "last_frame_url": ("image", True)},
    )
    vace = Model(
        "wanx2.1-vace-plus",
        (BEIJING,),
        "required",
        {"size": Words(P720), "duration": Span(1, 5)},
        functions=("image_reference", "video_repainting", "video_edit", "video_extension", "video_outpainting"),
    )
    plus = replace(flash, id="wanx2.1-kf2v-plus", parameters={**five, "resolution": Words(("720P",))})
    r2v = Model(
        "wan2.6-r2v",
        (BEIJING, SINGAPORE, VIRGINIA, FRANKFURT),
        "required",
        {"size": Words(P720 + P1080), "duration": Span(2, 10), **WATERMARKED, **SHOTS},
        references=5,
    )
    return [
        flash,
        plus,
        replace(plus, id="wan2.1-kf2v-plus", regions=(SINGAPORE,)),
        vace,
        replace(vace, id="wan2.1-vace-plus", regions=(SINGAPORE,)),
        r2v,
        replace(r2v, id="wan2.6-r2v-flash", regions=(BEIJING, SINGAPORE)),
    ]


MODELS = {model.id: model for model in [*_happyhorse(), *_wan_27_and_3(), *_t2v(), *_i2v(), *_others()]}
