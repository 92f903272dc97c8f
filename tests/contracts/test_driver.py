"""One scenario, one client: virtual time, what is gathered, and when a client is given up."""

from __future__ import annotations

import base64
import hashlib
import logging
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse_contracts.adapters import Failed, InprocAdapter
from hobbyhorse_contracts.documents import DocumentError
from hobbyhorse_contracts.driver import Driver, Limits, NotOfferedError
from hobbyhorse_contracts.scenario import Act, Call, Scenario, Timeline

from .raw import REQUEST, Raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from hobbyhorse import Emulator
    from hobbyhorse_contracts.adapters import Env
    from hobbyhorse_contracts.history import History
    from hobbyhorse_contracts.protocol.messages import Run


class Subject:
    """A client made of one function."""

    name = "subject"
    capabilities: tuple[str, ...] = ("generate", "download", "sleep_hook", "batch", "abort", "events", "wait", "logs")

    def __init__(self, generate: Callable[[Run, Env], dict[str, Any]]) -> None:
        self.generate = generate


def driven(
    emulator: Emulator,
    generate: Callable[[Run, Env], dict[str, Any]],
    scenario: Scenario,
    limits: Limits | None = None,
) -> History:
    with Driver(InprocAdapter(lambda: Subject(generate)), emulator, limits=limits) as driver:
        return driver.run(scenario)


def one(**rest: Any) -> Scenario:
    return Scenario("one", (Call("c1", request=REQUEST, options={"poll_interval_s": 15}),), **rest)


def waiting(call: Run, env: Env) -> dict[str, Any]:
    """A good client: create, then poll after each interval."""
    raw = Raw(call)
    task = raw.create()
    while True:
        env.sleep(call.options.get("poll_interval_s", 15))
        output = raw.poll(task)
        if output["task_status"] == "SUCCEEDED":
            return {"task_id": task, "url": output["video_url"]}
        if output["task_status"] in {"FAILED", "CANCELED", "UNKNOWN"}:
            kind = {"FAILED": "task", "CANCELED": "canceled", "UNKNOWN": "unknown_task"}[output["task_status"]]
            raise Failed(kind, str(output.get("message")), code=output.get("code"), task_id=task)


def test_time_goes_by_sleeps_alone_and_every_instant_is_exact(hobbyhorse: Emulator) -> None:
    history = driven(hobbyhorse, waiting, one(timeline=Timeline(pending_s=20, running_s=40)))

    assert [(row.route, row.at_ms) for row in history.rows] == [
        ("create", 0),
        ("get", 15_000),
        ("get", 30_000),
        ("get", 45_000),
        ("get", 60_000),
    ]
    assert [(sleep.at_ms, sleep.seconds, sleep.call) for sleep in history.sleeps][:2] == [
        (0, 15.0, "c1"),
        (15_000, 15.0, "c1"),
    ]
    assert history.ended_ms == history.answers[0].at_ms == 60_000
    assert history.mode == "hook"
    assert history.complete
    assert not history.trouble
    assert history.real_s < 10
    assert [(task.id, task.status, task.submitted_ms, task.ends_ms) for task in history.tasks] == [
        (history.rows[0].committed, "SUCCEEDED", 0, 60_000)
    ]


@pytest.mark.parametrize(
    ("timeline", "seen"),
    [
        (Timeline(outcome="FAILED", error="InternalError.Timeout", message="late"), ("task", "InternalError.Timeout")),
        (Timeline(outcome="CANCELED"), ("canceled", None)),
        (Timeline(outcome="UNKNOWN"), ("unknown_task", None)),
    ],
)
def test_every_ending_is_seen_by_polls(hobbyhorse: Emulator, timeline: Timeline, seen: tuple[str, str | None]) -> None:
    error = driven(hobbyhorse, waiting, one(timeline=timeline)).answers[0].error

    assert error is not None
    assert (error.kind, error.code) == seen


