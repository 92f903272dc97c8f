"""Starts the processes in which hostile files are decoded, bounds them, and makes a Fault of whatever happens to them.

A process for each file: it starts in a tenth of a second, keeps nothing of one caller for the next, and gives all its
memory back. Light to import.
"""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..core.faults import Fault

if TYPE_CHECKING:
    from ..core.catalogue import MediaLimits

WORKERS = 2
MEMORY = 2**30  # address space of one process, with its libraries (130 MB) and the file itself
PROGRAM = (sys.executable, "-P", "-m", "hobbyhorse.media.confined_worker")


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
            *PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._running.add(process)
        try:
            if process.stdin:
                process.stdin.write(order + b"\n")
            answered, _ = await asyncio.wait_for(process.communicate(data), self._seconds)
        except TimeoutError:
            detail = f"{name}: decoding took more than {self._seconds:g} s"
            raise Fault("url-timeout", url=name, detail=detail) from None
        else:
            return process.returncode, answered
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
            self._running.discard(process)

    def close(self) -> None:
        """Kill what still runs."""
        for process in self._running:
            with suppress(ProcessLookupError):
                process.kill()
