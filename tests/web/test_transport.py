"""The transport under an application of a few lines, on both event loops: links, endings, noise, stalled requests."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest
import uvicorn

from hobbyhorse.core.mishaps import Mishap, Moment, Place
from hobbyhorse.dialects.wire import WireReply
from hobbyhorse.web.delivery import Circumstances, deliver, delivery
from hobbyhorse.web.link import Ended, Link, Noise, link_of
from hobbyhorse.web.transport import BAD_REQUEST, protocol
from web.raw import FIN, OPEN, QUIET_S, RST, Wire, ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

GET = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n"
HELLO = WireReply(200, (("content-type", "text/plain"),), b"hello, world")
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 12\r\n\r\nhello, world"
STALL_S = 0.1
LARGE = 8 << 20

Answering = Callable[["Scope", "Receive", "Send", Link], Awaitable[None]]


async def _alive() -> bool:
    return True


@dataclass
class Served:
    """A server of `answering`, in a thread. `links` come as requests end, `noises` as they are heard."""

    port: int
    links: SimpleQueue[Link] = field(default_factory=SimpleQueue)
    noises: SimpleQueue[Noise] = field(default_factory=SimpleQueue)
    errors: list[BaseException] = field(default_factory=list)
    mishaps: list[Mishap] = field(default_factory=list)
    reply: WireReply = HELLO
    alive: Callable[[], Awaitable[bool]] = _alive
    answering: Answering | None = None
    stop: Callable[[], None] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        link, links = link_of(scope), self.links  # those of the test that asked
        assert link is not None
        try:
            if self.answering is not None:
                await self.answering(scope, receive, send, link)
            else:
                made = delivery(self.reply, self.mishaps, Circumstances(scope["method"], 0, "http://b/a", _refusal))
                await deliver(made, link, send, self.alive)
        except BaseException as error:
            self.errors.append(error)
            raise
        finally:
            links.put(link)

    def hear(self, noise: Noise) -> None:
        self.noises.put(noise)

    def link(self) -> Link:
        """Return the link of the next request that ended."""
        return self.links.get(timeout=10)


def _refusal(row: str, _: str | None) -> WireReply:
    return WireReply(400, (), row.encode())


@contextmanager
def serving(loop: str) -> Iterator[Served]:
    bound = socket.create_server(("127.0.0.1", 0))
    served = Served(bound.getsockname()[1])
    config = uvicorn.Config(
        served,
        http=protocol(served.hear, STALL_S),
        loop="uvloop" if loop == "uvloop" else "asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    served.stop = partial(setattr, server, "should_exit", True)  # noqa: FBT003 - an attribute's value
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.stop()
        thread.join(10)
        bound.close()


@pytest.fixture(scope="module", params=["uvloop", "asyncio"])
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    with serving(request.param) as server:
        yield server


@pytest.fixture
def served(server: Served) -> Iterator[Served]:
    """The server as it was, and no error in it."""
    server.links, server.noises, server.mishaps = SimpleQueue(), SimpleQueue(), []
    server.reply, server.alive, server.answering = HELLO, _alive, None
    yield server
    assert not server.errors


def mishap(kind: str, **options: str | float) -> Mishap:
    complete = {"where": "before-headers", "keep": 0.5, "seconds": 0, **options}
    return Mishap("1", kind, Moment.AFTER, frozenset(Place), options=complete)


def test_requests_are_numbered_on_their_connection_and_their_bytes_counted(served: Served) -> None:
    with Wire(served.port) as first:
        for number in (1, 2, 3):
            first.send(GET)
            assert first.read_one().rest == b"hello, world"
            link = served.link()
            assert (link.number, link.written, link.closed) == (number, len(WHOLE), None)
    with Wire(served.port) as second:
        second.send(GET)
        second.read_one()
        other = served.link()
    assert (other.number, other.connection.id > link.connection.id) == (1, True)
    assert other.connection.opened >= link.connection.opened


def test_without_a_mishap_the_bytes_are_uvicorns_own(served: Served) -> None:
    async def plainly(_scope: Scope, _receive: Receive, send: Send, _link: Link) -> None:
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"12")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hello, world"})

    for version in (b"1.1", b"1.0"):
        for line in (b"", b"Connection: close\r\n", b"Expect: 100-continue\r\n"):
            for method in (b"GET", b"HEAD"):
                request = b"%s /a HTTP/%s\r\nhost: x\r\n%s\r\n" % (method, version, line)
                stays = version == b"1.1" and b"close" not in line
                served.answering = None
                ours = ask(served.port, request, stays=stays)
                served.answering = plainly
                assert ask(served.port, request, stays=stays) == ours


@pytest.mark.parametrize(
    ("kind", "where", "came", "end"),
    [
        ("reset", "before-headers", b"", RST),
        ("close", "before-headers", b"", FIN),
        ("reset", "mid-body", WHOLE[:-6], RST),
        ("close", "mid-body", WHOLE[:-6], FIN),
        ("reset", "idle", WHOLE, RST),
        ("close", "idle", WHOLE, FIN),
    ],
)
def test_a_connection_is_reset_or_closed(served: Served, kind: str, where: str, came: bytes, end: str) -> None:
    served.mishaps = [mishap(kind, where=where)]
    with Wire(served.port) as wire:
        wire.send(GET)
        assert wire.read() == (came, end)
    link = served.link()
    assert link.written == len(came)
    assert asyncio.run(ended(link)) is (Ended.RESET if kind == "reset" else Ended.CLOSED)


async def ended(link: Link) -> str | None:
    """The server's thread may be an instant behind its socket."""
    for _ in range(1000):
        if link.closed is not None:
            return link.closed
        await asyncio.sleep(0.001)
    return None


