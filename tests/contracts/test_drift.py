from __future__ import annotations

import base64
import json
import logging
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse import Emulator, World
from hobbyhorse_contracts import cli_drift
from hobbyhorse_contracts.cli import main
from hobbyhorse_contracts.server import promises
from hobbyhorse_contracts.server.bench import CREATE, STRANGER, asked
from hobbyhorse_contracts.server.drift import Probe, table
from hobbyhorse_contracts.server.drift.guard import NotFreeError, check
from hobbyhorse_contracts.server.drift.sending import DriftError, Target, look, request, target
from hobbyhorse_contracts.server.drift.telling import counts, document, told
from hobbyhorse_contracts.server.wire import Reply, Request, WireError, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Change = Callable[[Request, Reply], Reply]

CANARY = "sk-c0ffeec0ffeec0ffeec0ffeec0ffee42"
BASE = "https://dashscope.aliyuncs.com/api/v1"
NOBODY = "11111111-2222-4333-8444-555555555555"
PROBES = {probe.name: probe for probe in table().probes}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    logging.getLogger("hobbyhorse").setLevel(logging.ERROR)
    with Emulator(process=False, keys="declared") as running:
        yield running
    logging.getLogger("hobbyhorse").setLevel(logging.NOTSET)


@pytest.fixture(scope="module")
def service(emulator: Emulator) -> Iterator[World]:
    """What stands for the real service: another account, whose key is the canary."""
    keys = [{"name": "mine", "key": CANARY}]
    with emulator.world(keys=keys, quotas="off", media="stamped", pace="instant") as world:
        headers = {"Authorization": f"Bearer {CANARY}", "X-DashScope-Async": "enable"}
        headers["Content-Type"] = "application/json"
        for _ in range(2):
            assert send(Request("POST", world.base_url() + CREATE, headers, json.dumps(asked()).encode())).status == 200
        yield world


@contextmanager
def altered(world: World, change: Change) -> Iterator[tuple[str, list[Request]]]:
    """Serve what a world serves, altered; yield the base URL and the requests that came."""
    came: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            url = world.base_url() + self.path.removeprefix("/api/v1")
            came.append(Request(self.command, url, headers, body))
            reply = change(came[-1], send(came[-1]))
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                if name != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api/v1", came
        finally:
            server.shutdown()
            thread.join()


def at(name: str, change: Callable[[Any], Any]) -> Change:
    """Change the JSON of the answer to one probe, by its method and path."""
    probe = PROBES[name]
    start = probe.path.partition("{")[0]

    def changed(request: Request, reply: Reply) -> Reply:
        path = request.url.partition("/api/v1")[2]
        is_it = request.method == probe.method and (path == start or ("{" in probe.path and path.startswith(start)))
        has_key = STRANGER not in request.headers.get("Authorization", STRANGER)
        if not is_it or has_key != (probe.key == "good"):
            return reply
        body = reply.json
        return replace(reply, body=json.dumps(change(body) or body).encode())

    return changed


def no_header(name: str) -> Change:
    return lambda _, reply: replace(reply, headers={k: v for k, v in reply.headers.items() if k != name})


def seen_through(emulator: Emulator, service: World, change: Change, *names: str) -> list[tuple[str, str, str, str]]:
    """Return (probe, weight, what, where) of the findings at an altered service."""
    with altered(service, change) as (base, _):
        probes = [PROBES[name] for name in names or PROBES]
        found = look(Target(base, CANARY, "cn-beijing"), emulator, probes)
    return [(row.probe, row.weight, row.what, row.where) for one in found for row in one.findings]


def test_an_unaltered_service_shows_no_drift(emulator: Emulator, service: World) -> None:
    with altered(service, lambda _, reply: reply) as (base, came):
        found = look(Target(base, CANARY, "cn-beijing"), emulator, table().probes)

    assert [one.probe.name for one in found] == list(PROBES)
    assert [(row.weight, row.what) for one in found for row in one.findings if row.weight != "info"] == []
    assert len(came) == len(PROBES)
    assert len(service.tasks.list(limit=100)) == 2  # nothing was made
    assert "DRIFT" not in told(Target(base, CANARY, "x"), found)


