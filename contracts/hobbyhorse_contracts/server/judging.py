"""Which probe is for which promise, and what they find at a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ..verdict import Outcome, Verdict
from . import promises
from .bench import Bench, BrokenPromiseError
from .wire import WireError, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hobbyhorse import Emulator

    from .wire import Send

    Probe = Callable[[Bench], None]
    Found = TypeVar("Found", bound=Probe)

PROBES: dict[str, Probe] = {}
# What reading an answer raises that lacks what every answer of its kind has: a probe need not ask for each field first.
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError)


def probes(promise: str) -> Callable[[Found], Found]:
    """Say of a function that it raises BrokenPromiseError if this promise is broken."""

    def register(probe: Found) -> Found:
        promises().get(promise)
        if promise in PROBES:
            raise ValueError(f"{promise} has a probe already: {PROBES[promise].__name__}")
        PROBES[promise] = probe
        return probe

    return register


def judge(emulator: Emulator, only: Iterable[str] | None = None, *, send: Send = send) -> Iterator[Verdict]:
    """Probe an emulator, through its API alone; yield a verdict per promise, in the order of the rows.

    `send` carries every request of the clients. A broken SHOULD is a WARN, a broken MUST a FAIL. What the control API
    refuses is no verdict: it raises ControlError.
    """
    from . import probes as _every_one  # noqa: F401, PLC0415 - they register themselves, and need this module for it

    wanted = None if only is None else {promises().get(name).id for name in only}
    for row in promises().rows:
        if wanted is None or row.id in wanted:
            broken = Outcome.FAIL if row.level == "MUST" else Outcome.WARN
            says = _broken(PROBES[row.id], Bench(emulator, send))
            yield Verdict(row.id, broken if says else Outcome.PASS, says)


def _broken(probe: Probe, bench: Bench) -> str:
    """Return what is broken, or nothing."""
    try:
        probe(bench)
    except BrokenPromiseError as error:
        return str(error)
    except WireError as error:
        return f"there was no answer: {error}"
    except _UNREADABLE as error:
        return f"an answer is not what it should be: {type(error).__name__} {error}"
    finally:
        bench.close()
    return ""
