"""`hobbyhorse serve` as a process: its settings, its ready file, its end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from servers import BEIJING_KEY, bare_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

START_S = 30.0
LOOK_S = 0.02
END_S = 4.0  # less than the grace that answers in flight are given
CREATE = "/api/v1/services/aigc/video-generation/video-synthesis"
SINGAPORE_KEY = "sk-facade00000000000000000000000051"
BODY = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}
HEADERS = {"Authorization": f"Bearer {BEIJING_KEY}", "X-DashScope-Async": "enable"}
BOTH_SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[bytes]
    said: dict[str, Any]
    ready: Path
    log: Path

    @property
    def address(self) -> tuple[str, int]:
        url = httpx.URL(self.said["api"])
        return url.host, url.port or 80

    def end(self) -> int:
        """Return the exit code. Raises subprocess.TimeoutExpired if the server does not end."""
        return self.process.wait(END_S)


@contextmanager
def serving(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start `hobbyhorse serve` on free ports with a ready file in a folder of its own; kill it if it is still there."""
    ready, log = folder / "ready" / "ready.json", folder / "log"
    ready.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "hobbyhorse", "serve", "--port", "0", "--result-port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready), *arguments],
            env={**bare_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Server(process, _wait(process, ready, log), ready, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(END_S)


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path) -> dict[str, Any]:
    """Return what the ready file says. Looks at process and file in turn; the process is what is waited for."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            code = process.wait(LOOK_S)
        except subprocess.TimeoutExpired:
            if ready.exists() and (text := ready.read_text("utf-8")):
                said: dict[str, Any] = json.loads(text)
                return said
        else:
            raise RuntimeError(f"the emulator ended with {code} before it answered:\n{log.read_text('utf-8')}")
    raise RuntimeError(f"the emulator was not ready after {START_S} s:\n{log.read_text('utf-8')}")


def begin_create(address: tuple[str, int], body: bytes) -> socket.socket:
    """Send a create request without the second half of its body. Returns once the server waits for that half."""
    connection = socket.create_connection(address, timeout=END_S)
    lines = [f"POST {CREATE} HTTP/1.1", f"Host: {address[0]}", *(f"{name}: {HEADERS[name]}" for name in HEADERS)]
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "Expect: 100-continue"]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(body[: len(body) // 2])
    return connection


def rest_of(connection: socket.socket) -> tuple[bytes, dict[str, Any]]:
    """Return the status line and the JSON body of an answer after which the server closes."""
    answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.splitlines()[0], json.loads(body)


def wait_until_closed(address: tuple[str, int]) -> None:
    """Return once nobody listens: the server has seen the signal."""
    deadline = time.monotonic() + END_S
    with suppress(ConnectionError):
        while time.monotonic() < deadline:
            socket.create_connection(address, timeout=END_S).close()
        raise AssertionError("the server still listens")


def test_the_ready_file_says_where_the_server_is_and_goes_with_it(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert set(server.said) == {"api", "results", "control", "pid"}
        assert server.said["pid"] == server.process.pid
        assert server.said["control"] == server.said["api"] + "/_hobbyhorse"
        health = httpx.get(server.said["control"] + "/health", trust_env=False)
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        assert httpx.get(server.said["results"], trust_env=False).headers["server"] == "AliyunOSS"
        assert list(server.ready.parent.iterdir()) == [server.ready]

        server.process.terminate()

        assert server.end() == 0
        assert list(server.ready.parent.iterdir()) == []


def test_a_ready_file_that_an_earlier_server_left_is_no_sign_of_this_one(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text('{"api": "http://127.0.0.1:1"}')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = ["--port", str(taken.getsockname()[1]), "--result-port", "0", "--ready-file", str(ready)]

        assert run("serve", *arguments).returncode == 1

    assert not ready.exists()


@BOTH_SIGNALS
def test_a_signal_ends_it_although_a_client_keeps_its_connection(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path) as server, httpx.Client(trust_env=False) as client:
        for origin in (server.said["control"] + "/health", server.said["results"]):
            assert client.get(origin).headers.get("connection") != "close"

        server.process.send_signal(number)

        assert server.end() == 0
        assert "Traceback" not in server.log.read_text()


@BOTH_SIGNALS
def test_a_signal_lets_an_answer_in_flight_finish(tmp_path: Path, number: signal.Signals) -> None:
    body = json.dumps(BODY).encode()
    with serving(tmp_path) as server, begin_create(server.address, body) as connection:
        server.process.send_signal(number)
        wait_until_closed(server.address)

        connection.sendall(body[len(body) // 2 :])

        status, answer = rest_of(connection)
        assert status == b"HTTP/1.1 200 OK"
        assert answer["output"]["task_status"] == "PENDING"
        assert server.end() == 0
        assert "Traceback" not in server.log.read_text()


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as server, begin_create(server.address, json.dumps(BODY).encode()) as connection:
        server.process.send_signal(signal.SIGINT)
        wait_until_closed(server.address)

        server.process.send_signal(signal.SIGINT)

        status, answer = rest_of(connection)
        assert status == b"HTTP/1.1 500 Internal Server Error"
        assert set(answer) == {"code", "message", "request_id"}
        assert server.end() == 0
        assert f"stopped in the middle of POST {CREATE}" in server.log.read_text()
        assert "Traceback" not in server.log.read_text()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file, unused = tmp_path / "hobbyhorse.toml", tmp_path / "unused.toml"
    file.write_text('pace = "instant"\nclock = "frozen"\nkeys = "declared"\n')
    unused.write_text('pace = "nonsense"\n')
    environment = {
        "HOBBYHORSE_CONFIG": str(unused),
        "HOBBYHORSE_PACE": "realistic",
        "HOBBYHORSE_CLOCK": "frozen",
    }

    with serving(tmp_path, "--config", str(file), "--clock", "real", environment=environment) as server:
        health = httpx.get(server.said["control"] + "/health", trust_env=False).json()

        assert health["clock"]["frozen"] is False  # command line over both
        assert health["pace"] == "realistic"  # environment over file
        refused = httpx.get(
            server.said["api"] + "/api/v1/tasks", headers={"Authorization": "Bearer sk-mine"}, trust_env=False
        )
        assert refused.status_code == 401  # file over default


def test_the_environment_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hobbyhorse.toml"
    file.write_text('clock = "frozen"\n')

    with serving(tmp_path, environment={"HOBBYHORSE_CONFIG": str(file)}) as server:
        health = httpx.get(server.said["control"] + "/health", trust_env=False).json()

    assert health["clock"]["frozen"] is True


def test_region_seed_and_public_addresses_show_in_what_clients_get(tmp_path: Path) -> None:
    arguments = ["--region", "ap-southeast-1", "--seed", "7", "--clock", "frozen", "--pace", "instant"]
    arguments += ["--public-url", "http://fake.example:1234/", "--result-url", "https://clips.example"]
    port, tasks = free_port(), []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        with serving(folder, *arguments, "--port", str(port)) as server:
            assert server.said["api"] == "http://fake.example:1234"
            assert server.said["results"] == "https://clips.example"
            here = f"http://127.0.0.1:{port}"
            headers = HEADERS | {"Authorization": f"Bearer {SINGAPORE_KEY}"}
            created = httpx.post(here + CREATE, json=BODY, headers=headers, trust_env=False).json()
            task = created["output"]["task_id"]
            polled = httpx.get(f"{here}/api/v1/tasks/{task}", headers=headers, trust_env=False).json()
            assert polled["output"]["video_url"].startswith("https://clips.example/dashscope-result-sgp/")
            tasks.append((created, polled["request_id"]))

    assert tasks[0] == tasks[1]


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hobbyhorse", *arguments]
    return subprocess.run(command, env=bare_environment(), capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("option", ["--port", "--result-port"])
def test_a_taken_port_is_told_in_a_line(option: str) -> None:
    other = {"--port": "--result-port", "--result-port": "--port"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        said = run("serve", option, port, other, "0")

    assert said.returncode == 1
    assert said.stdout == ""
    why = f"port {port} on 127.0.0.1 is taken, perhaps by another hobbyhorse"
    assert said.stderr == f"hobbyhorse: {why}; choose another with {option}, 0 for a free one\n"


def test_a_wide_bind_prints_a_token_that_opens_the_control_api(tmp_path: Path) -> None:
    with serving(tmp_path, "--host", "0.0.0.0") as server:
        port = httpx.URL(server.said["api"]).port
        token = server.log.read_text().partition("token")[2].split()[0]
        clock = f"http://127.0.0.1:{port}/_hobbyhorse/worlds/default/clock"

        refused = httpx.get(clock, trust_env=False)
        allowed = httpx.get(clock, headers={"Authorization": f"Bearer {token}"}, trust_env=False)

        assert refused.status_code == 403
        assert allowed.status_code == 200


HEAVY = "av numpy imageio PIL hypothesis schemathesis tabulate"
START = f"""
import sys
from hobbyhorse.serve import _greeting
from hobbyhorse.settings import Settings
from hobbyhorse.wiring import wire
wired = wire(Settings())
_greeting(Settings(), wired, None)
wired.close()
print(*sorted(set({HEAVY!r}.split()) & set(sys.modules)))
"""


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    said = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, timeout=20, check=True)

    assert said.stdout == "\n"