def test_polls_can_move_a_task_instead_of_the_clock(hobbyhorse: Emulator) -> None:
    history = driven(hobbyhorse, waiting, one(timeline=Timeline(polls=(1, 1), task_id="hex64")))

    statuses = [
        row.reply_body.text.split('"task_status":"')[1].split('"')[0] for row in history.rows if row.reply_body.text
    ]
    assert statuses == ["PENDING", "PENDING", "RUNNING", "SUCCEEDED"]
    assert len(history.tasks[0].id) == 64


def test_calls_at_once_share_the_clock_and_each_begins_when_it_should(hobbyhorse: Emulator) -> None:
    calls = (
        Call("a", request=REQUEST, options={"poll_interval_s": 10}),
        Call("b", request=REQUEST, options={"poll_interval_s": 7}, at=5),
        Call("c", request=REQUEST, options={"poll_interval_s": 10}, after="b"),
    )
    history = driven(hobbyhorse, waiting, Scenario("three", calls, timeline=Timeline(running_s=20)))

    creates = [row.at_ms for row in history.on("create")]
    assert creates == [0, 5000, 26_000]  # b: 5, and three polls 7 s apart; the third finds it done
    assert {answer.call: answer.at_ms for answer in history.answers} == {"a": 20_000, "b": 26_000, "c": 46_000}
    assert sorted(row.at_ms for row in history.on("get")) == [10_000, 12_000, 19_000, 20_000, 26_000, 36_000, 46_000]


def test_a_client_without_batch_is_asked_one_thing_after_the_other(hobbyhorse: Emulator) -> None:
    calls = (Call("a", request=REQUEST), Call("b", request=REQUEST))
    subject = Subject(waiting)
    subject.capabilities = ("generate", "sleep_hook")
    with Driver(InprocAdapter(lambda: subject), hobbyhorse) as driver:
        history = driver.run(Scenario("two", calls))

    assert [row.at_ms for row in history.on("create")] == [0, 30_000]


def test_acts_happen_at_their_instants(hobbyhorse: Emulator) -> None:
    acts = (Act(20, "fail", options={"error": "InternalError.Timeout"}),)
    history = driven(hobbyhorse, waiting, one(timeline=Timeline(running_s=600), acts=acts))

    assert history.answers[0].error is not None
    assert (history.answers[0].error.code, history.ended_ms) == ("InternalError.Timeout", 30_000)


def test_a_key_can_be_revoked_half_way(hobbyhorse: Emulator) -> None:
    history = driven(hobbyhorse, waiting, one(timeline=Timeline(running_s=600), acts=(Act(31, "revoke"),)))

    assert [(row.at_ms, row.status) for row in history.on("get")] == [(15_000, 200), (30_000, 200), (45_000, 401)]
    assert history.answers == ()  # the function below has no word for it: trouble of this adapter
    assert "401" in history.trouble[0]


def test_a_call_is_aborted_where_it_sleeps(hobbyhorse: Emulator) -> None:
    calls = (Call("c1", request=REQUEST), Call("stop", "abort", options={"call": "c1"}, at=20))
    history = driven(hobbyhorse, waiting, Scenario("abort", calls, timeline=Timeline(running_s=600)))

    assert [(answer.call, answer.at_ms) for answer in history.answers] == [("c1", 20_000)]
    assert history.answers[0].error is not None
    assert history.answers[0].error.kind == "canceled"


def test_a_call_that_neither_answers_nor_sleeps_is_silent(hobbyhorse: Emulator) -> None:
    forever = threading.Event()

    def hangs(_call: Run, env: Env) -> dict[str, Any]:
        forever.wait()
        env.sleep(1)  # and is stopped here, when it comes back to life
        return {}

    with Driver(InprocAdapter(lambda: Subject(hangs)), hobbyhorse, limits=Limits(silent_s=0.3)) as driver:
        history = driver.run(one())
        assert (history.silent, history.answers, history.trouble) == (("c1",), (), ())
        assert "said nothing" in history.gave_up
        assert driver.starts == 1
        again = driver.run(one())
        forever.set()
    assert (driver.starts, again.silent) == (2, ("c1",))


