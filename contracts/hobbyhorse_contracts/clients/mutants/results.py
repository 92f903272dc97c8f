"""Bugs in results, cancel, list and connections: RES, CAN, LST, CON."""

from __future__ import annotations

import base64
import http.client
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from ..config import Ask, Config, Done
from ..effects import Broken, Reply, Send, Sleep
from ..part import Part
from ..problems import ClientError
from ..reference import Reference
from ..wire import Wire
from .catalogue import configured, mutant
from .money import PollNetFatal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..effects import Steps
    from ..waiting import Output

_CHUNK = 1 << 16
_TOTAL_S = 0.3


class Unchecked(Part):
    """Takes any bytes for a clip."""

    def check(self) -> None:
        """See nothing wrong."""


class Unwary(Reference):
    """Takes any bytes for a clip."""

    def part(self, out: str | None) -> Part:
        return Unchecked(out)


class ShortOk(Wire):
    """Reads a body in a loop and takes its end for the end."""

    def read(self, answer: http.client.HTTPResponse, write: Callable[[bytes], object]) -> None:
        while chunk := answer.read(_CHUNK):
            write(chunk)


class ChunksOk(Wire):
    """Takes a chunked body without its end for the whole."""

    def read(self, answer: http.client.HTTPResponse, write: Callable[[bytes], object]) -> None:
        try:
            super().read(answer, write)
        except http.client.IncompleteRead as error:
            if not answer.chunked:
                raise
            write(error.partial)


@mutant("RES-01")
class FlippedByte(Reference):
    """Changes the last byte of the clip."""

    class Flipped(Unchecked):
        """Changes the last byte."""

        def finish(self) -> None:
            self._file.seek(-1, os.SEEK_END)
            self._file.write(b"!")
            super().finish()

    def part(self, out: str | None) -> Part:
        return self.Flipped(out)


@mutant("RES-04")
class NoChecksum(Reference):
    """Looks at no checksum."""

    class Boxed(Part):
        """Believes that the checksum is right."""

        def digest(self, algorithm: str) -> str:
            if algorithm == "md5" and self.md5:
                return base64.b64decode(self.md5).hex()
            return super().digest(algorithm)

    def part(self, out: str | None) -> Part:
        return self.Boxed(out)


@mutant("RES-02", wire=ShortOk)
class TruncOk(Unwary):
    """Takes a body that is shorter than its Content-Length for the whole."""


@mutant("RES-03", wire=ChunksOk)
class ChunkOk(Unwary):
    """Takes a chunked body without its last chunk for the whole."""


@mutant("RES-04")
class HttpOnly(Unwary):
    """Looks at nothing but HTTP's own signs for a whole body."""


configured("download_no_retry", "RES-05", "Fetches a clip once.", Config(download_attempts=1))


@mutant("RES-05")
class DownloadRecreates(Reference):
    """Makes a new task when the clip cannot be fetched."""

    def generate(self, ask: Ask) -> Steps[Done]:
        task = yield from self.create(ask)
        output = yield from self.ended(ask, task)
        try:
            with self.part(None) as part:
                failure = yield from self.tried_fetch(self.url_of(task, output), part)
        except ClientError as error:
            failure = error
        if failure is not None:
            task = yield from self.create(ask)
            output = yield from self.ended(ask, task)
        return (yield from self.fetched(ask, task, output))


@mutant("RES-06")
class RetrySameUrl(Reference):
    """Asks a dead URL again and again."""

    def next_url(self, ask: Ask, task: str | None, url: str, failure: ClientError) -> Steps[str]:
        yield from ()
        return url


@mutant("RES-06")
class NoRefetch(Reference):
    """Gives up when a URL has expired."""

    def fetches_again(self, failure: ClientError) -> bool:
        return failure.http_status != 403 and super().fetches_again(failure)


@mutant("RES-07")
class ErrorPageSaved(Reference):
    """Saves whatever is answered."""

    class Anything(Unchecked):
        """Takes every answer."""

        def begins(self, status: int, headers: Mapping[str, str]) -> bool:
            super().begins(200, {**headers, "content-type": "video/mp4"})
            return True

    def part(self, out: str | None) -> Part:
        return self.Anything(out)

    def check_fetched(self, reply: Reply, part: Part) -> None:
        """See nothing wrong."""


@mutant("RES-08")
class LateDownload(Reference):
    """Fetches the clip a day later."""

    def fetched(self, ask: Ask, task: str | None, output: Output) -> Steps[Done]:
        yield Sleep(23 * 3600.0)
        return (yield from super().fetched(ask, task, output))


@mutant("RES-09")
class DirectWrite(Reference):
    """Writes under the final name from the start."""

    class Direct(Part):
        """Has no other name."""

        def opened(self) -> BinaryIO:
            return super().opened() if self.out is None else self.out.open("w+b")

        def finish(self) -> None:
            """Have nothing to do."""

    def part(self, out: str | None) -> Part:
        return self.Direct(out)


