"""Instants as text, the way each part of the upstream writes them. Instants are milliseconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

# Task times are UTC+8 in every region (international pages; RAW shows it against the Date header).
UTC_8 = timezone(timedelta(hours=8))
_QUERY_FORMAT = "%Y%m%d%H%M%S"


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