def no_region(body: Any) -> None:
    for row in body["data"]:
        row.pop("region")


def failed(body: Any) -> None:
    body["output"]["task_status"] = "FAILED"


DRIFTS = {
    "a field is gone": ("list", lambda b: b.pop("total_page") and None, "drift: missing field total_page"),
    "a row's field is gone": ("list", no_region, "drift: missing field data[].region"),
    "one row lacks a field": (
        "list",
        lambda b: b["data"][0].pop("status") and None,
        "drift: missing field data[].status",
    ),
    "a field is more": ("list", lambda b: {**b, "next": 1}, "info: extra field next"),
    "a number is a text": ("list", lambda b: {**b, "total": "2"}, "drift: other type total"),
    "a whole number is a broken one": ("list", lambda b: {**b, "page_no": 1.0}, "drift: other type page_no"),
    "a text is null": ("get-policy", lambda b: {**b, "request_id": None}, "drift: other type request_id"),
    "another default": ("list", lambda b: {**b, "page_size": 20}, "drift: other value page_size"),
    "another code": ("create-unknown-model", lambda b: {**b, "code": "ModelNotFound"}, "drift: other code code"),
    "another state": ("unknown-task", failed, "drift: other value output.task_status"),
    "another text": ("create-not-async", lambda b: {**b, "message": "No."}, "soft: other text message"),
    "another form of id": ("cancel-unknown-task", lambda b: {**b, "request_id": "abc"}, "soft: other form request_id"),
}


@pytest.mark.parametrize(("probe", "change", "expected"), DRIFTS.values(), ids=DRIFTS)
def test_planted_drift_in_a_body_is_found_and_nothing_else(
    emulator: Emulator, service: World, probe: str, change: Callable[[Any], Any], expected: str
) -> None:
    found = seen_through(emulator, service, at(probe, change), probe)

    assert [f"{weight}: {what} {where}" for _, weight, what, where in found] == [expected]


def other_headers(_: Request, reply: Reply) -> Reply:
    return replace(reply, headers={**reply.headers, "content-type": "text/plain", "x-new": "1"})


def test_planted_drift_in_the_frame_is_found(emulator: Emulator, service: World) -> None:
    gone = seen_through(emulator, service, no_header("eagleeye-traceid"), "list")
    other = seen_through(emulator, service, other_headers, "list")
    status = seen_through(emulator, service, lambda _, reply: replace(reply, status=404), "unknown-task")
    page = seen_through(emulator, service, lambda _, reply: replace(reply, body=b"<html>"), "unknown-task")

    assert gone == [("list", "drift", "missing header", "eagleeye-traceid")]
    assert other == [("list", "drift", "other header", "content-type"), ("list", "info", "extra header", "x-new")]
    assert status == [("unknown-task", "drift", "other status", "")]
    assert page[0] == ("unknown-task", "drift", "other body", "")


def test_of_lists_without_rows_no_row_is_missed(emulator: Emulator, service: World) -> None:
    found = seen_through(emulator, service, at("list", lambda body: {**body, "data": []}), "list")

    assert found == [("list", "info", "list without rows", "data")]


def test_a_service_that_takes_a_create_is_left_alone(emulator: Emulator, service: World) -> None:
    taken = Reply(200, {}, json.dumps({"output": {"task_id": "made-1", "task_status": "PENDING"}}).encode())
    change: Change = lambda wanted, reply: taken if wanted.url.endswith(CREATE) else reply  # noqa: E731 - one line
    with altered(service, change) as (base, came):
        found = look(Target(base, CANARY, "cn-beijing"), emulator, table().probes)

    creates = [wanted for wanted in came if wanted.url.endswith(CREATE)]
    assert len(creates) == 1
    assert [wanted.url.rpartition("/tasks/")[2] for wanted in came if "made-1" in wanted.url] == ["made-1/cancel"]
    by_name = {one.probe.name: one for one in found}
    assert by_name["create-bad-key"].findings[0].what == "taken"
    assert by_name["create-not-async"].trouble.startswith("not sent")


