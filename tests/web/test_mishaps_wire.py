"""Every kind of mishap at every route where it means something, seen from raw sockets beside the right answer."""

from __future__ import annotations

import gzip
import json
import re
import time
import tomllib
from datetime import timedelta
from email.utils import parsedate_to_datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from hobbyhorse import Emulator
from hobbyhorse.core.mishaps import Place
from web.raw import FIN, OPEN, RST, Answer, Wire
from web.stage import NOON, RESULTS, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

AN_HOUR_BEFORE = "2026-03-01T11:00:00Z"
ROWS: dict[str, dict[str, Any]] = {
    row["name"]: row
    for row in tomllib.loads(files("hobbyhorse.data").joinpath("mishaps.toml").read_text("utf-8"))["kinds"]
}
# What a kind demands, so that it can be made at all.
NEEDED: dict[str, dict[str, Any]] = {
    "error": {"error": "InternalError"},
    "delay": {"seconds": 0.1},
    "slow-body": {"bytes_per_second": 1},
    "date-skew": {"seconds": -3600},
    "range": {"answer": "206"},
}
OF = {"api": [place for place in Place if place not in RESULTS], "results": list(RESULTS)}


def places(kind: str) -> list[Place]:
    named: list[str] = ROWS[kind]["places"]
    return [place for name in named for place in (OF[name] if name in OF else [Place(name)])]


def at_each_place(*kinds: str) -> pytest.MarkDecorator:
    """Run a test for each of these kinds at each of its routes."""
    cases = [pytest.param(kind, place, id=f"{kind}-{place}") for kind in kinds for place in sorted(places(kind))]
    return pytest.mark.parametrize(("kind", "place"), cases)


