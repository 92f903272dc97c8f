"""The official `dashscope video-synthesis` command, unmodified, a process each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .footage import Footage, download, first_picture, read_back, shows_two_colours, two_colours
from .sdk import environment

if TYPE_CHECKING:
    from hobbyhorse import World

T2V = "happyhorse-1.1-t2v"
COMMAND_S = 60


def dashscope(world: World, home: Path, *words: str, key: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("dashscope")), "video-synthesis", *words]
    # rich breaks lines at the terminal's width
    wide = {**environment(world, home, key), "COLUMNS": "1000"}
    return subprocess.run(command, env=wide, capture_output=True, text=True, timeout=COMMAND_S, check=False)


def printed(said: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Return the JSON documents that a command printed one after the other."""
    assert said.returncode == 0, said.stderr
    documents, text = [], said.stdout.strip()
    while text:
        document, end = json.JSONDecoder().raw_decode(text)
        documents.append(document)
        text = text[end:].strip()
    return documents


def test_create_waits_for_a_clip_that_can_be_read(instant: World, tmp_path: Path) -> None:
    options = ["--resolution", "480P", "--ratio", "16:9", "--duration", "3", "--seed", "7", "--no-watermark"]

    output, usage = printed(dashscope(instant, tmp_path, "create", "-m", T2V, "-p", "纸马在夜里奔跑", *options))

    assert output["task_status"] == "SUCCEEDED"
    assert output["orig_prompt"] == "纸马在夜里奔跑"
    assert (usage["duration"], usage["SR"], usage["ratio"]) == (3, 480, "16:9")
    clip = read_back(download(output["video_url"]))
    assert clip == Footage(size=(832, 480), frames=72, fps=24, seconds=3, sound=("aac", 48000, 2))
    assert printed(dashscope(instant, tmp_path, "fetch", output["task_id"])) == [output]
    assert printed(dashscope(instant, tmp_path, "wait", output["task_id"])) == [output]


def test_create_from_a_picture(instant: World, tmp_path: Path) -> None:
    options = ["--img-url", two_colours(640, 360), "--resolution", "720P", "--duration", "2"]

    output, _ = printed(dashscope(instant, tmp_path, "create", "-m", "wan2.6-i2v", *options))

    data = download(output["video_url"])
    assert read_back(data) == Footage(size=(1280, 720), frames=60, fps=30, seconds=2, sound=("aac", 48000, 2))
    assert shows_two_colours(first_picture(data))


def test_create_from_a_picture_on_the_web(instant: World, tmp_path: Path) -> None:
    options = ["--img-url", "https://pictures.example/horse.png", "--resolution", "480P", "--duration", "5"]

    output, _ = printed(dashscope(instant, tmp_path, "create", "-m", "wan2.5-i2v-preview", *options))

    assert read_back(download(output["video_url"])).size == (832, 480)


def test_a_pending_task_is_listed_and_canceled(standing: World, submitted: str, tmp_path: Path) -> None:
    listed = printed(dashscope(standing, tmp_path, "list", "--status", "PENDING", "--size", "100"))[0]
    canceled = dashscope(standing, tmp_path, "cancel", submitted)
    again = dashscope(standing, tmp_path, "cancel", submitted)

    assert submitted in {row["task_id"] for row in listed["data"]}
    assert canceled.returncode == 0, canceled.stderr
    assert "success" in canceled.stdout
    assert again.returncode == 3  # what this command makes of a 400
    assert "code: UnsupportedOperation" in again.stderr


def test_a_failed_task_is_told_with_its_reason(instant: World, tmp_path: Path) -> None:
    created = dashscope(instant, tmp_path, "create", "-m", T2V, "-p", "a paper horse", "--duration", "99")
    task = printed(created)[0]

    fetched = dashscope(instant, tmp_path, "fetch", task["task_id"])

    assert task["task_status"] == "FAILED"
    assert fetched.returncode == 3
    assert "code: InvalidParameter" in fetched.stderr
    assert "Input should be less than or equal to 15: parameters.duration" in fetched.stderr


def test_a_key_of_another_region_is_no_key(standing: World, tmp_path: Path) -> None:
    refused = dashscope(standing, tmp_path, "list", key="singapore")

    assert refused.returncode == 2  # what this command makes of a 401
    assert "code: InvalidApiKey, message: Invalid API-key provided." in refused.stderr
