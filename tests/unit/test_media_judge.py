"""Media are judged by the form of their URLs first, then in order by what they are; a job is made of what passed."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse.core.clip import Footage, Picture, Reference
from hobbyhorse.core.faults import Fault
from hobbyhorse.core.task import Job, MediaRef
from hobbyhorse.core.validation import RequestForms
from hobbyhorse.service.jobs import JobMaker
from hobbyhorse.service.media import MediaJudge, Owner
from unit.records import CATALOGUE

if TYPE_CHECKING:
    from hobbyhorse.core.catalogue import MediaLimits

pytestmark = pytest.mark.anyio

HERE, OUTSIDE = "http://127.0.0.1:9/", "https://outside.example/"
MP4 = b"\0\0\0\x18ftypisom"
PICTURE = Picture("p", 750, 1000)
FOOTAGE = Footage("f", 640, 360, 6.62, 6.62, 24.0, has_sound=True)


@dataclass
class Outside:
    """Inputs, network and uploads that remember what they were asked for."""

    footage: Footage = FOOTAGE
    asked: list[str] = field(default_factory=list)

    async def keep(self, data: bytes, limits: MediaLimits, name: str = "") -> Picture:
        self.asked.append(f"picture {data!r} of {'/'.join(limits.formats)}")
        return PICTURE

    async def keep_footage(self, data: bytes, limits: MediaLimits, longest: float, name: str = "") -> Footage:
        self.asked.append(f"footage up to {longest:g} s of {'/'.join(limits.formats)}")
        return self.footage

    async def judge_sound(self, data: bytes, limits: MediaLimits, name: str = "") -> float:
        self.asked.append(f"sound of {'/'.join(limits.formats)}")
        return 3.0

    async def fetch(self, url: str, max_mb: float) -> bytes | None:
        self.asked.append(f"fetch {url} up to {max_mb:g} MB")
        if "never" in url:
            await asyncio.Event().wait()
        return None if url.startswith(OUTSIDE) else (MP4 if url.endswith(".mp4") else b"x")

    async def open(self, world: str, key: str, model: str, now: int, max_mb: float) -> bytes | None:
        self.asked.append(f"open {key} for {world} and {model} at {now}, {max_mb:g} MB at most")
        return b"u" if key == "dashscope-instant/a/猫.png" else None


def item(kind: str, url: str) -> dict[str, str]:
    return {"type": kind, "url": url}


async def job(model: str, *media: dict[str, str], outside: Outside | None = None, **more: Any) -> Job:
    outside = outside or Outside()
    row = CATALOGUE.models[model]
    inputs = {"prompt": "p", **({"media": list(media)} if media else {}), **more.pop("inputs", {})}
    request = RequestForms(CATALOGUE).validate(row, {"input": inputs, "parameters": more.pop("parameters", {})})
    maker = JobMaker(CATALOGUE, MediaJudge(outside, outside, outside, more.pop("seconds", 5)))
    return await maker.make(
        row, request, Owner("default", model, 1_000), Random(1), resolves_oss=more.pop("resolves_oss", True)
    )


async def test_a_first_frame_is_decoded_and_decides_the_size() -> None:
    outside = Outside()
    made = await job(
        "happyhorse-1.1-i2v",
        item("first_frame", "data:image/png;base64," + base64.b64encode(b"png").decode()),
        outside=outside,
        parameters={"resolution": "720P"},
    )

    assert outside.asked == ["picture b'png' of JPEG/PNG/WEBP"]
    assert (made.first_frame, made.width, made.height, made.tier) == (PICTURE, 816, 1104, "720P")


async def test_a_url_that_may_be_asked_is_fetched_within_the_rows_size() -> None:
    outside = Outside()
    await job("happyhorse-1.1-i2v", item("first_frame", f"{HERE}a.png"), outside=outside)

    assert outside.asked == [f"fetch {HERE}a.png up to 20 MB", "picture b'x' of JPEG/PNG/WEBP"]


async def test_an_outside_picture_is_named_and_the_clip_is_16_9() -> None:
    made = await job("happyhorse-1.1-i2v", item("first_frame", f"{OUTSIDE}a.png"), parameters={"resolution": "720P"})

    assert made.media == (MediaRef("first_frame", f"{OUTSIDE}a.png"),)
    assert (made.first_frame, made.width, made.height, made.ratio) == (None, 1280, 720, "16:9")


async def test_an_upload_is_opened_for_its_account_and_model() -> None:
    outside = Outside()
    await job("happyhorse-1.1-i2v", item("first_frame", "oss://dashscope-instant/a/猫.png"), outside=outside)

    assert (
        outside.asked[0] == "open dashscope-instant/a/猫.png for default and happyhorse-1.1-i2v at 1000, 20 MB at most"
    )


async def test_an_upload_that_is_not_there_is_the_callers_fault() -> None:
    with pytest.raises(Fault, match=r"^media-not-found"):
        await job("happyhorse-1.1-i2v", item("first_frame", "oss://dashscope-instant/b.png"))


async def test_forms_are_judged_before_anything_is_fetched() -> None:
    outside = Outside()
    with pytest.raises(Fault, match=r"^url-invalid: input\.media\.1\.url"):
        await job(
            "happyhorse-1.1-r2v",
            item("reference_image", f"{HERE}a.png"),
            item("reference_image", "b.png"),
            outside=outside,
        )

    assert outside.asked == []


async def test_what_never_comes_is_a_time_out_that_names_it() -> None:
    with pytest.raises(Fault, match="url-timeout") as found:
        await job(
            "happyhorse-1.1-r2v",
            item("reference_image", f"{HERE}a.png"),
            item("reference_image", f"{HERE}never"),
            seconds=0.05,
        )

    assert found.value.values == {"url": f"{HERE}never"}


async def test_references_are_labelled_in_order_and_unseen_ones_too() -> None:
    made = await job(
        "wan2.7-r2v",
        item("reference_image", f"{HERE}a.png"),
        item("reference_video", f"{HERE}b.mp4"),
        item("reference_image", f"{OUTSIDE}c.png"),
        parameters={"duration": 5},
    )

    assert made.references == (
        Reference("[Image 1]", "a.png", PICTURE),
        Reference("[Video 1]", "b.mp4", FOOTAGE),
        Reference("[Image 2]", f"{OUTSIDE}c.png", None),
    )
    assert made.media == ()


async def test_old_references_are_characters_and_told_apart_by_their_bytes() -> None:
    made = await job("wan2.6-r2v", inputs={"reference_urls": [f"{HERE}a.png", f"{HERE}b.mp4"]})

    assert [(one.label, type(one.picture)) for one in made.references] == [
        ("character1", Picture),
        ("character2", Footage),
    ]


async def test_footage_decides_length_size_and_what_is_counted() -> None:
    made = await job(
        "happyhorse-1.0-video-edit",
        item("video", f"{HERE}a.mp4"),
        parameters={"resolution": "720P", "audio_setting": "origin"},
    )

    assert (made.seconds, made.input_seconds, made.keeps_sound) == (6.62, 6.62, True)
    assert (made.footage, made.width, made.height) == (FOOTAGE, 1280, 720)


async def test_footage_that_is_not_fetched_is_taken_to_last_five_seconds() -> None:
    made = await job("happyhorse-1.0-video-edit", item("video", f"{OUTSIDE}a.mp4"))

    assert (made.seconds, made.input_seconds, made.footage) == (5, 5, None)


async def test_wan_counts_at_most_five_seconds_of_references() -> None:
    made = await job("wan2.7-r2v", item("reference_video", f"{HERE}a.mp4"), parameters={"duration": 4})

    assert (made.seconds, made.input_seconds) == (4, 5)


async def test_a_clip_as_first_frame_is_not_counted_as_input() -> None:
    made = await job("wan2.7-i2v", item("first_clip", f"{HERE}a.mp4"), parameters={"resolution": "720P"})

    assert (made.first_frame, made.input_seconds, made.width, made.height) == (FOOTAGE, 0, 1280, 720)


async def test_videos_may_not_last_longer_together_than_the_model_takes() -> None:
    long = Outside(footage=Footage("f", 640, 360, 8.0, 8.0, 24.0, has_sound=False))
    videos = [item("reference_video", f"{HERE}{name}.mp4") for name in "ab"]

    with pytest.raises(Fault, match=r"^file-duration.*16 s together"):
        await job("wan3.0-video", *videos, outside=long)


async def test_sounds_are_judged_and_only_named() -> None:
    outside = Outside()
    made = await job("wan2.7-t2v", inputs={"audio_url": f"{HERE}a.wav"}, outside=outside)

    assert outside.asked[1:] == ["sound of WAV/MP3"]
    assert made.media == (MediaRef("audio_url", f"{HERE}a.wav"),)


async def test_a_ratio_yields_to_a_first_frame_where_the_row_says_so() -> None:
    media = [item("reference_image", f"{HERE}a.png"), item("first_frame", f"{HERE}b.png")]
    made = await job("wan2.7-r2v", *media, parameters={"resolution": "720P", "ratio": "16:9"})

    assert (made.width, made.height) == (816, 1104)


async def test_an_adaptive_ratio_follows_the_first_frame_and_an_explicit_one_does_not() -> None:
    media = item("first_frame", f"{HERE}b.png")
    follows = await job("wan3.0-video", media, parameters={"resolution": "720P"})
    stays = await job("wan3.0-video", media, parameters={"resolution": "720P", "ratio": "16:9"})

    assert (follows.width, follows.height, follows.ratio) == (816, 1104, "3:4")
    assert (stays.width, stays.height, stays.ratio) == (1280, 720, "16:9")


async def test_only_a_few_requests_hold_files_at_a_time_and_the_others_lose_nothing_by_waiting() -> None:
    class Gated(Outside):
        gate = asyncio.Event()

        async def fetch(self, url: str, max_mb: float) -> bytes | None:
            self.asked.append(url)
            await self.gate.wait()
            return b"x"

    outside = Gated()
    maker = JobMaker(CATALOGUE, MediaJudge(outside, outside, outside, 5))
    row = CATALOGUE.models["happyhorse-1.1-i2v"]
    media = [item("first_frame", f"{HERE}a.png")]
    request = RequestForms(CATALOGUE).validate(row, {"input": {"media": media}})
    owner = Owner("default", row.id, 1_000)
    waiting = [asyncio.create_task(maker.make(row, request, owner, Random(1), resolves_oss=False)) for _ in range(12)]
    for _ in range(20):
        await asyncio.sleep(0)

    assert 8 == len(outside.asked)
    outside.gate.set()
    assert [PICTURE] * 12 == [one.first_frame for one in await asyncio.gather(*waiting)]


async def test_a_prompt_of_megabytes_is_not_kept_whole() -> None:
    made = await job("happyhorse-1.1-t2v", inputs={"prompt": "x" * 1_000_000})

    assert 65_536 == len(made.prompt or "")
