"""A server from Python: it answers inside its block and is gone after it, in a process or in a thread."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from hobbyhorse import ControlError, Emulator, StartError
from hobbyhorse.settings import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

BOTH_WAYS = pytest.mark.parametrize("process", [True, False], ids=["process", "thread"])
END_S = 10.0


def wait_until_closed(url: str) -> None:
    """Return once nobody listens there."""
    parts = urlsplit(url)
    deadline = time.monotonic() + END_S
    with suppress(ConnectionError):
        while time.monotonic() < deadline:
            socket.create_connection((parts.hostname or "", parts.port or 80), timeout=END_S).close()
        raise AssertionError(f"{url} still answers")


@BOTH_WAYS
def test_it_answers_inside_its_block_and_is_gone_after_it(process: bool) -> None:
    before = set(threading.enumerate())  # servers of other tests may run in threads
    with Emulator(process=process, pace="instant") as emulator:
        api, results = emulator.api, emulator.results
        assert emulator.health()["pace"] == "instant"
        assert emulator.control == f"{api}/_hobbyhorse"
        assert (emulator.pid == os.getpid()) is not process
        assert httpx.get(results, trust_env=False).headers["server"] == "AliyunOSS"

    for origin in (api, results):
        with pytest.raises(httpx.ConnectError):
            httpx.get(origin, trust_env=False)
    assert not any(thread.name == "hobbyhorse" for thread in set(threading.enumerate()) - before)


@BOTH_WAYS
def test_one_handle_can_serve_again_and_two_serve_side_by_side(process: bool) -> None:
    emulator = Emulator(process=process)
    with emulator, Emulator(process=process) as other:
        assert emulator.api != other.api
        with pytest.raises(RuntimeError, match="runs already"):
            emulator.start()
    emulator.stop()

    with emulator:
        assert emulator.health()["status"] == "ok"


@BOTH_WAYS
def test_a_server_that_cannot_start_says_why_and_leaves_nothing(process: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartError, match=rf"port {port} on 127\.0\.0\.1 is taken"):
            Emulator(process=process, port=port).start()

    with pytest.raises(StartError, match="did you mean 'cn-beijing'"), Emulator(process=process, region="cn-bejing"):
        pass


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pase": "instant"}, r"no setting 'pase' \(did you mean 'pace'\?\)"),
        ({"pace": "instnat"}, r"'instnat' \(did you mean 'instant'\?\)"),
        ({"port": "many"}, "must be a whole number"),
        ({"ready_file": "ready.json"}, "ready_file"),
    ],
)
def test_a_setting_that_cannot_be_is_told_before_anything_starts(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Emulator(**settings)


@BOTH_WAYS
def test_neither_environment_nor_configuration_sets_it(
    process: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "hobbyhorse.toml").write_text("pace = 'nonsense'")
    (tmp_path / "hobbyhorse").mkdir()
    (tmp_path / "hobbyhorse" / "__init__.py").write_text("raise SystemExit('not the package')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOBBYHORSE_PACE", "realistic")
    monkeypatch.setenv("HOBBYHORSE_CONFIG", str(tmp_path / "hobbyhorse.toml"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    with Emulator(process=process) as emulator:
        assert emulator.health()["pace"] == "quick"


def test_a_handle_that_does_not_run_says_so() -> None:
    emulator = Emulator()

    with pytest.raises(RuntimeError, match="with Emulator"):
        emulator.health()
    with pytest.raises(RuntimeError, match="with Emulator"):
        assert emulator.api


@BOTH_WAYS
def test_a_wide_server_is_reached_by_the_token_that_the_handle_made(process: bool) -> None:
    with Emulator(process=process, host="0.0.0.0") as emulator:
        assert emulator.default.id == "default"
        assert httpx.get(f"{emulator.control}/worlds/default", trust_env=False).status_code == 403

    with Emulator(process=process, control_token="open sesame") as emulator:
        assert emulator.default.id == "default"
        with Emulator.at(f"{emulator.api}/api/v1", token="open sesame") as same:
            assert same.default.keys == emulator.default.keys
        with Emulator.at(emulator.api, token="sesame") as shut, pytest.raises(ControlError, match="control token"):
            shut.find("default")


def test_a_handle_of_someone_elses_server_neither_starts_nor_stops_it(hobbyhorse: Emulator) -> None:
    with Emulator.at(hobbyhorse.api) as same:
        assert (same.api, same.control, same.pid) == (hobbyhorse.api, hobbyhorse.control, None)
        assert same.results == hobbyhorse.results
        with same.world(name="mine") as world:
            assert hobbyhorse.find(world.id).name == "mine"

    assert hobbyhorse.health()["status"] == "ok"


def test_where_no_server_is_a_handle_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

    with pytest.raises(StartError, match=rf"no emulator answers at {url}.*refused"), Emulator.at(url):
        pass


HOLDER = """
import sys
from hobbyhorse import Emulator
emulator = Emulator().start()
print(emulator.api, emulator.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, None], ids=["killed", "ended", "left"])
def test_no_server_outlives_the_process_that_started_it(number: signal.Signals | None) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        url = holder.stdout.readline().decode().split()[0]
        assert httpx.get(f"{url}/_hobbyhorse/health", trust_env=False).status_code == 200

        if number is None:
            holder.stdin.close()  # the program ends by itself, with nobody having said stop
        else:
            holder.send_signal(number)

        assert holder.wait(END_S) == (0 if number is None else -number)
    wait_until_closed(url)


LEAVER = """
import sys
from hobbyhorse import Emulator
emulator = Emulator(process=sys.argv[1] == "True").start()
emulator.world()
"""


@BOTH_WAYS
def test_a_program_that_ends_without_stopping_leaves_no_files_and_no_warning(process: bool, tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", LEAVER, str(process)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert said.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_a_terminal_reaches_the_program_and_not_its_server() -> None:
    with Emulator() as emulator:
        assert emulator.pid is not None
        assert os.getpgid(emulator.pid) != os.getpgid(0)


def test_its_log_is_there_to_be_read() -> None:
    with Emulator() as emulator:
        httpx.post(f"{emulator.api}/api/v1/services/aigc/video-generation/video-synthesis", trust_env=False)
        assert "InvalidApiKey" in emulator.log()

    assert emulator.log() == ""


@BOTH_WAYS
def test_a_server_with_tls_is_trusted_by_the_handle_and_by_clients_with_its_environment(process: bool) -> None:
    with Emulator(process=process, tls=True) as emulator, emulator.world() as world:
        env = world.env()
        assert emulator.api.startswith("https://")
        assert env["DASHSCOPE_HTTP_BASE_URL"].startswith("https://")
        assert env["SSL_CERT_FILE"] == env["REQUESTS_CA_BUNDLE"] == emulator.authority
        trusted = ssl.create_default_context(cafile=env["SSL_CERT_FILE"])
        assert httpx.get(f"{emulator.control}/health", trust_env=False, verify=trusted).status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(emulator.results, trust_env=False)
