"""Bugs in errors, secrets and redirects: ERR, SEC."""

from __future__ import annotations

import http.client
import logging
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ..effects import Reply, Send, Sleep
from ..problems import ClientError
from ..reference import Reference
from ..wire import Wire
from .catalogue import mutant
from .clips import Unwary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config import Ask, Done
    from ..effects import Steps
    from ..pacing import Pacer
    from ..part import Part
    from ..waiting import Output
    from ..wire import Place

_LOG = logging.getLogger(__name__)
_REDIRECTS = {301, 302, 303, 307, 308}
_DAY_S = 86_400.0


class Told(Reference):
    """Tells errors in another way."""

    def redacted(self, ask: Ask, error: ClientError) -> ClientError:
        error = super().redacted(ask, error)
        self.tell_otherwise(ask, error)
        return error

    def tell_otherwise(self, ask: Ask, error: ClientError) -> None:
        """Change the error."""


@mutant("ERR-01")
class SwallowCode(Told):
    """Keeps the message and loses the code."""

    def tell_otherwise(self, ask: Ask, error: ClientError) -> None:
        error.code = None


@mutant("ERR-01")
class NoRequestId(Told):
    """Loses the request's id."""

    def tell_otherwise(self, ask: Ask, error: ClientError) -> None:
        error.request_id = None


@mutant("ERR-01")
class PrettyMessage(Told):
    """Improves upstream's messages."""

    def tell_otherwise(self, ask: Ask, error: ClientError) -> None:
        error.message = error.message and error.message.rstrip(".").lower()


@mutant("ERR-02")
class FailedNoReason(Reference):
    """Looks for the reason of a failure where HTTP errors have it."""

    def failed(self, task: str, output: Output, request_id: str | None) -> ClientError:
        return super().failed(task, {}, request_id)


@mutant("ERR-03")
class FailedNeedsCode(Reference):
    """Takes a code for granted."""

    def failed(self, task: str, output: Output, request_id: str | None) -> ClientError:
        error = super().failed(task, output, request_id)
        return error if error.code else ClientError("other", "KeyError: 'code'")


@mutant("ERR-04")
class JsonOnly(Told):
    """Shows the JSON parser's complaint for an error that is no JSON."""

    def tell_otherwise(self, ask: Ask, error: ClientError) -> None:
        if error.http_status is not None and error.code is None:
            error.http_status = error.message = None
            error.args = ("Expecting value: line 1 column 1 (char 0)",)


@mutant("ERR-05")
class NoRegionHint(Reference):
    """Says of a 401 no more than upstream."""

    def hinted(self, ask: Ask, error: ClientError) -> ClientError:
        return error


@mutant("ERR-06")
class OneKind(Told):
    """Has one kind of error."""

    def tell_otherwise(self, ask: Ask, error: ClientError) -> None:
        error.kind = "other"


@mutant("ERR-07")
class NeverAnswers(Reference):
    """Waits for ever once something went wrong."""

    def guarded(self, ask: Ask, plan: Any) -> Steps[Done]:
        try:
            done = yield from super().guarded(ask, plan)
        except ClientError:
            while True:
                yield Sleep(_DAY_S)
        return done


@mutant("SEC-01")
class AuthToOss(Reference):
    """Fetches the clip with the key."""

    _key = ""

    def fetched(self, ask: Ask, task: str | None, output: Output) -> Steps[Done]:
        self._key = ask.api_key
        return (yield from super().fetched(ask, task, output))

    def fetch_headers(self, part: Part) -> dict[str, str]:
        return super().fetch_headers(part) | {"Authorization": f"Bearer {self._key}"}


@mutant("SEC-01")
class SharedSessionAuth(Wire):
    """Has one session, whose headers go to every host."""

    _session: dict[str, str]

    def framed(self, wish: Send) -> dict[str, str]:
        headers = super().framed(wish)
        if "Authorization" in headers:
            self._session = {"Authorization": headers["Authorization"]}
        return {**getattr(self, "_session", {}), **headers}


@mutant("SEC-02")
class KeyInQuery(Reference):
    """Polls with the key in the query."""

    def poll_wish(self, ask: Ask, task: str) -> Send:
        wish = super().poll_wish(ask, task)
        return replace(wish, url=f"{wish.url}?api_key={ask.api_key}")


@mutant("SEC-02")
class KeyInBody(Reference):
    """Sends the key in the body of a create, too."""

    def create_headers(self, ask: Ask, *, resolves: bool) -> dict[str, str]:
        self._key = ask.api_key
        return super().create_headers(ask, resolves=resolves)

    def body(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**request, "api_key": self._key}


@mutant("SEC-03")
class LeakKey(Reference):
    """Tells the headers of the request in errors."""

    def redacted(self, ask: Ask, error: ClientError) -> ClientError:
        error = super().redacted(ask, error)
        error.args = (f"{error} (request headers: {self.headers(ask)})",)
        return error


@mutant("SEC-03")
class LogsKey(Reference):
    """Logs the headers of requests."""

    def speak(self, wish: Send, pacer: Pacer | None = None) -> Steps[Reply]:
        _LOG.debug("> %s %s", wish.method, dict(wish.headers))
        return (yield from super().speak(wish, pacer))


@mutant("SEC-03")
class KeyPrefix(Told):
    """Shows half of the key in errors, to be of help."""

    def tell_otherwise(self, ask: Ask, error: ClientError) -> None:
        error.args = (f"{error} (key {ask.api_key[:18]}…)",)


@mutant("SEC-04")
class RedirectWithKey(Reference):
    """Follows redirects with all headers."""

    def speak(self, wish: Send, pacer: Pacer | None = None) -> Steps[Reply]:
        reply = yield from super().speak(wish, pacer)
        if wish.method == "GET" and reply.status in _REDIRECTS:
            reply = yield replace(wish, url=urljoin(wish.url, reply.headers["location"]))
        return reply


@mutant("SEC-05")
class PostFollowsRedirect(Reference):
    """Sends a redirected create to the new place."""

    def speak(self, wish: Send, pacer: Pacer | None = None) -> Steps[Reply]:
        reply = yield from super().speak(wish, pacer)
        if wish.method == "POST" and reply.status in _REDIRECTS:
            headers = {name: value for name, value in wish.headers.items() if name != "Authorization"}
            reply = yield replace(wish, url=urljoin(wish.url, reply.headers["location"]), headers=headers)
        return reply


@mutant("SEC-06")
class LogsUrl(Reference):
    """Logs the URL of the clip."""

    def url_of(self, task: str | None, output: Output) -> str:
        url = super().url_of(task, output)
        _LOG.info("downloading %s", url)
        return url


@mutant("SEC-07")
class Unverified(Wire):
    """Does not verify certificates."""

    def connection(self, place: Place) -> http.client.HTTPConnection:
        scheme, host, port = place
        if scheme != "https":
            return super().connection(place)
        blind = ssl._create_unverified_context()  # noqa: S323, SLF001 - that is the bug
        return http.client.HTTPSConnection(host, port, context=blind)


@mutant("SEC-08")
class AnyUrl(Unwary):
    """Fetches whatever URL it is given."""

    def allow(self, url: str, task: str | None) -> None:
        """Allow all."""

    def followed(self, url: str, part: Part) -> Steps[Reply]:
        if urlsplit(url).scheme == "file":
            with open(urlsplit(url).path, "rb") as file:  # noqa: PTH123 - that is the bug
                part.begins(200, {})
                part.write(file.read())
            return Reply(200, {})
        return (yield from super().followed(url, part))
