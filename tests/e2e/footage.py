"""Downloading clips and reading them back, and pictures to make them from."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import httpx
import imageio.v3 as iio
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

RED, BLUE = (200, 40, 30), (30, 60, 190)
DOWNLOAD_S = 60.0


@dataclass(frozen=True, slots=True)
class Footage:
    """What a file holds. `size` is width and height; `seconds` is the container's duration."""

    size: tuple[int, int]
    frames: int
    fps: float
    seconds: float
    sound: tuple[str, int, int] | None  # codec, Hz, channels


def download(url: str) -> bytes:
    """Return what a plain GET without any of the API's headers gives. Raises for any status but 200."""
    answer = httpx.get(url, timeout=DOWNLOAD_S, trust_env=False)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "video/mp4"
    assert int(answer.headers["content-length"]) == len(answer.content)
    return answer.content


def read_back(data: bytes) -> Footage:
    """Decode a whole file."""
    with iio.imopen(data, "r", plugin="pyav") as file:
        about = file.metadata()
        frames = [frame.shape for frame in file.iter()]
    assert about["codec"] == "h264"
    (height, width, _) = frames[0]
    assert set(frames) == {(height, width, 3)}
    with av.open(io.BytesIO(data)) as container:
        streams = container.streams.audio
        sound = (streams[0].codec.name, streams[0].rate, streams[0].channels) if streams else None
    return Footage((width, height), len(frames), about["fps"], about["duration"], sound)


def first_picture(data: bytes) -> NDArray[np.uint8]:
    """Return the first frame, RGB."""
    return np.asarray(iio.imread(data, index=0, plugin="pyav"), np.uint8)


def two_colours(width: int, height: int) -> str:
    """Return a picture as a `data:` URL: its left half red, its right half blue."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def shows_two_colours(picture: NDArray[np.uint8]) -> bool:
    """Say whether a frame's left half is red and its right half blue, allowing for what H.264 does to colours."""
    middle = picture.shape[1] // 2
    halves = ((picture[:, : middle - 16], RED), (picture[:, middle + 16 :], BLUE))
    return all(np.abs(np.median(half, axis=(0, 1)) - colour).max() < 12 for half, colour in halves)
