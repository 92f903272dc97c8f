"""Adding a model is adding a row; a wrong row is refused at start, by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hobbyhorse.core.faults import Fault
from hobbyhorse.core.validation import RequestForms
from hobbyhorse.data import load, loader
from unit.records import CATALOGUE

ROW: dict[str, Any] = {
    "id": "happyhorse-9.9-t2v",
    "family": "happyhorse",
    "kind": "t2v",
    "regions": ["cn-beijing"],
    "paths": ["video-generation"],
    "input": ["prompt"],
    "parameters": ["resolution-720", "duration-5-10", "seed"],
    "usage": ["duration", "SR"],
    "fps": 24,
    "rate": {"submit_rps": 1, "running": 1, "source": "OD-RATE", "confidence": "assumed"},
    "source": "OD-T2V",
    "confidence": "assumed",
}


def test_a_new_row_is_a_new_model_whose_requests_are_judged() -> None:
    models = loader._models([*loader._read("models")["models"], ROW])
    assert [*CATALOGUE.models, "happyhorse-9.9-t2v"] == list(models)
    model = models["happyhorse-9.9-t2v"]
    forms = RequestForms(replace(CATALOGUE, models=models))
    body = {"input": {"prompt": "x"}, "parameters": {"duration": 10}}
    assert {"resolution": "720P", "duration": 10, "seed": None} == forms.validate(model, body).parameters
    with pytest.raises(Fault) as found:
        forms.validate(model, {"input": {"prompt": "x"}, "parameters": {"duration": 6}})
    assert {"wording": "Input should be 5 or 10", "path": "parameters.duration"} == found.value.values
    assert () == model.prices


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input": ["promt"]}, "model happyhorse-9.9-t2v: 'promt' is missing or names no row"),
        ({"media": "no-such-form"}, "model happyhorse-9.9-t2v: 'no-such-form' is missing or names no row"),
        ({"confidence": "sure"}, "model happyhorse-9.9-t2v: row happyhorse-9.9-t2v has no usable source or confidence"),
        ({"kind": "x2v"}, "model happyhorse-9.9-t2v: 'x2v' is not a valid Kind"),
    ],
)
def test_a_wrong_row_is_refused_by_name(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loader._models([ROW | change])


@pytest.mark.parametrize("name", ["id", "family", "regions", "paths", "usage", "fps", "source", "rate"])
def test_a_row_that_lacks_something_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is missing|no usable source"):
        loader._models([{key: value for key, value in ROW.items() if key != name}])


def test_two_rows_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two rows have one id: happyhorse-9\.9-t2v"):
        loader._models([ROW, ROW])
    row = CATALOGUE.errors["no-api-key"]
    with pytest.raises(ValueError, match="two rows have one id: no-api-key"):
        loader._unique([row, row])


def test_the_rows_are_read_once() -> None:
    assert load() is load()
