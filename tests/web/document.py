"""The served OpenAPI document, and whether an answer is one that it describes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]


class Document:
    """An OpenAPI 3.1 document. Operations go by their id."""

    def __init__(self, content: Schema) -> None:
        self.content = content
        self.operations: dict[str, tuple[str, str, Schema]] = {
            operation["operationId"]: (path, method, operation)
            for path, methods in content["paths"].items()
            for method, operation in methods.items()
        }
        self._validators: dict[tuple[str, int], Draft202012Validator] = {}

    def statuses(self, operation: str) -> set[int]:
        """Return the statuses that an operation is said to answer."""
        return {int(status) for status in self.operations[operation][2]["responses"]}

    def check(self, operation: str, status: int, content_type: str, content: bytes) -> None:
        """Hold an answer against the document. Raises AssertionError."""
        responses = self.operations[operation][2]["responses"]
        assert str(status) in responses, f"{operation} answered an undocumented {status}: {content[:300]!r}"
        assert content_type.partition(";")[0] in responses[str(status)]["content"], content_type
        if (operation, status) not in self._validators:
            schema = responses[str(status)]["content"]["application/json"]["schema"]
            self._validators[operation, status] = self.validator(schema)
        complaints = [error.message for error in self._validators[operation, status].iter_errors(json.loads(content))]
        assert not complaints, f"{operation} {status}: {complaints} in {content[:600]!r}"

    def request_validator(self, operation: str) -> Draft202012Validator:
        """Return what judges a request body."""
        return self.validator(self.operations[operation][2]["requestBody"]["content"]["application/json"]["schema"])

    def validator(self, schema: Schema) -> Draft202012Validator:
        """Return what judges a value; references point into the document."""
        return Draft202012Validator({**schema, "components": self.content["components"]})

    def references(self) -> Iterator[str]:
        """Yield every `$ref`."""
        yield from _references(self.content)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
