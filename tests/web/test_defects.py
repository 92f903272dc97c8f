"""Any single defect gives exactly its own row, in the place where upstream shows it; the rows are written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.field_defects import field_defects, one_defect
from web.models import MODELS
from web.refusals import refusals
from web.requests import plain_request, valid_request

if TYPE_CHECKING:
    from web.api import Api
    from web.defects import Defect
    from web.requests import Request
    from web.shapes import Model

EXAMPLES = 15
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def assert_late(worker: Api, gateway: Api, request: Request, defect: Defect) -> str:
    """The create is accepted and the first poll tells; the strict server refuses. Return the task's id."""
    accepted = worker.create(request)
    assert accepted.status == 200, (defect.name, accepted.content)
    task_id = str(accepted.json["output"]["task_id"])
    output = worker.poll(task_id).json["output"]
    assert output["task_status"] == "FAILED", defect.name
    assert (output["code"], output["message"]) == (defect.code, defect.message), defect.name
    assert gateway.create(request).fault == defect.row, defect.name
    return task_id


@every_model
def test_each_defect_of_a_field_gives_its_row(worker: Api, gateway: Api, model: Model) -> None:
    for defect in field_defects(model):
        assert_late(worker, gateway, defect.spoil(plain_request(model)), defect)


@every_model
@given(data=st.data())
@settings(max_examples=EXAMPLES)
def test_a_defect_in_any_request_gives_its_row(worker: Api, gateway: Api, model: Model, data: st.DataObject) -> None:
    request, defect = data.draw(one_defect(model))

    task_id = assert_late(worker, gateway, request, defect)

    again = worker.poll(task_id).json
    assert (again["output"]["code"], again["output"]["message"]) == (defect.code, defect.message)
    assert "usage" not in again


@every_model
def test_each_refusal_gives_its_row(worker: Api, gateway: Api, model: Model) -> None:
    for refusal in refusals(model):
        request = refusal.spoil(plain_request(model))
        for api in (worker, gateway):
            assert api.create(request).fault == refusal.row, refusal.name


@every_model
@given(data=st.data())
@settings(max_examples=6)
def test_any_request_is_refused_with_its_row(worker: Api, model: Model, data: st.DataObject) -> None:
    refusal = data.draw(st.sampled_from(refusals(model)))

    assert worker.create(refusal.spoil(data.draw(valid_request(model)))).fault == refusal.row


@every_model
@given(data=st.data())
@settings(max_examples=6)
def test_a_refusal_comes_before_a_defect(worker: Api, model: Model, data: st.DataObject) -> None:
    request, _ = data.draw(one_defect(model))
    refusal = data.draw(st.sampled_from([one for one in refusals(model) if "input" not in one.name]))

    assert worker.create(refusal.spoil(request)).fault == refusal.row


@every_model
@given(data=st.data())
@settings(max_examples=5)
def test_the_strict_document_forbids_it(gateway: Api, model: Model, data: st.DataObject) -> None:
    """What is wrong with a value's form, not with a URL or across fields, which no schema tells."""
    request, defect = data.draw(one_defect(model))
    told = (
        "Input should be '",
        "Input should be a",
        "Input should be greater",
        "Input should be less",
        "Field required: param",
    )
    if not defect.message.startswith(told) or "combination" in defect.message or "beside" in defect.name:
        return
    operation = "create_task" if request.service == "video-generation" else "create_task_from_images"

    assert not gateway.document.request_validator(operation).is_valid(request.body), defect.name
