"""Result URLs: where an object lies, and OSS's V1 query signature over it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from .faults import OssFault
from .moments import UTC_8
from .task import Job

if TYPE_CHECKING:
    from .task import Task

_SUFFIXES = ("_watermark.mp4", ".mp4")


def object_key(task: Task) -> str:
    """Return the key of a task's clip: `1d/<2 hex>/<YYYYMMDD>/<8 hex>/<task id>.mp4` (shape as in LIVE-D).

    A new generation of the URL lies elsewhere. Watermarked names end in `_watermark.mp4` (LIVE-D).
    """
    place = hashlib.sha256(f"{task.world}/{task.id}/{task.generation}".encode()).hexdigest()
    day = datetime.fromtimestamp(task.ends_at / 1000, UTC_8)
    watermarked = isinstance(task.outcome, Job) and task.outcome.watermark
    suffix = _SUFFIXES[0] if watermarked else _SUFFIXES[1]
    return f"1d/{place[:2]}/{day:%Y%m%d}/{place[2:10]}/{task.id}{suffix}"


def task_id_in(key: str) -> str | None:
    """Return the task id that an object key names, or None where it names none."""
    name = key.rpartition("/")[2]
    return next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), None)


def expires_at(task: Task, lifetime: int) -> int:
    """Return the `Expires` of a task's URL, in seconds since the epoch, for a lifetime in ms."""
    return (task.ends_at + lifetime) // 1000


def string_to_sign(method: str, expires: str, bucket: str, key: str) -> str:
    """Return what is signed. The method is part of it, so a URL for GET is wrong for HEAD (OD-OSS)."""
    return f"{method}\n\n\n{expires}\n/{bucket}/{key}"


def signature(secret: str, text: str) -> str:
    """Return the V1 signature: base64 of HMAC-SHA1, 28 characters."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode("utf-8", "surrogateescape"), "sha1")).decode()


def octets(text: str) -> str:
    """Return a text's bytes in hexadecimal, as OSS shows a string to sign."""
    return text.encode("utf-8", "surrogateescape").hex(" ").upper()


def is_signed(secret: str, text: str, given: str) -> bool:
    """Whether a signature is that of a text. Takes the same time for any wrong one."""
    return hmac.compare_digest(signature(secret, text).encode(), given.encode("utf-8", "surrogateescape"))


def mismatch(access_key_id: str, given: str, text: str, detail: str) -> OssFault:
    """Return the fault of a signature that is not that of a text; OSS shows what it would have signed."""
    return OssFault(
        "signature-mismatch",
        OSSAccessKeyId=access_key_id,
        SignatureProvided=given,
        StringToSign=text,
        StringToSignBytes=octets(text),
        detail=detail,
    )


def signed_url(base: str, bucket: str, task: Task, lifetime: int, access_key_id: str, secret: str) -> str:
    """Return the URL under which a task's clip can be fetched, once, twice, until it expires."""
    key, expires = object_key(task), str(expires_at(task, lifetime))
    signed = signature(secret, string_to_sign("GET", expires, bucket, key))
    query = urlencode({"Expires": expires, "OSSAccessKeyId": access_key_id, "Signature": signed})
    return f"{base}/{bucket}/{quote(key)}?{query}"
