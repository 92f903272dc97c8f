"""The DashScope routes. FastAPI declares them and their schema; the answer is the dialect's, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response  # noqa: TC002 - FastAPI reads annotations when routes are added
from starlette.exceptions import HTTPException

from ..core.faults import Fault
from ..core.mishaps import Place
from ..dialects.wire import Operation, WireRequest
from ..journal.bodies import Tap
from ..journal.entry import Origin
from .body import Disconnected, read_body
from .desk import Call, tapped, target
from .framework import application
from .front import API, PREFIX

if TYPE_CHECKING:
    from ..dialects.dashscope import DashScope
    from .control import Origins
    from .desk import Desk
    from .openapi import OpenApi

_METHOD_NOT_ALLOWED = 405


def dashscope_app(dialect: DashScope, desk: Desk, origins: Origins, openapi: OpenApi, body_limit: int) -> FastAPI:
    """Build the FastAPI application. A body over `body_limit` bytes is refused."""
    app = application(openapi_url="/openapi.json")
    routes = _Routes(dialect, desk, origins, body_limit)
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

    def __init__(self, dialect: DashScope, desk: Desk, origins: Origins, body_limit: int) -> None:
        self._dialect = dialect
        self._desk = desk
        self._origins = origins
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
        return await self._answer(Operation.NONE, request, fault=fault)

    async def _answer(
        self, operation: Operation, request: Request, subject: str = "", fault: Fault | None = None
    ) -> Response:
        body, tap = b"", Tap()
        try:
            # Only a create has a body that says something; the aio SDK's cancel has one that does not.
            body = await read_body(tapped(request.receive, tap), self._body_limit)
        except Disconnected:
            return await self._abandoned(operation, request, tap)
        except Fault as found:
            fault = fault or (found if operation is Operation.CREATE else None)
        wire = _wire(operation, request, subject, body)
        call = await self._call(wire, request, tap)
        return await self._desk.prepare(call, lambda: self._dialect.exchange(wire, call.visit, fault))

    async def _abandoned(self, operation: Operation, request: Request, tap: Tap) -> Response:
        """Note a request whose client went away in the middle of its body. There is nobody to answer."""
        call = await self._call(_wire(operation, request, "", b""), request, tap)
        call.visit.detail = "the client went away before its body was complete"
        return self._desk.unanswered(call)

    async def _call(self, wire: WireRequest, request: Request, tap: Tap) -> Call:
        visit = await self._dialect.visit(wire)
        on_task = wire.operation in {Operation.GET, Operation.CANCEL}
        return Call(
            scope=request.scope,
            visit=visit,
            origin=Origin.API,
            place=Place(wire.operation),
            refusal=lambda row, message: self._dialect.refusal(wire, visit, row, message),
            elsewhere=f"{self._origins.results}{target(request.scope)}",
            body=tap,
            task=wire.subject if on_task else None,
        )


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
