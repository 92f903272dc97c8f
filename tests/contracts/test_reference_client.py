"""Parts of the reference client by themselves: what no scenario shows."""

from __future__ import annotations

import gzip
import http.server
import struct
import threading
from typing import TYPE_CHECKING

import pytest

from hobbyhorse_contracts.clients import Config, Wire
from hobbyhorse_contracts.clients.effects import Broken, Reply, Send, Sleep, Steps, Stopped, play
from hobbyhorse_contracts.clients.pacing import Pacer, growing, retry_after
from hobbyhorse_contracts.clients.part import Part
from hobbyhorse_contracts.clients.problems import kind_of
from hobbyhorse_contracts.clients.uploading import local_path, safe_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = "Fri, 20 Nov 2026 12:00:00 GMT"
NOON_S = 1_795_176_000.0


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def long_box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


CLIP = box(b"ftyp", b"isom") + box(b"moov") + long_box(b"mdat", b"x" * 100)


@pytest.mark.parametrize(
    ("headers", "now", "wait"),
    [
        ({"retry-after": "7"}, NOON_S, 7.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT", "date": NOON}, NOON_S, 31.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT", "date": NOON}, NOON_S + 3600, 31.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT", "date": "Fri, 20 Nov 2026 13:00:00 GMT"}, NOON_S, 31.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT", "date": NOON}, NOON_S, 1.0),
        ({"retry-after": "soon"}, NOON_S, None),
        ({"retry-after": "-3"}, NOON_S, None),
        ({}, NOON_S, None),
    ],
)
def test_a_retry_after_is_read_against_the_clock_that_waits_longer(
    headers: dict[str, str], now: float, wait: float | None
) -> None:
    assert retry_after(Reply(429, headers), now) == wait


def test_waits_double_differ_by_name_and_are_bounded() -> None:
    waits = [growing(attempt, 2, 60, "a task") for attempt in range(1, 8)]

    assert waits[:5] == sorted(waits[:5])
    assert all(2**n <= wait <= 1.25 * 2**n for n, wait in enumerate(waits[:5], 1))
    assert max(waits) <= 75
    assert len({growing(1, 2, 60, f"task {n}") for n in range(20)}) == 20


def test_a_hold_moves_what_comes_after_it() -> None:
    pacer = Pacer(0.5)

    assert [pacer.reserve(10), pacer.reserve(10)] == [10, 10.5]
    pacer.hold(20)
    assert pacer.is_held(19.9)
    assert not pacer.is_held(20)
    assert [pacer.reserve(10.5), pacer.reserve(10.5)] == [20, 20.5]


@pytest.mark.parametrize(
    ("data", "is_whole"),
    [
        (CLIP, True),
        (CLIP[:-1], False),
        (CLIP + b"\0", False),
        (CLIP[12:], False),
        (box(b"ftyp") + box(b"moov") + struct.pack(">I4s", 0, b"mdat") + b"to the end", True),
        (b"<html>not found</html>", False),
        (b"", False),
    ],
)
def test_a_whole_clip_is_told_from_the_rest_by_its_boxes(data: bytes, *, is_whole: bool) -> None:
    with Part(None) as part:
        part.begins(200, {"content-type": "video/mp4"})
        part.write(data)

        assert (part.flaw() is None) is is_whole


def test_a_file_has_its_name_only_when_it_is_finished(tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    with Part(str(out)) as part:
        part.begins(200, {"content-type": "video/mp4"})
        part.write(CLIP)
        assert not out.exists()
        part.finish()
        assert out.read_bytes() == CLIP
    with Part(str(out)) as part:
        part.begins(200, {"content-type": "video/mp4"})
        part.write(b"half")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("clip.mp4", CLIP)]


def test_a_part_takes_only_what_goes_on_where_it_stopped() -> None:
    with Part(None) as part:
        part.begins(200, {"etag": '"one"'})
        part.write(b"12345")

        assert part.begins(206, {"content-range": "bytes 5-9/10"})
        assert not part.begins(206, {"content-range": "bytes 4-9/10"})
        assert not part.begins(200, {"content-type": "text/html"})
        assert part.size == 5
        assert part.begins(200, {"etag": 'W/"weak"'})
        assert (part.size, part.etag) == (0, None)


@pytest.mark.parametrize("name", ["../../etc/passwd", "纸 马.png", "a/b", "", "frame.PNG", "x.p g"])
def test_uploads_have_plain_names(name: str) -> None:
    found = safe_name(name, b"data")

    assert found.isascii()
    assert set(found) <= set("0123456789abcdefghijklmnopqrstuvwxyz.")


def test_only_files_that_are_there_are_local(tmp_path: Path) -> None:
    file = tmp_path / "a b.png"
    file.write_bytes(b"x")

    assert local_path(str(file)) == file
    assert local_path(file.as_uri()) == file
    assert [local_path(url) for url in ("https://a/b", "oss://a", "data:x", "no such file", None, "\0")] == [None] * 6


def test_codes_win_over_statuses() -> None:
    assert kind_of("AllocationQuota.FreeTierOnly", 403) == "quota"
    assert kind_of("InvalidParameter.DataInspection", 400) == "moderation"
    assert kind_of(None, 404) == "validation"
    assert kind_of("New", 418) == "other"


def test_what_cannot_be_decoded_is_left_as_it_is() -> None:
    packed = gzip.compress(b'{"a": 1}')

    assert Reply(200, {"content-encoding": "gzip"}, packed).json() == {"a": 1}
    assert Reply(200, {"content-encoding": "gzip"}, packed[:9]).json() is None
    assert Reply(200, {}, b"[1]").json() is None


def test_a_plan_may_send_after_it_was_stopped() -> None:
    def plan() -> Steps[str]:
        try:
            yield Sleep(5)
        except Stopped:
            reply: Reply = yield Send("POST", "http://x/cancel")
            return f"canceled {reply.status}"
        return "slept"

    def stop(_: float) -> None:
        raise Stopped

    assert play(plan(), lambda _: Reply(200, {}), stop) == "canceled 200"


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "10" if self.path == "/short" else "4")
        self.end_headers()
        self.wfile.write(b"1234")
        self.close_connection = self.path == "/short"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture
def origin() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_short_body_is_no_answer(origin: str) -> None:
    wire = Wire(Config())

    assert wire.send(Send("GET", f"{origin}/whole")).body == b"1234"
    with pytest.raises(Broken, match="IncompleteRead") as caught:
        wire.send(Send("GET", f"{origin}/short"))
    assert (caught.value.sent, caught.value.answered) == (True, True)
    wire.close()


def test_nothing_was_sent_where_nobody_listens() -> None:
    with pytest.raises(Broken, match="no connection") as caught:
        Wire(Config()).send(Send("POST", "http://127.0.0.1:1/x"))
    assert caught.value.sent is False
