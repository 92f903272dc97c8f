"""`Client().videos` and `AsyncClient().videos`, the second generation of the official SDK, unmodified."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

pytestmark = pytest.mark.parametrize("videos", ["Client.videos", "AsyncClient.videos"])


def test_generate_waits_for_a_clip_that_can_be_read(world: World, tmp_path: Path, videos: str) -> None:
    with using(world, tmp_path) as sdk:
        job = sdk(
            f"{videos}.generate",
            model=T2V,
            prompt="纸马在夜里奔跑",
            ratio="1:1",
            poll_interval=0.5,
            max_interval=0.5,
            **SMALL,
        )

    assert job["succeeded"] is True
    assert job["status"] == "SUCCEEDED"
    assert job["output"]["orig_prompt"] == "纸马在夜里奔跑"
    assert job["submitted_at"] <= job["scheduled_at"] <= job["finished_at"]
    usage = {"duration": 3, "input_video_duration": 0, "output_video_duration": 3, "video_count": 1, "SR": 480}
    assert {**usage, "ratio": "1:1"}.items() <= job["usage"].items()
    clip = read_back(download(job["video_url"]))
    assert clip == Footage(size=(624, 624), frames=72, fps=24, seconds=3, sound=("aac", 48000, 2))


def test_a_data_picture_is_the_first_frame(sdk: Sdk, videos: str) -> None:
    media = [{"type": "first_frame", "url": two_colours(750, 1000)}]
    submitted = sdk(f"{videos}.jobs.create", model=I2V, prompt="it rains", media=media, resolution="720P", duration=3)
    assert submitted["status"] == "PENDING"

    job = sdk(f"{videos}.jobs.wait", job=submitted["task_id"])

    assert job["succeeded"] is True
    assert sdk(f"{videos}.jobs.fetch", task_id=submitted["task_id"])["video_url"] == job["video_url"]
    data = download(job["video_url"])
    assert read_back(data).size == (816, 1104)
    assert shows_two_colours(first_picture(data))


def test_image_url_is_a_first_frame_of_wan(sdk: Sdk, videos: str) -> None:
    picture = two_colours(750, 1000)
    job = sdk(
        f"{videos}.generate", model="wan2.7-i2v", image_url=picture, resolution="720P", duration=2, poll_interval=0.1
    )

    data = download(job["video_url"])

    assert read_back(data) == Footage(size=(816, 1104), frames=60, fps=30, seconds=2, sound=("aac", 48000, 2))
    assert shows_two_colours(first_picture(data))


def test_a_picture_on_the_web_gets_a_placeholder(sdk: Sdk, videos: str) -> None:
    media = [{"type": "first_frame", "url": "http://pictures.example/horse.png"}]

    job = sdk(f"{videos}.generate", model=I2V, media=media, poll_interval=0.1, **SMALL)

    assert read_back(download(job["video_url"])).size == (832, 480)


def test_a_pending_task_is_listed_and_canceled(standing_sdk: Sdk, videos: str) -> None:
    task = standing_sdk(f"{videos}.jobs.create", model=T2V, prompt="a paper horse")["task_id"]
    page = standing_sdk(f"{videos}.jobs.list", status="PENDING", model_name=T2V, page_size=1)

    canceled = standing_sdk(f"{videos}.jobs.cancel", task_id=task)
    assert canceled.get("is_error") is False
    waited = standing_sdk(f"{videos}.jobs.wait", job=task)
    again = standing_sdk(f"{videos}.jobs.cancel", task_id=task)

    # this client looks for its rows under `tasks`, the API has them under `data`: it counts them and shows none
    assert page["total"] >= 1
    assert page["tasks"] == []
    assert waited["raised"] == "DashScopeError"
    assert waited["text"].startswith(f"<DashScopeError> task {task} was canceled while waiting")
    assert (again["raised"], again["status_code"], again["code"]) == ("BadRequestError", 400, "UnsupportedOperation")


def test_a_task_fails_with_its_reason(sdk: Sdk, videos: str) -> None:
    error = sdk(f"{videos}.generate", model=T2V, prompt="a paper horse", duration=99, poll_interval=0.1)

    assert (error["raised"], error["status_code"], error["code"]) == ("BadRequestError", 200, "InvalidParameter")
    assert "Input should be less than or equal to 15: parameters.duration" in error["text"]


def test_a_key_of_another_region_is_no_key(sdk: Sdk, instant: World, videos: str) -> None:
    key = instant.keys["singapore"].key

    error = sdk(f"{videos}.jobs.create", model=T2V, prompt="a paper horse", api_key=key)

    assert (error["raised"], error["status_code"], error["code"]) == ("AuthenticationError", 401, "InvalidApiKey")
    assert error["request_id"] in error["text"]


def test_after_a_day_the_task_is_unknown(sdk: Sdk, instant: World, videos: str) -> None:
    task = sdk(f"{videos}.jobs.create", model=T2V, prompt="a paper horse")["task_id"]

    instant.clock.advance(DAY)

    job = sdk(f"{videos}.jobs.wait", job=task)
    assert job["status"] == "UNKNOWN"
    assert job["succeeded"] is False
    assert job["output"] == {"task_id": task, "task_status": "UNKNOWN"}
