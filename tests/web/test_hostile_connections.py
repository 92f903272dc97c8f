"""What only a socket can do to a server, done to one in its own process. It answers the next request all the same."""

from __future__ import annotations

import http.client
import json
import re
import socket
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from hobbyhorse import Emulator
from web.models import MODELS
from web.requests import plain_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


MB = 1 << 20
PATIENCE_S = 20.0
REQUEST = plain_request(MODELS["happyhorse-1.1-t2v"])
LINES = "".join(f"{name}: {value}\r\n" for name, value in REQUEST.lines().items()).encode()
POST = f"POST {REQUEST.path} HTTP/1.1\r\n".encode() + LINES
GET = b"GET /api/v1/tasks/x HTTP/1.1\r\n" + LINES
UNKNOWN = {"task_id": "x", "task_status": "UNKNOWN"}
WEBSOCKET = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
# A line of the log: a time, a level, a message. Behind a traceback's first line there would be others.
LOG_LINE = re.compile(r"\d\d:\d\d:\d\d (?:INFO   |WARNING) \S.*")

# What is no HTTP: the server's own plain 400, as a proxy before the upstream would answer.
NO_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET /api/v1/tasks/x HTTP/9.9\r\n\r\n",
    "no path": b"GET HTTP/1.1\r\n\r\n",
    "an unknown method": b"BREW /api/v1/tasks/x HTTP/1.1\r\n\r\n",
    "a nought octet in a header": GET + b"X-A: a\x00b\r\n\r\n",
    "a header in two lines": GET + b"X-A: a\r\n b\r\n\r\n",
    "a header's name with a space": GET + b"X A: a\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": POST + b"Content-Length: -5\r\n\r\n",
    "a length beyond all": POST + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "a broken chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
}

BROKEN_OFF = (
    b"",
    b"G",
    GET,
    POST + b"Content-Length: 100\r\n\r\n{",
    POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhe",
)


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(clock="frozen") as server:
        yield server


@pytest.fixture(autouse=True)
def survives(emulator: Emulator) -> Iterator[None]:
    """After each test the server still answers, and has logged whole lines and no traceback."""
    before = emulator.log()
    yield
    status, body = ask(emulator, GET + b"\r\n")
    assert (status, body["output"]) == (200, UNKNOWN)
    said = emulator.log().removeprefix(before)
    assert not [line for line in said.splitlines() if not LOG_LINE.fullmatch(line)]


def connected(emulator: Emulator) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(emulator.api).port or 0), PATIENCE_S)


def received(connection: socket.socket) -> tuple[int, bytes]:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer.status, answer.read()


def ask(emulator: Emulator, *pieces: bytes) -> tuple[int, dict[str, object]]:
    """Send octets, and return status and body of the first answer."""
    status, content = raw(emulator, pieces)
    return status, json.loads(content)


def raw(emulator: Emulator, pieces: Iterable[bytes]) -> tuple[int, bytes]:
    with connected(emulator) as connection:
        # The server may answer, and close, before it has read all.
        with suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                connection.sendall(piece)
        return received(connection)


@pytest.mark.parametrize("name", NO_HTTP)
def test_what_is_no_http_is_refused(emulator: Emulator, name: str) -> None:
    assert raw(emulator, [NO_HTTP[name]])[0] == 400


@pytest.mark.parametrize("name", ["with its length", "in chunks"])
def test_fifty_megabytes_are_refused_and_the_answer_can_be_read(emulator: Emulator, name: str) -> None:
    length = b"Content-Length: %d\r\n\r\n" % (50 * MB)
    chunk = b"%x\r\n%s\r\n" % (MB, b"x" * MB)
    chunks = [POST, b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 50, b"0\r\n\r\n"]
    whole = [POST, length, *[b"x" * MB] * 50]

    status, body = ask(emulator, *(chunks if name == "in chunks" else whole))

    assert (status, body["code"], body["message"]) == (400, "BadRequest.TooLarge", "Payload Too Large.")


@pytest.mark.parametrize("upgrade", [WEBSOCKET, H2C], ids=["websocket", "h2c"])
def test_an_upgrade_is_not_taken(emulator: Emulator, upgrade: bytes) -> None:
    status, body = ask(emulator, GET, upgrade)

    assert (status, body["output"]) == (200, UNKNOWN)


@pytest.mark.parametrize("sent", BROKEN_OFF)
def test_a_request_that_breaks_off_hurts_nobody(emulator: Emulator, sent: bytes) -> None:
    with connected(emulator) as connection:
        connection.sendall(sent)


def test_a_request_that_never_ends_hinders_nobody(emulator: Emulator) -> None:
    with connected(emulator) as slow:
        slow.sendall(POST + b"Content-Length: 100\r\n\r\n{")
        assert ask(emulator, GET + b"\r\n")[0] == 200


def test_a_request_may_come_octet_by_octet(emulator: Emulator) -> None:
    content = REQUEST.content()
    sent = POST + b"Content-Length: %d\r\n\r\n" % len(content) + content

    assert ask(emulator, *(sent[at : at + 1] for at in range(len(sent))))[0] == 200


def test_requests_may_be_sent_at_once(emulator: Emulator) -> None:
    with_body = GET + b"Content-Length: 5\r\n\r\nhello"
    with connected(emulator) as connection:
        connection.sendall((GET + b"\r\n") * 5 + with_body + GET + b"Connection: close\r\n\r\n")
        answers = connection.makefile("rb").read()

    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 7


def test_the_client_may_ask_before_it_sends(emulator: Emulator) -> None:
    content = REQUEST.content()
    with connected(emulator) as connection:
        connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(content))
        assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(content)
        assert received(connection)[0] == 200


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"OPTIONS * HTTP/1.1", 404),
        (b"GET http://example.com/api/v1/tasks/x HTTP/1.1", 200),
        (b"GET /api/v1/../../etc/passwd HTTP/1.1", 404),
        (b"GET //api//v1//tasks HTTP/1.1", 404),
        (b"GET /api/v1/tasks/%FF%zz% HTTP/1.1", 200),
        (b"GET /api/v1/nothing/%0d%0a12:00:00%20ERROR%20forged HTTP/1.1", 404),
        (b"GET /api/v1/tasks/" + b"x" * 50_000 + b" HTTP/1.1", 200),
        (b"PUT /api/v1/tasks/x HTTP/1.1", 400),
    ],
)
def test_an_odd_line_is_answered_with_an_envelope(emulator: Emulator, line: bytes, status: int) -> None:
    found, body = ask(emulator, line + b"\r\n" + LINES + b"\r\n")

    assert found == status
    assert "request_id" in body


def test_many_and_long_headers_are_taken(emulator: Emulator) -> None:
    many = b"".join(b"X-%d: a\r\n" % number for number in range(5000))

    assert ask(emulator, GET, many, b"X-Long: ", b"a" * MB, b"\r\n\r\n")[0] == 200
