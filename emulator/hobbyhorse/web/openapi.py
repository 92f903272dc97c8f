"""The OpenAPI document of the DashScope surface, made from the rows.

As loose as create is: upstream accepts any `input` and `parameters` and fails the task later, so the request body
lists every model's form and one that takes the rest. With gateway validation the strict forms alone are served.
Every operation lists the statuses that its error rows can give, and no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from .. import __version__
from . import replies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute

    from ..core.catalogue import Catalogue, ModelRow
    from ..core.validation import RequestForms

Schema = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]

_SCHEMAS = "#/components/schemas/"
_KEY = {"type": "http", "scheme": "bearer", "description": "an API key; `hobbyhorse keys` lists the ready-made ones"}
_TASK_ID = {"name": "task_id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
_ASYNC = {
    "name": "X-DashScope-Async",
    "in": "header",
    "required": True,
    "description": "without it 403 AccessDenied: there is no synchronous call",
    "schema": {"type": "string", "enum": ["enable"]},
}
_RESOLVE = {
    "name": "X-DashScope-OssResourceResolve",
    "in": "header",
    "description": "`enable` where a URL is oss://; any other value says nothing",
    "schema": {"type": "string"},
}
_EXAMPLES = {
    "video-generation": {
        "model": "happyhorse-1.1-t2v",
        "input": {"prompt": "a paper city at night"},
        "parameters": {"resolution": "720P", "ratio": "16:9", "duration": 5},
    },
    "image2video": {
        "model": "wan2.2-kf2v-flash",
        "input": {
            "first_frame_url": "https://example.com/dusk.png",
            "last_frame_url": "https://example.com/dawn.png",
        },
        "parameters": {"resolution": "720P"},
    },
}
_TIME_QUERY = {"type": "string", "pattern": r"^\d{14}$"}
# `?page_no=` says as little as no page_no.
_SAYS_NOTHING = {"const": ""}
_LINKS = {
    "poll": {
        "operationId": "get_task",
        "parameters": {"task_id": "$response.body#/output/task_id"},
        "description": "ask for the task until it is final",
    },
    "cancel": {
        "operationId": "cancel_task",
        "parameters": {"task_id": "$response.body#/output/task_id"},
        "description": "works while the task is PENDING",
    },
}


class OpenApi:
    """Arguments for FastAPI's route decorators, and the finished document."""

    def __init__(self, catalogue: Catalogue, forms: RequestForms, *, strict: bool) -> None:
        self._catalogue = catalogue
        self._forms = forms
        self._strict = strict
        self._document: Schema | None = None

    def create(self, operation_id: str, service: str) -> Schema:
        """Return what documents a create under one of the aigc services."""
        body = {"$ref": f"{_SCHEMAS}{_body_name(service)}"}
        request = {"required": True, "content": {"application/json": {"schema": body}}}
        return self._operation(
            operation_id,
            "create",
            "Submit a task",
            {200: {"model": replies.Created, "description": "accepted", "links": _LINKS}},
            {"parameters": [_ASYNC, _RESOLVE], "requestBody": request},
        )

    def get(self) -> Schema:
        """Return what documents a poll."""
        answers: Responses = {200: {"model": replies.TaskAnswer, "description": "the task, whatever its state"}}
        return self._operation("get_task", "get", "Ask for a task", answers, {"parameters": [_TASK_ID]})

    def list(self) -> Schema:
        """Return what documents a listing."""
        answers: Responses = {200: {"model": replies.TaskList, "description": "one page of tasks"}}
        states = ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"]
        text = {"type": "string"}
        number = {"type": "integer", "minimum": 1}
        query: dict[str, Schema] = {
            "task_id": text,
            "start_time": _TIME_QUERY,
            "end_time": _TIME_QUERY,
            "model_name": text,
            "status": {"type": "string", "enum": states},
            "page_no": number | {"default": 1, "maximum": 1_000_000},
            "page_size": number | {"default": 10, "maximum": 100},
            "region": text,
            "api_key_id": text,
        }
        parameters = [_optional(name, schema) for name, schema in query.items()]
        return self._operation("list_tasks", "list", "List tasks of the last 24 h", answers, {"parameters": parameters})

    def cancel(self) -> Schema:
        """Return what documents a cancel."""
        answers: Responses = {200: {"model": replies.CancelAccepted, "description": "canceled"}}
        return self._operation("cancel_task", "cancel", "Cancel a PENDING task", answers, {"parameters": [_TASK_ID]})

    def uploads(self) -> Schema:
        """Return what documents a policy for uploads."""
        answers: Responses = {200: {"model": replies.PolicyAnswer, "description": "what one upload needs"}}
        action = {"type": "string", "enum": ["getPolicy"]}
        model = {"type": "string", "enum": list(self._catalogue.models)}
        parameters = [
            {"name": "action", "in": "query", "required": True, "schema": action},
            {"name": "model", "in": "query", "required": True, "schema": model},
        ]
        return self._operation(
            "get_upload_policy", "uploads", "Ask for leave to upload a file", answers, {"parameters": parameters}
        )

    def tokens(self) -> Schema:
        """Return what documents a temporary token."""
        answers: Responses = {200: {"model": replies.TokenAnswer, "description": "the token"}}
        terms = self._catalogue.tokens
        seconds = {"type": "integer", "minimum": terms.least, "maximum": terms.most, "default": terms.default}
        parameters = [_optional("expire_in_seconds", seconds)]
        return self._operation("issue_token", "tokens", "Issue a temporary token", answers, {"parameters": parameters})

    def document(self, routes: Sequence[BaseRoute]) -> Schema:
        """Return the whole document; made once, on first demand."""
        if self._document is None:
            self._document = get_openapi(
                title="DashScope asynchronous video API, as Hobbyhorse fakes it",
                version=__version__,
                routes=routes,
                description="Every model, limit and error is a row with its evidence; see the project's docs.",
            )
            components = self._document["components"]
            components["schemas"] |= self._request_schemas()
            components["securitySchemes"] = {"ApiKey": _KEY}
        return self._document

    def _operation(self, operation_id: str, name: str, summary: str, answers: Responses, extra: Schema) -> Schema:
        errors: dict[int, list[str]] = {}
        for row in self._catalogue.errors.values():
            if name in row.reached:
                errors.setdefault(row.status, []).append(row.code)
        described: Responses = {
            status: {"model": replies.Error, "description": ", ".join(dict.fromkeys(codes))}
            for status, codes in sorted(errors.items())
        }
        return {
            "operation_id": operation_id,
            "summary": summary,
            "responses": answers | described,
            "openapi_extra": extra | {"security": [{"ApiKey": []}]},
        }

    def _request_schemas(self) -> Schema:
        schemas: Schema = {}
        for model in self._catalogue.models.values():
            schemas |= self._model_schemas(model)
        for service, example in _EXAMPLES.items():
            models = [model.id for model in self._catalogue.models.values() if service in model.paths]
            forms: list[Schema] = [{"$ref": f"{_SCHEMAS}{model_id}"} for model_id in models]
            if not self._strict:
                forms.append(_any_task(models))
            schemas[_body_name(service)] = {"anyOf": forms, "example": example}
        return schemas

    def _model_schemas(self, model: ModelRow) -> Schema:
        """Return a model's request form and the schemas it refers to.

        pydantic names a part by what follows the last dot, so `input` of every model: the model's id keeps them apart.
        """
        schema = self._forms.form(model).model_json_schema(ref_template=f"{_SCHEMAS}{model.id}.{{model}}")
        parts: Schema = {f"{model.id}.{name}": part for name, part in schema.pop("$defs", {}).items()}
        schema["properties"] = {"model": {"type": "string", "const": model.id}} | schema["properties"]
        schema["required"] = ["model", *schema["required"]]
        return parts | {model.id: schema}


def _optional(name: str, schema: Schema) -> Schema:
    return {"name": name, "in": "query", "schema": {"anyOf": [schema, _SAYS_NOTHING]}}


def _body_name(service: str) -> str:
    return "".join(word.title() for word in service.split("-")) + "Task"


def _any_task(models: list[str]) -> Schema:
    """Return the form of what create accepts: the rest is judged later and shows as a FAILED task."""
    return {
        "type": "object",
        "description": "Accepted with 200; a value that no model's form allows makes a task that FAILED.",
        "required": ["model", "input"],
        "properties": {"model": {"enum": models}, "input": {"type": "object"}, "parameters": {}},
    }
