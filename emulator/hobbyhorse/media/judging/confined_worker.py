"""The process in which hostile files are decoded: one file in, one answer out, and then it ends.

In: a line of JSON (what to do, under which limits), then the file to the end of input. Out: a line of JSON, then what
is kept. It limits its own memory and time and gives up opening files before it has seen a byte of the file, so that
whatever a decoder can be made to do is done to this process only.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import suppress
from dataclasses import asdict

import av
import av.subtitles.stream  # av imports it when it opens a file, and then no file can be opened any more

from ...core.catalogue import MediaLimits
from ...core.faults import Fault
from . import footage, soundtrack


def confine(memory: int, seconds: int) -> None:
    """Limit this process: bytes of address space, CPU seconds, and no files, no sockets, no core dumps."""
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_NOFILE: 0,  # what is open stays open
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in bounds.items():
        with suppress(ValueError, OSError):  # macOS does not know all of them
            resource.setrlimit(limit, (most, most))


def answer(order: dict[str, object], data: bytes) -> tuple[dict[str, object], bytes]:
    """Do what is ordered and return the answer's first line and its bytes."""
    limits = MediaLimits(**order["limits"])  # type: ignore[arg-type]
    try:
        if order["kind"] == "sound":
            return {"seconds": soundtrack.measure(data, limits)}, b""
        kept = footage.keep(data, limits, float(str(order["longest"])))
    except Fault as fault:
        return {"fault": fault.row, "detail": fault.detail, "values": fault.values}, b""
    facts = asdict(kept)
    return facts, facts.pop("data")


def main() -> None:
    """Read the order, the file, and answer."""
    av.logging.set_level(None)
    order = json.loads(sys.stdin.buffer.readline())
    confine(order["memory"], order["cpu"])
    line, kept = answer(order, sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.write(kept)


if __name__ == "__main__":
    main()
