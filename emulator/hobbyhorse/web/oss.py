"""The result origin: what OSS answers to GET and HEAD of an object, to a form that uploads one, and its XML errors."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import defaultdict
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from ..core import ids
from ..core.faults import OssFault, oss_row_named
from ..core.mishaps import Place
from ..core.moments import http_date
from ..core.ranges import UnsatisfiableError, span_of
from ..core.signing import task_id_in
from ..dialects.wire import WireReply
from ..journal.bodies import Tap
from ..journal.entry import Origin
from ..service.visit import Interrupted
from .body import Body, Disconnected
from .desk import Call, tapped, target
from .uploads import Form, post_object

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from ..core.catalogue import Catalogue, OssErrorRow
    from ..core.clip import Clip
    from ..core.ranges import Span
    from ..core.task import Task
    from ..service.results import ResultService
    from ..service.uploads import UploadService
    from ..service.visit import Visit, Visits
    from .control import Origins
    from .desk import Desk, Prepared

log = logging.getLogger(__name__)

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
        visits: Visits,
        desk: Desk,
        origins: Origins,
    ) -> None:
        self._results = results
        self._uploads = uploads
        self._rows = catalogue.oss_errors
        self._visits = visits
        self._desk = desk
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked, tap = _asked(scope), Tap()
        try:
            if asked.method == "POST":
                length = asked.headers.get("content-length", "")
                prepared = await self._post(scope, asked, Body(tapped(receive, tap), length), tap)
            else:
                visit = await self._visits.by_access_key(asked.query.get("OSSAccessKeyId", ""))
                prepared = await self._get(self._call(scope, asked, visit, Place.DOWNLOAD, tap), asked)
            await prepared(scope, receive, send)
        except asyncio.CancelledError:
            log.warning("stopped in the middle of a download: %s", asked.key)

    def _call(self, scope: Scope, asked: _Asked, visit: Visit, place: Place, tap: Tap) -> Call:
        return Call(
            scope=scope,
            visit=visit,
            origin=Origin.RESULTS,
            place=place,
            refusal=lambda row, message: self._refusal(asked, _head(visit), OssFault(row), visit, message),
            elsewhere=f"{self._origins.api}{target(scope)}",
            body=tap,
            task=task_id_in(asked.key),
            url=asked.key,
        )

    async def _get(self, call: Call, asked: _Asked) -> Prepared:
        head = _head(call.visit)

        async def answer() -> WireReply:
            try:
                return await self._object(call, asked, head)
            except OssFault as fault:
                return self._refusal(asked, head, fault, call.visit)

        return await self._desk.prepare(call, answer)

    async def _clip(self, visit: Visit, asked: _Asked) -> tuple[Clip, Task]:
        """Return the clip asked for. A render that fails is our bug: logged, and answered as OSS answers its own."""
        authorized = "authorization" in asked.headers
        try:
            return await self._results.fetch(
                visit, asked.method, asked.bucket, asked.key, asked.query, authorized=authorized
            )
        except (OssFault, Interrupted):
            raise
        except asyncio.CancelledError:
            raise OssFault("internal-error", detail="the server stops") from None
        except Exception as error:
            log.exception("a bug in hobbyhorse, please report it: the clip %s cannot be made", asked.key)
            raise OssFault("internal-error", detail="see the traceback above") from error

    async def _object(self, call: Call, asked: _Asked, head: Headers) -> WireReply:
        if asked.method not in {"GET", "HEAD"}:
            raise OssFault("method-not-allowed", Method=asked.method, ResourceType="Object")
        clip, task = await self._clip(call.visit, asked)
        call.whole = clip.data
        standard = asked.headers.get("x-oss-range-behavior") == "standard"
        try:
            span = span_of(asked.headers.get("range"), len(clip.data), standard=standard)
        except UnsatisfiableError:
            raise OssFault("invalid-range", detail=f"{asked.headers['range']} of {len(clip.data)} bytes") from None
        headers = head + _object_headers(clip, task) + _span_headers(span, len(clip.data))
        data = clip.data[span.start : span.stop] if span.is_part else clip.data
        return WireReply(206 if span.is_part else 200, tuple(headers), data)

    async def _post(self, scope: Scope, asked: _Asked, body: Body, tap: Tap) -> Prepared:
        """Take an upload. Its fields are read first: they tell whose it is."""
        form: Form | None = None
        wrong: OssFault | None = None
        access_key_id = ""
        try:
            form = await self._form(asked, body)
            access_key_id = form.fields.get("ossaccesskeyid", "")
        except OssFault as fault:
            wrong = fault
        except Disconnected:
            visit = await self._visits.by_access_key("")
            return self._gone(self._call(scope, asked, visit, Place.UPLOAD, tap), asked)
        visit = await self._visits.by_access_key(access_key_id)
        call, head = self._call(scope, asked, visit, Place.UPLOAD, tap), _head(visit)

        async def answer() -> WireReply:
            try:
                if form is None:
                    raise wrong or OssFault("form-malformed")
                return await self._taken(visit, asked, form, head)
            except OssFault as fault:
                # A refusal is sent once the client has sent all, or it would not read it.
                await body.drain()
                return self._refusal(asked, head, fault, visit)

        try:
            return await self._desk.prepare(call, answer)
        except Disconnected:
            return self._gone(call, asked)

    def _gone(self, call: Call, asked: _Asked) -> Prepared:
        log.warning("the client went away in the middle of a POST to /%s", asked.bucket)
        call.visit.detail = "the client went away before its form was complete"
        return self._desk.unanswered(call)

    async def _form(self, asked: _Asked, body: Body) -> Form:
        if asked.key:  # a form is posted to the bucket; its key is a field
            raise OssFault("method-not-allowed", Method=asked.method, ResourceType="Object")
        self._uploads.check_bucket(asked.bucket)
        form = Form(asked.headers.get("content-type", ""), body)
        await form.read_fields()
        return form

    async def _taken(self, visit: Visit, asked: _Asked, form: Form, head: Headers) -> WireReply:
        scheme = urlsplit(self._origins.results).scheme or "http"
        try:
            status, upload, content = await post_object(
                self._uploads, visit, asked.bucket, form, f"{scheme}://{asked.headers.get('host', '')}"
            )
        except (OssFault, Disconnected):
            raise
        except Exception as error:
            log.exception("a bug in hobbyhorse, please report it: an upload to %s", asked.bucket)
            raise OssFault("internal-error", detail="see the traceback above") from error
        headers = head + _digest_headers(upload.md5, upload.crc64)
        visit.committed = upload.key
        if status != HTTPStatus.NO_CONTENT:
            headers.append(("content-length", str(len(content))))
        if content:
            headers.append(("content-type", "application/xml"))
        return WireReply(status, tuple(headers), content)

    def _refusal(
        self, asked: _Asked, head: Headers, fault: OssFault, visit: Visit, message: str | None = None
    ) -> WireReply:
        """Return a row's XML. A HEAD has no body, so OSS puts the XML into a header (OD-OSS)."""
        row = self._rows.get(fault.row) or oss_row_named(fault.row, self._rows) or self._rows["internal-error"]
        visit.row, visit.detail = row.id, fault.detail
        kind = "upload" if asked.method == "POST" else "download"
        log.warning("%s refused: %d %s [rule %s] %s", kind, row.status, row.code, row.id, fault.detail)
        body = _xml(row, fault, dict(head)["x-oss-request-id"], asked.headers.get("host", ""), message)
        data = body.encode("utf-8", "replace")
        headers = [*head, ("content-type", "application/xml")]
        if row.ec:
            headers.append(("x-oss-ec", row.ec))
        if asked.method == "HEAD":
            headers.append(("x-oss-err", base64.b64encode(data).decode()))
            data = b""
        headers.append(("content-length", str(len(data))))
        return WireReply(row.status, tuple(headers), data)


def _head(visit: Visit) -> Headers:
    return [
        ("server", "AliyunOSS"),
        ("date", http_date(visit.arrived)),
        ("x-oss-request-id", ids.oss_request_id(visit.random)),
        ("x-oss-server-time", "1"),
    ]


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


def _xml(row: OssErrorRow, fault: OssFault, request_id: str, host: str, message: str | None) -> str:
    """Return the body of an error. What an element would have told and nobody knows, because it was asked for: xxx."""
    known = {
        "RequestId": request_id,
        "HostId": host,
        "EC": row.ec or "",
        "RecommendDoc": f"{_TROUBLESHOOT}{row.ec}",
        **fault.elements,
    }
    message = row.message.format_map(defaultdict(lambda: "xxx", fault.elements)) if message is None else message
    elements = [("Code", row.code), ("Message", message), *((name, known.get(name, "xxx")) for name in row.elements)]
    lines = "".join(f"  <{name}>{escape(value.translate(_CONTROLS))}</{name}>\n" for name, value in elements)
    return f"{_XML}<Error>\n{lines}</Error>\n"