def test_a_busy_or_silent_service_is_not_judged(emulator: Emulator, service: World) -> None:
    def gone(wanted: Request) -> Reply:
        if wanted.url.startswith("http://127.0.0.1:1/"):
            raise WireError("GET 127.0.0.1:1: refused")
        return send(wanted)

    with altered(service, lambda _, reply: replace(reply, status=429)) as (base, _):
        busy = look(Target(base, CANARY, "cn-beijing"), emulator, [PROBES["list"]])
    silent = look(Target("http://127.0.0.1:1/api/v1", CANARY, "cn-beijing"), emulator, [PROBES["list"]], send=gone)

    assert (busy[0].findings, busy[0].trouble) == ((), "the target was busy (429)")
    assert (silent[0].findings, silent[0].trouble) == ((), "GET 127.0.0.1:1: refused")
    assert counts([*busy, *silent])["not judged"] == 2


def test_every_probe_of_the_table_is_free_and_about_promises_that_there_are() -> None:
    for probe in table().probes:
        check(request(probe, Target(BASE, CANARY, ""), NOBODY), BASE, CANARY, NOBODY)
        for name in probe.promises:
            promises().get(name)


EMPTY = {"model": "happyhorse-1.1-t2v", "input": {}}


@pytest.mark.parametrize(
    "probe",
    [
        Probe("x", "POST", CREATE, "good", (), is_async=True, body=EMPTY),  # the gateway would take it
        Probe("x", "POST", CREATE, "bad", (), is_async=True, body=asked()),  # there is something to make a clip of
        Probe("x", "POST", CREATE, "good", (), body=asked()),
        Probe("x", "POST", CREATE, "good", (), is_async=True, body=asked(model="no-such-model")),
        Probe("x", "POST", CREATE, "good", (), is_async=True, body={**EMPTY, "parameters": {}}),
        Probe("x", "POST", "/tasks/0aaaaaaa-2222-4333-8444-555555555555/cancel", "good", ()),  # whose is it?
        Probe("x", "POST", "/tokens", "good", ()),
        Probe("x", "GET", "/tasks/0aaaaaaa-2222-4333-8444-555555555555", "good", ()),
        Probe("x", "GET", "/uploads?action=other", "good", ()),
        Probe("x", "POST", "/services/aigc/image2video/video-synthesis", "bad", (), is_async=True, body=EMPTY),
        Probe("x", "GET", ".evil.example/api/v1/tasks/", "good", ()),
    ],
)
def test_what_could_cost_money_is_not_sent(emulator: Emulator, probe: Probe) -> None:
    sent: list[Request] = []

    def note(wanted: Request) -> Reply:
        sent.append(wanted)
        return send(wanted)

    with pytest.raises(NotFreeError):
        look(Target(BASE, CANARY, "cn-beijing"), emulator, [probe], send=note)

    assert not [wanted for wanted in sent if wanted.url.startswith("https://")]


@pytest.mark.parametrize(
    ("url", "key", "said"),
    [
        ("dashscope.aliyuncs.com", CANARY, "is no URL"),
        ("http://dashscope.aliyuncs.com/api/v1", CANARY, "in the clear"),
        ("https://me:secret@dashscope.aliyuncs.com/api/v1", CANARY, "no user"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", CANARY, "ends in /api/v1"),
        (BASE, "", "NAMED has no API key"),
        (BASE, f"{CANARY}\nX: y", "is no API key"),
    ],
)
def test_a_target_that_cannot_be_is_told_without_the_key(url: str, key: str, said: str) -> None:
    with pytest.raises(DriftError, match=said) as error:
        target(url, "NAMED", {"NAMED": key})

    assert CANARY[:12] not in str(error.value)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("dashscope.aliyuncs.com", "cn-beijing"),
        ("dashscope-intl.aliyuncs.com", "ap-southeast-1"),
        ("ws-abc.eu-central-1.maas.aliyuncs.com", "eu-central-1"),
        ("trial.cn-beijing.maas.aliyuncs.com", "cn-beijing"),
    ],
)
def test_the_region_is_the_hosts(host: str, region: str) -> None:
    assert target(f"https://{host}", "K", {"K": CANARY}) == Target(f"https://{host}/api/v1", CANARY, region)


