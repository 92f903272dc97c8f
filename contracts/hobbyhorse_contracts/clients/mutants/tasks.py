"""Bugs in cancel, list and connections: CAN, LST, CON; and a create on a kept connection."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..config import Ask, Config, Done
from ..effects import Broken, Reply, Send
from ..problems import ClientError
from ..reference import Reference
from ..wire import Wire
from .catalogue import configured, mutant
from .waits import PollNetFatal

if TYPE_CHECKING:
    import http.client
    from collections.abc import Mapping

    from ..effects import Steps
    from ..waiting import Output

_CHUNK = 1 << 16
_TOTAL_S = 0.3


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
