"""Callers' media, from the caller's disk or the network into the pictures and the sound of the clip."""

from __future__ import annotations

import asyncio
import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import httpx
import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

import hobbyhorse_fixtures
from hobbyhorse import Emulator, World
from hobbyhorse.media.drawing.board import tiles
from wire.media_site import serving

from .footage import download, first_picture, read_back, shows_two_colours, two_colours
from .sdk import using

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA = Path(hobbyhorse_fixtures.__file__).parent / "media"
CREATE = "/services/aigc/video-generation/video-synthesis"
COLOURS = [
    (200, 40, 30), (30, 140, 60), (40, 70, 200), (220, 180, 40), (150, 50, 160),
    (40, 170, 180), (230, 120, 30), (120, 120, 120), (110, 70, 40),
]  # fmt: skip
SECONDS = ((200, 60, 40), (40, 140, 60), (50, 80, 190))  # of footage.mp4


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving() as base:
        yield base


def picture_of(colour: tuple[int, int, int]) -> str:
    file = io.BytesIO()
    Image.new("RGB", (480, 480), colour).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def client_of(world: World) -> httpx.Client:
    headers = {"Authorization": f"Bearer {world.key}", "X-DashScope-Async": "enable"}
    return httpx.Client(base_url=world.base_url(), headers=headers, trust_env=False, timeout=60)


def made(world: World, model: str, inputs: dict[str, Any], **parameters: Any) -> bytes:
    """Submit a task, ask once (the pace is instant) and download."""
    with client_of(world) as client:
        body = {"model": model, "input": {"prompt": "a paper horse", **inputs}, "parameters": parameters}
        task = client.post(CREATE, json=body).json()["output"]["task_id"]
        output = client.get(f"/tasks/{task}").json()["output"]
    assert output["task_status"] == "SUCCEEDED", output
    return download(output["video_url"])


def is_near(pixels: np.ndarray[Any, Any], colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(np.median(pixels.reshape(-1, 3), axis=0) - colour).max() < 16)


@pytest.mark.parametrize("way", ["path", "file://"])
def test_the_sdk_uploads_a_file_with_a_chinese_name_which_is_frame_0(instant: World, tmp_path: Path, way: str) -> None:
    local = tmp_path / "夜晚的 纸马.png"
    local.write_bytes(base64.b64decode(two_colours(750, 1000).partition(",")[2]))
    url = str(local) if way == "path" else f"file://{local}"

    with using(instant, tmp_path) as sdk:
        answer = sdk(
            "VideoSynthesis.call",
            model="happyhorse-1.1-i2v",
            prompt="it rains",
            media=[{"type": "first_frame", "url": url}],
            resolution="720P",
            duration=3,
        )

    assert answer["output"]["task_status"] == "SUCCEEDED"
    assert shows_two_colours(first_picture(download(answer["output"]["video_url"])))


def test_nine_references_are_each_found_at_their_place(instant: World) -> None:
    media = [{"type": "reference_image", "url": picture_of(colour)} for colour in COLOURS]
    data = made(instant, "happyhorse-1.1-r2v", {"media": media}, resolution="720P", duration=3)
    picture = np.asarray(iio.imread(data, index=30, plugin="pyav"))

    places = tiles(9, 1280, 720)
    assert len(places) == 9
    for box, colour in zip(places, COLOURS, strict=True):
        middle, centre = (box.top + box.bottom) // 2, (box.left + box.right) // 2
        assert is_near(picture[middle - 6 : middle + 6, centre - 6 : centre + 6], colour)


def test_footage_is_seen_second_by_second_and_its_tone_is_heard(instant: World, site: str) -> None:
    media = [{"type": "video", "url": f"{site}/footage.mp4"}]
    data = made(
        instant,
        "happyhorse-1.0-video-edit",
        {"media": media},
        resolution="720P",
        audio_setting="origin",
        watermark=False,
    )

    clip = read_back(data)
    assert (clip.size, clip.frames, clip.seconds) == ((1280, 720), 72, 3)
    for second, colour in enumerate(SECONDS):
        picture = np.asarray(iio.imread(data, index=second * 24 + 12, plugin="pyav"))
        assert is_near(picture[300:420, 560:720], colour), second
    assert abs(pitch(data) - 440) < 3