@pytest.mark.parametrize(
    ("seconds", "limits", "said"),
    [
        (0.0, Limits(messages=50), "more than 50 things"),
        (86_400.0, Limits(virtual_s=5 * 86_400), "more than 5 days"),
        (0.001, Limits(real_s=0.2), "real seconds"),
    ],
)
def test_a_client_that_never_comes_to_an_end_is_given_up(
    hobbyhorse: Emulator, seconds: float, limits: Limits, said: str
) -> None:
    def spins(_call: Run, env: Env) -> dict[str, Any]:
        while True:
            env.sleep(seconds)

    history = driven(hobbyhorse, spins, one(), limits)

    assert history.silent == ("c1",)
    assert said in history.gave_up


def test_one_that_sleeps_is_woken_while_others_wait_for_it_without_a_word(hobbyhorse: Emulator) -> None:
    limiter = threading.Lock()

    def limited(_call: Run, env: Env) -> dict[str, Any]:
        with limiter:
            env.sleep(30)
        return {}

    calls = (Call("a", request=REQUEST), Call("b", request=REQUEST))
    history = driven(hobbyhorse, limited, Scenario("limiter", calls))

    assert sorted(answer.at_ms for answer in history.answers) == [30_000, 60_000]


def test_the_key_is_found_wherever_it_leaks_and_is_nowhere_in_the_history(hobbyhorse: Emulator) -> None:
    keys = []

    def leaks(call: Run, env: Env) -> dict[str, Any]:
        keys.append(call.api_key)
        env.event("told", data=f"half of it is {call.api_key[5:20]}")
        logging.getLogger("leaky").debug("Authorization: Bearer %s", call.api_key)
        sys.stderr.write(base64.b64encode(f"user:{call.api_key}".encode()).decode() + "\n")
        raise Failed("other", f"no luck with {call.api_key}")

    history = driven(hobbyhorse, leaks, one())

    assert sorted((leak.where, leak.what) for leak in history.leaks) == [
        ("answer", "key"),
        ("event", "slice"),
        ("stderr", "base64"),
        ("stderr", "key"),
    ]
    assert history.leaks[0].place == "c1: error.text"
    text = str(history.document())
    assert all(keys[0][start : start + 12] not in text for start in range(len(keys[0]) - 12))
    assert history.answers[0].error is not None
    assert history.answers[0].error.text == f"no luck with {history.key}"


def test_what_lies_under_a_name_is_noted_whenever_time_moves(hobbyhorse: Emulator) -> None:
    def writes(call: Run, env: Env) -> dict[str, Any]:
        out = Path(call.options["out"])
        out.write_bytes(b"half")
        env.sleep(5)
        out.write_bytes(b"whole")
        return {"path": str(out), "bytes": 5}

    scenario = Scenario("file", (Call("c1", request=REQUEST, options={"out": "clip.mp4"}),))
    history = driven(hobbyhorse, writes, scenario)

    assert [(file.name, file.at_ms, file.bytes) for file in history.files] == [
        ("clip.mp4", 0, 4),
        ("clip.mp4", 5000, 5),
    ]
    assert history.answers[0].result is not None
    assert history.answers[0].result.path == "clip.mp4"


def test_the_truth_has_the_clip_that_a_download_gives(hobbyhorse: Emulator) -> None:
    seen = []

    def saves(call: Run, env: Env) -> dict[str, Any]:
        result = waiting(call, env)
        clip = Raw(call).clip(result["url"])
        seen.append((hashlib.sha256(clip).hexdigest(), len(clip)))
        return {"task_id": result["task_id"]}

    history = driven(hobbyhorse, saves, one())

    assert [(task.clip_sha256, task.clip_bytes) for task in history.tasks] == seen


