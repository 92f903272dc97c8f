"""The desk: every request of both origins passes here. Mishaps are taken, an answer is made, sent, and journalled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.responses import Response

from ..core.mishaps import Moment, Occasion, Place
from ..journal.entry import Connection, Origin
from ..journal.record import Draft
from ..service.visit import Interrupted
from .delivery import Circumstances, delay_before, deliver, delivery, pause, prevents
from .link import link_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Message, Receive, Scope, Send

    from ..core.mishaps import Mishap
    from ..dialects.wire import WireReply
    from ..journal.bodies import Tap
    from ..journal.port import Journal
    from ..service.events import Courier
    from ..service.mishaps import Mishaps
    from ..service.visit import Visit, Visits
    from ..service.worlds import Worlds
    from .delivery import Delivery
    from .link import Connection as Connected
    from .link import Link, Noise


@dataclass(slots=True)
class Call:
    """One request as the desk needs it. `visit` was found by its key, `task` and `url` by its path.

    `body` is what came of it, or a tap that saw it go by. `refusal` renders an error row as its origin does.
    `elsewhere` is the URL of the same path on the other origin. `whole` is set by an answer that is part of an object.
    """

    scope: Scope
    visit: Visit
    origin: Origin
    place: Place
    refusal: Callable[[str, str | None], WireReply]
    elsewhere: str
    body: bytes | Tap = b""
    task: str | None = None
    url: str | None = None
    whole: bytes | None = None


class Desk:
    """What both origins share."""

    def __init__(
        self,
        journal: Journal,
        mishaps: Mishaps,
        worlds: Worlds,
        visits: Visits,
        monotonic: Callable[[], int],
        courier: Courier,
    ) -> None:
        self._journal = journal
        self._mishaps = mishaps
        self._worlds = worlds
        self._visits = visits
        self._monotonic = monotonic
        self._courier = courier

    async def prepare(self, call: Call, answer: Callable[[], Awaitable[WireReply]]) -> Prepared:
        """Make the answer to a request, mishaps laid over it. `answer` is not called where one prevents it."""
        begun, visit, link = self._monotonic(), call.visit, link_of(call.scope)
        visit.occasion = _occasion(call, link)
        mishaps = await self._mishaps.of_world(visit, visit.occasion)
        late = delay_before(mishaps)
        if late and not await pause(late, link, lambda: self.is_current(visit)):
            return Prepared(self, call, None, mishaps, begun)
        reply = None
        if not any(map(prevents, mishaps)):
            try:
                reply = await answer()
            except Interrupted as cut:
                mishaps.append(cut.mishap)
        # What a scenario bound to a task is known when its effect is made, so its delay can only come after.
        mishaps += [replace(mishap, moment=Moment.AFTER) for mishap in visit.mishaps]
        made = delivery(reply, mishaps, _circumstances(call)) if reply or mishaps else None
        return Prepared(self, call, made, mishaps, begun)

    def unanswered(self, call: Call) -> Prepared:
        """Return what ends the entry of a request that is not answered."""
        return Prepared(self, call, None, [], self._monotonic())

    async def is_current(self, visit: Visit) -> bool:
        """Whether a visit's world is there and was not reset since."""
        world = await self._worlds.find(visit.world.id)
        return world is not None and world.generation == visit.world.generation

    async def write(self, prepared: Prepared) -> None:
        """Write a request and what became of it into its world's journal."""
        call, visit, made = prepared.call, prepared.call.visit, prepared.delivery
        scope, link = call.scope, link_of(call.scope)
        has_head = made is not None and made.has_head
        draft = Draft(
            world=visit.world.id,
            at=visit.arrived,
            monotonic=prepared.begun / 1000,
            origin=call.origin,
            route=call.place,
            method=scope["method"],
            path=_raw_path(scope),
            query=scope["query_string"].decode("latin-1"),
            headers=scope["headers"],
            body=call.body,
            status=made.status if made and has_head else None,
            reply_headers=made.raw_headers() if made and has_head else (),
            reply_body=made.shown() if made and has_head else b"",
            connection=Connection(link.connection.id, link.number, link.closed) if link else Connection(),
            seconds=(self._monotonic() - prepared.begun) / 1000,
            quarantined=not visit.is_known,
            row=visit.row,
            detail=visit.detail,
            rule=visit.rule,
            mishaps=prepared.mishaps,
            written=link.written if link else None,
            task=visit.task or call.task,
            committed=visit.committed,
            unknown=visit.unknown,
        )
        await self._journal.append(draft.entry())
        if visit.world.sink is not None:
            self._courier.nudge()

    def note_end(self, connection: Connected) -> None:
        """Remember how a connection ended, for the entries of all requests that came on it."""
        if connection.ended is not None:
            self._journal.note_closed(connection.id, connection.ended)

    async def note_noise(self, origin: Origin, noise: Noise) -> None:
        """Write bytes that are no HTTP into the journal, in quarantine: they name no world."""
        visit = await self._visits.by_access_key("")
        draft = Draft(
            world=visit.world.id,
            at=visit.arrived,
            monotonic=self._monotonic() / 1000,
            origin=origin,
            route=Place.ROUTE,
            method="",
            path="",
            query="",
            headers=(),
            body=noise.data,
            status=400 if noise.answer else None,
            connection=Connection(noise.connection, noise.request, "not HTTP"),
            quarantined=True,
            detail="bytes that are no HTTP",
            written=len(noise.answer),
        )
        await self._journal.append(draft.entry())


class Prepared(Response):
    """An answer that is ready to be sent; sending it ends its entry in the journal. None: there is nobody to answer."""

    def __init__(self, desk: Desk, call: Call, made: Delivery | None, mishaps: list[Mishap], begun: int) -> None:
        super().__init__()
        self.call = call
        self.delivery = made
        self.mishaps = mishaps
        self.begun = begun
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send the answer, as its mishaps want it."""
        link = link_of(self.call.scope)
        try:
            if self.delivery is not None:
                await deliver(self.delivery, link, send, lambda: self._desk.is_current(self.call.visit))
            elif link is not None:
                link.close()
        finally:
            await self._desk.write(self)


def target(scope: Scope) -> str:
    """Return the path and query of a request as they were sent."""
    query = scope["query_string"].decode("latin-1")
    return _raw_path(scope) + (f"?{query}" if query else "")


def _raw_path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")


def tapped(receive: Receive, tap: Tap) -> Receive:
    """Return a `receive` whose bodies a tap sees."""

    async def heard() -> Message:
        message = await receive()
        tap.feed(message.get("body", b""))
        return message

    return heard


def _occasion(call: Call, link: Link | None) -> Occasion:
    visit = call.visit
    return Occasion(
        place=call.place,
        now=visit.arrived,
        task=call.task,
        url=call.url,
        key=(visit.api_key, visit.key.name) if visit.key else (visit.api_key,),
        connection=link.connection.id if link else None,
        request=link.number if link else None,
    )


def _circumstances(call: Call) -> Circumstances:
    asked = next((value for name, value in call.scope["headers"] if name == b"range"), None)
    return Circumstances(
        method=call.scope["method"],
        now=call.visit.arrived,
        elsewhere=call.elsewhere,
        refusal=call.refusal,
        asked_range=asked.decode("latin-1") if asked is not None else None,
        whole=call.whole,
    )
