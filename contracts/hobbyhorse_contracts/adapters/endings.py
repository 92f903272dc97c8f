"""How a call to a client in this process ends: what it returns or raises, as an answer."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

from ..protocol.messages import Answered, Bad, Good


class Failed(Exception):  # noqa: N818 - a call failed; it is not an error of the adapter
    """A call failed. `kind` is one of the protocol's, `text` the client's own words, the rest fields of an error."""

    def __init__(self, kind: str, text: str, **fields: Any) -> None:
        super().__init__(text)
        self.document = {"kind": kind, "text": text, **fields}


class Aborted(BaseException):
    """The call was stopped from outside, or its run is over. `except Exception` does not keep it."""


def good(call: str, result: Any) -> Answered:
    """Return the answer of a call that returned. Raises ValidationError for a result that is none."""
    return Answered(id=call, ok=True, result=Good(**(result or {})))


def bad(call: str, error: BaseException) -> Answered:
    """Return the answer of a call that raised."""
    if isinstance(error, Failed):
        try:
            return Answered(id=call, ok=False, error=Bad(**error.document))
        except ValueError as wrong:
            return Answered(id=call, harness_error=f"the error is not as the protocol has it: {wrong}")
    if isinstance(error, Aborted | asyncio.CancelledError):
        return Answered(id=call, ok=False, error=Bad(kind="canceled", text="stopped"))
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{where.filename}:{where.lineno} in {where.name}"
    return Answered(id=call, harness_error=f"the adapter raised {type(error).__name__}: {error} ({place})")
