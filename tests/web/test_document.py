"""The OpenAPI document is sound, says no more statuses than occur and no fewer, and tells where the next call is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from web.api import CALLER, Answer, Api
from web.models import BEIJING, MODELS, SERVICES, SINGAPORE
from web.refusals import CONDITIONS
from web.requests import KEYS, Request, plain_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from web.document import Document

OPERATIONS = {
    "create_task": ("post", "/api/v1/services/aigc/video-generation/video-synthesis"),
    "create_task_from_images": ("post", "/api/v1/services/aigc/image2video/video-synthesis"),
    "get_task": ("get", "/api/v1/tasks/{task_id}"),
    "list_tasks": ("get", "/api/v1/tasks"),
    "cancel_task": ("post", "/api/v1/tasks/{task_id}/cancel"),
    "get_upload_policy": ("get", "/api/v1/uploads"),
    "issue_token": ("post", "/api/v1/tokens"),
}
CREATES = [("create_task", SERVICES[0]), ("create_task_from_images", SERVICES[1])]
WORKSPACE = "x-dashscope-workspace"
# Headers that make a server answer each status wherever a key is asked for (§1.3).
ANYWHERE = {
    401: {"authorization": f"Bearer {KEYS[SINGAPORE]}"},
    403: {**CALLER, WORKSPACE: "ws-facade00000000002"},
    404: {**CALLER, WORKSPACE: "ws-nckitja1d28cec5v"},
}


@pytest.fixture(scope="module", params=["worker", "gateway"])
def document(request: pytest.FixtureRequest) -> Document:
    api: Api = request.getfixturevalue(request.param)
    return api.document


def pointed(content: Any, reference: str) -> Any:
    assert reference.startswith("#/"), reference
    for step in reference[2:].split("/"):
        content = content[step.replace("~1", "/").replace("~0", "~")]
    return content


def test_it_says_what_it_is(document: Document) -> None:
    assert document.content["openapi"].startswith("3.1.")
    assert set(document.content["info"]) >= {"title", "version"}
    assert document.content["components"]["securitySchemes"]["ApiKey"]["scheme"] == "bearer"


def test_it_lists_every_operation_once(document: Document) -> None:
    found = {name: (method, path) for name, (path, method, _) in document.operations.items()}

    assert found == OPERATIONS
    assert sum(len(methods) for methods in document.content["paths"].values()) == len(OPERATIONS)


def test_every_reference_leads_somewhere(document: Document) -> None:
    references = set(document.references())

    assert references
    for reference in references:
        assert pointed(document.content, reference)


def test_every_component_is_named_well_and_used(document: Document) -> None:
    schemas = document.content["components"]["schemas"]
    used = {reference.rpartition("/")[2] for reference in document.references()}

    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in schemas)
    assert set(schemas) == used


def test_every_schema_is_one(document: Document) -> None:
    for name, schema in document.content["components"]["schemas"].items():
        document.validator({}).check_schema({**schema, "$id": f"https://example.com/{name}"})


def test_every_operation_asks_for_a_key(document: Document) -> None:
    assert all(operation["security"] == [{"ApiKey": []}] for _, _, operation in document.operations.values())


def test_path_parameters_are_declared(document: Document) -> None:
    for path, _, operation in document.operations.values():
        declared = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))


@pytest.mark.parametrize("operation", ["create_task", "create_task_from_images"])
def test_a_create_links_to_its_task(document: Document, operation: str) -> None:
    links = document.operations[operation][2]["responses"]["200"]["links"]

    assert {link["operationId"] for link in links.values()} == {"get_task", "cancel_task"}
    for link in links.values():
        path = document.operations[link["operationId"]][0]
        assert {f"{{{name}}}" for name in link["parameters"]} == set(re.findall(r"{\w+}", path))
        assert link["parameters"]["task_id"] == "$response.body#/output/task_id"


@pytest.mark.parametrize(("operation", "service"), CREATES)
def test_every_model_has_a_form_where_it_is_served(document: Document, operation: str, service: str) -> None:
    body = document.operations[operation][2]["requestBody"]["content"]["application/json"]["schema"]
    forms = pointed(document.content, body["$ref"])["anyOf"]
    offered = {form["$ref"].rpartition("/")[2] for form in forms if "$ref" in form}

    assert offered == {model.id for model in MODELS.values() if service in model.services}


def test_only_the_strict_document_leaves_out_what_is_judged_later(worker: Api, gateway: Api) -> None:
    wrong = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a"}, "parameters": {"duration": 99}}

    assert worker.document.request_validator("create_task").is_valid(wrong)
    assert not gateway.document.request_validator("create_task").is_valid(wrong)


@pytest.mark.parametrize(("operation", "service"), CREATES)
def test_its_example_is_accepted(gateway: Api, operation: str, service: str) -> None:
    body = gateway.document.operations[operation][2]["requestBody"]["content"]["application/json"]["schema"]

    assert gateway.create(Request(pointed(gateway.document.content, body["$ref"])["example"], service)).status == 200


def test_the_document_says_every_status_that_occurs_and_no_other(worker: Api) -> None:
    """Each of them is made to occur here; `Api` holds every answer against the document."""
    seen = {
        operation: {ask(worker, operation, headers).status for headers in ANYWHERE.values()} for operation in OPERATIONS
    }
    for operation in OPERATIONS:
        seen[operation] |= {ask(worker, operation, CALLER).status, *_refused(worker, operation)}
        seen[operation] |= _throttled(worker, operation)

    assert seen == {operation: worker.document.statuses(operation) for operation in OPERATIONS}


@pytest.mark.parametrize("status", ANYWHERE)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_caller_is_refused_alike_everywhere(worker: Api, operation: str, status: int) -> None:
    assert ask(worker, operation, ANYWHERE[status]).status == status


@pytest.mark.parametrize("operation", sorted(set(OPERATIONS) - {"create_task", "create_task_from_images"}))
@pytest.mark.parametrize("tail", sorted(set(CONDITIONS) - {"01"}))
def test_the_state_of_an_account_matters_at_create_only(worker: Api, operation: str, tail: str) -> None:
    assert ask(worker, operation, {"authorization": f"Bearer sk-facade{tail:0>26}"}).status == 200


WITHOUT_A_TASK: dict[str, Callable[[Api, Mapping[str, str]], Answer]] = {
    "list_tasks": lambda api, headers: api.list("", headers),
    "get_upload_policy": lambda api, headers: api.grant(headers=headers),
    "issue_token": lambda api, headers: api.issue("", headers),
}


def ask(api: Api, operation: str, headers: Mapping[str, str]) -> Answer:
    """Call an operation with everything right but, perhaps, the headers."""
    model = MODELS["wan2.2-kf2v-flash" if operation == "create_task_from_images" else "happyhorse-1.1-t2v"]
    request = plain_request(model)
    if operation in WITHOUT_A_TASK:
        return WITHOUT_A_TASK[operation](api, headers)
    if operation.startswith("create"):
        lines = {name: value for name, value in headers.items() if name != "authorization"}
        return api.create(
            type(request)(request.body, request.service, BEIJING, "nowhere", headers["authorization"], lines)
        )
    task_id = api.create(request).json["output"]["task_id"]
    return api.poll(task_id, headers) if operation == "get_task" else api.cancel(task_id, headers)


def _refused(api: Api, operation: str) -> set[int]:
    """Return the statuses of what only this operation refuses."""
    if operation.startswith("create"):
        service = "image2video" if operation.endswith("images") else "video-generation"
        bodies: list[Any] = [{}, [], {"model": "none"}, {"model": 5}]
        return {api.create(Request(body, service)).status for body in bodies}
    if operation == "list_tasks":
        return {api.list(f"?{query}").status for query in ("page_no=0", "page_size=x", "start_time=1", "status=DONE")}
    if operation == "get_upload_policy":
        return {api.grant(query).status for query in ("", "?action=getPolicy", "?action=getPolicy&model=none")}
    if operation == "issue_token":
        token = {"authorization": f"Bearer {api.issue().json['token']}"}
        return {api.issue("?expire_in_seconds=0").status, api.issue("", token).status}
    return {(api.cancel if operation == "cancel_task" else api.poll)("no-such-task").status}


def _throttled(api: Api, operation: str) -> set[int]:
    """Return the statuses of two requests in one instant, in a world that lets one of each sort in a second."""
    quotas = {"submit_rps": 1, "qps": 1, "policy_qps": 1}
    order = json.dumps({"quotas": quotas, "clock": {"frozen": True}}).encode()
    world = api.send("POST", "/_hobbyhorse/worlds", {"host": "127.0.0.1", "content-type": "application/json"}, order)
    caller = {"authorization": f"Bearer {world.json['keys'][0]['key']}"}
    if operation in {"get_task", "cancel_task"}:
        created = ask(api, "create_task", caller)
        call = api.poll if operation == "get_task" else api.cancel
        return {call(created.json["output"]["task_id"], caller).status for _ in range(2)}
    return {ask(api, operation, caller).status for _ in range(2)}


def test_the_document_survives_a_round_trip(document: Document) -> None:
    assert json.loads(json.dumps(document.content)) == document.content