@mutant("RES-10", settings=Config(ranges=True))
class RangeAppendOn200(Reference):
    """Appends whatever comes after a Range."""

    class Appended(Unchecked):
        """Never starts anew."""

        def begins(self, status: int, headers: Mapping[str, str]) -> bool:
            if status == 200 and self.size:
                return True
            return super().begins(status, headers)

    def part(self, out: str | None) -> Part:
        return self.Appended(out)


@mutant("RES-10")
class RangeWithoutCondition(Reference):
    """Resumes without saying of which clip."""

    def fetch_headers(self, part: Part) -> dict[str, str]:
        headers = super().fetch_headers(part)
        headers.pop("If-Range", None)
        return headers


@mutant("RES-11")
class NoGunzip(Reference):
    """Does not decode gzip."""

    def speak(self, *given: Any) -> Steps[Reply]:
        reply = yield from super().speak(*given)
        plain = {name: value for name, value in reply.headers.items() if name != "content-encoding"}
        return replace(reply, headers=plain)


@mutant("RES-12", settings=Config(ranges=False))
class TotalTimeout(Wire):
    """Has a limit for the whole download."""

    def read(self, answer: http.client.HTTPResponse, write: Callable[[bytes], object]) -> None:
        until = time.monotonic() + _TOTAL_S

        def written(data: bytes) -> None:
            write(data)
            if time.monotonic() > until:
                raise TimeoutError("the download took too long")

        while chunk := answer.read1(_CHUNK):
            written(chunk)
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)


@mutant("RES-13")
class RefetchCreates(Reference):
    """Makes a new task to fetch a clip again."""

    def download(self, ask: Ask) -> Steps[Done]:
        request = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "again"}}
        return (yield from self.generate(replace(ask, request=request)))


@mutant("CAN-01")
class CancelByDelete(Reference):
    """Cancels with DELETE."""

    def cancel_wish(self, ask: Ask, task: str) -> Send:
        wish = super().cancel_wish(ask, task)
        return replace(wish, method="DELETE", url=wish.url.removesuffix("/cancel"))


@mutant("CAN-01")
class CanceledIsFailed(Reference):
    """Reports a canceled task as failed."""

    def is_over(self, task: str, output: Output, reply: Reply | Broken) -> bool:
        if self.status_of(output) == "CANCELED":
            raise self.failed(task, output, None)
        return super().is_over(task, output, reply)


@mutant("CAN-02")
class CancelSwallowed(Reference):
    """Calls a task canceled although that was refused."""

    def cancel(self, ask: Ask) -> Steps[Done]:
        try:
            done = yield from super().cancel(ask)
        except ClientError:
            return Done(self.task_asked(ask), "CANCELED")
        return done


@mutant("CAN-03")
class AbortLeaves(Reference):
    """Leaves an aborted task alone and forgets it."""

    def given_up(self, ask: Ask, task: str) -> Steps[None]:
        yield from ()
        raise ClientError("canceled", "given up by the caller")


@mutant("LST-01")
class ListOffByOne(Reference):
    """Stops one page early."""

    def is_last_page(self, page: int, rows: list[Any], said: Mapping[str, Any]) -> bool:
        return super().is_last_page(page + 1, rows, said)


@mutant("LST-01")
class ListTwice(Reference):
    """Begins with page 0."""

    def page_wish(self, ask: Ask, page: int) -> Send:
        return super().page_wish(ask, max(1, page - 1))


@mutant("LST-02")
class WallClockTimes(Reference):
    """Takes a time in China for a time in UTC."""

    def seconds(self, value: Any) -> float | None:
        found = super().seconds(value)
        return None if found is None else found + 8 * 3600


configured("connection_each", "CON-01", "Opens a connection for every request.", Config(reuses=False))


class NoLook(Wire):
    """Does not look whether a kept connection has ended."""

    def repeats(self, wish: Send) -> bool:
        return False

    def is_dead(self, connection: http.client.HTTPConnection) -> bool:
        return False


@mutant("CON-02", wire=NoLook)
class IdleConnectionFatal(PollNetFatal):
    """Gives up when a kept connection turns out dead."""


@mutant("CRE-01")
class IdleConnectionPost(Wire):
    """Sends a create again when a kept connection turns out dead, and uses kept ones for creates."""

    def send(self, wish: Send) -> Reply:
        wish = replace(wish, fresh=False)
        try:
            return super().send(wish)
        except Broken as trouble:
            if not trouble.sent:
                raise
        return super().send(wish)


@mutant("CON-03")
class CrossTalk(Reference):
    """Hands every call the task of the first."""

    _first: str | None = None

    def fetched(self, ask: Ask, task: str | None, output: Output) -> Steps[Done]:
        self._first = self._first or task
        done = yield from super().fetched(ask, task, output)
        return replace(done, task_id=self._first)


@mutant("CON-04", settings=Config(request_gap_s=0, create_gap_s=0))
class EachForItself(Reference):
    """Lets every task retry for itself after a 429."""

    def hold(self, reply: Reply, failures: int, name: str) -> float:
        return 1.0 if failures else 0.0

    def pause(self, ask: Ask, task: str, until: float, reply: Reply | Broken, failures: int) -> float:
        return 1.0 if failures else super().pause(ask, task, until, reply, failures)
