"""`VideoSynthesis` and `AioVideoSynthesis` of the official SDK, unmodified, against a server in another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from .footage import Footage, download, first_picture, read_back, shows_two_colours, two_colours
from .sdk import using

if TYPE_CHECKING:
    from pathlib import Path

    from hobbyhorse import World

    from .sdk import Sdk

T2V, I2V = "happyhorse-1.1-t2v", "happyhorse-1.1-i2v"
SMALL = {"resolution": "480P", "duration": 3}
DAY = 24 * 3600
SOUND = ("aac", 48000, 2)

pytestmark = pytest.mark.parametrize("api", ["VideoSynthesis", "AioVideoSynthesis"])


def test_call_waits_for_a_clip_that_can_be_read(world: World, tmp_path: Path, api: str) -> None:
    with using(world, tmp_path) as sdk:
        answer = sdk(f"{api}.call", model=T2V, prompt="纸马在夜里奔跑", ratio="9:16", seed=7, **SMALL)

    assert answer["status_code"] == 200
    assert answer["output"]["task_status"] == "SUCCEEDED"
    assert answer["output"]["orig_prompt"] == "纸马在夜里奔跑"
    usage = {"duration": 3, "input_video_duration": 0, "output_video_duration": 3, "video_count": 1, "SR": 480}
    # the SDK adds the last two of its own
    assert answer["usage"] == {**usage, "ratio": "9:16", "video_duration": 0, "video_ratio": ""}
    assert all(type(answer["usage"][name]) is int for name in usage)
    clip = read_back(download(answer["output"]["video_url"]))
    assert clip == Footage(size=(480, 832), frames=72, fps=24, seconds=3, sound=SOUND)


def test_a_task_is_submitted_waited_for_and_fetched(sdk: Sdk, api: str) -> None:
    submitted = sdk(f"{api}.async_call", model=T2V, prompt="a paper horse", **SMALL)
    assert submitted["status_code"] == 200
    assert submitted["output"] == {"task_id": submitted["output"]["task_id"], "task_status": "PENDING", "video_url": ""}

    waited = sdk(f"{api}.wait", task=submitted["output"]["task_id"])
    fetched = sdk(f"{api}.fetch", task=submitted["output"]["task_id"])

    assert waited["output"]["task_status"] == "SUCCEEDED"
    assert fetched["output"] == waited["output"]
    assert read_back(download(fetched["output"]["video_url"])).size == (832, 480)


def test_a_data_picture_is_the_first_frame_and_sets_the_ratio(sdk: Sdk, api: str) -> None:
    media = [{"type": "first_frame", "url": two_colours(750, 1000)}]

    answer = sdk(f"{api}.call", model=I2V, prompt="it rains", media=media, resolution="720P", duration=3)

    assert answer["output"]["task_status"] == "SUCCEEDED"
    assert "ratio" not in answer["usage"]
    data = download(answer["output"]["video_url"])
    # the one documented example: 750 x 1000 at 720P gives 816 x 1104
    assert read_back(data) == Footage(size=(816, 1104), frames=72, fps=24, seconds=3, sound=SOUND)
    assert shows_two_colours(first_picture(data))


def test_a_picture_on_the_web_gets_a_placeholder(sdk: Sdk, api: str) -> None:
    media = [{"type": "first_frame", "url": "https://pictures.example/horse.png"}]

    answer = sdk(f"{api}.call", model=I2V, prompt="it rains", media=media, **SMALL)

    assert answer["output"]["task_status"] == "SUCCEEDED"
    assert read_back(download(answer["output"]["video_url"])).size == (832, 480)


def test_a_clip_without_audio_has_no_sound_track(sdk: Sdk, api: str) -> None:
    picture = two_colours(640, 360)

    answer = sdk(f"{api}.call", model="wan2.6-i2v-flash", img_url=picture, resolution="720P", duration=2, audio=False)

    assert answer["usage"]["audio"] is False
    clip = read_back(download(answer["output"]["video_url"]))
    assert clip == Footage(size=(1280, 720), frames=60, fps=30, seconds=2, sound=None)


def test_tasks_are_listed_and_filtered(standing_sdk: Sdk, api: str) -> None:
    model = {"VideoSynthesis": "wan2.5-t2v-preview", "AioVideoSynthesis": "wan2.2-t2v-plus"}[api]
    created = [
        standing_sdk(f"{api}.async_call", model=model, prompt=f"horse {number}")["output"]["task_id"]
        for number in range(3)
    ]

    first = standing_sdk(f"{api}.list", model_name=model, status="PENDING", page_no=1, page_size=2)
    second = standing_sdk(f"{api}.list", model_name=model, region="cn-beijing", page_no=2, page_size=2)
    none = standing_sdk(f"{api}.list", model_name=model, status="SUCCEEDED")

    assert first["status_code"] == 200
    page = {name: value for name, value in first["output"].items() if name != "data"}
    assert page == {"total": 3, "total_page": 2, "page_no": 1, "page_size": 2}
    listed = [row["task_id"] for answer in (first, second) for row in answer["output"]["data"]]
    assert sorted(listed) == sorted(created)
    assert none["output"]["total"] == 0
    assert none["output"]["data"] == []


def test_a_pending_task_is_canceled_and_only_once(standing_sdk: Sdk, api: str) -> None:
    task = standing_sdk(f"{api}.async_call", model=T2V, prompt="a paper horse")["output"]["task_id"]

    canceled = standing_sdk(f"{api}.cancel", task=task)
    assert canceled["status_code"] == 200
    waited = standing_sdk(f"{api}.wait", task=task)
    again = standing_sdk(f"{api}.cancel", task=task)

    assert waited["status_code"] == 200
    assert waited["output"]["task_status"] == "CANCELED"
    assert (again["status_code"], again["code"]) == (400, "UnsupportedOperation")
    assert again["message"] == "Failed to cancel the task, please confirm if the task is in PENDING status."


def test_a_finished_task_cannot_be_canceled(sdk: Sdk, api: str) -> None:
    task = sdk(f"{api}.call", model=T2V, prompt="a paper horse")["output"]["task_id"]

    refused = sdk(f"{api}.cancel", task=task)

    assert (refused["status_code"], refused["code"]) == (400, "UnsupportedOperation")
    assert sdk(f"{api}.fetch", task=task)["output"]["task_status"] == "SUCCEEDED"


def test_a_task_fails_with_its_reason(sdk: Sdk, api: str) -> None:
    answer = sdk(f"{api}.call", model=T2V, prompt="a paper horse", duration=99)

    assert answer["status_code"] == 200
    assert not answer["code"]
    assert answer["output"]["task_status"] == "FAILED"
    assert answer["output"]["code"] == "InvalidParameter"
    assert answer["output"]["message"] == "Input should be less than or equal to 15: parameters.duration"
    assert answer["output"]["video_url"] == ""
    assert answer["usage"] is None


def test_a_picture_where_the_model_does_not_look_fails(sdk: Sdk, api: str) -> None:
    answer = sdk(f"{api}.call", model=I2V, prompt="it rains", img_url="https://pictures.example/horse.png")

    assert answer["output"]["task_status"] == "FAILED"
    assert answer["output"]["message"] == "Field required: input.media"


def test_a_key_of_another_region_is_no_key(sdk: Sdk, instant: World, api: str) -> None:
    submit = {"model": T2V, "prompt": "a paper horse", "api_key": instant.keys["singapore"].key}

    refused = sdk(f"{api}.async_call", **submit)
    raised = sdk(f"{api}.call", **submit)
    there = sdk(f"{api}.async_call", **submit, base_address=instant.base_url("ap-southeast-1"))

    assert (refused["status_code"], refused["code"]) == (401, "InvalidApiKey")
    assert refused["message"] == "Invalid API-key provided."
    assert raised["raised"] == "InvalidTask"
    assert "Invalid API-key provided." in raised["text"]
    assert there["output"]["task_status"] == "PENDING"


def test_a_model_that_does_not_exist_is_refused(sdk: Sdk, api: str) -> None:
    refused = sdk(f"{api}.async_call", model="happyhorse-9.9-t2v", prompt="a paper horse")

    assert (refused["status_code"], refused["code"]) == (400, "InvalidParameter")
    assert refused["message"] == "Model not exist."
    assert refused["output"] is None


def test_after_a_day_the_task_is_unknown_and_its_url_expired(sdk: Sdk, instant: World, api: str) -> None:
    answer = sdk(f"{api}.call", model=T2V, prompt="a paper horse", **SMALL)
    task, url = answer["output"]["task_id"], answer["output"]["video_url"]
    instant.clock.advance(DAY - 1)
    assert sdk(f"{api}.fetch", task=task)["output"]["task_status"] == "SUCCEEDED"
    assert download(url)

    instant.clock.advance(1)

    expired = httpx.get(url, trust_env=False)
    assert expired.status_code == 403
    assert expired.headers["content-type"] == "application/xml"
    assert "<Code>AccessDenied</Code>" in expired.text
    assert "<Message>Request has expired.</Message>" in expired.text
    forgotten = sdk(f"{api}.wait", task=task)
    assert forgotten["status_code"] == 200
    assert forgotten["output"] == {"task_id": task, "task_status": "UNKNOWN", "video_url": ""}
