"""Compare an answer with what a fixture says of it: exact values, exact JSON types, placeholders, captures.

A placeholder is a whole string, `<kind>` or `<kind:name>`. It matches a shape; what a *kept* kind or a named
placeholder stood for when first seen must stand there again, and later strings may quote it as `{name}`, or a
part of it as `{name.part}`. This file knows neither HTTP nor fixture files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"<([a-z0-9_]+)(?::([a-z0-9_]+))?>")
QUOTE = re.compile(r"(?<!\$)\{([a-z0-9_]+(?:\.[a-z0-9_]+)?)\}")
SLICE = re.compile(r"([a-z0-9_]+)(?:\[(-?\d+)?:(-?\d+)?\])?")


class FixtureError(Exception):
    """The fixture itself is wrong: an unknown placeholder or key, a quote of something not seen yet."""


class Sight(Enum):
    """What the bare placeholder of a kind means when it is met again."""

    KEPT = "the same value all through the conversation"
    NEW = "a value never seen before in the conversation"
    FREE = "any value of the shape"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a placeholder matches: the whole text of a value of one JSON type. Named groups are quotable parts."""

    pattern: str
    sight: Sight = Sight.FREE
    type: type = str


HEX_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-%s[0-9a-f]{3}-[0-9a-f]{12}"
TASK_ID = HEX_UUID % ("4", "[89ab]")
# LIVE-D: shard, day, token, name; `_watermark` where the picture carries one.
VIDEO_URL = (
    r"(?P<origin>https?://[^/?]+)/(?P<bucket>[a-z0-9][a-z0-9-]+)"
    r"/(?P<key>1d/(?P<shard>[0-9a-f]{2})/(?P<day>\d{8})/(?P<token>[0-9a-f]{8})/" + TASK_ID + r"%s\.mp4)"
    r"\?Expires=(?P<expires>\d{10})&OSSAccessKeyId=(?P<access_key_id>LTAI5t[0-9A-Za-z]+)"
    r"&Signature=(?P<signature>(?:[0-9A-Za-z]|%%2B|%%2F){27}%%3D)"
)

