"""The server in a process of its own: started, watched until it answers, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..settings import ENVIRONMENT_PREFIX
from .address import Address
from .errors import StartError

if TYPE_CHECKING:
    from collections.abc import Mapping

_START_S = 60.0  # a second on an idle machine
_STOP_S = 10.0  # answers in flight are given 5 s
_LOOK_S = 0.01  # between two looks at the ready file
_SHOWN = 4000  # characters of the log in an error


class ProcessServer:
    """`hobbyhorse serve` with these settings, in a child process that does not outlive this one."""

    def __init__(self, settings: Mapping[str, str | int | bool]) -> None:
        self._settings = settings
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Address:
        """Start it; return where it is once it answers. Raises StartError."""
        self._folder = tempfile.TemporaryDirectory(prefix="hobbyhorse-")
        config, ready = Path(self._folder.name, "hobbyhorse.toml"), Path(self._folder.name, "ready.json")
        # A file, not arguments: other users of the machine see a command line, and the token is no business of theirs.
        config.write_text(_toml({**self._settings, "ready_file": str(ready)}), encoding="utf-8")
        try:
            with self._log.open("wb") as output:
                # -P: a folder that happens to be called hobbyhorse is not imported from the current directory. A
                # session of its own: Ctrl-C ends the program first, which then ends the server.
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    [sys.executable, "-P", "-m", "hobbyhorse.handle.child", "--config", str(config)],
                    env=_environment(),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            return _address(self._wait(self._process, ready))
        except BaseException:
            self._free()
            raise

    def stop(self) -> None:
        """Stop it, with its answers in flight given their time. Raises StartError if it had to be killed."""
        process = self._process
        if process is None:
            return
        try:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(_STOP_S)
                except subprocess.TimeoutExpired as late:
                    raise StartError(
                        f"the emulator did not stop within {_STOP_S:.0f} s:\n{self.log()[-_SHOWN:]}"
                    ) from late
        finally:
            self._free()

    def log(self) -> str:
        """Return what the server has printed and logged up to now."""
        try:
            return self._log.read_text("utf-8", "replace")
        except (OSError, ValueError):
            return ""

    def end(self) -> int | None:
        """Return the exit code of a server that has ended by itself, else None."""
        return None if self._process is None else self._process.poll()

    @property
    def _log(self) -> Path:
        if self._folder is None:
            raise ValueError("the server was not started")
        return Path(self._folder.name, "log")

    def _wait(self, process: subprocess.Popen[bytes], ready: Path) -> dict[str, Any]:
        """Return what the ready file says. Looks at process and file in turn; the process is what is waited for."""
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            try:
                code = process.wait(_LOOK_S)
            except subprocess.TimeoutExpired:
                if ready.exists():
                    said: dict[str, Any] = json.loads(ready.read_text("utf-8"))
                    return said
            else:
                raise StartError(f"the emulator ended with {code} before it answered:\n{self.log()[-_SHOWN:]}")
        raise StartError(f"the emulator was not ready after {_START_S:.0f} s:\n{self.log()[-_SHOWN:]}")

    def _free(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def _environment() -> dict[str, str]:
    """Return the environment without settings of the emulator: a handle states all that it wants."""
    return {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}


def _toml(settings: Mapping[str, str | int | bool]) -> str:
    """Return settings as TOML, whose basic strings, numbers and booleans are JSON's."""
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items())


def _address(said: Mapping[str, Any]) -> Address:
    return Address(said["api"], said["results"], said["control"], said["pid"], said.get("authority"))
