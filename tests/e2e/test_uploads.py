"""Files that the official SDK uploads from this machine, and a large one sent through a real socket."""

from __future__ import annotations

import base64
import http.client
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from .footage import download, first_picture, read_back, shows_two_colours, two_colours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator, World

    from .sdk import Sdk

MB = 1 << 20
I2V, R2V = "happyhorse-1.1-i2v", "happyhorse-1.1-r2v"
SMALL = {"resolution": "480P", "duration": 3}
NAME = "纸马 与 “风”.png"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture with a Chinese name: its left half red, its right half blue, higher than wide."""
    path = tmp_path / NAME
    path.write_bytes(base64.b64decode(two_colours(450, 600).partition(",")[2]))
    return path


@pytest.mark.parametrize("api", ["VideoSynthesis", "AioVideoSynthesis"])
@pytest.mark.parametrize("given", ["file://{}", "{}"], ids=["file://", "path"])
def test_a_local_picture_is_uploaded_and_becomes_the_first_frame(sdk: Sdk, picture: Path, api: str, given: str) -> None:
    media = [{"type": "first_frame", "url": given.format(picture)}]

    answer = sdk(f"{api}.call", model=I2V, prompt="it rains", media=media, **SMALL)

    assert answer["output"]["task_status"] == "SUCCEEDED", answer
    data = download(answer["output"]["video_url"])
    width, height = read_back(data).size
    assert width / height == pytest.approx(450 / 600, abs=0.03)
    assert shows_two_colours(first_picture(data))


def test_files_of_one_name_do_not_disturb_each_other(sdk: Sdk, picture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "another"
    folder.mkdir()
    other = folder / NAME
    other.write_bytes(picture.read_bytes())
    media = [{"type": "reference_image", "url": str(path)} for path in (picture, other, picture)]

    answer = sdk("VideoSynthesis.call", model=R2V, prompt="[Image 1] and [Image 2]", media=media, **SMALL)

    assert answer["output"]["task_status"] == "SUCCEEDED", answer


def test_a_file_that_is_no_picture_is_looked_at(sdk: Sdk, tmp_path: Path) -> None:
    path = tmp_path / "纸.png"
    path.write_bytes(b"not a picture")

    answer = sdk("VideoSynthesis.call", model=I2V, media=[{"type": "first_frame", "url": str(path)}], **SMALL)

    assert answer["output"]["task_status"] == "FAILED"
    assert answer["output"]["message"] == "Failed to decode the image during the data inspection."


def granted(world: World) -> dict[str, Any]:
    query = {"action": "getPolicy", "model": I2V}
    headers = {"Authorization": f"Bearer {world.key}"}
    answer = httpx.get(f"{world.base_url()}/uploads", params=query, headers=headers, trust_env=False)
    data: dict[str, Any] = answer.json()["data"]
    return data


def form(policy: dict[str, Any], size: int) -> Iterator[bytes]:
    """Yield a form whose file has so many zeros."""
    fields = {
        "OSSAccessKeyId": policy["oss_access_key_id"],
        "policy": policy["policy"],
        "Signature": policy["signature"],
        "key": f"{policy['upload_dir']}/big",
        "x-oss-object-acl": "private",
        "x-oss-forbid-overwrite": "true",
        "success_action_status": "200",
    }
    for name, text in fields.items():
        yield f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="big"\r\n\r\n'
    for _ in range(size // MB):
        yield bytes(MB)
    yield b"\r\n--b--\r\n"


def peak(pid: int | None) -> int:
    """Return the most memory a process ever had, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_large_file_never_lies_in_memory(hobbyhorse: Emulator, instant: World) -> None:
    policy = granted(instant)
    before = peak(hobbyhorse.pid)
    target = urlsplit(policy["upload_host"])
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    connection.request("POST", target.path, body=form(policy, 200 * MB), headers=headers, encode_chunked=True)
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (200, b"")
    connection.close()
    assert peak(hobbyhorse.pid) - before < 32 * MB
