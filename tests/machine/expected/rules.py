"""What is wrong with a create request: at the gateway, or at the worker's first look. One flaw a request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .tables import (
    INVALID_URL,
    MODELS,
    NO_MEDIUM,
    NO_MODEL,
    NOT_JSON,
    SYNCHRONOUS,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .tables import Answer, Row


@dataclass(frozen=True)
class Order:
    """A create request. `raw` is sent in place of a body that is JSON."""

    region: str
    body: dict[str, Any]
    raw: bytes | None = None
    is_async: bool = True
    resolves_oss: bool = False

    def content(self) -> bytes:
        """Return what is sent."""
        return json.dumps(self.body).encode() if self.raw is None else self.raw

    def path(self) -> str:
        """Return the aigc service that takes it."""
        return "services/aigc/video-generation/video-synthesis"


def unreadable(order: Order) -> Answer | None:
    """Return the refusal of a request that names no model."""
    if not order.is_async:
        return SYNCHRONOUS
    if order.raw is not None:
        return NOT_JSON
    return None if order.body.get("model") else NO_MODEL


def fault(order: Order, is_there: Callable[[str], bool]) -> tuple[str, str | None] | None:
    """Return why the worker fails a task. `is_there` tells of an uploaded object."""
    row, given = MODELS[order.body["model"]], order.body["input"]
    if row.kind == "t2v" and "prompt" not in given:
        return "InvalidParameter", "Field required: input.prompt"
    if row.media and "media" not in given:
        return "InvalidParameter", "Field required: input.media"
    found = _parameters(row, order.body.get("parameters", {}))
    if found:
        return "InvalidParameter", found
    return _media(order, is_there)


def _parameters(row: Row, given: dict[str, Any]) -> str | None:
    tier, duration = given.get("resolution", "1080P"), given.get("duration", 5)
    if tier not in row.tiers:
        *most, last = (f"'{name}'" for name in row.tiers)
        return f"Input should be {', '.join(most)} or {last}: parameters.resolution"
    if row.durations:
        least, longest = row.durations
        if duration < least:
            return f"Input should be greater than or equal to {least}: parameters.duration"
        if duration > longest:
            return f"Input should be less than or equal to {longest}: parameters.duration"
    return None


def _media(order: Order, is_there: Callable[[str], bool]) -> tuple[str, str | None] | None:
    for medium in order.body["input"].get("media", []):
        url = medium["url"]
        if not url.startswith(("http://", "https://", "oss://")):
            return INVALID_URL
        if url.startswith("oss://"):
            if not order.resolves_oss:
                return INVALID_URL
            if not is_there(url.removeprefix("oss://")):
                return NO_MEDIUM
    return None
