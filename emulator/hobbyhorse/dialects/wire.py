"""One HTTP exchange as values: what every dialect takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Operation(StrEnum):
    """What a route stands for. `NONE` is a path or method that stands for nothing."""

    CREATE = "create"
    GET = "get"
    LIST = "list"
    CANCEL = "cancel"
    UPLOADS = "uploads"
    TOKENS = "tokens"
    NONE = "route"


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request. `subject` is the variable part of the path, `prefix` what stands before `/api/v1`.

    Header names are lower case; `query` is as sent, without the question mark.
    """

    operation: Operation
    method: str
    subject: str
    headers: Mapping[str, str]
    query: str = ""
    body: bytes = b""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class WireReply:
    """A reply. Header names are in lower case, as HTTP/1.1 servers behind envoy send them (RAW)."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
