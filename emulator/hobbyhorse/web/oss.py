"""The result origin: what OSS answers to GET and HEAD of an object, to a form that uploads one, and its XML errors."""

from __future__ import annotations

import asyncio
import base64
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from ..core import ids
from ..core.faults import OssFault
from ..core.moments import http_date
from ..core.ranges import Span, UnsatisfiableError, span_of
from .body import Body, Disconnected
from .uploads import Form, post_object

if TYPE_CHECKING:
    from random import Random

    from starlette.types import Receive, Scope, Send

    from ..core.catalogue import Catalogue, OssErrorRow
    from ..core.clip import Clip
    from ..core.task import Task
    from ..core.upload_policy import Upload
    from ..service.admission import Admission
    from ..service.results import ResultService
    from ..service.uploads import UploadService

log = logging.getLogger(__name__)

_CHUNK = 256 * 1024
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TROUBLESHOOT = "https://api.aliyun.com/troubleshoot?q="
_CONTROLS = {code: None for code in (*range(32), 0xFFFE, 0xFFFF) if chr(code) not in "\t\n\r"}

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a request asks for. Path-style addressing: `/{bucket}/{key}`."""

    method: str
    bucket: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]


class ResultOrigin:
    """The ASGI application of the result origin."""

    def __init__(
        self,
        results: ResultService,
        uploads: UploadService,
        catalogue: Catalogue,
        admission: Admission,
        random: Random,
    ) -> None:
        self._results = results
        self._uploads = uploads
        self._rows = catalogue.oss_errors
        self._admission = admission
        self._random = random

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = _asked(scope)
        now = await self._admission.default_now()
        head: Headers = [
            ("server", "AliyunOSS"),
            ("date", http_date(now)),
            ("x-oss-request-id", ids.oss_request_id(self._random)),
            ("x-oss-server-time", "1"),
        ]
        try:
            if asked.method == "POST":
                await self._post(asked, head, Body(receive, asked.headers.get("content-length", "")), send)
            else:
                await self._object(asked, head, send)
        except OssFault as fault:
            await self._refuse(asked, head, fault, send)
        except Disconnected:
            log.warning("the client went away in the middle of a POST to /%s", asked.bucket)
        except asyncio.CancelledError:
            log.warning("stopped in the middle of a download: %s", asked.key)

    async def _clip(self, asked: _Asked) -> tuple[Clip, Task]:
        """Return the clip asked for. A render that fails is our bug: logged, and answered as OSS answers its own."""
        try:
            return await self._results.fetch(
                asked.method, asked.bucket, asked.key, asked.query, authorized="authorization" in asked.headers
            )
        except OssFault:
            raise
        except asyncio.CancelledError:
            raise OssFault("internal-error", detail="the server stops") from None
        except Exception as error:
            log.exception("a bug in hobbyhorse, please report it: the clip %s cannot be made", asked.key)
            raise OssFault("internal-error", detail="see the traceback above") from error

    async def _object(self, asked: _Asked, head: Headers, send: Send) -> None:
        if asked.method not in {"GET", "HEAD"}:
            raise OssFault("method-not-allowed", Method=asked.method, ResourceType="Object")
        clip, task = await self._clip(asked)
        standard = asked.headers.get("x-oss-range-behavior") == "standard"
        try:
            span = span_of(asked.headers.get("range"), len(clip.data), standard=standard)
        except UnsatisfiableError:
            raise OssFault("invalid-range", detail=f"{asked.headers['range']} of {len(clip.data)} bytes") from None
        headers = head + _object_headers(clip, task) + _span_headers(span, len(clip.data))
        await _send(send, 206 if span.is_part else 200, headers, clip.data, span, is_head=asked.method == "HEAD")

    async def _post(self, asked: _Asked, head: Headers, body: Body, send: Send) -> None:
        """Take an upload. A refusal is sent once the client has sent all, or it would not read it."""
        try:
            status, upload, content = await self._taken(asked, body)
        except OssFault:
            await body.drain()
            raise
        except Disconnected:
            raise
        except Exception as error:
            log.exception("a bug in hobbyhorse, please report it: an upload to %s", asked.bucket)
            await body.drain()
            raise OssFault("internal-error", detail="see the traceback above") from error
        headers = head + _digest_headers(upload.md5, upload.crc64)
        if status != HTTPStatus.NO_CONTENT:
            headers.append(("content-length", str(len(content))))
        if content:
            headers.append(("content-type", "application/xml"))
        await _send(send, status, headers, content, Span(0, len(content), is_part=False), is_head=False)

    async def _taken(self, asked: _Asked, body: Body) -> tuple[int, Upload, bytes]:
        if asked.key:  # a form is posted to the bucket; its key is a field
            raise OssFault("method-not-allowed", Method=asked.method, ResourceType="Object")
        self._uploads.check_bucket(asked.bucket)
        form = Form(asked.headers.get("content-type", ""), body)
        return await post_object(self._uploads, asked.bucket, form, asked.headers.get("host", ""))

    async def _refuse(self, asked: _Asked, head: Headers, fault: OssFault, send: Send) -> None:
        """Send a row's XML. A HEAD has no body, so OSS puts the XML into a header (OD-OSS)."""
        row = self._rows[fault.row]
        kind = "upload" if asked.method == "POST" else "download"
        log.warning("%s refused: %d %s [rule %s] %s", kind, row.status, row.code, row.id, fault.detail)
        body = _xml(row, fault, dict(head)["x-oss-request-id"], asked.headers.get("host", "")).encode(
            "utf-8", "replace"
        )
        headers = [*head, ("content-type", "application/xml")]
        if row.ec:
            headers.append(("x-oss-ec", row.ec))
        is_head = asked.method == "HEAD"
        if is_head:
            headers.append(("x-oss-err", base64.b64encode(body).decode()))
            body = b""
        headers.append(("content-length", str(len(body))))
        await _send(send, row.status, headers, body, Span(0, len(body), is_part=False), is_head=is_head)


