"""The shape of an answer: fields and their types, headers; values only where they are part of the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..wire import Reply
    from . import Table

_FORMS = (
    ("request id", re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")),
    ("uuid", re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")),
    ("url", re.compile(r"https?://\S+")),
    ("digits", re.compile(r"\d+")),
)
# What is an account's own in a message: ids, workspaces, long numbers, anything in the form of a key.
_PRIVATE = (
    (re.compile(r"\b(sk|st)-[\w.-]+"), "<api-key>"),
    (re.compile(r"\b(ws|llm)-\w+"), "<workspace>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "<id>"),
    (re.compile(r"\b\w*\d{6,}\w*\b"), "<number>"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """An answer without what is only its own.

    `fields` says the type of each path, `maybe` those that not every row of a list has, `empty` the lists without rows.
    `exact`, `texts` and `headers` have values; the value of a header is None where only its being there counts.
    """

    status: int
    kind: str
    headers: Mapping[str, str | None]
    fields: Mapping[str, str]
    exact: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    maybe: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()


def shape(reply: Reply, how: Table) -> Shape:
    """Return the shape of an answer."""
    body = reply.json
    kind = type(body).__name__ if body is not None else ("something that is no JSON" if reply.body else "nothing")
    found = list(_walk(body, "")) if isinstance(body, dict | list) else []
    names = list(dict.fromkeys(path for path, _ in found))
    values = {path: [value for at, value in found if at == path] for path in names}
    headers = {
        name: (_spaced(value) if name in how.valued else None)
        for name, value in sorted(reply.headers.items())
        if name not in how.ignored
    }
    return Shape(
        reply.status,
        {"dict": "object", "list": "list"}.get(kind, kind),
        headers,
        {path: " or ".join(sorted({_type(value) for value in values[path]})) for path in names},
        {path: values[path][0] for path in names if path in how.exact},
        {path: public(str(values[path][0])) for path in names if path in how.texts},
        {path: form for path in names if path not in how.texts and (form := _form(values[path]))},
        frozenset(path for path in names if len(values[path]) < _rows(values, path)),
        frozenset(path for path in names if values[path] == [[]]),
    )


def public(text: str) -> str:
    """Return a message without what is an account's own."""
    for pattern, label in _PRIVATE:
        text = pattern.sub(label, text)
    return text


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if path:
        yield path, value
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, f"{path}[]")


def _rows(values: Mapping[str, list[Any]], path: str) -> int:
    """Return how often a path would be there if all rows of its list had it."""
    parent = path.rpartition(".")[0]
    return len(values.get(parent, [None]))


def _type(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "text", dict: "object", list: "list"}
    return names.get(type(value), "null")


def _form(values: list[Any]) -> str:
    """Return the form that all values of a path have, or nothing."""
    for name, pattern in _FORMS:
        if all(isinstance(value, str) and pattern.fullmatch(value) for value in values):
            return name
    return ""


def _spaced(value: str) -> str:
    """Return the value of a header as it is compared: without spaces, whose use is free, and in lower case."""
    return value.replace(" ", "").lower()
