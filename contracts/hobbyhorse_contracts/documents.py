"""Plain JSON to frozen values and back. What is wrong with a document is told all at once, with its places."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from .hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Value = TypeVar("Value")


class DocumentError(ValueError):
    """A document is not what it should be. The message names each place, what is wrong, and the nearest valid word."""


def shown(value: object) -> dict[str, Any]:
    """Return a value as plain JSON, without the fields that are as they are by default."""
    found: dict[str, Any] = adapter(type(value)).dump_python(value, mode="json", exclude_defaults=True)
    return found


def read(kind: type[Value], document: object, what: str) -> Value:
    """Return the value that a document describes; `what` is what an error calls it. Raises DocumentError."""
    try:
        found: Value = adapter(kind).validate_python(document)
    except ValidationError as error:
        raise DocumentError(f"{what}: " + "; ".join(_mistakes(kind, error))) from None
    return found


def schema(kind: type[Any], title: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of document."""
    found = adapter(kind).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": title}


def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Return what reads, writes and describes a kind of value; made once."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _mistakes(kind: type[Any], error: ValidationError) -> Iterator[str]:
    for row in error.errors(include_url=False):
        place = ".".join(str(step) for step in row["loc"])
        if row["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
            known = _fields_at(kind, row["loc"][:-1])
            yield f"{place}: there is no such field{did_you_mean(str(row['loc'][-1]), known)}"
        else:
            said = row["msg"].removeprefix("Value error, ")
            yield f"{place}: {said}" if place else said


def _fields_at(kind: Any, place: Sequence[int | str]) -> list[str]:
    """Return the fields that a document may have at a place; nothing where that cannot be told."""
    for step in place:
        if isinstance(step, int):
            kind = next(iter(get_args(kind)), None)
        else:
            kind = get_type_hints(kind).get(step) if is_dataclass(kind) else None
    return [row.name for row in fields(kind)] if is_dataclass(kind) else []