def _asked(scope: Scope) -> _Asked:
    bucket, _, key = scope["path"].removeprefix("/").partition("/")
    return _Asked(
        method=scope["method"],
        bucket=bucket,
        key=key,
        query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
    )


def _object_headers(clip: Clip, task: Task) -> Headers:
    """Return what OSS says of an object (general OSS knowledge, not captured for this bucket)."""
    return [
        ("content-type", "video/mp4"),
        ("accept-ranges", "bytes"),
        ("last-modified", http_date(task.ends_at)),
        ("x-oss-object-type", "Normal"),
        ("x-oss-storage-class", "Standard"),
        *_digest_headers(clip.md5, clip.crc64),
    ]


def _digest_headers(md5: bytes, crc64: int) -> Headers:
    return [
        ("etag", f'"{md5.hex().upper()}"'),
        ("x-oss-hash-crc64ecma", str(crc64)),
        ("content-md5", base64.b64encode(md5).decode()),
    ]


def _span_headers(span: Span, size: int) -> Headers:
    length = ("content-length", str(span.stop - span.start))
    return [length, ("content-range", f"bytes {span.start}-{span.stop - 1}/{size}")] if span.is_part else [length]


async def _send(send: Send, status: int, headers: Headers, data: bytes, span: Span, *, is_head: bool) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    view = memoryview(data)[: 0 if is_head else span.stop]
    for start in range(span.start, len(view), _CHUNK):
        await send({"type": "http.response.body", "body": bytes(view[start : start + _CHUNK]), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _xml(row: OssErrorRow, fault: OssFault, request_id: str, host: str) -> str:
    known = {
        "RequestId": request_id,
        "HostId": host,
        "EC": row.ec or "",
        "RecommendDoc": f"{_TROUBLESHOOT}{row.ec}",
        **fault.elements,
    }
    message = row.message.format_map(fault.elements)
    elements = [("Code", row.code), ("Message", message), *((name, known[name]) for name in row.elements)]
    lines = "".join(f"  <{name}>{escape(value.translate(_CONTROLS))}</{name}>\n" for name, value in elements)
    return f"{_XML}<Error>\n{lines}</Error>\n"
