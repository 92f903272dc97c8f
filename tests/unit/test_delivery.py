"""What mishaps make of an answer, as a value; and how it comes out where nobody has a hold on the connection."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import tomllib
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.mishaps import Mishap, Moment, Place
from hobbyhorse.core.moments import http_date
from hobbyhorse.dialects.wire import WireReply
from hobbyhorse.web.delivery import KINDS, Circumstances, Delivery, delay_before, deliver, delivery, prevents
from hobbyhorse.web.delivery.value import part
from hobbyhorse.web.link import Ended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Message

NOW = 1_792_000_000_000
BODY = b'{"output":{"task_status":"RUNNING"},"request_id":"1"}'
REPLY = WireReply(200, (("content-type", "application/json"), ("date", http_date(NOW)), ("server", "x")), BODY)
OBJECT = bytes(range(200))
ELSEWHERE = "http://127.0.0.1:1/api/v1/tasks/x"
ROWS: list[dict[str, Any]] = tomllib.loads(files("hobbyhorse.data").joinpath("mishaps.toml").read_text("utf-8"))[
    "kinds"
]
DEFAULTS = {
    row["name"]: {option["name"]: option["default"] for option in row["options"] if "default" in option} for row in ROWS
}
REQUIRED: dict[str, dict[str, Any]] = {
    "error": {"error": "internal-error"},
    "delay": {"seconds": 1},
    "slow-body": {"bytes_per_second": 5},
    "date-skew": {"seconds": -3600},
    "range": {"answer": "206"},
}


def mishap(kind: str, moment: Moment = Moment.AFTER, **options: Any) -> Mishap:
    complete = {**DEFAULTS[kind], **REQUIRED.get(kind, {}), **options}
    return Mishap(f"{kind}-1", kind, moment, frozenset(Place), options=complete)


def refusal(row: str, message: str | None) -> WireReply:
    return WireReply(418, (("content-type", "application/json"),), f"{row}: {message}".encode())


def circumstances(method: str = "GET", asked_range: str | None = None, whole: bytes | None = None) -> Circumstances:
    return Circumstances(method, NOW, ELSEWHERE, refusal, asked_range, whole)


def laid(*kinds: Mishap, reply: WireReply | None = REPLY, case: Circumstances | None = None) -> Delivery:
    return delivery(reply, kinds, case or circumstances())


def header(made: Delivery, name: str) -> str | None:
    return {name.decode(): value.decode() for name, value in made.raw_headers()}.get(name)


def stored(start: int = 0, stop: int = len(OBJECT)) -> WireReply:
    """What the result origin answers for an object, or for a part of it."""
    is_part = stop - start < len(OBJECT)
    span = (("content-range", f"bytes {start}-{stop - 1}/{len(OBJECT)}"),) if is_part else ()
    length = ("content-length", str(stop - start))
    return WireReply(206 if is_part else 200, (("content-type", "video/mp4"), length, *span), OBJECT[start:stop])


def test_every_kind_has_a_row_and_every_row_a_kind_but_the_one_that_changes_the_url() -> None:
    assert {row["name"] for row in ROWS} == {*KINDS, "dead-url"}


def test_without_mishaps_a_reply_is_itself_with_its_length_at_the_end() -> None:
    made = laid()

    assert made == Delivery(200, (*REPLY.headers, ("content-length", str(len(BODY)))), BODY)
    assert made.is_regular
    assert (made.shown(), made.raw_headers()[-1]) == (BODY, (b"content-length", b"53"))


def test_a_reply_that_says_its_length_or_may_have_no_body_keeps_its_headers() -> None:
    assert laid(reply=stored(5, 9)).headers == stored(5, 9).headers
    assert laid(reply=WireReply(204, (("etag", "x"),), b"")).headers == (("etag", "x"),)


def test_a_head_shows_the_headers_of_the_body_and_no_body() -> None:
    made = laid(case=circumstances("HEAD"))

    assert (header(made, "content-length"), made.shown()) == ("53", b"")


def test_an_error_is_the_origins_own_and_may_say_when_to_come_again() -> None:
    made = laid(mishap("error", error="throttling", message="slow down", retry_after=30))

    assert (made.status, made.body, header(made, "retry-after")) == (418, b"throttling: slow down", "30")
    dated = laid(mishap("error", retry_after=30, retry_after_form="date"))
    assert header(dated, "retry-after") == http_date(NOW + 30_000)
    assert header(laid(mishap("error")), "retry-after") is None
    assert laid(mishap("error")).body == b"internal-error: None"


def test_a_page_of_html_is_a_proxys() -> None:
    made = laid(mishap("html", status=504))

    assert made.status == 504
    assert b"<title>504 Gateway Timeout</title>" in made.body
    assert header(made, "content-type") == "text/html"
    assert header(made, "date") == http_date(NOW)
    assert b"<title>599</title>" in laid(mishap("html", status=599)).body


def test_a_redirect_goes_to_the_same_path_on_the_other_origin_or_where_it_is_told_to() -> None:
    made = laid(mishap("redirect"))

    assert (made.status, header(made, "location"), made.body) == (302, ELSEWHERE, b"")
    assert header(laid(mishap("redirect", status=307, location="https://b/c")), "location") == "https://b/c"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_range_is_answered_with_the_part_with_the_whole_or_not_at_all(method: str) -> None:
    case = circumstances(method, "bytes=10-19", OBJECT)
    partly, whole = stored(10, 20), stored()

    made = laid(mishap("range", answer="206"), reply=whole, case=case)
    assert (made.status, made.body, header(made, "content-range")) == (206, OBJECT[10:20], "bytes 10-19/200")
    assert header(made, "content-length") == "10"
    made = laid(mishap("range", answer="200"), reply=partly, case=case)
    assert (made.status, made.body, header(made, "content-range")) == (200, OBJECT, None)
    assert header(made, "content-length") == "200"
    assert laid(mishap("range", answer="416"), reply=partly, case=case).body == b"invalid-range: None"


def test_a_range_reaching_past_the_end_is_cut_and_one_behind_it_is_left_to_the_origin() -> None:
    """Where OSS would ignore the header (200), 206 is answered all the same."""
    made = laid(mishap("range"), reply=stored(), case=circumstances("GET", "bytes=190-500", OBJECT))

    assert (made.status, header(made, "content-range")) == (206, "bytes 190-199/200")
    behind = circumstances("GET", "bytes=500-", OBJECT)
    assert laid(mishap("range"), reply=stored(), case=behind) == laid(reply=stored())
    assert laid(mishap("range"), reply=stored(), case=circumstances("GET", "lines=1-2", OBJECT)).status == 200


@pytest.mark.parametrize("answer", ["200", "206", "416"])
def test_without_a_range_or_without_an_object_nothing_is_done_to_it(answer: str) -> None:
    refused = WireReply(403, (("content-type", "application/xml"),), b"<Error/>")

    without = circumstances(whole=OBJECT)
    assert laid(mishap("range", answer=answer), reply=stored(), case=without) == laid(reply=stored())
    asked = circumstances("GET", "bytes=1-2", OBJECT)
    assert laid(mishap("range", answer=answer), reply=refused, case=asked) == laid(reply=refused)


def test_a_truncated_clip_is_shorter_everywhere() -> None:
    made = laid(mishap("truncated-mp4"), reply=stored())
    assert (made.body, header(made, "content-length")) == (OBJECT[:100], "100")
    part_of_it = laid(mishap("truncated-mp4"), reply=stored(90, 150))
    assert (part_of_it.status, part_of_it.body) == (206, OBJECT[90:100])
    assert (header(part_of_it, "content-range"), header(part_of_it, "content-length")) == ("bytes 90-99/100", "10")
    assert laid(mishap("truncated-mp4"), reply=stored(100, 150)).body == b"invalid-range: None"
    assert len(laid(mishap("truncated-mp4", keep=1), reply=stored()).body) == 199


@pytest.mark.parametrize(("start", "stop"), [(0, 200), (0, 50), (60, 140), (66, 67), (150, 199)])
def test_a_corrupt_clip_is_as_long_and_corrupt_at_the_same_place_in_every_part(start: int, stop: int) -> None:
    reply = stored(start, stop)
    made = laid(mishap("corrupt-mp4"), reply=reply)

    differ = [start + at for at, (old, new) in enumerate(zip(reply.body, made.body, strict=True)) if old != new]
    assert differ == [at for at in range(start, stop) if 66 <= at < 134]
    assert made.headers == laid(reply=reply).headers


def test_an_error_of_the_result_origin_is_no_clip() -> None:
    refused = WireReply(403, (("content-type", "application/xml"),), b"<Error/>")

    for kind in ("truncated-mp4", "corrupt-mp4"):
        assert laid(mishap(kind), reply=refused) == laid(reply=refused)


def test_an_empty_body_keeps_status_and_headers() -> None:
    made = laid(mishap("empty-body"))

    assert (made.status, made.body, header(made, "content-length")) == (200, b"", "0")
    assert header(made, "content-type") == "application/json"


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.integers())))
def test_malformed_json_is_none_and_its_length_is_right(document: dict[str, object]) -> None:
    reply = WireReply(200, (), json.dumps(document).encode())
    made = laid(mishap("malformed-json"), reply=reply)

    with pytest.raises(json.JSONDecodeError):
        json.loads(made.body)
    assert header(made, "content-length") == str(len(made.body))
    assert made.body == reply.body[: len(made.body)] != reply.body


def test_gzip_unpacks_to_the_body_and_says_so_and_repeats() -> None:
    made = laid(mishap("gzip"))

    assert gzip.decompress(made.body) == BODY
    assert header(made, "content-encoding") == "gzip"
    assert header(made, "content-length") == str(len(made.body))
    assert made == laid(mishap("gzip"))


def test_another_content_type_stands_in_the_place_of_the_first() -> None:
    assert laid(mishap("content-type", value="text/html")).headers[0] == ("content-type", "text/html")
    assert header(laid(mishap("content-type"), reply=WireReply(200, (), b"")), "content-type") == "text/plain"


def test_what_would_end_a_header_does_not_get_into_it() -> None:
    assert header(laid(mishap("content-type", value="a\r\nb: c")), "content-type") == "a  b: c"
    assert header(laid(mishap("redirect", location="/\r\n\r\n\0")), "location") == "/" + " " * 5


def test_a_skewed_date_is_off_by_that_much() -> None:
    made = laid(mishap("date-skew", seconds=-90))

    assert made.headers[1] == ("date", http_date(NOW - 90_000))


@pytest.mark.parametrize("where", ["before-headers", "mid-body", "idle"])
@pytest.mark.parametrize(("kind", "how"), [("reset", Ended.RESET), ("close", Ended.CLOSED)])
def test_a_connection_ends_where_it_is_told_to(kind: str, how: Ended, where: str) -> None:
    made = laid(mishap(kind, where=where, seconds=2))

    assert made.ending is how
    assert made.has_head == (where != "before-headers")
    assert made.idle == (2 if where == "idle" else None)
    assert made.shown() == (BODY[:26] if where == "mid-body" else BODY)
    assert made.is_regular == (where == "idle")


def test_framing_says_what_is_not_so() -> None:
    short = laid(mishap("short-body", keep=0.9))
    assert (header(short, "content-length"), short.shown(), short.ending) == ("53", BODY[:47], Ended.CLOSED)
    modest = laid(mishap("short-length", keep=0.9))
    assert (header(modest, "content-length"), modest.shown(), modest.ending) == ("47", BODY, None)
    chunked = laid(mishap("missing-last-chunk"))
    assert (header(chunked, "content-length"), header(chunked, "transfer-encoding")) == (None, "chunked")
    delimited = laid(mishap("close-delimited"))
    assert (header(delimited, "content-length"), header(delimited, "connection")) == (None, "close")
    assert not any(made.is_regular for made in (short, modest, chunked, delimited))


@given(st.floats(0, 1), st.integers(0, 1000))
def test_a_part_is_never_all(share: float, size: int) -> None:
    assert 0 <= part(share, size) <= max(0, size - 1)


def test_times_add_up_and_those_before_the_effect_are_not_the_deliverys() -> None:
    before, after = mishap("delay", Moment.BEFORE, seconds=2), mishap("delay", seconds=3)

    assert laid(before, after, after).delay == 6
    assert delay_before([before, after, before]) == 4
    assert delay_before([]) == 0
    assert laid(mishap("slow-body", bytes_per_second=7)).rate == 7


def test_what_prevents_a_request_from_having_its_effect() -> None:
    early = [kind for kind in DEFAULTS if prevents(mishap(kind, Moment.BEFORE))]

    both = {row["name"] for row in ROWS if row["moments"] == ["before", "after"]}
    assert both - {"delay"} <= set(early)
    assert "dead-url" not in early
    assert not any(prevents(mishap(kind)) for kind in DEFAULTS)
    for where in ("mid-body", "idle"):
        assert not prevents(mishap("reset", Moment.BEFORE, where=where))


def test_an_answer_that_was_prevented_is_what_prevented_it() -> None:
    assert laid(mishap("html", Moment.BEFORE), reply=None).status == 502
    assert not laid(mishap("reset", Moment.BEFORE), reply=None).has_head


@given(st.lists(st.sampled_from([name for name in DEFAULTS if name != "dead-url"]), max_size=4, unique=True), st.data())
def test_the_order_of_mishaps_does_not_matter(kinds: list[str], data: st.DataObject) -> None:
    all_of_them = [mishap(kind) for kind in kinds]
    shuffled = data.draw(st.permutations(all_of_them))

    assert laid(*shuffled) == laid(*all_of_them)


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(KINDS, 2)))
def test_a_regular_delivery_of_two_mishaps_has_the_right_length(first: str, second: str) -> None:
    made = laid(mishap(first), mishap(second))

    if made.is_regular:
        assert header(made, "content-length") == str(len(made.shown()))


def test_a_kind_that_is_not_the_transports_is_passed_over() -> None:
    assert laid(mishap("dead-url"), reply=stored()) == laid(reply=stored())


# Where nobody has a hold on the connection: in-process ASGI.


def sent(made: Delivery, *, alive: bool = True) -> tuple[bool, Sequence[Message]]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    async def is_alive() -> bool:
        return alive

    return asyncio.run(deliver(made, None, send, is_alive)), messages


def test_what_is_regular_is_sent_without_a_hold_too(caplog: pytest.LogCaptureFixture) -> None:
    whole, messages = sent(laid())

    assert whole
    assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]
    assert messages[1] == {"type": "http.response.body", "body": BODY, "more_body": False}
    assert not caplog.records


def test_a_large_body_is_sent_in_pieces_and_a_head_without() -> None:
    body = bytes(600_000)
    _, messages = sent(laid(reply=WireReply(200, (), body)))
    assert [message["more_body"] for message in messages[1:]] == [True, True, False]
    assert b"".join(message["body"] for message in messages[1:]) == body
    _, messages = sent(laid(reply=WireReply(200, (), body), case=circumstances("HEAD")))
    assert messages[1:] == [{"type": "http.response.body", "body": b"", "more_body": False}]


def test_a_broken_answer_is_broken_as_far_as_can_be_and_that_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    whole, messages = sent(laid(mishap("reset", where="mid-body")))

    assert not whole
    assert messages[1] == {"type": "http.response.body", "body": BODY[:26], "more_body": True}
    assert "needs the connection" in caplog.text
    assert sent(laid(mishap("reset"))) == (False, [])


def test_nobody_is_answered_whose_world_was_reset_meanwhile() -> None:
    assert sent(laid(mishap("delay", seconds=0.001)), alive=False) == (False, [])
    whole, messages = sent(laid(mishap("slow-body", bytes_per_second=100_000)), alive=False)
    assert (whole, len(messages), messages[0]["status"]) == (False, 1, HTTPStatus.OK)
