"""Starts the processes in which hostile files are decoded, bounds them, and makes a Fault of whatever happens to them.

A process for each file: it starts in a tenth of a second, keeps nothing of one caller for the next, and gives all its
memory back. Light to import.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.faults import Fault

if TYPE_CHECKING:
    from ...core.catalogue import MediaLimits

WORKERS = 2
MEMORY = 2**30  # address space of one process, with its libraries (130 MB) and the file itself
MOST_ANSWERED = 64 * 2**20  # fifteen stills of noise take half of it
PIECE = 2**18
PROGRAM = (sys.executable, "-P", "-m", "hobbyhorse.media.judging.confined_worker")


PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "VIRTUAL_ENV")


class Confined:
    """Decodes files in processes of their own, `workers` at a time, each for at most `seconds`.

    Belongs to one event loop. `close` it at the end: no process outlives that.
    """

    def __init__(self, *, seconds: float, workers: int = WORKERS, memory: int = MEMORY) -> None:
        self._seconds, self._memory = seconds, memory
        self._places = asyncio.Semaphore(workers)
        self._running: set[asyncio.subprocess.Process] = set()

    async def run(
        self, kind: str, data: bytes, limits: MediaLimits, name: str, longest: float = 0
    ) -> tuple[Any, bytes]:
        """Have a file decoded (`kind` is `footage` or `sound`) and return the answer's facts and bytes.

        Raises Fault: what the process refuses; `url-timeout` for `name` after too long; `file-unopenable` where the
        process dies.
        """
        order = {
            "kind": kind,
            "limits": asdict(limits),
            "longest": longest,
            "memory": self._memory,
            "cpu": math.ceil(self._seconds) + 1,
        }
        async with self._places:  # waiting for a place does not count against the time limit
            code, answered = await self._talk(json.dumps(order).encode(), data, name)
        line, _, kept = answered.partition(b"\n")
        try:
            facts = json.loads(line) if code == 0 else None
        except ValueError:
            facts = None
        if facts is None:
            detail = f"the process that decoded {name} ended with {code}: it crashed, or its memory did not suffice"
            raise Fault("file-unopenable", detail=detail)
        if "fault" in facts:
            raise Fault(facts["fault"], detail=f"{name}: {facts['detail']}", **facts["values"])
        return facts, kept

    async def _talk(self, order: bytes, data: bytes, name: str) -> tuple[int | None, bytes]:
        """Start a process, say all and hear all. It is killed, and gone, however this ends."""
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
        )
        self._running.add(process)
        try:
            async with asyncio.timeout(self._seconds):
                _, answered = await asyncio.gather(_say(process, order, data), _hear(process))
                return await process.wait(), answered
        except TimeoutError:
            detail = f"{name}: decoding took more than {self._seconds:g} s"
            raise Fault("url-timeout", url=name, detail=detail) from None
        finally:
            await asyncio.shield(_end(process))
            self._running.discard(process)

    def close(self) -> None:
        """Kill what still runs."""
        for process in self._running:
            with suppress(ProcessLookupError):
                process.kill()


def _environment() -> dict[str, str]:
    """Return an environment in which this package is found wherever it lies, and none of our settings and secrets."""
    paths = (str(Path(__file__).parents[3]), os.environ.get("PYTHONPATH"))
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    return {**passed, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill a process, and wait until it and its pipe are gone."""
    with suppress(ProcessLookupError):
        process.kill()
    while process.stdout and await process.stdout.read(PIECE):
        pass
    await process.wait()


async def _say(process: asyncio.subprocess.Process, order: bytes, data: bytes) -> None:
    """Hand over an order and a file. A process may end before it has heard all."""
    if process.stdin:
        with suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(order + b"\n")
            process.stdin.write(data)
            await process.stdin.drain()
        process.stdin.close()


async def _hear(process: asyncio.subprocess.Process) -> bytes:
    """Return what a process answers: nothing at all where it does not stop."""
    heard = bytearray()
    while process.stdout and (piece := await process.stdout.read(PIECE)):
        heard += piece
        if len(heard) > MOST_ANSWERED:
            process.kill()
            return b""
    return bytes(heard)
