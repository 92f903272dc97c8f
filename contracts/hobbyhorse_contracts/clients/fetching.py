"""Fetching a clip: without the key, whole or not at all, from a fresh URL where the old one has expired."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from .config import Done
from .effects import Broken, Reply, Send, Sleep, Steps
from .pacing import growing
from .part import Part
from .problems import ClientError, refusal
from .speaking import AGENT
from .waiting import Output, Waiting

if TYPE_CHECKING:
    from .config import Ask

_WHOLE = {200, 206}
_EXPIRED = {403, 404}
_BAD_RANGE = 416
_REDIRECTS = {301, 302, 303, 307, 308}
_HOPS = 5


class Fetching(Waiting):
    """Downloads a clip."""

    def fetched(self, ask: Ask, task: str | None, output: Output) -> Steps[Done]:
        """Download the clip of a task that has SUCCEEDED. Raises ClientError."""
        url = self.url_of(task, output)
        out = ask.option("out")
        with self.part(out) as part:
            failure: ClientError | None = None
            for attempt in range(1, self.config.download_attempts + 1):
                if failure is not None:
                    url = yield from self.next_url(ask, task, url, failure)
                    yield Sleep(growing(attempt - 1, self.config.waits_s, self.config.wait_cap_s, task or url))
                failure = yield from self.tried_fetch(url, part)
                if failure is None:
                    part.finish()
                    return Done(task, "SUCCEEDED", part.size, part.digest("sha256"), out, self.shown_url(url))
                failure.task_id = task
                if not self.fetches_again(failure):
                    break
        raise failure or ClientError("integrity", "download: no attempt was allowed")

    def part(self, out: str | None) -> Part:
        """Return what takes the bytes."""
        return Part(out)

    def shown_url(self, url: str) -> str:
        """Return a clip's URL as callers get it: whole, they may want it."""
        return url

    def url_of(self, task: str | None, output: Output) -> str:
        """Return the clip's URL. Raises ClientError where there is none, or none that may be fetched."""
        url = output.get("video_url")
        if not isinstance(url, str) or not url:
            raise ClientError("integrity", f"task {task} has SUCCEEDED without a video_url", task_id=task)
        self.allow(url, task)
        return url

    def allow(self, url: str, task: str | None) -> None:
        """Raise ClientError for a URL that is no business of a download: files, the machine's own metadata service."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or _is_link_local(parts.hostname):
            text = f"download: a {parts.scheme}: URL at {parts.hostname} is not fetched"
            raise ClientError("integrity", text, task_id=task)

    def fetches_again(self, failure: ClientError) -> bool:
        """Say whether a download that failed is tried once more."""
        return failure.kind != "other"

    def next_url(self, ask: Ask, task: str | None, url: str, failure: ClientError) -> Steps[str]:
        """Return where to fetch next: a fresh URL from another poll where this one has expired."""
        if failure.http_status in _EXPIRED and task is not None:
            output = yield from self.ended(ask, task)
            return self.url_of(task, output)
        return url

    def tried_fetch(self, url: str, part: Part) -> Steps[ClientError | None]:
        """Fetch once; return what went wrong, None if nothing did."""
        try:
            reply = yield from self.followed(url, part)
            if reply.status == _BAD_RANGE:
                part.restart()
            self.check_fetched(reply, part)
        except Broken as trouble:
            return ClientError("network", f"download: {trouble} after {part.size} bytes")
        except ClientError as error:
            if error.kind == "integrity":
                part.restart()
            return error
        return None

    def check_fetched(self, reply: Reply, part: Part) -> None:
        """Raise ClientError unless the clip has come, all of it."""
        if reply.status not in _WHOLE:
            raise refusal(reply, "download", kind="network")
        if not part.size:
            text = f"download: HTTP {reply.status} with {reply.headers.get('content-type')} instead of a clip"
            raise ClientError("integrity", text, http_status=reply.status)
        part.check()

    def followed(self, url: str, part: Part) -> Steps[Reply]:
        """Get a URL, past redirects."""
        for _ in range(_HOPS):
            reply: Reply = yield Send("GET", url, self.fetch_headers(part), into=part)
            if reply.status not in _REDIRECTS or "location" not in reply.headers:
                return reply
            url = urljoin(url, reply.headers["location"])
            self.allow(url, None)
        raise ClientError("network", f"download: more than {_HOPS} redirects")

    def fetch_headers(self, part: Part) -> dict[str, str]:
        """Return the headers of a download: no key, no coding, and where some of it is here, only the rest."""
        headers = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        if self.config.ranges and part.size and part.etag:
            headers |= {"Range": f"bytes={part.size}-", "If-Range": part.etag}
        return headers


def _is_link_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False
