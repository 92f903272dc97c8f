"""Golden conversations: load them from YAML, play them against anything that can `send`, explain a mismatch.

A fixture file is a list of conversations; a conversation is a list of steps; a step either advances the world's
clock or is one request and the answer it must get. `REQUEST` and `RESPONSE` list all that a step may say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import yaml

import hobbyhorse_fixtures

from . import forms
from .matching import QUOTE, FixtureError, Memory

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXTURES = Path(hobbyhorse_fixtures.__file__).parent / "wire"

CONVERSATION = {"name", "source", "server", "world", "steps"}
REQUEST = {"method", "path", "origin", "key", "headers", "content_type", "json", "form", "body", "octets"}
RESPONSE = {"status", "headers", "absent_headers", "body", "xml", "mp4", "empty"}
PAD = b"{pad}"  # stands in a JSON text of a request for so many letters that the body has exactly `octets`
CONTENTS = {"body", "xml", "mp4", "empty"}

_FACADE = "sk-facade{:024x}{:02x}"
# The ready-made test keys, all of one account. The region keys belong to ws-facade00000000001.
KEYS: Mapping[str, str] = {
    "cn-beijing": _FACADE.format(0, 0xB1),
    "ap-southeast-1": _FACADE.format(0, 0x51),
    "us-east-1": _FACADE.format(0, 0xA5),
    "eu-central-1": _FACADE.format(0, 0xDE),
    "ap-northeast-1": _FACADE.format(0, 0x9B),
    "cn-hongkong": _FACADE.format(0, 0xC4),
    "revoked": _FACADE.format(0, 1),
    "arrears": _FACADE.format(0, 2),
    "unpurchased": _FACADE.format(0, 3),
    "free_tier_exhausted": _FACADE.format(0, 4),
    "no_model_access": _FACADE.format(0, 5),
    "second-workspace": "sk-ws-facade" + "0" * 103,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `origin` is `api` or `results`; a `path` quoted from a captured URL is that whole URL."""

    method: str
    path: str
    origin: str = "api"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


Send = Callable[[Request], Response]
Advance = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the answer it must get, as the fixture says them, so many times in a row."""

    request: Mapping[str, Any]
    response: Mapping[str, Any]
    times: int = 1


@dataclass(frozen=True, slots=True)
class Wait:
    """Time that passes on the world's clock, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Conversation:
    """One golden conversation. `server` are the options of the server that it needs.

    `world` is the document of a world of its own; without one it is held in the server's default world.
    """

    file: str
    name: str
    source: str
    server: Mapping[str, str]
    world: Mapping[str, Any] | None
    steps: tuple[Exchange | Wait, ...]


class MismatchError(AssertionError):
    """An answer is not the golden one. The text names conversation, step and each place that differs."""


class _StrictLoader(yaml.SafeLoader):
    """YAML whose words mean what JSON's do (`on` is a word, `16:9` a text), and where no key is written twice."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the library's way to drop YAML 1.1's words

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Return the mapping's node, before anchors are merged in: their keys may still be written over."""
        node = super().compose_mapping_node(anchor)
        names = [key.value for key, _ in node.value]
        if twice := {name for name in names if names.count(name) > 1}:
            raise FixtureError(f"{node.start_mark}: written twice: {twice}")
        return node


for _tag, _pattern, _first in (
    ("merge", "<<", "<"),
    ("null", "null", "n"),
    ("bool", "true|false", "tf"),
    ("int", r"-?\d+", "-0123456789"),
    ("float", r"-?\d+\.\d+", "-0123456789"),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first))


@cache
def conversations() -> tuple[Conversation, ...]:
    """Load every conversation of every fixture file, in the order of file names. Raises FixtureError."""
    files = sorted(FIXTURES.glob("*.yaml"))
    return tuple(found for path in files for found in load(path.read_text("utf-8"), path.stem))


def load(text: str, file: str) -> list[Conversation]:
    """Read one fixture file. Raises FixtureError for a key that means nothing."""
    try:
        rows = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader, and stricter
    except yaml.YAMLError as error:
        raise FixtureError(f"{file}: {error}") from error
    return [_conversation(row, file) for row in rows]


def _conversation(row: Mapping[str, Any], file: str) -> Conversation:
    where = f"{file}: {row.get('name')}"
    _known(row, CONVERSATION, where)
    server = {name: str(value) for name, value in row.get("server", {}).items()}
    steps = tuple(_step(step, f"{where}, step {number}") for number, step in enumerate(row["steps"], 1))
    return Conversation(file, row["name"], row["source"], server, row.get("world"), steps)


