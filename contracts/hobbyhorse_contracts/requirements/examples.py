"""Hand-written histories: of every requirement one that keeps it and one that breaks it. Data, in `examples/*.yaml`.

They show people what a requirement means (`certify requirements CRE-01`), and prove the checkers. A file maps ids to
cases; a case is a list of steps, or has `steps` beside fields of a `scenario` and a `history`. What a case is called
begins with what a checker must say of it: `kept`, `broken`, `worse` or `unseen`. A `scenario` or `history` beside the
cases is for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from ..history import History
from ..scenario import Scenario
from . import requirements
from .telling import KEY, Told

# Everything that a client can declare: an example is not about what its client leaves out, unless it says so.
CAPABILITIES = (
    *("generate", "submit", "wait", "download", "events", "resume", "upload", "cancel", "abort", "list", "batch"),
    *("range", "passthrough", "i2v", "r2v", "logs", "tls", "times", "sleep_hook"),
)
_REQUEST = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}
_API, RESULTS = "http://127.0.0.1:8700/api/v1", "http://127.0.0.1:8701"
_REPEATED = re.compile(r"(\S+) \* (\d{1,5})")
_WORDS = frozenset({"kept", "broken", "worse", "unseen"})


@dataclass(frozen=True, slots=True)
class Example:
    """One case. `word` is what a checker must say of it: kept, broken, worse or unseen."""

    requirement: str
    name: str
    word: str
    scenario: Scenario
    history: History


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """Return every example, in the order of the requirements. Raises DocumentError for one that cannot be read."""
    documents: dict[str, Any] = {}
    folder = files(__package__).joinpath("examples")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".yaml"):
            documents |= _unfolded(yaml.safe_load(path.read_text(encoding="utf-8")))
    unknown = set(documents) - {row.id for row in requirements()}
    if unknown:
        raise LookupError(f"examples of requirements that there are not: {', '.join(sorted(unknown))}")
    return tuple(example for row in requirements() for example in _examples(row.id, documents.get(row.id, {})))


def examples_of(requirement: str) -> tuple[Example, ...]:
    """Return the examples of one requirement."""
    return tuple(example for example in examples() if example.requirement == requirement)


def _examples(requirement: str, document: Mapping[str, Any]) -> Iterator[Example]:
    for name, case in document.items():
        word = name.partition(",")[0]
        if word not in _WORDS:
            continue
        steps = case["steps"] if isinstance(case, Mapping) else case
        mine = case if isinstance(case, Mapping) else {}
        scenario = _scenario(f"{requirement} {name}", document.get("scenario", {}) | mine.get("scenario", {}))
        fields = document.get("history", {}) | mine.get("history", {})
        yield Example(requirement, name, word, scenario, _history(scenario, steps, fields))


def _unfolded(document: Any) -> Any:
    """Return a document in which a text such as `x * 5000` stands for so many of it."""
    if isinstance(document, Mapping):
        return {name: _unfolded(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_unfolded(value) for value in document]
    found = _REPEATED.fullmatch(document) if isinstance(document, str) else None
    return found[1] * int(found[2]) if found else document


def _scenario(name: str, fields: Mapping[str, Any]) -> Scenario:
    calls = [{"request": _REQUEST, **call} for call in fields.get("calls", [{}])]
    document = {"name": name, **fields, "calls": calls}
    return Scenario.of(document, name)


def _history(scenario: Scenario, steps: list[Any], fields: Mapping[str, Any]) -> History:
    told = Told(scenario, {call.id: _API for call in scenario.calls}, RESULTS)
    for step in steps:
        told.take(step)
    document = {
        "scenario": scenario.name,
        "capabilities": CAPABILITIES,
        "config": {"auto_retry": True},
        "bases": {call.id: _API for call in scenario.calls},
        "apis": {"cn-beijing": _API},
        "results": RESULTS,
        "key": KEY,
        **told.document(),
        **fields,
    }
    return History.of(document, scenario.name)