@pytest.fixture(scope="module", params=["http", "https"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with Emulator(tls=request.param == "https") as server:
        yield server


@pytest.fixture(scope="module")
def whole(emulator: Emulator) -> Stage:
    return Stage.of(emulator)


@pytest.fixture(scope="module")
def right(whole: Stage) -> dict[Place, Answer]:
    """The answer to each route's request where nothing goes wrong."""
    found = {}
    for place in Place:
        whole.at_first()
        found[place] = whole.asked(place)
    return found


@pytest.fixture
def stage(whole: Stage, right: dict[Place, Answer]) -> Stage:  # noqa: ARG001 - asks before the test begins
    whole.at_first()
    return whole


def went_wrong(stage: Stage, kind: str, place: Place, *, stays: bool = True, **options: Any) -> Answer:
    """Let a kind happen once to a route's request, and return what came."""
    stage.world.mishap(kind, at=place, count=1, **NEEDED.get(kind, {}) | options)
    return stage.asked(place, stays=stays)


def changed(head: bytes, **headers: str | None) -> bytes:
    """Return a head with other values in its headers' places; None takes one away."""
    for name, value in headers.items():
        line = b"\r\n" + name.replace("_", "-").encode() + b": "
        start = head.index(line)
        stop = head.find(b"\r\n", start + 2) % (len(head) + 1)
        head = head[:start] + (b"" if value is None else line + value.encode()) + head[stop:]
    return head


# What is off.


def all_routes(stage: Stage) -> list[Answer]:
    return [stage.asked(place) for place in Place]


@pytest.fixture(scope="module")
def right_in_turn(whole: Stage) -> list[Answer]:
    whole.at_first()
    return all_routes(whole)


@pytest.mark.parametrize("kind", ROWS)
def test_a_mishap_that_is_off_is_none_to_the_byte(right_in_turn: list[Answer], stage: Stage, kind: str) -> None:
    needed = NEEDED.get(kind, {})
    stage.world.mishap(kind, **needed).remove()
    for bound in ({"task": "another"}, {"url": "another"}, {"key": "another"}, {"connection": 1}, {"request": 9}):
        stage.world.mishap(kind, on=bound, **needed)
    stage.world.mishap(kind, skip=1000, **needed)
    stage.world.mishap(kind, probability=0, **needed)
    stage.world.clock.set(AN_HOUR_BEFORE)
    stage.world.mishap(kind, seconds_alive=3600, **needed)
    stage.world.clock.set(NOON)

    assert all_routes(stage) == right_in_turn
    assert not any(mishap["happened"] for mishap in stage.world.mishaps)


@at_each_place("html")
def test_a_mishap_elsewhere_is_none_here(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    stage.world.mishap(kind, at=[other for other in places(kind) if other is not place])

    assert stage.asked(place) == right[place]


# What comes instead.


@at_each_place("error")
def test_an_error_is_its_rows(stage: Stage, kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place, message="it went wrong", retry_after=7)

    assert (answer.status, answer.header("retry-after"), answer.end) == (500, "7", OPEN)
    assert answer.header("content-length") == str(len(answer.rest))
    assert b"InternalError" in answer.rest
    assert b"it went wrong" in answer.rest
    assert (b"<Error>" in answer.rest) == (place in RESULTS)


def test_a_retry_after_may_be_a_date_or_absent(stage: Stage) -> None:
    throttled: dict[str, Any] = {"error": "Throttling.RateQuota"}
    dated = went_wrong(stage, "error", Place.GET, **throttled, retry_after=90, retry_after_form="date")
    bare = went_wrong(stage, "error", Place.GET, **throttled)

    assert (dated.status, dated.header("retry-after")) == (429, "Sun, 01 Mar 2026 12:01:30 GMT")
    assert (bare.status, bare.header("retry-after")) == (429, None)
    assert json.loads(bare.rest)["code"] == "Throttling.RateQuota"


@at_each_place("html")
def test_a_proxys_page_comes_instead(stage: Stage, kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place, status=503)

    assert (answer.status, answer.header("content-type"), answer.end) == (503, "text/html", OPEN)
    assert b"<title>503 Service Unavailable</title>" in answer.rest
    assert answer.header("content-length") == str(len(answer.rest))


@at_each_place("redirect")
def test_a_redirect_leads_to_the_other_origin(stage: Stage, kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place, status=307)

    target = urlsplit(answer.header("location") or "")
    assert (answer.status, answer.rest, answer.end) == (307, b"", OPEN)
    assert target.port == (stage.api if place in RESULTS else stage.results)
    asked_for = stage.request(place).split(b" ", 2)[1].decode()
    assert f"{target.path}?{target.query}".removesuffix("?") == asked_for


# How the connection ends.

ENDS = {"reset": RST, "close": FIN}


@at_each_place("reset", "close")
def test_a_connection_ends_before_the_headers(stage: Stage, kind: str, place: Place) -> None:
    assert went_wrong(stage, kind, place, stays=False) == Answer(b"", b"", ENDS[kind])
    assert went_wrong(stage, kind, place, stays=False, moment="after") == Answer(b"", b"", ENDS[kind])


@at_each_place("reset", "close")
def test_a_connection_ends_in_the_middle_of_the_body(
    stage: Stage, right: dict[Place, Answer], kind: str, place: Place
) -> None:
    answer = went_wrong(stage, kind, place, stays=False, where="mid-body", keep=0.25)

    whole = right[place]
    assert answer == Answer(whole.head, whole.rest[: len(whole.rest) // 4], ENDS[kind])


@at_each_place("reset", "close")
def test_a_connection_ends_while_it_is_idle(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place, stays=False, where="idle")

    assert answer == Answer(right[place].head, right[place].rest, ENDS[kind])


def test_an_idle_connection_ends_after_its_seconds_and_not_before(stage: Stage, right: dict[Place, Answer]) -> None:
    stage.world.mishap("reset", at="get", where="idle", seconds=0.2, count=1)
    with Wire(stage.api, stage.tls) as wire:
        for _ in range(2):
            wire.send(stage.request(Place.GET))
            assert wire.read_one().head[:15] == right[Place.GET].head[:15]
        begun = time.monotonic()
        assert wire.read() == (b"", RST)
    assert time.monotonic() - begun > 0.1


# When it comes.


@at_each_place("delay")
@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_answer_comes_late(stage: Stage, right: dict[Place, Answer], kind: str, place: Place, moment: str) -> None:
    begun = time.monotonic()
    answer = went_wrong(stage, kind, place, moment=moment)

    assert time.monotonic() - begun >= 0.1
    assert answer == right[place]


@at_each_place("slow-body")
def test_a_body_comes_slowly(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    size = len(right[place].rest)
    stage.world.mishap(kind, at=place, count=1, bytes_per_second=size * 5)
    with Wire(stage.port(place), stage.tls) as wire:
        begun = time.monotonic()
        wire.send(stage.request(place))
        answer = wire.read_one()

    assert answer == right[place]
    assert time.monotonic() - begun >= 0.19


# How it is framed.


@at_each_place("short-body")
def test_fewer_bytes_come_than_the_header_says(
    stage: Stage, right: dict[Place, Answer], kind: str, place: Place
) -> None:
    whole = right[place]

    assert went_wrong(stage, kind, place, stays=False) == Answer(whole.head, whole.rest[: len(whole.rest) // 2], FIN)


@at_each_place("short-length")
def test_more_bytes_come_than_the_header_says(
    stage: Stage, right: dict[Place, Answer], kind: str, place: Place
) -> None:
    whole = right[place]
    head = changed(whole.head, content_length=str(len(whole.rest) // 2))

    assert went_wrong(stage, kind, place) == Answer(head, whole.rest, OPEN)


@at_each_place("missing-last-chunk")
def test_the_last_chunk_is_missing(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place, stays=False)

    size, _, chunk = answer.rest.partition(b"\r\n")
    assert (answer.header("transfer-encoding"), answer.header("content-length")) == ("chunked", None)
    assert (int(size, 16), chunk, answer.end) == (len(right[place].rest), right[place].rest + b"\r\n", FIN)


@at_each_place("close-delimited")
def test_the_end_of_the_connection_ends_the_body(
    stage: Stage, right: dict[Place, Answer], kind: str, place: Place
) -> None:
    answer = went_wrong(stage, kind, place, stays=False)

    assert (answer.header("transfer-encoding"), answer.header("content-length")) == (None, None)
    assert (answer.header("connection"), answer.rest, answer.end) == ("close", right[place].rest, FIN)


# What is in it.


@at_each_place("empty-body")
def test_the_body_is_left_out(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    assert went_wrong(stage, kind, place) == Answer(changed(right[place].head, content_length="0"), b"", OPEN)


@at_each_place("malformed-json")
def test_json_breaks_off(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place)

    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(answer.rest)
    assert right[place].rest.startswith(answer.rest)
    assert (answer.header("content-length"), answer.end) == (str(len(answer.rest)), OPEN)


@at_each_place("gzip")
def test_a_body_is_compressed(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place)

    assert gzip.decompress(answer.rest) == right[place].rest
    assert (answer.header("content-encoding"), answer.end) == ("gzip", OPEN)
    assert answer.header("content-length") == str(len(answer.rest))


@at_each_place("content-type")
def test_the_content_type_is_another(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    head = changed(right[place].head, content_type="text/html; charset=gbk")

    answer = went_wrong(stage, kind, place, value="text/html; charset=gbk")
    assert answer == Answer(head, right[place].rest, OPEN)


@at_each_place("date-skew")
def test_the_date_is_off(stage: Stage, right: dict[Place, Answer], kind: str, place: Place) -> None:
    answer = went_wrong(stage, kind, place)

    assert parsedate_to_datetime(answer.header("date") or "") == parsedate_to_datetime(
        right[place].header("date") or ""
    ) - timedelta(hours=1)
    assert answer == Answer(changed(right[place].head, date=answer.header("date")), right[place].rest, OPEN)


# Downloads.


@pytest.mark.parametrize(
    ("answer", "status", "said"), [("206", 206, "bytes 10-19/{size}"), ("200", 200, None), ("416", 416, None)]
)
def test_a_range_is_answered_as_told(
    stage: Stage, right: dict[Place, Answer], answer: str, status: int, said: str | None
) -> None:
    clip = right[Place.DOWNLOAD].rest
    stage.world.mishap("range", answer=answer, count=1)
    found = stage.asked(Place.DOWNLOAD, more=b"Range: bytes=10-19")

    bodies = {206: clip[10:20], 200: clip}
    assert (found.status, found.end) == (status, OPEN)
    assert found.header("content-range") == (said.format(size=len(clip)) if said else None)
    assert found.rest == bodies[status] if status in bodies else b"<Code>InvalidRange</Code>" in found.rest


def test_a_range_that_oss_ignores_is_answered_with_its_part_all_the_same(
    stage: Stage, right: dict[Place, Answer]
) -> None:
    clip = right[Place.DOWNLOAD].rest
    more = b"Range: bytes=100-9999999"
    assert stage.asked(Place.DOWNLOAD, more=more).status == 200
    stage.world.mishap("range", answer="206")
    found = stage.asked(Place.DOWNLOAD, more=more)

    assert (found.status, found.rest) == (206, clip[100:])


def test_a_truncated_clip_ends_early(stage: Stage, right: dict[Place, Answer]) -> None:
    whole = right[Place.DOWNLOAD]
    half = len(whole.rest) // 2
    head = changed(whole.head, content_length=str(half))

    assert went_wrong(stage, "truncated-mp4", Place.DOWNLOAD) == Answer(head, whole.rest[:half], OPEN)


def test_a_corrupt_clip_keeps_its_length_and_its_ends(stage: Stage, right: dict[Place, Answer]) -> None:
    whole = right[Place.DOWNLOAD]
    answer = went_wrong(stage, "corrupt-mp4", Place.DOWNLOAD)

    third, size = len(whole.rest) // 3, len(whole.rest)
    assert (answer.head, len(answer.rest), answer.end) == (whole.head, size, OPEN)
    assert answer.rest[:third] + answer.rest[size - third :] == whole.rest[:third] + whole.rest[size - third :]
    assert all(ours != theirs for ours, theirs in zip(answer.rest[third:-third], whole.rest[third:-third], strict=True))


def test_a_dead_url_stays_dead_and_the_next_poll_gives_another(stage: Stage, right: dict[Place, Answer]) -> None:
    dead = stage.url
    answer = went_wrong(stage, "dead-url", Place.DOWNLOAD)

    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.rest) == (403, True)
    assert stage.asked(Place.DOWNLOAD).status == 403
    stage.url = stage.polled(stage.done)["video_url"]
    assert stage.url != dead
    assert stage.asked(Place.DOWNLOAD).rest == right[Place.DOWNLOAD].rest


# Before and after the effect.

EARLY_OR_LATE = ["error", "html", "redirect", "reset", "close"]


@pytest.mark.parametrize("kind", EARLY_OR_LATE)
@pytest.mark.parametrize(("moment", "made"), [("before", 0), ("after", 1)])
def test_before_leaves_no_task_and_after_leaves_one(stage: Stage, kind: str, moment: str, made: int) -> None:
    before = {task.id for task in stage.world.tasks.list()}
    went_wrong(stage, kind, Place.CREATE, stays=kind not in ENDS, moment=moment)

    tasks = [task for task in stage.world.tasks.list() if task.id not in before]
    assert [task.status for task in tasks] == ["PENDING"] * made


@pytest.mark.parametrize("kind", EARLY_OR_LATE)
@pytest.mark.parametrize(("moment", "status"), [("before", "PENDING"), ("after", "CANCELED")])
def test_before_cancels_nothing_and_after_cancels(stage: Stage, kind: str, moment: str, status: str) -> None:
    went_wrong(stage, kind, Place.CANCEL, stays=kind not in ENDS, moment=moment)

    assert stage.world.tasks.find(stage.waiting).status == status


@pytest.mark.parametrize("kind", EARLY_OR_LATE)
@pytest.mark.parametrize(("moment", "status"), [("before", "PENDING"), ("after", "RUNNING")])
def test_before_does_not_count_as_a_poll_and_after_does(stage: Stage, kind: str, moment: str, status: str) -> None:
    stage.polled(stage.waiting)
    stage.done = stage.waiting
    went_wrong(stage, kind, Place.GET, stays=kind not in ENDS, moment=moment)

    assert stage.world.tasks.find(stage.waiting).status == status


@pytest.mark.parametrize(("moment", "status"), [("before", 201), ("after", 409)])
def test_before_stores_no_upload_and_after_does(stage: Stage, moment: str, status: int) -> None:
    """The policy forbids to overwrite, so a second upload of the same key tells whether there was a first."""
    went_wrong(stage, "reset", Place.UPLOAD, stays=False, moment=moment)

    assert stage.asked(Place.UPLOAD).status == status


@pytest.mark.parametrize("where", ["mid-body", "idle"])
def test_an_answer_that_breaks_off_was_made_in_earnest(stage: Stage, where: str) -> None:
    went_wrong(stage, "reset", Place.CREATE, stays=False, where=where)

    assert len(stage.world.tasks.list()) == 3


def test_a_client_that_left_while_it_waited_has_made_nothing(stage: Stage) -> None:
    stage.world.mishap("delay", at="create", seconds=0.3, count=1)
    with Wire(stage.api, stage.tls) as wire:
        wire.send(stage.request(Place.CREATE))
        assert wire.read(0.05) == (b"", OPEN)
    stage.world.mishap("delay", at="get", seconds=0.4, count=1)
    stage.asked(Place.GET)  # by now the create would have been made

    assert len(stage.world.tasks.list()) == 2


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_answer_of_an_older_generation_is_dropped(stage: Stage, moment: str) -> None:
    stage.world.mishap("delay", at="create", seconds=0.3, moment=moment)
    with Wire(stage.api, stage.tls) as wire:
        wire.send(stage.request(Place.CREATE))
        assert wire.read(0.1) == (b"", OPEN)
        stage.world.reset()
        assert wire.read() == (b"", FIN)
    assert stage.world.tasks.list() == []


# To which requests it happens.


def test_a_mishap_happens_to_as_many_as_it_says_after_those_that_it_lets_pass(stage: Stage) -> None:
    stage.world.mishap("html", at="get", skip=1, count=2)

    assert [stage.asked(Place.GET).status for _ in range(5)] == [200, 502, 502, 200, 200]
    assert stage.world.mishaps[0]["happened"] == 2


def test_chance_repeats_with_the_seed(stage: Stage) -> None:
    def thrown() -> list[int]:
        stage.at_first()
        stage.world.mishap("html", at="get", probability=0.5)
        return [stage.asked(Place.GET).status for _ in range(20)]

    first = thrown()
    assert {200, 502} == set(first)
    assert first == thrown()


def test_a_mishap_may_be_bound_to_a_connection_its_second_request_or_a_task(stage: Stage) -> None:
    stage.world.mishap("html", at="get", on={"request": 2})
    with Wire(stage.api, stage.tls) as wire:
        for status in (200, 502, 200):
            wire.send(stage.request(Place.GET))
            assert wire.read_one().status == status
    stage.at_first()
    stage.world.mishap("html", at="get", on={"task": stage.waiting})
    assert stage.asked(Place.GET).status == 200
    stage.done = stage.waiting
    assert stage.asked(Place.GET).status == 502
    stage.world.mishap("html", on={"url": urlsplit(stage.url).path.rpartition("/")[2]})
    assert stage.asked(Place.DOWNLOAD).status == 502


def test_several_mishaps_happen_at_once(stage: Stage, right: dict[Place, Answer]) -> None:
    stage.world.mishap("gzip", at="get")
    stage.world.mishap("short-body", at="get", keep=0.5)
    stage.world.mishap("content-type", at="get", value="text/html")
    answer = stage.asked(Place.GET, stays=False)

    packed = gzip.compress(right[Place.GET].rest, mtime=0)
    assert (answer.rest, answer.header("content-length"), answer.end) == (
        packed[: len(packed) // 2],
        str(len(packed)),
        FIN,
    )
    assert answer.header("content-type") == "text/html"


# Bound by a scenario.


def test_a_scenario_resets_its_create_after_the_commit_and_nothing_else(stage: Stage) -> None:
    stage.world.scenario(
        when={"prompt": "*paper*", "nth": 1}, then={"mishaps": [{"do": "reset", "at": "create", "moment": "after"}]}
    )

    assert stage.asked(Place.CREATE, stays=False) == Answer(b"", b"", RST)
    assert stage.asked(Place.CREATE).status == 200
    assert len(stage.world.tasks.list()) == 4


def test_a_scenarios_delay_comes_though_its_moment_is_before(stage: Stage) -> None:
    stage.world.scenario(then={"mishaps": [{"do": "delay", "at": ["create", "get"], "seconds": 0.2}]})

    begun = time.monotonic()
    stage.done = stage.created()
    assert stage.asked(Place.GET).status == 200
    assert time.monotonic() - begun >= 0.4


def test_a_scenario_breaks_the_polls_and_the_clip_of_its_task_only(stage: Stage) -> None:
    stage.world.scenario(
        when={"nth": 1},
        then={"polls": [0, 0], "mishaps": [{"do": "html", "at": "get", "count": 1}, {"do": "truncated-mp4"}]},
    )
    marked, plain = stage.created(), stage.created()

    statuses = {}
    for task in (marked, plain):
        stage.done = task
        statuses[task] = [stage.asked(Place.GET).status for _ in range(2)]
    assert statuses == {marked: [502, 200], plain: [200, 200]}
    stage.url = stage.polled(marked)["video_url"]
    clip = stage.asked(Place.DOWNLOAD)
    stage.url = stage.polled(plain)["video_url"]
    assert (clip.status, clip.end) == (200, OPEN)
    assert len(clip.rest) < 0.6 * len(stage.asked(Place.DOWNLOAD).rest)


# What the journal says of it.


@pytest.mark.parametrize(
    ("kind", "options", "status", "closed"),
    [
        ("reset", {}, None, "reset by mishap"),
        ("close", {"moment": "after"}, None, "closed by mishap"),
        ("reset", {"where": "mid-body"}, 200, "reset by mishap"),
        ("short-body", {}, 200, "closed by mishap"),
        ("missing-last-chunk", {}, 200, "closed by mishap"),
    ],
)
def test_the_journal_says_what_happened_how_it_ended_and_how_many_bytes_went_out(
    stage: Stage, kind: str, options: dict[str, Any], status: int | None, closed: str
) -> None:
    stage.world.reset("journal")
    answer = went_wrong(stage, kind, Place.CREATE, stays=False, **options)

    (entry,) = stage.world.journal.entries()
    assert [acted.kind for acted in entry.mishaps] == [kind]
    assert (entry.status, entry.connection.closed) == (status, closed)
    assert entry.written == len(answer.head + answer.rest) + (4 if answer.head else 0)
    assert bool(entry.committed) == (options != {} or kind != "reset")


def test_the_journal_says_that_a_client_left(stage: Stage) -> None:
    stage.world.reset("journal")
    stage.world.mishap("delay", at="get", seconds=600)
    with Wire(stage.api, stage.tls) as wire:
        wire.send(stage.request(Place.GET))
        wire.read(0.05)
    (entry,) = next(found for found in iter(stage.world.journal.entries, None) if found)

    assert (entry.status, entry.written, entry.connection.closed) == (None, 0, "client closed")


# What is no HTTP.


def test_bytes_that_are_no_http_are_refused_and_journalled_at_both_origins(emulator: Emulator, stage: Stage) -> None:
    emulator.default.reset("journal")
    for port in (stage.api, stage.results):
        with Wire(port, stage.tls) as wire:
            wire.send(b"\x16\x03\x01 hello\r\n\r\n")
            data, end = wire.read()
        assert re.fullmatch(rb"HTTP/1.1 400 Bad Request\r\n(content-length: 0|connection: close|\r\n)+", data)
        assert end == FIN
    entries = emulator.default.journal.entries()
    assert [(entry.origin, entry.quarantined, entry.status) for entry in entries] == [
        ("api", True, 400),
        ("results", True, 400),
    ]