def _step(row: Mapping[str, Any], where: str) -> Exchange | Wait:
    if "advance" in row:
        _known(row, {"advance"}, where)
        return Wait(row["advance"])
    _known(row, {"request", "response", "times"}, where)
    _known(row["request"], REQUEST, where)
    _known(row["response"], RESPONSE, where)
    if len(CONTENTS & row["response"].keys()) != 1:
        raise FixtureError(f"{where}: an answer has exactly one of {sorted(CONTENTS)}")
    return Exchange(row["request"], row["response"], row.get("times", 1))


def _known(row: Mapping[str, Any], names: set[str], where: str) -> None:
    if strange := row.keys() - names:
        raise FixtureError(f"{where}: {sorted(strange)} mean nothing here")


def play(conversation: Conversation, send: Send, advance: Advance, given: Mapping[str, str] | None = None) -> None:
    """Hold the conversation. `given` are values it may quote from the start, such as `{media}`.

    Raises MismatchError at the first answer that is not the golden one.
    """
    memory = Memory(dict(given or {}))
    for number, step in enumerate(conversation.steps, 1):
        if isinstance(step, Wait):
            advance(step.seconds)
            continue
        for _ in range(step.times):
            request = request_of(step.request, memory)
            response = send(request)
            if complaints := list(complaints_of(step.response, response, memory)):
                raise MismatchError(_explained(conversation, number, request, response, complaints))


def request_of(spec: Mapping[str, Any], memory: Memory) -> Request:
    """Return what to send: quotes filled, key and content type added."""
    headers = {name: memory.quote(value) for name, value in spec.get("headers", {}).items()}
    content = _content(spec, memory)
    usual = "none" if content is None else forms.CONTENT_TYPE if "form" in spec else "application/json"
    content_type = spec.get("content_type", usual)
    if content_type != "none":
        headers["Content-Type"] = content_type
    if (key := spec.get("key", "none")) != "none":
        headers["Authorization"] = f"Bearer {KEYS.get(key) or memory.quote(key)}"
    return Request(spec["method"], memory.quote(spec["path"]), spec.get("origin", "api"), headers, content)


def _content(spec: Mapping[str, Any], memory: Memory) -> bytes | None:
    if "form" in spec:
        return forms.content(spec["form"], memory.quote)
    if "json" not in spec:
        return str(spec["body"]).encode() if "body" in spec else None
    text = json.dumps(spec["json"], ensure_ascii=False)  # unescaped, as the SDK sends it
    content = QUOTE.sub(lambda match: str(memory.values.get(match[1], match[0])), text).encode()
    if "octets" not in spec:
        return content
    frame = content.replace(PAD, b"")
    return content.replace(PAD, b"A" * (spec["octets"] - len(frame)))


def complaints_of(spec: Mapping[str, Any], response: Response, memory: Memory) -> Iterator[str]:
    """Yield every place where an answer differs. The body comes before the headers, which may quote it."""
    yield from memory.json(spec["status"], response.status, "status")
    if "body" in spec:
        yield from _json_complaints(spec["body"], response.content, memory)
    elif "xml" in spec:
        yield from _xml_complaints(spec["xml"], response.content, memory)
    elif "mp4" in spec:
        yield from memory.file(spec["mp4"], response.content)
    elif response.content:
        yield f"body: expected none, got {response.content[:200]!r}"
    yield from memory.headers(spec.get("headers", {}), response.headers)
    for name in spec.get("absent_headers", []):
        if name.lower() in response.headers:
            yield f"headers.{name}: expected no such header, got {response.headers[name.lower()]!r}"


def _json_complaints(expected: object, content: bytes, memory: Memory) -> Iterator[str]:
    try:
        actual = json.loads(content, object_pairs_hook=_once, parse_constant=_no_number)
    except ValueError as error:
        yield f"body: expected JSON, got {content[:200]!r} ({error})"
    else:
        yield from memory.json(expected, actual, "body")


def _xml_complaints(expected: list[Mapping[str, str] | str], content: bytes, memory: Memory) -> Iterator[str]:
    try:
        root = ET.fromstring(content)  # noqa: S314 - the answer of the server under test
    except ET.ParseError as error:
        yield f"xml: expected XML, got {content[:200]!r} ({error})"
    else:
        yield from memory.json("Error", root.tag, "xml")
        yield from memory.elements(expected, [(child.tag, child.text or "") for child in root])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError(f"a key twice among {[name for name, _ in pairs]}")
    return dict(pairs)


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is not JSON")


def _explained(said: Conversation, step: int, request: Request, response: Response, complaints: list[str]) -> str:
    lines = [f"{said.file}: {said.name}, step {step} ({said.source}): {request.method} {request.path}"]
    lines += [f"  {complaint}" for complaint in complaints]
    return "\n".join([*lines, f"answered {response.status} {response.content[:1000]!r}"])
