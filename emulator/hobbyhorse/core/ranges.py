"""The Range header, the way OSS reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(r"bytes=(?P<first>\d{0,18})-(?P<last>\d{0,18})", re.ASCII)


class UnsatisfiableError(Exception):
    """A range that starts beyond the object, in standard mode: 416."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` to `stop` (not included). `is_part` tells a 206 from a 200."""

    start: int
    stop: int
    is_part: bool


def span_of(header: str | None, size: int, *, standard: bool) -> Span:
    """Return the bytes a Range header asks for of an object of `size` bytes.

    OSS's odd default: a range that is malformed, reaches beyond the object or asks for several parts is ignored, and
    the whole object comes with a 200. With `x-oss-range-behavior: standard` an end beyond the object is cut, and a
    start beyond it raises UnsatisfiableError (OD-OSS).
    """
    whole = Span(0, size, is_part=False)
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not (found["first"] or found["last"]):
        return whole
    if not found["first"]:
        first, last = size - int(found["last"]), size - 1
    else:
        first = int(found["first"])
        last = int(found["last"]) if found["last"] else size - 1
    if found["last"] and found["first"] and last < first:
        return whole
    if standard:
        if first >= size:
            raise UnsatisfiableError
        first, last = max(first, 0), min(last, size - 1)
    elif first < 0 or first >= size or last >= size:
        return whole
    return Span(first, last + 1, is_part=True)