def test_another_sound_takes_the_footages_place_with_auto(instant: World, site: str) -> None:
    media = [{"type": "video", "url": f"{site}/footage.mp4"}]
    data = made(instant, "happyhorse-1.0-video-edit", {"media": media}, resolution="720P", audio_setting="auto")

    assert abs(pitch(data) - 440) > 3


def test_footage_is_judged_for_a_server_in_a_thread_too(site: str) -> None:
    with Emulator(process=False) as emulator, emulator.world(pace="instant") as world:
        media = [{"type": "video", "url": f"{site}/footage.mp4"}]

        assert read_back(made(world, "happyhorse-1.0-video-edit", {"media": media}, resolution="720P")).seconds == 3


def pitch(data: bytes) -> float:
    """Return the loudest frequency of a clip's sound, in Hz."""
    with av.open(io.BytesIO(data), "r") as file:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
        rate = file.streams.audio[0].rate
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(np.argmax(spectrum) * rate / len(sound))


def test_a_finished_clip_can_be_the_next_ones_footage(instant: World) -> None:
    with client_of(instant) as client:
        body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "p"}, "parameters": {"resolution": "480P"}}
        task = client.post(CREATE, json=body).json()["output"]["task_id"]
        url = client.get(f"/tasks/{task}").json()["output"]["video_url"]

    again = made(instant, "happyhorse-1.0-video-edit", {"media": [{"type": "video", "url": url}]}, resolution="720P")

    assert read_back(again).seconds == 5


def resident(emulator: Emulator) -> int:
    """Return the server's peak resident memory in MB."""
    status = Path(f"/proc/{emulator.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) // 1024


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="resident memory is read from /proc, which is Linux's"
)
def test_two_hundred_clips_pulled_at_once_stay_in_bounded_memory() -> None:
    async def pull(client: httpx.AsyncClient, number: int) -> int:
        body = {
            "model": "happyhorse-1.1-t2v",
            "input": {"prompt": f"clip {number}"},
            "parameters": {"resolution": "480P", "duration": 3},
        }
        task = (await client.post(CREATE, json=body)).json()["output"]["task_id"]
        output = (await client.get(f"/tasks/{task}")).json()["output"]
        answer = await client.get(output["video_url"], headers={"Authorization": ""})
        assert answer.status_code == 200, answer.text
        return len(answer.content)

    async def pull_all(emulator: Emulator, world: World, numbers: range) -> list[int]:
        limits = httpx.Limits(max_connections=200)
        headers = {"X-DashScope-Async": "enable"}
        base = f"{emulator.api}/api/v1"
        async with httpx.AsyncClient(
            base_url=base, headers=headers, limits=limits, timeout=60, trust_env=False
        ) as client:
            client.auth = _OnlyForTheApi(world.key)
            return list(await asyncio.gather(*(pull(client, number) for number in numbers)))

    with Emulator(cache_mb=8) as emulator, emulator.world(pace="instant") as world:
        asyncio.run(pull_all(emulator, world, range(8)))  # fonts, codecs and plates are loaded once
        before = resident(emulator)
        sizes = asyncio.run(pull_all(emulator, world, range(200)))
        grown = resident(emulator) - before

    assert len(sizes) == 200
    # 200 clips in memory at once would be some 25 MB, a render 20: what may stay is the cache's 8 MB and two renders
    assert grown < 96, f"{grown} MB for {sum(sizes) >> 20} MB of clips"


class _OnlyForTheApi(httpx.Auth):
    """Sends the key to the API and not to the result origin."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        if request.url.path.startswith("/api/"):
            request.headers["Authorization"] = f"Bearer {self._key}"
        else:
            request.headers.pop("Authorization", None)
        yield request
