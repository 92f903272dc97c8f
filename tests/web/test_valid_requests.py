"""Any valid request is accepted, runs to its end, and every answer on the way is one that the document describes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.models import MODELS
from web.requests import data_uri, picture, plain_request, valid_request

if TYPE_CHECKING:
    from web.api import Api
    from web.shapes import Model

EXAMPLES = 12
CANCEL_REFUSED = (
    400,
    "UnsupportedOperation",
    "Failed to cancel the task, please confirm if the task is in PENDING status.",
)
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def created(answer: Any) -> str:
    assert answer.status == 200, answer.content
    assert set(answer.json) == {"output", "request_id"}
    return str(answer.json["output"]["task_id"])


@every_model
@given(data=st.data())
@settings(max_examples=EXAMPLES)
def test_it_succeeds_on_the_third_poll(worker: Api, model: Model, data: st.DataObject) -> None:
    request = data.draw(valid_request(model))

    task_id = created(worker.create(request))
    polls = [worker.poll(task_id) for _ in range(4)]

    states = [poll.json["output"]["task_status"] for poll in polls]
    assert states == ["PENDING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]
    assert polls[2].json["output"] == polls[3].json["output"]
    assert polls[2].json["output"].get("orig_prompt") == request.body["input"].get("prompt")
    assert all("code" not in poll.json for poll in polls)
    listed = worker.list(f"?task_id={task_id}").json
    assert [row["status"] for row in listed["data"]] == ["SUCCEEDED"]
    assert listed["data"][0]["region"] == request.region


@given(data=st.data(), polls=st.integers(0, 3))
def test_it_can_be_canceled_while_it_is_pending(worker: Api, data: st.DataObject, polls: int) -> None:
    model = MODELS[data.draw(st.sampled_from(sorted(MODELS)))]
    task_id = created(worker.create(data.draw(valid_request(model))))
    for _ in range(polls):
        worker.poll(task_id)

    answer = worker.cancel(task_id)

    if polls < 2:
        assert answer.status == 200
        assert worker.poll(task_id).json["output"]["task_status"] == "CANCELED"
        assert worker.list(f"?task_id={task_id}").json["data"][0]["status"] == "CANCELED"
        assert worker.cancel(task_id).fault == CANCEL_REFUSED
    else:
        assert answer.fault == CANCEL_REFUSED
        worker.poll(task_id)
        assert worker.poll(task_id).json["output"]["task_status"] == "SUCCEEDED"


@every_model
@given(data=st.data())
@settings(max_examples=5)
def test_the_strict_server_takes_it_too(gateway: Api, model: Model, data: st.DataObject) -> None:
    created(gateway.create(data.draw(valid_request(model))))


@every_model
@given(data=st.data())
@settings(max_examples=5)
def test_the_strict_document_describes_it(gateway: Api, model: Model, data: st.DataObject) -> None:
    request = data.draw(valid_request(model))
    operation = "create_task" if request.service == "video-generation" else "create_task_from_images"

    complaints = [error.message for error in gateway.document.request_validator(operation).iter_errors(request.body)]

    assert not complaints


@every_model
def test_the_least_request_is_enough(worker: Api, model: Model) -> None:
    task_id = created(worker.create(plain_request(model)))

    assert [worker.poll(task_id).json["output"]["task_status"] for _ in range(3)][-1] == "SUCCEEDED"


@pytest.mark.parametrize("model", ["happyhorse-1.1-i2v", "wan2.7-i2v", "wan2.6-i2v", "wan2.2-kf2v-flash"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_may_come_in_the_body(worker: Api, model: str, kind: str) -> None:
    uri = data_uri(picture(kind), f"image/{kind.lower()}")
    request = plain_request(MODELS[model])
    if MODELS[model].media:
        request = request.put("input.media", [{"type": "first_frame", "url": uri}])
    for name in MODELS[model].urls:
        request = request.put(f"input.{name}", uri)

    task_id = created(worker.create(request))

    assert [worker.poll(task_id).json["output"]["task_status"] for _ in range(3)][-1] == "SUCCEEDED"
