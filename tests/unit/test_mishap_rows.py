"""The kinds of mishap are rows; a wrong one is refused at start, by name."""

from __future__ import annotations

from typing import Any

import pytest

from hobbyhorse.core.mishaps import API_PLACES, Moment, Place
from hobbyhorse.data import load
from hobbyhorse.data.mishaps import kinds

CATALOGUE = load()

OPTION: dict[str, Any] = {"name": "where", "type": "choice", "choices": ["a", "b"], "default": "a", "says": "where"}
ROW: dict[str, Any] = {
    "name": "hiccup",
    "says": "a hiccup",
    "moments": ["after", "before"],
    "places": ["upload", "api"],
    "options": [OPTION],
}


def test_a_row_is_a_kind_whose_first_moment_is_the_default() -> None:
    kind = kinds([ROW])["hiccup"]
    assert (Moment.AFTER, Moment.BEFORE) == kind.moments
    assert {*API_PLACES, Place.UPLOAD} == set(kind.places)
    assert ("where", ("a", "b"), "a") == (kind.options[0].name, kind.options[0].choices, kind.options[0].default)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"places": ["apis"]}, "mishap hiccup: 'apis' is not a valid Place"),
        ({"moments": ["during"]}, "mishap hiccup: 'during' is not a valid Moment"),
        ({"options": [OPTION | {"type": "colour"}]}, "mishap hiccup: option where has the unknown type 'colour'"),
        ({"options": [OPTION | {"default": "c"}]}, "option where has the default 'c', which is none of its choices"),
        ({"options": [OPTION | {"choices": []}]}, "option where: choices belong to the type choice"),
        ({"options": [OPTION | {"type": "text"}]}, "option where: choices belong to the type choice"),
        ({"options": [OPTION | {"required": True}]}, "option where cannot have the default 'a'"),
        ({"options": [OPTION | {"default": 5}]}, "option where cannot have the default 5"),
        ({"options": [OPTION | {"requird": True}]}, "mishap hiccup: .*requird"),
    ],
)
def test_a_wrong_row_is_refused_by_name(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        kinds([ROW | change])


def test_two_rows_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two kinds of mishap have one name: hiccup"):
        kinds([ROW, ROW])


def test_a_kind_that_changes_an_answer_made_in_earnest_can_only_happen_after() -> None:
    after = {name for name, kind in CATALOGUE.mishaps.items() if kind.moments == (Moment.AFTER,)}
    assert {"malformed-json", "gzip", "slow-body", "short-body", "truncated-mp4", "corrupt-mp4", "range"} <= after
    assert {Place.DOWNLOAD} == {place for name in ("range", "corrupt-mp4") for place in CATALOGUE.mishaps[name].places}
