"""The DashScope routes. FastAPI declares them and their schema; the answer is the dialect's, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from ..core.faults import Fault
from ..dialects.wire import Operation, WireRequest
from .body import Disconnected, read_body
from .framework import application
from .front import API, PREFIX, raw_headers

if TYPE_CHECKING:
    from ..dialects.dashscope import DashScope
    from ..dialects.wire import WireReply
    from .openapi import OpenApi

_METHOD_NOT_ALLOWED = 405
_CLIENT_GONE = 499  # never sent: there is nobody to read it


def dashscope_app(dialect: DashScope, openapi: OpenApi, body_limit: int) -> FastAPI:
    """Build the FastAPI application. A body over `body_limit` bytes is refused."""
    app = application(openapi_url="/openapi.json")
    routes = _Routes(dialect, body_limit)
    create, tasks = f"{API}/services/aigc/{{}}/video-synthesis", f"{API}/tasks"
    app.post(create.format("video-generation"), **openapi.create("create_task", "video-generation"))(routes.create)
    from_images = openapi.create("create_task_from_images", "image2video")
    app.post(create.format("image2video"), **from_images)(routes.create_from_images)
    app.get(f"{tasks}/{{task_id}}", **openapi.get())(routes.get)
    app.get(tasks, **openapi.list())(routes.list)
    app.post(f"{tasks}/{{task_id}}/cancel", **openapi.cancel())(routes.cancel)
    app.get(f"{API}/uploads", **openapi.uploads())(routes.uploads)
    app.post(f"{API}/tokens", **openapi.tokens())(routes.tokens)
    app.add_exception_handler(HTTPException, routes.refuse)
    app.openapi = lambda: openapi.document(app.routes)  # type: ignore[method-assign]
    return app


class _Routes:
    """The path operations. None declares a parameter: FastAPI would judge it and answer in its own words."""

    def __init__(self, dialect: DashScope, body_limit: int) -> None:
        self._dialect = dialect
        self._body_limit = body_limit

    async def create(self, request: Request) -> Response:
        return await self._answer(Operation.CREATE, request, "video-generation")

    async def create_from_images(self, request: Request) -> Response:
        return await self._answer(Operation.CREATE, request, "image2video")

    async def get(self, request: Request) -> Response:
        return await self._answer(Operation.GET, request, request.path_params["task_id"])

    async def list(self, request: Request) -> Response:
        return await self._answer(Operation.LIST, request)

    async def cancel(self, request: Request) -> Response:
        return await self._answer(Operation.CANCEL, request, request.path_params["task_id"])

    async def uploads(self, request: Request) -> Response:
        return await self._answer(Operation.UPLOADS, request)

    async def tokens(self, request: Request) -> Response:
        return await self._answer(Operation.TOKENS, request)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Answer an unknown path or a wrong method with upstream's envelope instead of the framework's."""
        path = request.url.path[:200]
        if isinstance(error, HTTPException) and error.status_code == _METHOD_NOT_ALLOWED:
            fault = Fault("method-not-supported", method=request.method, detail=path)
        else:
            fault = Fault("path-not-found", detail=f"{path} is no path of this API")
        return _response(await self._dialect.exchange(_wire(Operation.NONE, request, "", b""), fault))

    async def _answer(self, operation: Operation, request: Request, subject: str = "") -> Response:
        fault: Fault | None = None
        body = b""
        try:
            # Only a create has a body that says something; the aio SDK's cancel has one that does not.
            if operation is Operation.CREATE:
                body = await read_body(request.receive, self._body_limit)
        except Disconnected:
            return Response(status_code=_CLIENT_GONE)
        except Fault as found:
            fault = found
        return _response(await self._dialect.exchange(_wire(operation, request, subject, body), fault))


def _wire(operation: Operation, request: Request, subject: str, body: bytes) -> WireRequest:
    scope: Any = request.scope
    return WireRequest(
        operation=operation,
        method=request.method,
        subject=subject,
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        query=scope["query_string"].decode("latin-1"),
        body=body,
        prefix=scope.get(PREFIX, ""),
    )


def _response(reply: WireReply) -> Response:
    response = Response(reply.body, reply.status)
    response.raw_headers = raw_headers(reply)
    return response
