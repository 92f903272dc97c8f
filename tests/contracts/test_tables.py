"""The kit's table of valid requests, its oracle, and the emulator, held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from hobbyhorse import Emulator
from hobbyhorse_contracts.generation.oracle import length, mistakes
from hobbyhorse_contracts.generation.prompts import at_limit, over_limit
from hobbyhorse_contracts.generation.requests import changed, defective, valid
from hobbyhorse_contracts.generation.table import models

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QUICK = settings(
    deadline=None,
    database=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate],
)
EVERY = pytest.mark.parametrize("name", models())


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(process=False) as found:
        yield found


@QUICK
@given(valid())
def test_the_oracle_finds_nothing_wrong_with_a_valid_request(request: dict[str, Any]) -> None:
    assert mistakes(request) == ()


@QUICK
@given(defective())
def test_the_oracle_finds_exactly_the_one_mistake(drawn: tuple[dict[str, Any], str]) -> None:
    request, path = drawn
    assert [found.path for found in mistakes(request)] == [path]


@EVERY
def test_the_emulator_takes_every_valid_request(name: str, emulator: Emulator) -> None:
    assert [row for row in outcomes(emulator, name, wrong=False) if row[0] != "SUCCEEDED"] == []


@EVERY
def test_the_emulator_refuses_every_defective_request_as_the_oracle_says(name: str, emulator: Emulator) -> None:
    for outcome, request in outcomes(emulator, name, wrong=True):
        (mistake,) = mistakes(request)
        assert outcome in {f"{mistake.stage} {code}" for code in mistake.codes}, (request, mistake)


def outcomes(emulator: Emulator, name: str, *, wrong: bool) -> list[tuple[str, Any]]:
    """Send some requests; return how each ended: a status, `create CODE` or `task CODE`."""
    drawn: list[dict[str, Any]] = []

    @seed(7)
    @settings(QUICK, max_examples=12)
    @given(defective([name]).map(lambda pair: pair[0]) if wrong else valid([name]))
    def collect(request: dict[str, Any]) -> None:
        drawn.append(request)

    collect()
    model = models()[name]
    with emulator.world(pace="instant", media="stamped", quotas="off") as world:
        base = world.base_url(model.regions[0])
        headers = {"Authorization": f"Bearer {world.key}", "X-DashScope-Async": "enable"}
        with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
            return [(one_outcome(client, model.service, request), request) for request in drawn]


def one_outcome(client: httpx.Client, service: str, request: Mapping[str, Any]) -> str:
    created = client.post(f"/services/aigc/{service}/video-synthesis", json=request)
    if created.status_code != httpx.codes.OK:
        return f"create {created.json()['code']}"
    output = client.get(f"/tasks/{created.json()['output']['task_id']}").json()["output"]
    return f"task {output['code']}" if output["task_status"] == "FAILED" else str(output["task_status"])


@EVERY
def test_prompts_at_the_limit_use_all_of_it_and_those_over_it_more(name: str) -> None:
    model = models()[name]
    assert {length(model, prompt) for prompt in at_limit(model)} == {model.limit, model.limit - 1}

    @settings(QUICK, max_examples=10)
    @given(over_limit(model))
    def check(prompt: str) -> None:
        assert length(model, prompt) > model.limit

    check()


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        ({}, "model"),
        ({"model": "wan9"}, "model"),
        ({"model": "happyhorse-1.1-t2v"}, "input"),
        ({"model": "happyhorse-1.1-t2v", "input": {}}, "input.prompt"),
        ({"model": "happyhorse-1.1-t2v", "input": {"prompt": 7}}, "input.prompt"),
        ({"model": "happyhorse-1.1-i2v", "input": {"media": "x"}}, "input.media"),
        ({"model": "wan3.0-video", "input": {}}, "input.prompt"),
        (
            {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a"}, "parameters": {"duration": 5.0}},
            "parameters.duration",
        ),
        ({"model": "happyhorse-1.1-t2v", "input": {"prompt": "a"}, "parameters": {"seed": False}}, "parameters.seed"),
        (
            {
                "model": "wan2.6-t2v",
                "input": {"prompt": "a"},
                "parameters": {"shot_type": "multi", "prompt_extend": False},
            },
            "parameters.shot_type",
        ),
    ],
)
def test_the_oracle_names_the_place(request_: dict[str, Any], path: str) -> None:
    assert [found.path for found in mistakes(request_)] == [path]


@given(st.sampled_from(["model", "input.prompt", "input.media.1.url", "parameters.seed"]), st.integers() | st.none())
@QUICK
def test_a_change_changes_its_place_and_nothing_else(path: str, value: int | None) -> None:
    before = {"model": "a", "input": {"prompt": "b", "media": [{"url": "c"}, {"url": "d", "type": "e"}]}}
    after = changed(before, path, value)
    assert changed(after, path, 1) == changed(before, path, 1)
    assert ("d" in str(after)) or path == "input.media.1.url"
    assert before["model"] == "a"
