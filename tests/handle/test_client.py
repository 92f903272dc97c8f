"""What the handle makes of what the control API answers, and of what answers instead of it."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest

from hobbyhorse import ControlError
from hobbyhorse.handle.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator


class Said(http.server.BaseHTTPRequestHandler):
    """Answers what the test wants, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    status, kind, content = 200, "application/json", b"{}"
    asked: tuple[str, str, bytes] = ("", "", b"")

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        type(self).asked = (self.command, self.path, self.rfile.read(length))
        self.send_response(self.status)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture
def said() -> Iterator[tuple[type[Said], Client]]:
    class Handler(Said):
        pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    client = Client(f"http://127.0.0.1:{server.server_port}/_hobbyhorse/")
    yield Handler, client
    client.close()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_path_is_quoted_and_an_empty_query_left_out(said: tuple[type[Said], Client]) -> None:
    handler, client = said

    client.get("worlds", "a/b ü", status=None, limit=3, task="x&y")

    assert handler.asked[:2] == ("GET", "/_hobbyhorse/worlds/a%2Fb%20%C3%BC?limit=3&task=x%26y")


def test_a_document_is_sent_as_json_and_nothing_as_nothing(said: tuple[type[Said], Client]) -> None:
    handler, client = said

    client.put("origins", body={"api": "纸"})
    assert handler.asked == ("PUT", "/_hobbyhorse/origins", '{"api":"纸"}'.encode())
    client.delete("worlds", "one")
    assert handler.asked == ("DELETE", "/_hobbyhorse/worlds/one", b"")


def test_a_text_is_a_text(said: tuple[type[Said], Client]) -> None:
    handler, client = said
    handler.kind, handler.content = "application/yaml; charset=utf-8", "name: 纸\n".encode()

    assert client.get("scenarios", "paper") == "name: 纸\n"


@pytest.mark.parametrize(
    ("status", "content", "message"),
    [
        (
            422,
            b"""{"detail": [{"loc": ["body", "clock", "rate"], "msg": "too fast"},
                {"loc": ["body", "pase"], "msg": "no such field", "hint": "did you mean 'pace'?"}]}""",
            r"POST /worlds: clock\.rate: too fast; pase: no such field \(did you mean 'pace'\?\)$",
        ),
        (422, b'{"detail": [{"loc": ["body"], "msg": "nothing"}]}', "POST /worlds: nothing$"),
        (404, b'{"detail": "there is no world \'x\'"}', "POST /worlds: there is no world 'x'$"),
        (502, b"<html>Bad Gateway</html>", "POST /worlds: HTTP 502 <html>Bad Gateway</html>$"),
        (302, b"{}", "POST /worlds: HTTP 302 {}$"),
        (500, b"[1]", r"POST /worlds: HTTP 500 \[1\]$"),
    ],
)
def test_a_refusal_says_where_what_and_the_nearest_word(
    said: tuple[type[Said], Client], status: int, content: bytes, message: str
) -> None:
    handler, client = said
    handler.status, handler.content = status, content

    with pytest.raises(ControlError, match=message) as caught:
        client.post("worlds", body={})

    assert caught.value.status == status


def test_a_refused_stream_is_a_refusal_too(said: tuple[type[Said], Client]) -> None:
    handler, client = said
    handler.status, handler.content = 404, b'{"detail": "there is no world"}'

    with pytest.raises(ControlError, match="GET /worlds/x/journal/stream: there is no world"):
        list(client.lines("worlds", "x", "journal", "stream"))


def test_a_stream_is_read_line_by_line_wherever_it_is_cut(said: tuple[type[Said], Client]) -> None:
    handler, client = said
    handler.content = b'{"a": 1}\n\n{"b": "' + b"x" * 200_000 + b'"}\n'

    assert [list(row) for row in client.lines("stream")] == [["a"], ["b"]]


def test_a_proxy_is_not_asked(said: tuple[type[Said], Client], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert said[1].get("health") == {}
