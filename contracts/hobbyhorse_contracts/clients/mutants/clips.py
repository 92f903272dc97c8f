"""Bugs in clips: RES."""

from __future__ import annotations

import base64
import http.client
import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from ..config import Ask, Config, Done
from ..effects import Reply, Sleep
from ..part import Part
from ..problems import ClientError
from ..reference import Reference
from ..wire import Wire
from .catalogue import configured, mutant

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
