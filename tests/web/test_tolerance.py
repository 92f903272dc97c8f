"""What upstream does not know, it ignores: unknown fields, parameters of the query and headers change no outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.api import CALLER, Api
from web.field_defects import one_defect
from web.models import MODELS
from web.requests import plain_request, valid_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from web.requests import Request
    from web.shapes import Model

# What real clients send beside the documented (the SDKs, the AI SDK, plugins).
REAL: dict[str, dict[str, Any]] = {
    "": {"webhook_url": "https://example.com/hook", "task_group": "aigc", "user": None},
    "input": {"extend_prompt": True, "image_url": "https://example.com/a.png", "ref_image_url": None, "Prompt": 5},
    "parameters": {"with_audio": False, "enable_thinking": True, "n": 1, "Seed": "x", "duration ": 99},
}
WORDS = st.text("abcdefghijklmnopqrstuvwxyz_-.$ é夜", min_size=1, max_size=12).map(lambda word: f"x_{word}")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
STRANGE_HEADERS = {
    "idempotency-key": "aisdk_vid_1",
    "x-dashscope-datainspection": '{"input":"cip","output":"cip"}',
    "user-agent": "dashscope/2.0.2; python/3.11.7",
    "accept": "text/html",
    "accept-encoding": "gzip, br",
    "cookie": "a=b",
    "expect": "100-continue",
    "x-forwarded-host": "dashscope-intl.aliyuncs.com",
    "x-http-method-override": "DELETE",
}


@st.composite
def unknown_fields(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Draw members to add to the body, to `input` and to `parameters`, none of a known name."""
    return {
        part: draw(st.fixed_dictionaries({}, optional={name: st.just(value) for name, value in real.items()}))
        | draw(st.dictionaries(WORDS, VALUES, max_size=3))
        for part, real in REAL.items()
    }


def with_unknown(request: Request, extra: Mapping[str, Mapping[str, Any]]) -> Request:
    """Add members where there is an object to add them to."""
    body = {**request.body, **extra[""]}
    for part in ("input", "parameters"):
        if isinstance(body.get(part, {}), dict):
            body[part] = {**body.get(part, {}), **extra[part]}
    media = body["input"].get("media") if isinstance(body["input"], dict) else None
    if isinstance(media, list):
        items = [{**extra["input"], **one} if isinstance(one, dict) else one for one in media]
        body["input"] = {**body["input"], "media": items}
    return replace(request, body=body, headers={**STRANGE_HEADERS, **request.headers})


def outcome(api: Api, request: Request) -> Any:
    """Return all that tells one outcome from another."""
    answer = api.create(request)
    if answer.status != 200:
        return answer.fault
    task_id = answer.json["output"]["task_id"]
    final = [api.poll(task_id) for _ in range(3)][-1].json
    told = {
        name: final["output"].get(name) for name in ("task_status", "code", "message", "orig_prompt", "actual_prompt")
    }
    return {**told, "usage": final.get("usage")}


@given(data=st.data(), extra=unknown_fields(), broken=st.booleans())
def test_unknown_fields_change_no_outcome(
    worker: Api, data: st.DataObject, extra: dict[str, dict[str, Any]], *, broken: bool
) -> None:
    model = MODELS[data.draw(st.sampled_from(sorted(MODELS)))]
    request = data.draw(one_defect(model))[0] if broken else data.draw(valid_request(model))

    assert outcome(worker, with_unknown(request, extra)) == outcome(worker, request)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_what_real_clients_send_changes_no_outcome(worker: Api, gateway: Api, model: Model) -> None:
    request = plain_request(model)

    for api in (worker, gateway):
        assert outcome(api, with_unknown(request, REAL)) == outcome(api, request)


@given(query=st.dictionaries(st.sampled_from(["duration", "resolution", "x", "夜", ""]) | WORDS, st.text(max_size=8)))
def test_unknown_query_parameters_change_nothing(worker: Api, query: dict[str, str]) -> None:
    task_id = worker.create(plain_request(MODELS["happyhorse-1.1-t2v"])).json["output"]["task_id"]
    text = "?" + "&".join(f"{name}={value}" for name, value in query.items())

    assert worker.poll(task_id, query=text).json["output"]["task_status"] == "PENDING"
    assert worker.list(f"{text}&task_id={task_id}").json["total"] == 1


def test_unknown_headers_change_nothing(worker: Api) -> None:
    task_id = worker.create(plain_request(MODELS["happyhorse-1.1-t2v"])).json["output"]["task_id"]

    assert worker.poll(task_id, {**STRANGE_HEADERS, **CALLER}).json["output"]["task_status"] == "PENDING"
    assert worker.cancel(task_id, {**STRANGE_HEADERS, **CALLER}).status == 200


def test_the_same_seed_gives_the_same_ids() -> None:
    def ids(seed: int) -> list[tuple[str, str]]:
        with Api(seed=seed) as api:
            answers = [api.create(plain_request(model)).json for model in MODELS.values()]
            polls = [api.poll(answer["output"]["task_id"]).json for answer in answers]
        return [(poll["output"]["task_id"], poll["request_id"]) for poll in polls]

    first = ids(7)

    assert ids(7) == first
    assert len(set(first)) == len(MODELS)
    assert not set(ids(8)) & set(first)
