"""Instants as text, the way each part of the upstream writes them, and spans of time as people write them.

Instants are milliseconds since the epoch.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

# Task times are UTC+8 in every region (international pages; RAW shows it against the Date header).
UTC_8 = timezone(timedelta(hours=8))
_QUERY_FORMAT = "%Y%m%d%H%M%S"
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h)?")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
LONGEST_SPAN = 366 * 24 * 3_600_000


def task_time(instant: int) -> str:
    """Return `YYYY-MM-DD HH:mm:ss.SSS` in UTC+8."""
    moment = datetime.fromtimestamp(instant // 1000, UTC_8)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{instant % 1000:03d}"


def query_time(text: str) -> int:
    """Read a listing's `YYYYMMDDhhmmss` (UTC+8, as task times). Raises ValueError for anything else."""
    if len(text) != len("YYYYMMDDhhmmss") or not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(datetime.strptime(text, _QUERY_FORMAT).replace(tzinfo=UTC_8).timestamp() * 1000)


def http_date(instant: int) -> str:
    """Return an HTTP Date."""
    return format_datetime(datetime.fromtimestamp(instant // 1000, UTC), usegmt=True)


def iso_time(instant: int) -> str:
    """Return `YYYY-MM-DDTHH:mm:ss.SSSZ`."""
    moment = datetime.fromtimestamp(instant // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % 1000:03d}Z"


def oss_time(instant: int) -> str:
    """Return an instant as OSS errors show it: whole seconds, written `….000Z` (OSS-CAP)."""
    return iso_time(instant // 1000 * 1000)


def span(given: float | str) -> int:
    """Read a span of time into ms: a number of seconds, or a text such as `300ms`, `30s`, `1.5m`, `1h`.

    Raises ValueError, with words for people, for anything else and for spans below 0 or over 366 days.
    """
    if isinstance(given, str):
        found = _SPAN.fullmatch(given.strip())
        if found is None:
            raise ValueError("should be a number of seconds or a text such as '300ms', '30s', '2m' or '1h'")
        ms = float(found[1]) * _UNITS[found[2] or "s"]
    else:
        ms = given * 1000
    if not 0 <= ms <= LONGEST_SPAN:
        raise ValueError("should be between 0 and 366 days")
    return round(ms)
