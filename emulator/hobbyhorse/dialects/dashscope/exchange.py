"""`exchange(request) -> reply`: decode, ask the service, encode. Stateless; a wrong turn anywhere is one Fault."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import orjson

from ...core import ids
from ...core.faults import Fault, chosen, explained, resolve, row_named
from ...core.timeline import Status
from ...service.visit import Interrupted
from ..wire import Operation, WireReply
from . import decode, encode, headers
from .odd import CREATE, oddly

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ...core.catalogue import Catalogue
    from ...core.faults import Failure
    from ...service.admission import Admission, Caller
    from ...service.results import ResultService
    from ...service.tasks import TaskService
    from ...service.tokens import TokenService
    from ...service.uploads import UploadService
    from ...service.visit import Visit, Visits
    from ..wire import WireRequest
    from .encode import Body

    Handler = Callable[[WireRequest, Caller, str], Awaitable[Body]]

log = logging.getLogger(__name__)

_OK = 200
# The row that our own failures are answered with: upstream has one for its own.
BUG = "internal-error.internal-error-occured-try"


class DashScope:
    """The dialect. `results_base` gives scheme, host and port of the result origin when it is asked."""

    def __init__(
        self,
        catalogue: Catalogue,
        visits: Visits,
        admission: Admission,
        tasks: TaskService,
        results: ResultService,
        uploads: UploadService,
        tokens: TokenService,
        results_base: Callable[[], str],
    ) -> None:
        self._catalogue = catalogue
        self._visits = visits
        self._admission = admission
        self._tasks = tasks
        self._results = results
        self._uploads = uploads
        self._tokens = tokens
        self._results_base = results_base
        self._handlers: dict[Operation, Handler] = {
            Operation.CREATE: self._create,
            Operation.GET: self._get,
            Operation.LIST: self._list,
            Operation.CANCEL: self._cancel,
            Operation.UPLOADS: self._grant,
            Operation.TOKENS: self._issue,
        }

    async def visit(self, request: WireRequest) -> Visit:
        """Find out whose request it is. One without a usable key visits the default world, unknown to it."""
        try:
            key = headers.approach(request).api_key
        except Fault:
            key = None
        return await self._visits.by_key(key or "")

    async def exchange(self, request: WireRequest, visit: Visit, fault: Fault | None = None) -> WireReply:
        """Answer a request. `fault` is one that was found before: no such path, wrong method, body too large.

        Raises Interrupted where a scenario's mishap comes first.
        """
        request_id = ids.request_id(visit.random)
        status, left = _OK, visit.arrived
        try:
            caller = self._admitted(request, visit, fault)
            body = await self._handlers[request.operation](request, caller, request_id)
            left = max(left, self._visits.now(visit.world))
        except Fault as found:
            status, body = self._refuse(request, found, visit, request_id)
        except Interrupted:
            raise
        except Exception:
            log.exception("a bug in hobbyhorse, please report it: %s %s", request.operation, request.subject)
            status, body = self._refuse(request, Fault(BUG, detail="see the traceback above"), visit, request_id)
        return self._reply(request, status, body, request_id, visit, left)

    def _admitted(self, request: WireRequest, visit: Visit, fault: Fault | None) -> Caller:
        if fault is not None:
            raise fault
        return self._admission.admit(headers.approach(request), visit)

    def refusal(self, request: WireRequest, visit: Visit, row: str, message: str | None) -> WireReply:
        """Return the error of a row, or of a code, as a mishap wants it, with a message of its own or the row's."""
        found = row_named(row, self._catalogue.errors, request.operation)
        failure = chosen(found or self._catalogue.errors[BUG], message)
        visit.row = failure.row
        request_id = ids.request_id(visit.random)
        body = _envelope(request, failure, request_id)
        return self._reply(request, failure.status, body, request_id, visit, visit.arrived)

    def _reply(
        self, request: WireRequest, status: int, body: Body, request_id: str, visit: Visit, left: int
    ) -> WireReply:
        reply = headers.reply_headers(request.operation, status, request_id, visit.arrived, left, visit.random)
        return WireReply(status, reply, orjson.dumps(body))

    def _refuse(self, request: WireRequest, fault: Fault, visit: Visit, request_id: str) -> tuple[int, Body]:
        """Return status and envelope of a fault, and tell the developer which rule was broken and its evidence."""
        failure = resolve(fault, self._catalogue.errors)
        visit.row, visit.detail = failure.row, fault.detail
        said = explained(failure, self._catalogue.errors, fault.detail)
        log.warning("%s refused: %d %s", request.operation, failure.status, said)
        return failure.status, _envelope(request, failure, request_id)

    async def _create(self, request: WireRequest, caller: Caller, request_id: str) -> Body:
        command = decode.create_task(request, request_id)
        task = await self._tasks.create(caller, command)
        return oddly(encode.created(task), task, CREATE, Status.PENDING)

    async def _get(self, request: WireRequest, caller: Caller, request_id: str) -> Body:
        caller.visit.task = request.subject
        seen = await self._tasks.poll(caller, request.subject)
        if seen is None:
            return encode.unknown(request.subject, request_id)
        video_url = None
        if seen.status is Status.SUCCEEDED:
            video_url = self._results.video_url(self._results_base(), caller.world, seen.task)
        model = self._catalogue.models[seen.task.model]
        body = encode.polled(seen, model, caller.now, video_url, request_id)
        return oddly(body, seen.task, seen.task.polls, seen.status)

    async def _list(self, request: WireRequest, caller: Caller, request_id: str) -> Body:
        query = decode.task_query(request, caller.now, self._catalogue.timing)
        return encode.listed(await self._tasks.page(caller, query), query, self._catalogue, request_id)

    async def _cancel(self, request: WireRequest, caller: Caller, request_id: str) -> Body:
        caller.visit.task = request.subject
        await self._tasks.cancel(caller, request.subject)
        return {"request_id": request_id}

    async def _grant(self, request: WireRequest, caller: Caller, request_id: str) -> Body:
        model = decode.upload_model(request)
        grant = await self._uploads.grant(caller, model, request_id, self._results_base())
        return encode.granted(grant, request_id)

    async def _issue(self, request: WireRequest, caller: Caller, _: str) -> Body:
        seconds = decode.token_seconds(request, self._catalogue.tokens)
        return encode.issued(self._tokens.issue(caller, seconds))


def _envelope(request: WireRequest, failure: Failure, request_id: str) -> Body:
    envelope = encode.refused_cancel if request.operation is Operation.CANCEL else encode.error
    return envelope(failure, request_id)
