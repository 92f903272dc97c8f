"""Bugs in how requests are made: REQ."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..reference import Reference
from .catalogue import mutant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config import Ask
    from ..effects import Reply, Send

_SHORT = 800  # the limit of older models


@mutant("REQ-01")
class NoAsync(Reference):
    """Does not ask for the asynchronous form."""

    def create_headers(self, ask: Ask, *, resolves: bool) -> dict[str, str]:
        headers = super().create_headers(ask, resolves=resolves)
        del headers["X-DashScope-Async"]
        return headers


@mutant("REQ-02")
class PollWithoutKey(Reference):
    """Polls without the key."""

    def poll_wish(self, ask: Ask, task: str) -> Send:
        wish = super().poll_wish(ask, task)
        return replace(wish, headers={name: value for name, value in wish.headers.items() if name != "Authorization"})


@mutant("REQ-02")
class DoubledKey(Reference):
    """Sends the Authorization header twice."""

    def headers(self, ask: Ask, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return super().headers(ask, {**(more or {}), "authorization": f"Bearer {ask.api_key}"})


@mutant("REQ-03")
class ByteOrderMark(Reference):
    """Begins the JSON with a byte order mark."""

    def encode(self, document: Mapping[str, Any]) -> bytes:
        return b"\xef\xbb\xbf" + super().encode(document)


@mutant("REQ-03")
class PlainText(Reference):
    """Sends JSON as text/plain."""

    def create_headers(self, ask: Ask, *, resolves: bool) -> dict[str, str]:
        return super().create_headers(ask, resolves=resolves) | {"Content-Type": "text/plain"}


@mutant("REQ-04")
class DoubleSlash(Reference):
    """Joins base URL and path as they are."""

    def base(self, ask: Ask) -> str:
        return ask.base_url


@mutant("REQ-04")
class DoubledVersion(Reference):
    """Adds the version of the API once more."""

    def create_url(self, ask: Ask) -> str:
        return super().create_url(ask).replace("/api/v1/", "/api/v1/api/v1/")


@mutant("REQ-05")
class HardCodedPollHost(Reference):
    """Polls at the first region whatever the base URL says."""

    def poll_wish(self, ask: Ask, task: str) -> Send:
        wish = super().poll_wish(ask, task)
        return replace(wish, url=elsewhere(wish.url))


@mutant("REQ-05")
class HardCodedUploadHost(Reference):
    """Asks for upload policies at the first region."""

    def policy_url(self, ask: Ask) -> str:
        return elsewhere(super().policy_url(ask))


def elsewhere(url: str) -> str:
    """Return the same place at the default region."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/api/v1{url.split('/api/v1', 1)[1]}"


@mutant("REQ-06")
class IdMixup(Reference):
    """Takes the request's id for the task's."""

    def task_of(self, reply: Reply) -> str:
        super().task_of(reply)
        return str((reply.json() or {})["request_id"])


@mutant("REQ-07")
class UuidOnly(Reference):
    """Keeps of a task id what a UUID may have."""

    def poll_wish(self, ask: Ask, task: str) -> Send:
        return super().poll_wish(ask, re.sub("[^0-9a-f-]", "", task)[:36])


@mutant("REQ-08")
class TypedGet(Reference):
    """Says of every request that it is JSON."""

    def headers(self, ask: Ask, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return super().headers(ask, {"Content-Type": "application/json", **(more or {})})


@mutant("REQ-09")
class Nameless(Reference):
    """Calls itself by the name of a library."""

    def headers(self, ask: Ask, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return super().headers(ask, more) | {"User-Agent": "Python-urllib/3.11"}
