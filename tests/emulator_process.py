"""The real emulator in a process of its own, for tests that talk to it over HTTP.

`with running(pace="instant") as emulator:` starts one with a frozen clock on free ports; `Stable` keeps one for each
set of options, so that a test session starts as few as it can.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType
    from typing import Self

START_S = 30.0
STOP_S = 10.0
LOOK_S = 0.02
BEIJING_KEY = "sk-facade" + "0" * 24 + "b1"
DEFAULTS: Mapping[str, str] = {"port": "0", "result_port": "0", "clock": "frozen"}


@dataclass(frozen=True, slots=True)
class Emulator:
    """A server that answers. `api` and `results` are origins, `control` ends in `/_hobbyhorse`, `log` is a file."""

    api: str
    results: str
    control: str
    pid: int
    log: Path

    def advance(self, seconds: float) -> None:
        """Move the default world's frozen clock forward. Raises httpx.HTTPStatusError if it was refused."""
        url = f"{self.control}/worlds/default/clock"
        httpx.post(url, json={"advance": seconds}, trust_env=False).raise_for_status()

    def env(self, key: str = BEIJING_KEY) -> dict[str, str]:
        """Return this process's environment, pointed here for the DashScope SDK and for HTTP without a proxy."""
        dashscope = {"DASHSCOPE_HTTP_BASE_URL": f"{self.api}/api/v1", "DASHSCOPE_API_KEY": key, "NO_PROXY": "*"}
        return {**_bare_environment(), **dashscope}


@contextmanager
def running(**options: object) -> Iterator[Emulator]:
    """Start a server, yield it once it answers, stop it with SIGTERM.

    `options` are those of `hobbyhorse serve` (`pace="instant"`, `validation="gateway"`, …). Raises RuntimeError with
    the server's own words if it ends early, is not ready in 30 s, or does not stop in 10 s.
    """
    with tempfile.TemporaryDirectory(prefix="hobbyhorse-") as folder:
        ready, log = Path(folder, "ready.json"), Path(folder, "log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                _command({**DEFAULTS, **options, "ready_file": ready}),
                env=_bare_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            yield _emulator(_wait(process, ready, log), log)
        finally:
            _stop(process, log)


@dataclass(slots=True)
class Stable:
    """One server for each distinct set of options, started when first asked for, all stopped at the end."""

    servers: dict[frozenset[tuple[str, object]], Emulator] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def get(self, **options: object) -> Emulator:
        """Return the server with these options."""
        wanted = frozenset(options.items())
        if wanted not in self.servers:
            self.servers[wanted] = self._stack.enter_context(running(**options))
        return self.servers[wanted]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, value, at)


def _command(options: Mapping[str, object]) -> list[str]:
    flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    return [sys.executable, "-m", "hobbyhorse", "serve", *flags]


def _bare_environment() -> dict[str, str]:
    """Return the environment without settings of the emulator: a test states all that it wants."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HOBBYHORSE_")}


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


def _emulator(said: Mapping[str, Any], log: Path) -> Emulator:
    api, results, control = (said[name].rstrip("/") for name in ("api", "results", "control"))
    return Emulator(api, results, control, said["pid"], log)


def _stop(process: subprocess.Popen[bytes], log: Path) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired as late:
        process.kill()
        process.wait(STOP_S)
        raise RuntimeError(f"the emulator did not stop on SIGTERM:\n{log.read_text('utf-8')}") from late
