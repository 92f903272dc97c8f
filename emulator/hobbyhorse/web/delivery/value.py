"""What is to be sent, and how, as a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING

from ...dialects.wire import WireReply

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..link import Ended

Headers = tuple[tuple[str, str], ...]


class Framing(StrEnum):
    """How a client is to see where the body ends."""

    LENGTH = "content-length"
    CHUNKS = "chunks, the last one missing"
    CONNECTION = "the end of the connection"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What mishaps must know beside the answer.

    `now` is the world's clock in ms, `asked_range` the Range header, `elsewhere` the URL of the same path on the other
    origin. `refusal` renders an error as this origin does, from a row id or code and another message than the row's.
    `whole` is the object that a download answers with, or answers with a part of; None where there is none.
    """

    method: str
    now: int
    elsewhere: str
    refusal: Callable[[str, str | None], WireReply]
    asked_range: str | None = None
    whole: bytes | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be sent and how. `body` is a GET's also where a HEAD asked, and is not sent then.

    `keep` (0 to 1): only that part of the body is sent, at least a byte less than all, and then comes `ending`.
    `admitted` (0 to 1): Content-Length admits only that part. `delay` and `idle` are real seconds, before the first
    byte and between the last and `ending`; `rate` is in bytes a second. Without a head nothing is sent at all.
    """

    status: int
    headers: Headers
    body: bytes
    is_head: bool = False
    has_head: bool = True
    framing: Framing = Framing.LENGTH
    admitted: float | None = None
    keep: float | None = None
    delay: float = 0
    rate: int | None = None
    ending: Ended | None = None
    idle: float | None = None

    @property
    def is_regular(self) -> bool:
        """Whether what is sent is a right HTTP answer, if perhaps late, slow, or the last on its connection."""
        return self.has_head and self.framing is Framing.LENGTH and self.admitted is None and self.keep is None

    def shown(self) -> bytes:
        """Return the part of the body that is sent."""
        if self.is_head:
            return b""
        return self.body if self.keep is None else self.body[: part(self.keep, len(self.body))]

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that are sent, as ASGI has them."""
        shown = self.headers
        if self.framing is Framing.CHUNKS:
            shown = with_header(shown, "content-length", "chunked", "transfer-encoding")
        elif self.framing is Framing.CONNECTION:
            shown = with_header(shown, "content-length", "close", "connection")
        elif self.admitted is not None:
            shown = with_header(shown, "content-length", str(part(self.admitted, len(self.body))))
        return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in shown]

    def with_body(self, body: bytes) -> Delivery:
        """Return the same with another body and its length."""
        return replace(self, body=body, headers=with_header(self.headers, "content-length", str(len(body))))

    def instead(self, reply: WireReply) -> Delivery:
        """Return another reply's delivery, as late, slow and broken as this one."""
        other = plain(reply, "HEAD" if self.is_head else "")
        return replace(self, status=other.status, headers=other.headers, body=other.body)


def plain(reply: WireReply | None, method: str) -> Delivery:
    """Return the delivery of a reply as it is; None stands for one that was prevented.

    A reply that does not say the length of its body gets it, unless its status allows no body.
    """
    reply = reply or WireReply(HTTPStatus.INTERNAL_SERVER_ERROR, (), b"")
    headers = reply.headers
    is_bodiless = reply.status in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
    if not is_bodiless and all(name != "content-length" for name, _ in headers):
        headers = (*headers, ("content-length", str(len(reply.body))))
    return Delivery(reply.status, headers, reply.body, is_head=method == "HEAD")


def part(share: float, size: int) -> int:
    """Return how many bytes a share of `size` is: never all of them."""
    return max(0, min(int(size * share), size - 1))


def with_header(headers: Headers, name: str, value: str, new_name: str | None = None) -> Headers:
    """Return headers with another value (and name) in a header's place, at the end where there is none."""
    entry = (new_name or name, value)
    if all(there != name for there, _ in headers):
        return (*headers, entry)
    return tuple(entry if there == name else (there, text) for there, text in headers)