KINDS: Mapping[str, Kind] = {
    "task_id": Kind(TASK_ID, Sight.KEPT),
    "request_id": Kind(HEX_UUID % ("9", "[0-9a-f]"), Sight.NEW),
    "video_url": Kind(VIDEO_URL % "(?:_watermark)?", Sight.KEPT),
    "marked_video_url": Kind(VIDEO_URL % "_watermark", Sight.KEPT),
    "plain_video_url": Kind(VIDEO_URL % "", Sight.KEPT),
    # RAW: the last part is the id of the request.
    "upload_dir": Kind(
        r"dashscope-instant/[0-9a-f]{32}/\d{4}-\d\d-\d\d/(?P<id>" + HEX_UUID % ("9", "[0-9a-f]") + ")", Sight.NEW
    ),
    "upload_host": Kind(r"https?://[^/?]+/dashscope-file-mgr"),
    "access_key_id": Kind(r"LTAI[0-9A-Za-z]+"),
    "token": Kind(r"st-[\x21-\x7e]+", Sight.NEW),
    "epoch_s": Kind(r"1\d{9}", type=int),
    "time": Kind(r"(?P<date>(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)) (?P<hh>\d\d):(?P<mm>\d\d):(?P<ss>\d\d)\.\d{3}"),
    "epoch_ms": Kind(r"1\d{12}", type=int),
    "int": Kind(r"-?\d+", type=int),
    "string": Kind(r"(?s).+"),
    "digits": Kind(r"\d+"),
    "hex32": Kind(r"[0-9a-f]{32}"),
    "base64": Kind(r"[A-Za-z0-9+/]+={0,2}"),
    "host": Kind(r"[^/\s]+"),
    "http_date": Kind(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"),
    "json_type": Kind(r"(?i)application/json(?:; ?charset=utf-8)?"),
    "oss_request_id": Kind(r"[0-9A-F]{24}", Sight.NEW),
    "oss_time": Kind(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z"),
    "hex_octets": Kind(r"[0-9A-F]{2}(?: [0-9A-F]{2})*"),
}


def shown(value: object) -> str:
    """Return a value as JSON, so that 5, 5.0, "5" and true look different."""
    return json.dumps(value, ensure_ascii=False)


@dataclass(slots=True)
class Memory:
    """What one conversation has seen so far. Its methods yield complaints; none means a match."""

    values: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    seen: set[tuple[str, Any]] = field(default_factory=set)

    def quote(self, text: str) -> str:
        """Return `text` with every `{name}` and `{name.part}` replaced by what was captured."""

        def captured(match: re.Match[str]) -> str:
            if match[1] not in self.values:
                raise FixtureError(f"{match[0]} in {shown(text)} was not seen before")
            return str(self.values[match[1]])

        return QUOTE.sub(captured, text)

    def json(self, expected: object, actual: object, path: str) -> Iterator[str]:
        """Compare two JSON values: the same keys in any order, the same types, no extra key."""
        if isinstance(expected, str) and (placeholder := PLACEHOLDER.fullmatch(expected)):
            yield from self._placeholder(placeholder, actual, path)
        elif isinstance(expected, dict) and isinstance(actual, dict):
            yield from self._object(expected, actual, path)
        elif isinstance(expected, list) and isinstance(actual, list):
            if len(expected) != len(actual):
                yield f"{path}: expected {len(expected)} items, got {len(actual)}"
            for index, (left, right) in enumerate(zip(expected, actual, strict=False)):
                yield from self.json(left, right, f"{path}.{index}")
        else:
            wanted = self.quote(expected) if isinstance(expected, str) else expected
            if type(wanted) is not type(actual) or wanted != actual:
                yield f"{path}: expected {shown(wanted)}, got {shown(actual)}"

    def headers(self, expected: Mapping[str, str], actual: Mapping[str, str]) -> Iterator[str]:
        """Compare the named headers only. `actual` has lower-case names."""
        for name, value in expected.items():
            got = actual.get(name.lower())
            if got is None:
                yield f"headers.{name}: expected {shown(value)}, got no such header"
            else:
                yield from self.json(value, got, f"headers.{name}")

    def elements(self, expected: list[Mapping[str, str] | str], actual: list[tuple[str, str]]) -> Iterator[str]:
        """Compare the children of an XML root: names in order, then texts. A last `...` leaves open what follows."""
        known = [item for row in expected if not isinstance(row, str) for item in row.items()]
        names, got = [name for name, _ in known], [name for name, _ in actual]
        if names != (got[: len(names)] if "..." in expected else got):
            yield f"xml: expected the elements {names}, got {got}"
            return
        for (name, wanted), (_, text) in zip(known, actual, strict=False):
            yield from self.json(wanted, text, f"xml.{name}")

    def file(self, expected: str, content: bytes) -> Iterator[str]:
        """Compare an MP4, or a slice of one seen before (`clip`, `clip[0:100]`); a first sight is kept.

        What is kept can be quoted: `{clip.size}`, `{clip.md5}` (upper-case hex), `{clip.md5_base64}`.
        """
        match = SLICE.fullmatch(expected)
        if match is None:
            raise FixtureError(f"mp4: {expected} is neither a name nor a slice of one")
        name, first, last = match.groups()
        if name not in self.files:
            if content[4:8] != b"ftyp":
                yield f"mp4: expected an MP4, got {content[:40]!r}"
                return
            self._keep_file(name, content)
        wanted = self.files[name][int(first) if first else None : int(last) if last else None]
        if wanted != content:
            yield f"mp4: expected {len(wanted)} octets of {expected}, got {len(content)} octets that differ"

    def _object(self, expected: dict[str, Any], actual: dict[str, Any], path: str) -> Iterator[str]:
        for name, value in expected.items():
            if name in actual:
                yield from self.json(value, actual[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}: expected {shown(value)}, got no such key"
        for name in actual.keys() - expected.keys():
            yield f"{path}.{name}: expected no such key, got {shown(actual[name])}"

    def _placeholder(self, placeholder: re.Match[str], actual: object, path: str) -> Iterator[str]:
        kind = KINDS.get(placeholder[1])
        if kind is None:
            raise FixtureError(f"{path}: {placeholder[0]} is not a kind of placeholder")
        match = re.fullmatch(kind.pattern, str(actual)) if type(actual) is kind.type else None
        name = placeholder[2] or (placeholder[1] if kind.sight is Sight.KEPT else None)
        if match is None:
            yield f"{path}: expected {placeholder[0]}, got {shown(actual)}"
        elif name in self.values:
            if self.values[name] != actual:
                yield f"{path}: expected {placeholder[0]} as before, {shown(self.values[name])}, got {shown(actual)}"
        elif kind.sight is Sight.NEW and (placeholder[1], actual) in self.seen:
            yield f"{path}: expected a new {placeholder[0]}, got {shown(actual)} again"
        else:
            self.seen.add((placeholder[1], actual))
            if name is not None:
                self.values[name] = actual
                self.values.update({f"{name}.{part}": text for part, text in match.groupdict().items()})

    def _keep_file(self, name: str, content: bytes) -> None:
        md5 = hashlib.md5(content, usedforsecurity=False)
        self.files[name] = content
        self.values[f"{name}.size"] = len(content)
        self.values[f"{name}.last"] = len(content) - 1
        self.values[f"{name}.md5"] = md5.hexdigest().upper()
        self.values[f"{name}.md5_base64"] = base64.b64encode(md5.digest()).decode()
