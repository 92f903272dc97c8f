"""OSS PostObject: a form read as it streams in, its fields first and then its file."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from ..core.faults import OssFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ..core.upload_policy import Upload
    from ..service.uploads import UploadService
    from ..service.visit import Visit
    from .body import Body

# All that comes before the file (OD-OSS 0006-00000112), and all that comes after it (our own bound).
_MOST_AROUND = 8 << 20
_FORM = b"multipart/form-data"
_FILE = "file"


class Form:
    """A multipart form whose last part that counts is its file. Parts after the file are ignored.

    Fields are text by lower-case name: OSS's own examples write `Signature` and `signature`. What is not UTF-8 in them
    is kept as lone surrogates. Raises OssFault for what is no well-formed form, Disconnected when the client goes away.
    """

    def __init__(self, content_type: str, body: Body) -> None:
        kind, options = parse_options_header(content_type)
        if kind != _FORM or not options.get(b"boundary"):
            raise OssFault("not-multipart", detail=f"Content-Type is {content_type[:200]!r}")
        self.fields: dict[str, str] = {}
        self.filename = ""
        self._body = body
        self._complete = False
        self._around = 0
        self._files = 0
        self._in_file = False
        self._chunks: deque[bytes] = deque()
        self._header = bytearray()
        self._value = bytearray()
        self._headers: dict[str, str] = {}
        self._text = bytearray()
        self._name = ""
        self._parser = self._made(options[b"boundary"])

    @property
    def least_size(self) -> int:
        """Return how many bytes the file has at least, going by Content-Length."""
        return self._body.length - _MOST_AROUND

    async def read_fields(self) -> None:
        """Read until the file begins; then `fields` and `filename` are there."""
        while not self._files:
            await self._pump()

    async def content(self) -> AsyncIterator[bytes]:
        """Yield the file's content, then read the form to its end."""
        while self._chunks or not self._body.is_read:
            while self._chunks:
                yield self._chunks.popleft()
            if not self._body.is_read:
                await self._pump()

    async def _pump(self) -> None:
        """Feed the parser with the next piece of the body."""
        piece = await self._body.piece()
        self._around += len(piece)
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise OssFault("form-malformed", detail=str(error)) from None
        if self._around > _MOST_AROUND:
            raise OssFault("fields-too-large", detail=f"over {_MOST_AROUND} bytes around the file")
        if self._body.is_read and not (self._complete and self._files):
            detail = "the form has no file" if self._complete else "the form ends before its last boundary"
            raise OssFault("form-malformed", detail=detail)

    def _made(self, boundary: bytes) -> MultipartParser:
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": self._add_header_name,
                    "on_header_value": self._add_header_value,
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._begin_data,
                    "on_part_data": self._add_data,
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise OssFault("not-multipart", detail=str(error)) from None

    def _begin_part(self) -> None:
        self._headers.clear()
        self._text.clear()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._header.clear()
        self._value.clear()

    def _begin_data(self) -> None:
        """Find out what the part is: every one must name itself (OD-OSS 0006-00000109)."""
        kind, options = parse_options_header(self._headers.get("content-disposition", ""))
        if kind != b"form-data" or b"name" not in options:
            raise OssFault("form-malformed", detail=f"a part's headers are {self._headers!r:.200}")
        self._name = _text(options[b"name"]).lower()
        self._in_file = self._name == _FILE
        if self._in_file:
            self._files += 1
            self.filename = _text(options.get(b"filename", b""))
        if self._files > 1:
            raise OssFault("several-files", detail=f"file number {self._files}")

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._chunks.append(data[start:end])
            self._around -= end - start
        elif not self._files:
            self._text += data[start:end]

    def _end_part(self) -> None:
        if not self._files:
            self.fields[self._name] = _text(bytes(self._text))
        self._in_file = False

    def _end(self) -> None:
        self._complete = True


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


async def post_object(
    uploads: UploadService, visit: Visit, bucket: str, form: Form, base: str
) -> tuple[int, Upload, bytes]:
    """Receive the file of a form whose fields were read.

    Return status, object and body, as `success_action_status` asks for them (OD-OSS).
    `base` is the URL of the origin as the client reaches it.
    """
    async with uploads.receive(visit, bucket, form.fields, form.filename) as reception:
        reception.expect(form.least_size)
        async for chunk in form.content():
            await reception.write(chunk)
        upload = await reception.finish()
    asked = form.fields.get("success_action_status")
    if asked == "201":
        return 201, upload, _post_response(bucket, upload, base)
    return 200 if asked == "200" else 204, upload, b""


def _post_response(bucket: str, upload: Upload, base: str) -> bytes:
    elements = {
        "Bucket": bucket,
        "Location": f"{base}/{bucket}/{quote(upload.key)}",
        "Key": upload.key,
        "ETag": f'"{upload.md5.hex().upper()}"',
    }
    lines = "".join(f"  <{name}>{escape(text)}</{name}>\n" for name, text in elements.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>\n{lines}</PostResponse>\n'.encode()
