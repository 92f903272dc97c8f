"""Clients in this process: plain and async, what they raise, what they say beside."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse_contracts.adapters import AdapterError, Failed, InprocAdapter
from hobbyhorse_contracts.protocol.messages import Answered, Asleep, Cancel, Occurred, Run, Wake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse_contracts.adapters import AsyncEnv, Env

CALL = Run(id="c1", op="generate", base_url="http://x/api/v1", api_key="sk-1", now=100.0)


class Plain:
    name = "plain"
    capabilities = ("generate", "logs")

    def generate(self, call: Run, env: Env) -> dict[str, Any]:
        env.event("task_created", "t-1", attempt=1)
        env.sleep(15)
        logging.getLogger("plain").debug("woke at %s", env.now())
        sys.stderr.write("a word\n")
        return {"task_id": "t-1"}


class Async:
    name = "async"
    capabilities = ("generate",)
    closed = False

    async def generate(self, call: Run, env: AsyncEnv) -> dict[str, Any]:
        env.event("task_created", "t-1", attempt=1)
        await env.sleep(15)
        logging.getLogger("async").warning("woke at %s", env.now())
        await asyncio.to_thread(sys.stderr.write, "a word\n")
        return {"task_id": "t-1"}

    async def close(self) -> None:
        Async.closed = True


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[InprocAdapter]:
    adapter = InprocAdapter(request.param)
    adapter.start()
    yield adapter
    adapter.stop()


@pytest.mark.parametrize("started", [Plain, Async], indirect=True)
def test_a_call_tells_sleeps_is_woken_and_answers(started: InprocAdapter) -> None:
    started.send(CALL)
    assert started.receive(5) == Occurred(id="c1", event="task_created", task_id="t-1", data={"attempt": 1})
    asleep = started.receive(5)
    assert isinstance(asleep, Asleep)
    assert (asleep.id, asleep.seconds) == ("c1", 15)
    assert started.receive(0.05) is None

    started.send(Wake(token=asleep.token, now=115.0))
    answer = started.receive(5)
    assert isinstance(answer, Answered)
    assert answer.ok
    assert answer.result is not None
    assert answer.result.task_id == "t-1"
    said = started.written()
    assert "woke at 115.0" in said
    assert "a word" in said
    assert started.written() == ""


@pytest.mark.parametrize("started", [Plain, Async], indirect=True)
def test_a_call_that_is_stopped_while_it_sleeps_is_answered_as_canceled(started: InprocAdapter) -> None:
    started.send(CALL)
    assert isinstance(started.receive(5), Occurred)
    assert isinstance(started.receive(5), Asleep)
    started.send(Cancel(id="c1"))

    answer = started.receive(5)
    assert isinstance(answer, Answered)
    assert answer.error is not None
    assert answer.error.kind == "canceled"


@pytest.mark.parametrize("started", [Plain, Async], indirect=True)
@pytest.mark.parametrize("time", range(20))
def test_a_call_that_is_stopped_as_it_begins_is_answered_as_canceled(started: InprocAdapter, time: int) -> None:
    started.send(CALL.model_copy(update={"id": f"c{time}"}))
    started.send(Cancel(id=f"c{time}"))

    while not isinstance(message := started.receive(5), Answered):
        assert message is not None
        if isinstance(message, Asleep):
            started.send(Wake(token=message.token, now=115.0))
    assert message.error is not None
    assert message.error.kind == "canceled"


@pytest.mark.parametrize("started", [Plain, Async], indirect=True)
def test_a_sleep_that_was_cut_short_may_still_be_woken(started: InprocAdapter) -> None:
    started.send(CALL)
    assert isinstance(started.receive(5), Occurred)
    asleep = started.receive(5)
    assert isinstance(asleep, Asleep)
    started.send(Cancel(id="c1"))
    started.send(Wake(token=asleep.token, now=115.0))

    with pytest.raises(AdapterError, match="nothing sleeps with token 99"):
        started.send(Wake(token=99, now=115.0))


def test_an_async_client_is_closed_in_its_loop() -> None:
    adapter = InprocAdapter(Async)
    adapter.start()
    adapter.stop()

    assert Async.closed


class Raises:
    name = "raises"
    capabilities = ("generate",)

    def generate(self, call: Run, env: Env) -> dict[str, Any]:
        raise call.request["it"]


@pytest.mark.parametrize(
    ("error", "harness", "kind"),
    [
        (Failed("timeout", "late", task_id="t"), None, "timeout"),
        (Failed("timeuot", "late"), "is not as the protocol has it", None),
        (KeyError("output"), r"the adapter raised KeyError: 'output' \(.*test_inproc.py:\d+ in generate\)", None),
        (SystemExit(3), "the adapter raised SystemExit: 3", None),
    ],
)
def test_what_a_client_raises_is_an_error_or_trouble(error: BaseException, harness: str | None, kind: str) -> None:
    adapter = InprocAdapter(Raises)
    adapter.start()
    adapter.send(CALL.model_copy(update={"request": {"it": error}}))
    answer = adapter.receive(5)
    adapter.stop()

    assert isinstance(answer, Answered)
    if harness is None:
        assert answer.error is not None
        assert answer.error.kind == kind
    else:
        assert re.search(harness, answer.harness_error or "")


def test_an_operation_that_is_not_there_is_trouble() -> None:
    adapter = InprocAdapter(Raises)
    adapter.start()
    adapter.send(CALL.model_copy(update={"op": "list"}))
    answer = adapter.receive(5)
    adapter.stop()

    assert isinstance(answer, Answered)
    assert answer.harness_error == "the client has no method 'list'"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module_at_all:Client", "No module named"),
        ("json:Client", "no attribute 'Client'"),
        ("json", "is not written as package.module:Class"),
    ],
)
def test_a_client_that_cannot_be_made_is_told_why(name: str, said: str) -> None:
    with pytest.raises(AdapterError, match=said):
        InprocAdapter(name).start()


def test_a_call_of_a_run_that_is_over_says_nothing_in_the_next() -> None:
    go_on, ended = threading.Event(), threading.Event()

    class Late:
        name = "late"
        capabilities = ("generate",)

        def generate(self, call: Run, env: Env) -> dict[str, Any]:
            try:
                go_on.wait()
                env.event("too_late")
                return {}
            finally:
                ended.set()

    adapter = InprocAdapter(Late)
    adapter.start()
    adapter.send(CALL)
    adapter.stop()
    adapter.start()
    go_on.set()
    assert ended.wait(5)

    assert adapter.receive(0.05) is None
    adapter.stop()


def test_what_others_write_to_stderr_is_not_the_clients(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    adapter = InprocAdapter(Plain)
    adapter.start()
    adapter.send(CALL)
    assert isinstance(adapter.receive(5), Occurred)
    assert isinstance(adapter.receive(5), Asleep)
    sys.stderr.write("ours\n")
    logging.getLogger("ours").error("ours too")

    assert adapter.written() == ""
    adapter.send(Cancel(id="c1"))
    assert isinstance(adapter.receive(5), Answered)
    adapter.stop()
    assert sys.stderr is before
    assert capsys.readouterr().err == "ours\n"