def test_the_middle_of_a_large_body_arrives_before_the_reset(served: Served) -> None:
    served.reply, served.mishaps = WireReply(200, (), bytes(LARGE)), [mishap("reset", where="mid-body")]
    with Wire(served.port) as wire:
        wire.send(GET)
        data, end = wire.read()
    assert (len(data.partition(b"\r\n\r\n")[2]), end) == (LARGE // 2, RST)


def test_a_large_answer_arrives_whole_before_the_idle_connection_is_reset(served: Served) -> None:
    served.reply, served.mishaps = WireReply(200, (), bytes(LARGE)), [mishap("reset", where="idle")]
    with Wire(served.port) as wire:
        wire.send(GET)
        data, end = wire.read()
    assert (len(data.partition(b"\r\n\r\n")[2]), end) == (LARGE, RST)


def test_an_idle_end_that_comes_due_during_an_answer_waits_for_its_end(served: Served) -> None:
    release = threading.Event()

    async def answering(_scope: Scope, _receive: Receive, send: Send, link: Link) -> None:
        first = link.number == 1
        if not first:
            await asyncio.to_thread(release.wait, 2)  # the first one's end comes due in here
        kinds = [mishap("reset", where="idle", seconds=0.02)] if first else []
        await deliver(delivery(HELLO, kinds, Circumstances("GET", 0, "", _refusal)), link, send, _alive)

    served.answering = answering
    with Wire(served.port) as wire:
        wire.send(GET)
        wire.read_one()
        wire.send(GET)
        assert wire.read(QUIET_S) == (b"", OPEN)
        release.set()
        assert wire.read() == (WHOLE, RST)


def test_a_connection_goes_on_after_an_answer_that_went_past_uvicorn(served: Served) -> None:
    served.mishaps = [mishap("short-length")]
    with Wire(served.port) as wire:
        wire.send(GET)
        answer = wire.read_one()
        assert answer.rest == b"hello,"
        served.link()
        served.mishaps = []
        wire.send(GET)
        data, _ = wire.read(QUIET_S)
    assert data == b" world" + WHOLE
    assert (served.link().number, served.errors) == (2, [])


def test_an_idle_connection_ends_after_an_answer_past_uvicorn_too(served: Served) -> None:
    served.mishaps = [mishap("short-length"), mishap("reset", where="idle")]
    with Wire(served.port) as wire:
        wire.send(GET)
        assert wire.read() == (WHOLE.replace(b": 12", b": 6"), RST)


def test_an_answer_past_uvicorn_ends_a_connection_that_was_to_end(served: Served) -> None:
    served.mishaps = [mishap("short-length")]
    for line in (b"GET / HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n"):
        answer = ask(served.port, line)
        assert (answer.header("connection"), answer.rest, answer.end) == ("close", b"hello, world", FIN)
        assert served.link().closed == Ended.SERVER_CLOSED  # at once, and not after the keep-alive


def test_pipelined_requests_are_answered_one_after_another_past_uvicorn_too(served: Served) -> None:
    served.mishaps = [mishap("short-length", keep=1)]
    with Wire(served.port) as wire:
        wire.send(GET * 3)
        data, _ = wire.read(QUIET_S)
    assert data == WHOLE.replace(b": 12", b": 11") * 3


def test_a_missing_last_chunk_and_a_body_that_ends_with_the_connection(served: Served) -> None:
    served.mishaps = [mishap("missing-last-chunk")]
    answer = ask(served.port, GET)
    assert (answer.rest, answer.end) == (b"c\r\nhello, world\r\n", FIN)
    served.mishaps = [mishap("close-delimited")]
    answer = ask(served.port, GET)
    assert (answer.header("content-length"), answer.rest, answer.end) == (None, b"hello, world", FIN)


def test_a_client_that_leaves_ends_the_wait(served: Served) -> None:
    served.mishaps = [mishap("delay", seconds=600)]
    with Wire(served.port) as wire:
        wire.send(GET)
        assert wire.read(QUIET_S) == (b"", OPEN)
    link = served.link()
    assert (link.written, link.closed, link.is_open) == (0, Ended.CLIENT_CLOSED, False)


def test_a_client_that_resets_is_told_from_one_that_closes(served: Served) -> None:
    served.mishaps = [mishap("delay", seconds=600)]
    with Wire(served.port) as wire:
        wire.send(GET)
        wire.read(QUIET_S)
        wire._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert served.link().closed == Ended.CLIENT_RESET


@pytest.mark.parametrize(("kind", "came"), [("delay", b""), ("slow-body", WHOLE[:-12])])
def test_a_world_that_was_reset_meanwhile_leaves_the_client_without_the_rest(
    served: Served, kind: str, came: bytes
) -> None:
    async def dead() -> bool:
        return False

    served.alive = dead
    served.mishaps = [mishap(kind, seconds=0.01, bytes_per_second=100)]
    with Wire(served.port) as wire:
        wire.send(GET)
        assert wire.read() == (came, FIN)


def test_a_slow_body_is_as_slow_as_it_says(served: Served) -> None:
    served.mishaps = [mishap("slow-body", bytes_per_second=60)]
    with Wire(served.port) as wire:
        begun = time.monotonic()
        wire.send(GET)
        assert wire.read_one().rest == b"hello, world"
    assert time.monotonic() - begun > 0.19


# Noise.


def test_bytes_that_are_no_http_are_refused_as_envoy_does_and_told_of(served: Served) -> None:
    with Wire(served.port) as wire:
        wire.send(b"\x16\x03\x01\x02\x00" + b"x" * 5000)
        assert wire.read() == (BAD_REQUEST, FIN)
    noise = served.noises.get(timeout=10)
    assert (noise.data[:5], len(noise.data), noise.answer) == (b"\x16\x03\x01\x02\x00", 1024, BAD_REQUEST)
    assert noise.connection > 0


def test_noise_after_requests_is_refused_after_their_answers(served: Served) -> None:
    served.mishaps = [mishap("delay", seconds=0.02)]
    with Wire(served.port) as wire:
        wire.send(GET + GET + b"hello there\r\n\r\n" + GET)
        assert wire.read() == (WHOLE * 2 + BAD_REQUEST, FIN)
    assert served.noises.get(timeout=10).request == 3


def test_a_body_that_breaks_is_refused_and_its_request_hears_that_the_client_is_gone(served: Served) -> None:
    heard: SimpleQueue[str] = SimpleQueue()

    async def answering(_scope: Scope, receive: Receive, _send: Send, _link: Link) -> None:
        heard.put((await receive())["type"])
        heard.put((await receive())["type"])

    served.answering = answering
    with Wire(served.port) as wire:
        wire.send(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        assert heard.get(timeout=10) == "http.request"
        wire.send(b"zz\r\n")
        assert wire.read() == (BAD_REQUEST, FIN)
    assert heard.get(timeout=10) == "http.disconnect"


def test_a_broken_body_behind_another_request_does_not_lose_its_answer(served: Served) -> None:
    served.mishaps = [mishap("delay", seconds=0.02)]
    with Wire(served.port) as wire:
        wire.send(GET + b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")
        assert wire.read() == (WHOLE + BAD_REQUEST, FIN)
    assert served.link().number == 1
    assert served.links.empty()  # the broken one never began


def test_a_body_that_breaks_while_it_is_answered_ends_the_answer(served: Served) -> None:
    served.mishaps = [mishap("slow-body", bytes_per_second=1)]
    with Wire(served.port) as wire:
        wire.send(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        assert wire.read(QUIET_S / 3) == (WHOLE[:-12], OPEN)
        wire.send(b"zz\r\n")
        assert wire.read() == (b"", FIN)
    assert served.noises.get(timeout=10).answer == b""


# Requests that stand still.


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf"])
def test_a_request_that_stands_still_is_ended(served: Served, sent: bytes) -> None:
    async def answering(_scope: Scope, receive: Receive, _send: Send, _link: Link) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    served.answering = answering
    with Wire(served.port) as wire:
        wire.send(sent)
        assert wire.read() == (b"", FIN)
    if sent.startswith(b"POST"):
        assert served.link().closed == Ended.STALLED


def test_a_request_that_was_sent_whole_may_wait_longer_for_its_answer(served: Served) -> None:
    served.mishaps = [mishap("delay", seconds=3 * STALL_S)]
    with Wire(served.port) as wire:
        wire.send(GET)
        assert wire.read_one().rest == b"hello, world"


def test_an_idle_connection_is_kept_longer_than_a_request_may_stand_still_and_then_closed(served: Served) -> None:
    with Wire(served.port) as wire:
        wire.send(GET)
        wire.read_one()
        assert wire.read(3 * STALL_S) == (b"", OPEN)
        assert wire.read() == (b"", FIN)  # after uvicorn's keep-alive of one second
    assert served.link().closed == Ended.IDLE


@pytest.mark.parametrize("kind", ["delay", "slow-body"])
def test_an_answer_that_is_kept_waiting_does_not_keep_the_server_from_stopping(kind: str) -> None:
    with serving("uvloop") as served:
        served.mishaps = [mishap(kind, seconds=600, bytes_per_second=1)]
        with Wire(served.port) as wire:
            wire.send(GET)
            wire.read(QUIET_S)
            begun = time.monotonic()
            served.stop()
            assert wire.read()[1] == FIN
    assert time.monotonic() - begun < 2
    assert served.link().closed == Ended.SERVER_CLOSED
    assert not served.errors


def test_an_answer_that_would_be_kept_waiting_while_the_server_stops_is_not_given() -> None:
    begun, release = threading.Event(), threading.Event()

    async def answering(_scope: Scope, _receive: Receive, send: Send, link: Link) -> None:
        begun.set()
        await asyncio.to_thread(release.wait, 2)
        late = [mishap("delay", seconds=600)]
        await deliver(delivery(HELLO, late, Circumstances("GET", 0, "", _refusal)), link, send, _alive)

    with serving("uvloop") as served:
        served.answering = answering
        with Wire(served.port) as wire:
            wire.send(GET)
            assert begun.wait(10)
            served.stop()
            assert wire.read(3 * QUIET_S) == (b"", OPEN)
            release.set()
            assert wire.read(2) == (b"", FIN)
