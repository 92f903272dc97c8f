"""Uploads: what a policy grants, and whether a form keeps to it (OSS PostObject with a V1 signature)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .faults import OssFault
from .moments import UTC_8, iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping

_MB = 1 << 20
# The most that one PostObject can carry, whatever its policy says (OD-OSS 0006-00000003).
_LARGEST = 5 * 1024 * _MB
_NAMED = 2  # an operator's operands: field and value


@dataclass(frozen=True, slots=True)
class UploadTerms:
    """What uploads may be; the values stand in `data/uploads.toml`. Lifetimes in milliseconds."""

    bucket: str
    folder: str
    acl: str
    forbid_overwrite: str
    max_file_size_mb: int
    capacity_limit_mb: int
    policy_lifetime: int
    object_lifetime: int


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded object. `md5` is 16 bytes; from `expires_at` (ms, the world's clock) on it is gone."""

    world: str
    key: str
    size: int
    md5: bytes
    crc64: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition on a field of the form: `eq` or `starts-with`. `field` is in lower case, without its `$`."""

    operator: str
    field: str
    value: str

    def holds(self, text: str) -> bool:
        """Whether a field's text meets the condition."""
        return text == self.value if self.operator == "eq" else text.startswith(self.value)

    def __str__(self) -> str:
        """Return the condition as OSS's messages quote it."""
        return json.dumps([self.operator, f"${self.field}", self.value], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that was read: until when (ms) it holds, its conditions, and how many bytes a file may have."""

    expires_at: int
    conditions: tuple[Condition, ...]
    least: int = 0
    most: int = _LARGEST

    def check(self, fields: Mapping[str, str], now: int) -> None:
        """Hold a form against the policy. `fields` by lower-case name, with the bucket that was posted to as `bucket`.

        Raises OssFault for a policy that expired and for the first condition that fails.
        """
        if now >= self.expires_at:
            raise OssFault("policy-expired", detail=f"it expired {(now - self.expires_at) / 1000:.0f} s ago")
        for condition in self.conditions:
            if condition.field not in fields:
                raise OssFault("policy-field-missing", condition=str(condition), detail=f"no field {condition.field}")
            if not condition.holds(fields[condition.field]):
                detail = f"{condition.field} is {fields[condition.field][:200]!r}"
                raise OssFault("policy-condition-failed", condition=str(condition), detail=detail)


def upload_dir(terms: UploadTerms, secret: str, model: str, request_id: str, now: int) -> str:
    """Return the folder that a policy opens: `dashscope-instant/<32 hex>/<YYYY-MM-DD>/<request id>` (RAW).

    What the 32 digits are upstream is not known. Here they bind the folder to account and model, so that nothing
    need be remembered of a policy.
    """
    place = f"{datetime.fromtimestamp(now // 1000, UTC_8):%Y-%m-%d}/{request_id}"
    return f"{terms.folder}/{_binding(secret, model, place)}/{place}"


def is_bound(key: str, secret: str, model: str) -> bool:
    """Whether a key lies in a folder that was opened for this account and model."""
    _, _, rest = key.partition("/")
    binding, _, rest = rest.partition("/")
    place = "/".join(rest.split("/")[:_NAMED])
    return hmac.compare_digest(binding.encode(), _binding(secret, model, place).encode())


def _binding(secret: str, model: str, place: str) -> str:
    text = f"{model}/{place}".encode("utf-8", "surrogatepass")
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()[:32]


def document(terms: UploadTerms, folder: str, expires_at: int) -> str:
    """Return the policy document: base64 of JSON, its conditions in the captured order (RAW)."""
    conditions: list[Any] = [
        ["content-length-range", 0, terms.max_file_size_mb * _MB],
        ["starts-with", "$key", folder],
        {"bucket": terms.bucket},
        {"x-oss-object-acl": terms.acl},
        {"x-oss-forbid-overwrite": terms.forbid_overwrite},
    ]
    policy = {"expiration": iso_time(expires_at), "conditions": conditions}
    return base64.b64encode(json.dumps(policy, separators=(",", ":")).encode()).decode()


def read(text: str) -> Policy:
    """Read a policy document. Raises OssFault `policy-invalid` for one that is not well formed."""
    try:
        policy = json.loads(base64.b64decode(text, validate=True))
        moment = datetime.fromisoformat(policy["expiration"])
        rows = policy["conditions"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise OssFault("policy-invalid", reason="Invalid JSON", detail=repr(error)[:200]) from None
    if not isinstance(rows, list):
        raise OssFault("policy-invalid", reason="Invalid Conditions", detail="conditions is no list")
    least, most = 0, _LARGEST
    conditions = []
    for row in rows:
        match row:
            case ["content-length-range", int(low), int(high)] if 0 <= low <= high:
                least, most = max(least, low), min(most, high)
            case _:
                conditions.append(_condition(row))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Policy(int(moment.timestamp() * 1000), tuple(conditions), least, most)


def _condition(row: object) -> Condition:
    match row:
        case ["eq" | "starts-with" as operator, str(name), str(value)]:
            return Condition(operator, name.removeprefix("$").lower(), value)
        case dict() if len(row) == 1:
            ((name, value),) = row.items()
            if isinstance(value, str):
                return Condition("eq", name.lower(), value)
        case dict():
            reason = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
            raise OssFault("policy-invalid", reason=reason, detail=f"{len(row)} properties")
    raise OssFault("policy-invalid", reason="Invalid Condition", detail=f"no condition known here: {row!r:.200}")
