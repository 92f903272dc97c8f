from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from hobbyhorse import Emulator
from hobbyhorse_contracts.server import Promise, promises
from hobbyhorse_contracts.server import judging as server
from hobbyhorse_contracts.server.bench import BrokenPromiseError, same
from hobbyhorse_contracts.server.wire import Reply, Request, WireError, send
from hobbyhorse_contracts.verdict import Outcome

from .wrong_servers import WRONG, Wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = promises().rows


@pytest.fixture(scope="module", autouse=True)
def emulator() -> Iterator[Emulator]:
    logging.getLogger("hobbyhorse").setLevel(logging.ERROR)
    with Emulator(process=False, keys="declared") as running:
        list(server.judge(running, []))  # the probes register themselves
        yield running
    logging.getLogger("hobbyhorse").setLevel(logging.NOTSET)


def test_ids_are_unique_and_sources_are_told() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
    assert {source for row in ROWS for source in row.sources} == set(promises().sources)
    assert {row.level for row in ROWS} == {"MUST", "SHOULD"}
    assert {row.confidence for row in ROWS} == {"official", "observed", "assumed"}


def test_each_promise_has_a_probe_and_a_server_that_breaks_it() -> None:
    assert set(server.PROBES) == {row.id for row in ROWS}
    assert {wrong.promise for wrong in WRONG} == {row.id for row in ROWS}


def test_an_unknown_promise_gets_the_nearest_id() -> None:
    with pytest.raises(KeyError, match="did you mean 'S-ENV-01'"):
        promises().get("S-ENV-1")
    with pytest.raises(LookupError, match="the newest is '2026-11'"):
        promises("1999-01")


@pytest.mark.parametrize("promise", ROWS, ids=lambda row: row.id)
def test_the_emulator_keeps_each_promise(emulator: Emulator, promise: Promise) -> None:
    (verdict,) = server.judge(emulator, [promise.id])

    assert (verdict.outcome, verdict.says) == (Outcome.PASS, "")


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.promise}: {wrong.name}")
def test_a_wrong_server_is_caught_by_its_promise(emulator: Emulator, wrong: Wrong) -> None:
    (verdict,) = server.judge(emulator, [wrong.promise], send=wrong.make())

    is_must = promises().get(wrong.promise).level == "MUST"
    assert verdict.outcome is (Outcome.FAIL if is_must else Outcome.WARN)
    assert verdict.says


def test_a_server_that_does_not_answer_breaks_its_promise(emulator: Emulator) -> None:
    def gone(request: Request) -> Reply:
        raise WireError(f"{request.method}: connection refused")

    (verdict,) = server.judge(emulator, ["S-STA-03"], send=gone)

    assert (verdict.outcome, verdict.says) == (Outcome.FAIL, "there was no answer: GET: connection refused")


def test_an_answer_that_is_no_json_breaks_its_promise(emulator: Emulator) -> None:
    (verdict,) = server.judge(emulator, ["S-STA-03"], send=lambda _: Reply(200, {}, b"<html>"))

    assert verdict.outcome is Outcome.FAIL
    assert verdict.says.startswith("an answer is not what it should be")


def test_accounts_are_gone_after_each_probe(emulator: Emulator) -> None:
    before = len(emulator.worlds())
    list(server.judge(emulator, ["S-STA-10", "S-ENV-01"]))

    assert len(emulator.worlds()) == before


def test_the_wire_says_who_did_not_answer() -> None:
    with pytest.raises(WireError, match=r"GET 127\.0\.0\.1:1/x: "):
        send(Request("GET", "http://127.0.0.1:1/x?key=y"))


@pytest.mark.parametrize(("found", "expected"), [(1.0, 1), (True, 1), ("1", 1), (None, "")])
def test_a_value_of_another_type_is_another_value(found: object, expected: object) -> None:
    with pytest.raises(BrokenPromiseError, match=r"^a number: .*, not "):
        same("a number", found, expected)