def test_placeholders_are_filled_in(hobbyhorse: Emulator) -> None:
    seen = []

    def looks(call: Run, _env: Env) -> dict[str, Any]:
        seen.append(call)
        if "input" in call.request:
            assert Path(call.request["input"]["media"][0]["url"]).read_bytes() == b"hello"
            return {"task_id": "t-1"}
        return {}

    request = {"model": "m", "input": {"media": [{"url": "{file:a b.png}"}], "prompt": "{braces} stay"}}
    calls = (
        Call("c1", request=request, options={"region": "ap-southeast-1", "base": "slash"}),
        Call("c2", options={"task_id": "{task:c1}", "url": "{results}/x"}, after="c1"),
    )
    history = driven(hobbyhorse, looks, Scenario("fill", calls, files={"a b.png": "aGVsbG8="}))

    assert not history.trouble
    assert seen[0].base_url == history.bases["c1"] == history.apis["ap-southeast-1"] + "/"
    assert seen[0].request["input"]["prompt"] == "{braces} stay"
    assert seen[1].options == {"task_id": "t-1", "url": f"{history.results}/x"}
    assert history.requests["c1"]["input"]["media"][0]["url"].endswith("/a b.png")


def test_generate_is_made_of_submit_wait_and_download_where_there_is_none(hobbyhorse: Emulator) -> None:
    asked = []

    class Steps:
        name = "steps"
        capabilities = ("submit", "wait", "download", "sleep_hook")

        def submit(self, call: Run, env: Env) -> dict[str, Any]:
            asked.append(("submit", call.request["model"]))
            return {"task_id": "t-1"}

        def wait(self, call: Run, env: Env) -> dict[str, Any]:
            asked.append(("wait", call.options["task_id"]))
            return {"status": "SUCCEEDED"}

        def download(self, call: Run, env: Env) -> dict[str, Any]:
            asked.append(("download", call.options["task_id"]))
            return {"bytes": 3}

    with Driver(InprocAdapter(Steps), hobbyhorse) as driver:
        history = driver.run(one())

    assert asked == [("submit", REQUEST["model"]), ("wait", "t-1"), ("download", "t-1")]
    assert len(history.answers) == 1
    result = history.answers[0].result
    assert result is not None
    assert (result.task_id, result.status, result.bytes) == ("t-1", "SUCCEEDED", 3)


def test_a_scenario_that_is_not_for_a_client_is_not_run(hobbyhorse: Emulator) -> None:
    with pytest.raises(NotOfferedError, match="needs list"):
        driven(hobbyhorse, waiting, Scenario("list", (Call("l", "list"),)))


def test_a_download_by_itself_is_not_asked_of_a_client_that_downloads_only_at_the_end(hobbyhorse: Emulator) -> None:
    class Whole(Subject):
        capabilities = ("generate", "download", "sleep_hook")

    twice = Scenario("twice", (Call("c1", request=REQUEST), Call("c2", "download", after="c1")))

    with (
        Driver(InprocAdapter(lambda: Whole(waiting)), hobbyhorse) as driver,
        pytest.raises(NotOfferedError, match="needs wait"),
    ):
        driver.run(twice)


def test_a_scenario_that_the_emulator_refuses_says_where(hobbyhorse: Emulator) -> None:
    with pytest.raises(DocumentError, match="did you mean 'reset'"):
        driven(hobbyhorse, waiting, one(mishaps=({"do": "rest", "at": "create"},)))


def test_a_mishap_that_lost_the_answer_shows_what_was_committed(hobbyhorse: Emulator) -> None:
    def blind(call: Run, _env: Env) -> dict[str, Any]:
        try:
            Raw(call).create()
        except OSError:
            raise Failed("ambiguous", "lost") from None
        return {}

    history = driven(hobbyhorse, blind, one(mishaps=({"do": "reset", "at": "create", "moment": "after"},)))

    (row,) = history.rows
    assert (row.status, row.mishaps, row.committed) == (None, ("reset",), history.tasks[0].id)
    assert row.closed is not None


