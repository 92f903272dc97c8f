"""A browser plays a clip from its result URL to the end. Needs Chromium; nothing else is installed for it."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from .footage import two_colours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .sdk import Sdk

PLAYER = Path(__file__).with_name("player.html")
NAMES = ("chromium", "chromium-browser", "google-chrome")
VERDICT_S = 60.0
LOOK_S = 0.1
END_S = 10.0
# The page is our own, so no sandbox is needed (and root may not have one). The rest keeps it off the network and still.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-breakpad",
    "--no-proxy-server",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    why = f"no browser found: none of {', '.join(NAMES)} is installed"
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


class Stage:
    """A small web server with the player page, which takes its verdict."""

    def __init__(self) -> None:
        self.verdicts: queue.Queue[dict[str, Any]] = queue.Queue()
        stage = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                is_page = self.path.startswith("/?")
                body = PLAYER.read_bytes() if is_page else b""
                self.send_response(200 if is_page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                stage.verdicts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def page(self, clip: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/?{urlencode({'clip': clip})}"


@contextmanager
def staged() -> Iterator[Stage]:
    stage = Stage()
    thread = threading.Thread(target=stage.server.serve_forever)
    thread.start()
    try:
        yield stage
    finally:
        stage.server.shutdown()
        stage.server.server_close()
        thread.join()


def play(chromium: str, clip: str, folder: Path) -> dict[str, Any]:
    """Return the player's verdict on a clip. Waits for the verdict, the browser's end, or 60 s."""
    log = folder / "chromium.log"
    with staged() as stage, log.open("wb") as output:
        command = [chromium, *FLAGS, f"--user-data-dir={folder / 'profile'}", stage.page(clip)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as browser:
            try:
                deadline = time.monotonic() + VERDICT_S
                while time.monotonic() < deadline and browser.poll() is None:
                    try:
                        return stage.verdicts.get(timeout=LOOK_S)
                    except queue.Empty:
                        continue
            finally:
                browser.terminate()
                try:
                    browser.wait(END_S)
                except subprocess.TimeoutExpired:
                    browser.kill()
    raise RuntimeError(f"no verdict from the browser:\n{log.read_text('utf-8', 'replace')}")


@pytest.mark.parametrize(
    ("job", "size", "seconds", "fps"),
    [
        pytest.param(
            {"model": "happyhorse-1.1-t2v", "prompt": "纸马在夜里奔跑", "resolution": "480P", "duration": 3},
            (832, 480), 3.0, 24, id="text",
        ),
        pytest.param(
            {"model": "wan2.6-i2v", "img_url": two_colours(750, 1000), "resolution": "720P", "duration": 2},
            (816, 1104), 2.0, 30, id="picture",
        ),
    ],
)  # fmt: skip
def test_a_clip_plays_to_its_end(
    sdk: Sdk, chromium: str, tmp_path: Path, job: dict[str, Any], size: tuple[int, int], seconds: float, fps: int
) -> None:
    task = sdk("VideoSynthesis.call", **job)

    seen = play(chromium, task["output"]["video_url"], tmp_path)

    assert seen["events"] == ["loadedmetadata", "playing", "ended", "seeked"]
    assert (seen["width"], seen["height"]) == size
    assert seen["duration"] == seconds
    assert seen["played"] == [0, seconds]
    # the last frames may still be on their way when the sound has ended; a busy machine may drop some
    assert seconds * fps - 3 <= seen["frames"] <= seconds * fps
    assert seen["dropped"] <= seen["frames"] / 4
    assert seen["corrupted"] == 0
    assert seen["audio"] > 0
    # and it can be searched: the picture in the middle is found
    assert seen["middle"] == pytest.approx(seconds / 2)
