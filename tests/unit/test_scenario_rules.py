"""Which creates a rule matches, and which requests a mishap happens to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hobbyhorse.core.mishaps import Mishap, Moment, Occasion, Place, Target, concerns, happens
from hobbyhorse.core.scenario import Attempt, When, matches

BODY = {
    "model": "happyhorse-1.1-i2v",
    "input": {"prompt": "a paper city", "media": [{"type": "first_frame", "url": "u"}]},
    "parameters": {"duration": 5, "watermark": True, "seed": 1, "size": None},
}
ATTEMPT = Attempt("happyhorse-1.1-i2v", "a paper\ncity [night]", ("sk-abc", "main"), "cn-beijing", BODY)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When(), True),
        (When(model="happyhorse-1.1-i2v"), True),
        (When(model="happyhorse-*"), True),
        (When(model="happyhorse"), False),
        (When(model="wan*"), False),
        (When(prompt="paper"), True),
        (When(prompt="Paper"), False),
        (When(prompt="*city*"), True),
        (When(prompt="city*"), False),
        (When(prompt="a paper?city*"), True),
        (When(key="sk-abc"), True),
        (When(key="main"), True),
        (When(key="sk-"), False),
        (When(region="cn-beijing"), True),
        (When(region="cn"), False),
        (When(nth=(9,)), True),
        (When(body={"parameters.duration": 5}), True),
        (When(body={"parameters.duration": 5.0}), True),
        (When(body={"parameters.duration": "5"}), False),
        (When(body={"parameters.watermark": True}), True),
        (When(body={"parameters.watermark": 1}), False),
        (When(body={"parameters.seed": True}), False),
        (When(body={"parameters.size": None}), True),
        (When(body={"parameters.none": None}), False),
        (When(body={"input.media.0.type": "first_frame"}), True),
        (When(body={"input.media.1.type": "first_frame"}), False),
        (When(body={"input.media": [{"type": "first_frame", "url": "u"}]}), True),
        (When(body={"input.media": []}), False),
        (When(body={"input.prompt.x": "y"}), False),
        (When(model="happyhorse-*", region="us-east-1"), False),
    ],
)
def test_a_rule_matches_what_its_when_describes(when: When, expected: bool) -> None:
    assert expected is matches(when, ATTEMPT)


@pytest.mark.parametrize(("wanted", "found"), [([1], [True]), ({"a": 1}, {"a": True}), ({"a": 1}, {"b": 1})])
def test_true_is_not_1_inside_lists_and_objects(wanted: Any, found: Any) -> None:
    assert not matches(When(body={"x": wanted}), replace(ATTEMPT, body={"x": found}))
    assert matches(When(body={"x": wanted}), replace(ATTEMPT, body={"x": wanted}))


MISHAP = Mishap("m1", "reset", Moment.BEFORE, frozenset({Place.GET, Place.DOWNLOAD}))
OCCASION = Occasion(Place.GET, now=1000, task="t", url="1d/ab/t.mp4", key=("sk-abc", "main"), connection=3, request=2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"at": frozenset({Place.CREATE})}, False),
        ({"until": 1001}, True),
        ({"until": 1000}, False),
        ({"on": Target(task="t")}, True),
        ({"on": Target(task="u")}, False),
        ({"on": Target(url="ab/t")}, True),
        ({"on": Target(url="ab/u")}, False),
        ({"on": Target(key="main")}, True),
        ({"on": Target(key="sk-abc")}, True),
        ({"on": Target(key="mai")}, False),
        ({"on": Target(connection=3, request=2)}, True),
        ({"on": Target(connection=3, request=1)}, False),
        ({"on": Target(connection=2)}, False),
    ],
)
def test_a_mishap_concerns_what_it_is_bound_to(change: dict[str, Any], expected: bool) -> None:
    assert expected is concerns(replace(MISHAP, **change), OCCASION)


def test_a_mishap_bound_to_a_url_does_not_concern_a_request_without_one() -> None:
    assert not concerns(replace(MISHAP, on=Target(url="t")), replace(OCCASION, url=None))


def turns(mishap: Mishap, seed: str = "s", most: int = 10) -> list[int]:
    return [number for number in range(1, most + 1) if happens(mishap, number, seed)]


def test_a_mishap_skips_and_counts() -> None:
    assert list(range(1, 11)) == turns(MISHAP)
    assert [1, 2] == turns(replace(MISHAP, count=2))
    assert [4, 5] == turns(replace(MISHAP, skip=3, count=2))


def test_chance_is_drawn_from_the_seed() -> None:
    by_chance = replace(MISHAP, probability=0.3)
    assert turns(by_chance, "s", 100) == turns(by_chance, "s", 100) != turns(by_chance, "t", 100)
    assert turns(by_chance, "s", 100) != turns(replace(by_chance, id="m2"), "s", 100)
    assert 2700 < len(turns(by_chance, "s", 10_000)) < 3300
    assert [] == turns(replace(MISHAP, probability=0), "s", 1000)
