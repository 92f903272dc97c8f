"""The official SDK in a process of its own, driven a call at a time."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import World

CALL_S = 30.0
END_S = 10.0


def environment(world: World, home: Path, key: str | None = None) -> dict[str, str]:
    """Return an environment for the SDK that points to Beijing in a world and has nothing of the developer's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE_")}
    return {**kept, **world.env("cn-beijing", key), "HOME": str(home)}


@dataclass(frozen=True, slots=True)
class Sdk:
    """Calls functions of the SDK by name: `sdk("VideoSynthesis.fetch", task=…)`."""

    process: subprocess.Popen[bytes]
    log: Path

    def __call__(self, name: str, **arguments: object) -> dict[str, Any]:
        """Return what the SDK returned, or `raised`, `text`, `code`, `status_code` of what it raised."""
        pipes = self.process.stdin, self.process.stdout
        assert pipes[0] is not None
        assert pipes[1] is not None
        pipes[0].write(json.dumps({"name": name, "arguments": arguments}).encode() + b"\n")
        pipes[0].flush()
        readable, _, _ = select.select([pipes[1]], [], [], CALL_S)
        line = pipes[1].readline() if readable else b""
        if not line:
            self.process.kill()  # a late answer would be taken for that to the next call
            raise RuntimeError(f"no answer to {name}; the SDK's process says:\n{self.log.read_text('utf-8')}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def using(world: World, folder: Path) -> Iterator[Sdk]:
    """Start a process with the SDK, pointed to a world, its home and log in `folder`."""
    log = folder / "sdk.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("sdk_client.py")],
            env=environment(world, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
        )
    with process:
        try:
            yield Sdk(process, log)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the input, at which the process ends by itself; kill it if it does not."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
