"""Reads the YAML or JSON text of a document and remembers on which line everything stands.

YAML is read as YAML 1.2's core schema has it (`on`, `yes` and `12:30` are texts), without anchors, aliases, tags and
repeated keys, and within bounds: the text may come from anybody.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml

from .problems import DocumentError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .problems import Loc

_LARGEST = 128 * 1024
_MOST_NODES = 50_000
_DEEPEST = 40
_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """A document's value, as JSON has values, where it was written, and the lines (from 1) of its parts."""

    value: Any
    source: str = ""
    lines: Mapping[Loc, int] = field(default_factory=dict)

    def located(self, problems: Iterable[Problem]) -> DocumentError:
        """Return an error that says the lines of problems: each of the nearest part that is there."""
        found = [replace(problem, line=self.line(problem.loc)) for problem in problems]
        return DocumentError(sorted(found, key=lambda problem: problem.line), self.source)

    def line(self, loc: Loc) -> int:
        """Return the line of a part, or of the nearest part around it; 0 where no lines are known."""
        places = (loc[:length] for length in range(len(loc), -1, -1))
        return next((self.lines[place] for place in places if place in self.lines), 0)


def read(text: str, source: str = "") -> Document:
    """Return the document that a text holds. Raises DocumentError with the line of what cannot be read."""
    if len(text) > _LARGEST:
        raise DocumentError([Problem((), f"is over {_LARGEST // 1024} KB")], source)
    try:
        lines: dict[Loc, int] = {}
        is_json = text.lstrip()[:1] in {"{", "["}
        # JSON may be indented with tabs, which YAML does not take; inside a text of JSON a tab cannot stand.
        value = _composed(text.replace("\t", " ") if is_json else text, lines)
        if is_json:
            value = _as_json(text, value)
        json.dumps(value, ensure_ascii=False).encode()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = Problem((), str(error.problem or error.context), line=mark.line + 1 if mark else 0)
        raise DocumentError([problem], source) from None
    except yaml.YAMLError as error:
        raise DocumentError([Problem((), str(error).splitlines()[0])], source) from None
    except UnicodeEncodeError:
        raise DocumentError([Problem((), "holds half of a surrogate pair")], source) from None
    return Document(value, source, lines)


def _composed(text: str, lines: dict[Loc, int]) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise yaml.YAMLError("is empty")
        return _value(node, (), lines)
    finally:
        loader.dispose()


def _as_json(text: str, value: Any) -> Any:
    """Return what a text is as JSON, whose surrogate pairs YAML takes for two characters, else what YAML made of it."""
    try:
        return json.loads(text)
    except ValueError:
        return value


def _wrong(what: str, part: yaml.Node | yaml.Event) -> yaml.MarkedYAMLError:
    mark = part.start_mark
    return yaml.MarkedYAMLError(problem=what, problem_mark=mark if isinstance(mark, yaml.Mark) else None)


class _Loader(yaml.SafeLoader):
    """Composes nodes, bounded in number and depth."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it untyped
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _wrong("anchors and aliases are not taken", event)
        if getattr(event, "tag", None):
            raise _wrong("tags are not taken", event)
        self._nodes += 1
        self._depth += 1
        if self._nodes > _MOST_NODES or self._depth > _DEEPEST:
            said = f"is nested over {_DEEPEST} deep" if self._depth > _DEEPEST else f"has over {_MOST_NODES} parts"
            raise _wrong(said, event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


# The core schema of YAML 1.2, without the numbers that JSON does not have.
for _name, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"(?:{_pattern})$"), list(_first))


def _value(node: yaml.Node, loc: Loc, lines: dict[Loc, int]) -> Any:
    lines[loc] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, loc, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*loc, number), lines) for number, item in enumerate(node.value)]
    kind, text = node.tag.removeprefix(_TAG), str(node.value)
    if kind == "int":
        return _whole(text, node)
    if kind == "float":
        return float(text)
    return {"null": None, "bool": text.lower() == "true"}.get(kind, text)


def _whole(text: str, node: yaml.Node) -> int:
    if len(text) > 20 or not -(2**63) <= int(text) < 2**63:  # noqa: PLR2004 - 64 bits have no more digits
        raise _wrong("the number does not fit 64 bits", node)
    return int(text)


def _mapping(node: yaml.MappingNode, loc: Loc, lines: dict[Loc, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _wrong("a field's name should be a text", key)
        if key.value in found:
            raise _wrong(f"the field {key.value!r} is there twice", key)
        found[key.value] = _value(value, (*loc, key.value), lines)
        lines[*loc, key.value] = key.start_mark.line + 1
    return found