def test_the_command_writes_what_it_found_and_never_the_key(
    emulator: Emulator,
    service: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The service tells the key wherever it can: as it is, in base64, in part, in a header."""
    parts = [CANARY, base64.b64encode(CANARY.encode()).decode(), CANARY[5:25], f"Bearer {CANARY}"]

    def leaky(_: Request, reply: Reply) -> Reply:
        body = {**reply.json, "message": " ".join(parts), "code": CANARY, CANARY: 1}
        return replace(reply, body=json.dumps(body).encode(), headers={**reply.headers, "content-type": CANARY})

    monkeypatch.setattr(cli_drift, "Emulator", lambda **_: nullcontext(emulator))
    monkeypatch.setenv("MY_KEY", CANARY)
    out = tmp_path / "deep" / "drift.json"
    with altered(service, leaky) as (base, _):
        code = main(["drift", "--target", base, "--key-env", "MY_KEY", "--out", str(out), "--account", "test"])

    said = capfd.readouterr()
    written = out.read_text("utf-8")
    for text in (said.out, said.err, written):
        assert not [slice_ for start in range(len(CANARY) - 11) if (slice_ := CANARY[start : start + 12]) in text]
        assert parts[1][:16] not in text
    found = json.loads(written)
    assert code == 1
    assert found["format"] == "hobbyhorse-drift/1"
    assert found["summary"]["drift"] > 0
    assert found["account"] == "test"
    assert "DRIFT" in said.out


def test_the_command_says_that_all_is_as_expected(
    service: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", CANARY)
    out = tmp_path / "drift.json"

    assert main(["drift", "--target", service.base_url(), "--out", str(out)]) == 0
    assert "0 differences that a client may notice" in capfd.readouterr().out
    assert json.loads(out.read_text("utf-8"))["summary"]["drift"] == 0


def test_the_command_needs_a_key_that_is_let_in(
    emulator: Emulator, service: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_drift, "Emulator", lambda **_: nullcontext(emulator))
    monkeypatch.setenv("DASHSCOPE_API_KEY", STRANGER)

    assert main(["drift", "--target", service.base_url()]) == 3
    assert "does not let the key in" in capfd.readouterr().err


def test_the_command_says_what_is_wrong_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    assert main(["drift", "--target", BASE, "--dry-run"]) == 0
    assert len(capfd.readouterr().out.splitlines()) == len(PROBES)
    assert main(["drift", "--target", BASE]) == 2
    assert "DASHSCOPE_API_KEY has no API key" in capfd.readouterr().err
    assert main(["drift", "--target", BASE, "--only", "lst"]) == 2
    assert "did you mean 'list'" in capfd.readouterr().err


def test_messages_are_compared_and_kept_without_what_is_private(emulator: Emulator, service: World) -> None:
    text = f"Task {NOBODY} of ws-nckitja1d28cec5v, account 1680000000000001, key sk-abc*** is gone."
    with altered(service, at("cancel-unknown-task", lambda body: {**body, "message": text})) as (base, _):
        where = Target(base, CANARY, "cn-beijing")
        found = look(where, emulator, [PROBES["cancel-unknown-task"]])

    assert found[0].real is not None
    assert found[0].real.texts["message"] == "Task <id> of <workspace>, account <number>, key <api-key>*** is gone."
    written = document(where, found, version="1", moment="now", account="")
    assert "1680000000000001" not in written
