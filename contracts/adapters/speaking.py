"""What adapters in Python have in common: the protocol on stdin and stdout, a thread a call, and a clock to put in.

    def generate(call): ...

    serve({"name": "my-client", "capabilities": [...], ...}, {"generate": generate})

Modules of a client that import `time` are given `CLOCK` in its place. What an operation raises as `Failed`
is the client's error; anything else is trouble of the adapter's own.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType


class Failed(Exception):  # noqa: N818 - a call failed; it is not an error of the adapter
    """A call failed. `kind` is one of the protocol's, `text` the client's own words, the rest fields of an error."""

    def __init__(self, kind: str, text: str, **fields: object) -> None:
        super().__init__(text)
        self.document = {"kind": kind, "text": text, **fields}


class Call:
    """One call: `request` has model, input, parameters; `options` what the caller set (timeout_s and so on)."""

    def __init__(self, message: Mapping[str, Any]) -> None:
        self.id: str = message["id"]
        self.op: str = message["op"]
        self.base_url: str = message["base_url"]
        self.api_key: str = message["api_key"]
        self.request: dict[str, Any] = message["request"]
        self.options: dict[str, Any] = message["options"]
        self.woken: queue.SimpleQueue[None] = queue.SimpleQueue()


class Clock:
    """Stands in for the module `time`. The kit owns the time; a sleep ends when the kit says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        """Return epoch seconds."""
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        """Tell the kit; return when it says wake."""
        call = _current.get()
        _say(type="sleep", id=call.id, token=call.id, seconds=max(0.0, seconds))
        call.woken.get()


CLOCK = Clock()
_current: ContextVar[Call] = ContextVar("call")
_writing = threading.Lock()
_out = sys.stdout


def take_time_of(*modules: ModuleType) -> None:
    """Put the kit's clock in place of `time` in modules of a client."""
    for module in modules:
        vars(module)["time"] = CLOCK


def task_created(call: Call, task: str) -> None:
    """Tell that the caller has the id of the task now."""
    _say(type="event", id=call.id, event="task_created", task_id=task)


def serve(about: Mapping[str, Any], operations: Mapping[str, Callable[[Call], Mapping[str, Any] | None]]) -> None:
    """Answer until stdin ends. What the client prints goes to stderr."""
    global _out  # noqa: PLW0603 - stdout of the process belongs to the protocol, and to nobody else
    _out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    calls: dict[str, Call] = {}
    for line in sys.stdin:
        message = json.loads(line)
        CLOCK.now = max(CLOCK.now, message.get("now", 0.0)) if message["type"] == "wake" else CLOCK.now
        if message["type"] == "hello":
            _say(type="hello", protocol=1, **about)
        elif message["type"] == "call":
            CLOCK.now = message["now"]  # every scenario begins at the same instant
            call = calls[message["id"]] = Call(message)
            threading.Thread(target=_answer, args=(call, operations), daemon=True).start()
        elif message["type"] == "wake":
            calls[message["token"]].woken.put(None)
        elif message["type"] == "bye":
            break
    _out.flush()
    os._exit(0)  # threads of calls that were given up may still wait


def _answer(call: Call, operations: Mapping[str, Callable[[Call], Mapping[str, Any] | None]]) -> None:
    _current.set(call)
    try:
        found = operations[call.op](call)
    except Failed as error:
        _say(type="answer", id=call.id, ok=False, error=error.document)
    except Exception as error:
        _say(type="answer", id=call.id, harness_error=f"{type(error).__name__}: {error}")
    else:
        _say(type="answer", id=call.id, ok=True, result=dict(found or {}))


def _say(**message: object) -> None:
    with _writing:
        _out.write(json.dumps(message) + "\n")
        _out.flush()
