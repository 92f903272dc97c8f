"""The journal of a real server: every request of both origins, what became of it, and why."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from hobbyhorse import Emulator
from hobbyhorse.core.ids import key_id
from hobbyhorse.handle.errors import ControlError
from web.raw import Wire

from .conftest import MODEL, NOON, Caller

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse.handle.world import World


def upload(caller: Caller) -> httpx.Response:
    policy = caller.get(f"/uploads?action=getPolicy&model={MODEL}").json()["data"]
    fields = {
        "OSSAccessKeyId": policy["oss_access_key_id"],
        "Signature": policy["signature"],
        "policy": policy["policy"],
        "key": f"{policy['upload_dir']}/a.png",
        "x-oss-object-acl": policy["x_oss_object_acl"],
        "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
    }
    return caller.http.post(policy["upload_host"], data=fields, files={"file": ("a.png", b"\x89PNG\x00" * 9)})


def test_every_route_of_both_origins_is_written_down(caller: Caller, world: World) -> None:
    task = caller.task()
    url = caller.get(f"/tasks/{task}").json()["output"]["video_url"]
    caller.get("/tasks")
    caller.http.post(f"{caller.base}/tasks/{task}/cancel", headers=caller.headers())
    caller.http.post(f"{caller.base}/tokens", headers=caller.headers())
    caller.get("/nothing")
    caller.http.get(url)
    caller.http.head(url)
    upload(caller)
    entries = world.journal.entries()

    assert [(entry.number, entry.origin, entry.method, entry.route, entry.status) for entry in entries] == [
        (1, "api", "POST", "create", 200),
        (2, "api", "GET", "get", 200),
        (3, "api", "GET", "list", 200),
        (4, "api", "POST", "cancel", 400),
        (5, "api", "POST", "tokens", 200),
        (6, "api", "GET", "route", 404),
        (7, "results", "GET", "download", 200),
        (8, "results", "HEAD", "download", 403),
        (9, "api", "GET", "uploads", 200),
        (10, "results", "POST", "upload", 204),
    ]
    assert [entry.task for entry in entries] == [task, task, None, task, None, None, task, task, None, None]
    assert [entry.committed for entry in entries][:4] == [task, None, None, None]
    assert [entry.row for entry in entries] == [
        None, None, None, "cancel-refused", None, "path-not-found", None, "signature-mismatch", None, None,
    ]  # fmt: skip
    assert {entry.at for entry in entries} == {NOON}
    assert {entry.quarantined for entry in entries} == {False}
    assert all(one.monotonic <= two.monotonic for one, two in pairwise(entries))


def test_an_entry_holds_what_was_sent_and_what_was_answered(caller: Caller, world: World) -> None:
    answer = caller.create(parameters={"fsp": 3})
    (entry,) = world.journal.entries()
    sent = answer.request.content

    assert entry.path == "/api/v1/services/aigc/video-generation/video-synthesis"
    assert (entry.body.sha256, entry.body.size) == (hashlib.sha256(sent).hexdigest(), len(sent))
    assert entry.body.text == sent.decode()
    assert (entry.reply_body.text, entry.reply_body.size) == (answer.text, len(answer.content))
    assert dict(entry.headers)["authorization"] == f"Bearer <api-key {key_id(world.key)}>"
    assert dict(entry.headers)["x-dashscope-async"] == "enable"
    assert dict(entry.reply_headers) == dict(answer.headers)
    assert entry.unknown == ("parameters.fsp",)
    assert entry.seconds >= 0
    assert world.journal.entry(1) == entry


def test_a_clip_is_hashed_and_counted_but_not_kept(caller: Caller, world: World) -> None:
    clip = caller.http.get(caller.clip()).content
    entry = world.journal.entries(route="download")[0]

    assert (entry.reply_body.sha256, entry.reply_body.size) == (hashlib.sha256(clip).hexdigest(), len(clip))
    assert entry.reply_body.text is None
    assert dict(pair.split("=", 1) for pair in entry.query.split("&"))["Signature"].startswith("<signature ")


def test_the_bytes_that_left_and_the_connection_are_those_of_the_socket(emulator: Emulator, world: World) -> None:
    port = urlsplit(emulator.api).port or 0
    head = f"GET /api/v1/tasks/x%20y?a=b HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {world.key}\r\n"
    with Wire(port) as wire:
        wire.send(f"{head}\r\n".encode())
        first = wire.read_one()
        wire.send(f"{head}Connection: close\r\n\r\n".encode())
        rest, _ = wire.read()
    one, two = world.journal.entries()

    assert (one.written, two.written) == (len(first.head) + 4 + len(first.rest), len(rest))
    assert (one.path, one.query, one.task) == ("/api/v1/tasks/x%20y", "a=b", "x y")
    assert one.connection.id == two.connection.id
    assert (one.connection.request, two.connection.request) == (1, 2)
    assert two.connection.closed == "server closed"


def test_requests_of_no_world_are_in_quarantine_with_the_default_one(emulator: Emulator) -> None:
    emulator.default.reset("journal")
    nobody = {"Authorization": "Bearer nobody-knows-me"}
    signed = "OSSAccessKeyId=LTAI5tnobody&Expires=1&Signature=a"
    httpx.get(f"{emulator.api}/api/v1/tasks/a", trust_env=False)
    httpx.get(f"{emulator.api}/api/v1/tasks/a", headers=nobody, trust_env=False)
    httpx.get(f"{emulator.results}/dashscope-result-bj/x.mp4?{signed}", trust_env=False)
    entries = emulator.default.journal.entries()

    assert [(entry.quarantined, entry.row) for entry in entries] == [
        (True, "no-api-key"), (True, "invalid-api-key"), (True, "unknown-access-key"),
    ]  # fmt: skip
    assert "No world takes its key" in emulator.default.journal.explain(entries[1])
    assert "nobody-knows-me" not in str(entries)


def test_bytes_that_are_no_http_are_written_down_too(emulator: Emulator) -> None:
    emulator.default.reset("journal")
    with Wire(urlsplit(emulator.api).port or 0) as wire:
        wire.send(b"GET / HTTP/9.9\r\nAuthorization: Bearer hush-hush\r\n\r\n")
        wire.read()
    (entry,) = emulator.default.journal.entries()

    assert (entry.quarantined, entry.status, entry.connection.closed) == (True, 400, "not HTTP")
    assert "HTTP/9.9" in (entry.body.text or "")
    assert "hush" not in str(entry)


def test_an_answer_that_was_lost_shows_what_was_committed_and_how_it_was_lost(caller: Caller, world: World) -> None:
    world.mishap("reset", at="create", moment="after")
    with pytest.raises(httpx.HTTPError):
        caller.create()
    (entry,) = world.journal.entries()

    assert entry.status is None
    assert entry.written == 0
    assert entry.committed == world.tasks.list()[0].id
    assert [acted.kind for acted in entry.mishaps] == ["reset"]
    assert entry.connection.closed == "reset by mishap"
    text = world.journal.explain(entry)
    assert f"It had its effect all the same: task {entry.committed}." in text
    assert "To do: treat the create as possibly done" in text
    assert f"POST create → nothing, reset by mishap, task {entry.committed[:8]}… [mishap reset" in world.journal.story()


def test_a_refusal_before_the_commit_shows_no_commit(caller: Caller, world: World) -> None:
    world.mishap("html", at="create", moment="before", status=502)
    caller.create()
    (entry,) = world.journal.entries()

    assert (entry.status, entry.committed) == (502, None)
    assert "<html" in (entry.reply_body.text or "").lower()


def test_queries_by_task_route_and_time(caller: Caller, world: World) -> None:
    first = caller.task()
    world.clock.advance(60)
    second = caller.task()
    caller.get(f"/tasks/{first}")

    def numbers(**wanted: Any) -> list[int]:
        return [entry.number for entry in world.journal.entries(**wanted)]

    assert numbers() == [1, 2, 3]
    assert numbers(task=first) == [1, 3]
    assert numbers(task=second) == [2]
    assert numbers(route="get") == [3]
    assert numbers(until=NOON) == [1]
    assert numbers(since=NOON + 1) == [2, 3]
    assert numbers(after=1, limit=1) == [2]
    assert numbers(limit=1) == [3]
    page = world.journal.page(limit=1)
    assert (page.last, page.dropped, page.more) == (3, 0, True)


@pytest.mark.parametrize(
    ("path", "loc", "hint"),
    [
        ("?route=dowload", ["query", "route"], "did you mean 'download'?"),
        ("?taks=a", ["query", "taks"], "did you mean 'task'?"),
        ("?limit=0", ["query", "limit"], None),
        ("?since=noon", ["query", "since"], None),
        ("/stream?after=-1", ["query", "after"], None),
        ("/zero", ["path", "number"], None),
    ],
)
def test_bad_input_is_told_where_and_what(
    world: World, emulator: Emulator, path: str, loc: list[str], hint: str | None
) -> None:
    answer = httpx.get(f"{emulator.control}/worlds/{world.id}/journal{path}", trust_env=False)

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == loc
    assert answer.json()["detail"][0].get("hint") == hint


def test_what_is_not_there_is_a_404(world: World, emulator: Emulator) -> None:
    for path in ("/journal/1", "/journal/1/explain"):
        answer = httpx.get(f"{emulator.control}/worlds/{world.id}{path}", trust_env=False)
        assert (answer.status_code, answer.json()["detail"]) == (
            404, "there is no entry 1 in this journal (any more); the newest is 0",
        )  # fmt: skip
    for path in ("", "/1", "/story", "/stream", "/1/explain"):
        assert httpx.get(f"{emulator.control}/worlds/nowhere/journal{path}", trust_env=False).status_code == 404


def test_explain_tells_row_evidence_and_what_to_do(caller: Caller, world: World, emulator: Emulator) -> None:
    caller.create(model="happyhorse-1.1-t2w")
    said = httpx.get(f"{emulator.control}/worlds/{world.id}/journal/1/explain", trust_env=False).json()

    assert said["row"]["id"] == "model-not-exist"
    assert said["row"]["confidence"] == "observed"
    assert [source["key"] for source in said["row"]["sources"]] == ["LIVE-B", "OD-ERR"]
    assert "did you mean 'happyhorse-1.1-t2v'?" in said["text"]
    assert "hobbyhorse models" in said["todo"][0]


def test_the_rule_that_decided_is_named(caller: Caller, world: World) -> None:
    world.scenario({"name": "outage", "rules": [{"when": {"model": "*"}, "then": {"refuse": "Throttling.RateQuota"}}]})
    assert caller.create().status_code == 429
    (entry,) = world.journal.entries()

    assert entry.rule == "outage/1"
    assert "The scenario rule outage/1 decided" in world.journal.explain(1)
    assert "POST create → 429 Throttling.RateQuota [rule outage/1" in world.journal.story()


def test_a_worker_stage_failure_is_explained_at_its_poll(caller: Caller, world: World) -> None:
    task = caller.create(input={}).json()["output"]["task_id"]
    caller.get(f"/tasks/{task}")
    text = world.journal.explain(2)

    assert "The task is FAILED with the row field-required: 400 InvalidParameter, Field required: input.prompt" in text


def test_the_story_is_there_as_text(caller: Caller, world: World, emulator: Emulator) -> None:
    task = caller.task()
    world.clock.advance(15)
    caller.get(f"/tasks/{task}")
    caller.get("/tasks/other")
    url = f"{emulator.control}/worlds/{world.id}/journal/story"
    answer = httpx.get(url, trust_env=False)

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.splitlines() == [
        f"+0.0s   POST create → 200 PENDING, task {task[:8]}…",
        f"+15.0s  GET get → 200 SUCCEEDED, task {task[:8]}…",
        "+15.0s  GET get → 200 UNKNOWN, task other",
    ]
    assert answer.text.strip() == world.journal.story().strip()
    assert httpx.get(f"{url}?task=other", trust_env=False).text.splitlines() == [
        "+0.0s   GET get → 200 UNKNOWN, task other"
    ]


def lines(url: str, count: int) -> Iterator[dict[str, Any]]:
    with httpx.Client(trust_env=False) as http, http.stream("GET", url) as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        found = answer.iter_lines()
        for _ in range(count):
            yield json.loads(next(found))


def test_the_stream_gives_what_was_and_then_what_comes(caller: Caller, world: World, emulator: Emulator) -> None:
    caller.task()
    steps = lines(f"{emulator.control}/worlds/{world.id}/journal/stream?after=0", 3)
    assert next(steps)["number"] == 1
    caller.get("/tasks/a")
    assert next(steps)["task"] == "a"
    caller.get("/tasks/b")
    assert next(steps)["task"] == "b"
    steps.close()  # type: ignore[attr-defined]


def test_without_a_number_the_stream_gives_only_what_is_new(caller: Caller, world: World, emulator: Emulator) -> None:
    caller.task()
    url = f"{emulator.control}/worlds/{world.id}/journal/stream"
    with httpx.Client(trust_env=False) as http, http.stream("GET", url) as answer:
        caller.get("/tasks/a")
        assert json.loads(next(answer.iter_lines()))["number"] == 2


def test_the_stream_ends_with_its_world(emulator: Emulator) -> None:
    world = emulator.world()
    url = f"{emulator.control}/worlds/{world.id}/journal/stream"
    with httpx.Client(trust_env=False) as http, http.stream("GET", url) as answer:
        world.delete()
        assert list(answer.iter_lines()) == []
    with pytest.raises(ControlError):
        world.journal.entries()


def test_the_stream_ends_when_the_server_stops_and_does_not_hold_it_up() -> None:
    server = Emulator(process=False).start()
    url = f"{server.control}/worlds/default/journal/stream"
    with httpx.Client(trust_env=False, timeout=4) as http, http.stream("GET", url) as answer:
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert list(answer.iter_lines()) == []
        stopping.join(4)
        assert not stopping.is_alive()


def test_followers_in_asyncio_see_the_same(caller: Caller, world: World) -> None:
    async def go() -> list[str | None]:
        followed = world.journal.afollow(0)
        await asyncio.to_thread(caller.get, "/tasks/a")
        await asyncio.to_thread(caller.get, "/tasks/b")
        return [(await anext(followed)).task for _ in range(2)]

    assert asyncio.run(go()) == ["a", "b"]


def test_a_reset_of_the_journal_leaves_the_rest(caller: Caller, world: World) -> None:
    task = caller.task()
    world.reset("journal")
    assert world.journal.entries() == []
    assert [row.id for row in world.tasks.list()] == [task]
    caller.get(f"/tasks/{task}")
    assert [entry.number for entry in world.journal.entries()] == [2]


def test_a_journal_that_is_full_says_what_it_dropped() -> None:
    with Emulator(process=False, journal_entries=3) as server, httpx.Client(trust_env=False) as http:
        for number in range(5):
            http.get(f"{server.api}/api/v1/tasks/{number}", headers={"Authorization": "Bearer sk-abcdefgh"})
        page = server.default.journal.page()
        story = httpx.get(f"{server.control}/worlds/default/journal/story", trust_env=False).text

    assert ([entry.number for entry in page.entries], page.dropped, page.last) == ([3, 4, 5], 2, 5)
    assert story.startswith("… 2 entries dropped: the journal is bounded\n+0.0s")


def test_two_worlds_never_see_each_others_requests(emulator: Emulator, caller: Caller, world: World) -> None:
    with emulator.world() as other:
        caller.task()
        assert other.journal.entries() == []
        assert len(world.journal.entries()) == 1