def test_a_port_refuses_until_it_opens(hobbyhorse: Emulator) -> None:
    def stubborn(call: Run, env: Env) -> dict[str, Any]:
        for _ in range(3):
            try:
                return {"task_id": Raw(call).create()}
            except urllib.error.URLError as error:
                assert isinstance(error.reason, ConnectionRefusedError)  # noqa: PT017 - it is the client's to see
                env.sleep(2)
        raise Failed("network", "refused")

    history = driven(hobbyhorse, stubborn, one(closed_s=3.0))

    assert [(row.route, row.at_ms, row.committed) for row in history.rows] == [("create", 4000, history.tasks[0].id)]
    assert history.answers[0].ok
    refused = driven(hobbyhorse, stubborn, one(closed_s=30.0))
    assert (refused.rows, refused.answers[0].ok) == ((), False)


@pytest.mark.parametrize("is_careful", [True, False])
def test_a_certificate_that_nobody_trusts_is_seen_through_by_careless_clients(
    hobbyhorse: Emulator, monkeypatch: pytest.MonkeyPatch, *, is_careful: bool
) -> None:
    if not is_careful:
        monkeypatch.setattr("ssl._create_default_https_context", ssl._create_unverified_context)

    def creates(call: Run, _env: Env) -> dict[str, Any]:
        assert call.base_url.startswith("https://")
        try:
            return {"task_id": Raw(call).create()}
        except urllib.error.URLError as error:
            raise Failed("network", str(error)) from None

    history = driven(hobbyhorse, creates, one(untrusted=True))

    assert history.trouble == ()
    assert len(history.rows) == (0 if is_careful else 1)
    assert history.answers[0].ok is not is_careful


def test_real_time_passes_by_itself(hobbyhorse: Emulator) -> None:
    began = time.monotonic()
    with Driver(InprocAdapter(lambda: Subject(waiting)), hobbyhorse, mode="scale", scale=200) as driver:
        scenario = Scenario("scaled", (Call("c1", request=REQUEST, options={"poll_interval_s": 20}),))
        history = driver.run(scenario)

    # poll_interval_s reaches the client 200 times shorter; the world's clock runs 200 times faster.
    assert history.mode == "scale"
    assert history.answers[0].ok
    assert all(sleep.seconds == pytest.approx(0.1) for sleep in history.sleeps)
    assert 30_000 <= history.ended_ms < 60_000 + (time.monotonic() - began) * 200_000


def test_one_timeout_is_for_all_that_a_call_is_made_of(hobbyhorse: Emulator) -> None:
    given: list[float] = []

    class Slow:
        name = "slow"
        capabilities = ("submit", "wait", "sleep_hook")

        def submit(self, call: Run, env: Env) -> dict[str, Any]:
            env.sleep(45)
            return {"task_id": "t-1"}

        def wait(self, call: Run, env: Env) -> dict[str, Any]:
            given.append(call.options["timeout_s"])
            return {"task_id": "t-1"}

    scenario = Scenario("slow", (Call("c1", request=REQUEST, options={"timeout_s": 120}),))
    with Driver(InprocAdapter(Slow), hobbyhorse) as driver:
        driver.run(scenario)

    assert given == [75]


def test_requests_without_the_key_are_found_and_those_of_others_left(hobbyhorse: Emulator) -> None:
    def keyless(call: Run, env: Env) -> dict[str, Any]:
        raw = Raw(call)
        task = raw.create()
        env.sleep(15)
        for path in (f"/tasks/{task}", "/tasks/of-somebody-else"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(call.base_url.rstrip("/") + path)
            refused.value.close()
        return {"task_id": task}

    rows = driven(hobbyhorse, keyless, one()).rows

    assert [(row.route, row.quarantined, row.status) for row in rows] == [("create", False, 200), ("get", True, 401)]
    assert rows[1].path.endswith(rows[0].committed or "?")
    assert rows[1].number > rows[0].number
