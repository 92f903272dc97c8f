"""From a scenario that breaks a requirement to the smallest one that still does.

It works on the scenario itself, whoever made it (the corpus, Hypothesis, a state machine, a file), and for one
requirement at a time, so that it cannot slip from one bug to another. A request that is valid stays valid, and one that
has a mistake keeps exactly that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .documents import DocumentError
from .generation.oracle import mistakes
from .generation.prompts import PLAIN
from .scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Document = dict[str, Any]
_KEPT = {"name", "about", "only", "defect"}  # what a scenario is for, and what it needs
_LISTS = ("mishaps", "rules", "acts")
_ABOUT_A_TASK, _NEEDED = {"wait", "download", "cancel"}, "task_id"  # no adapter could make such a call without it
_PLAIN_REQUEST = {"model": "happyhorse-1.1-t2v", "input": {"prompt": PLAIN}}
# What a mishap is. Without its count it would happen always, which is more, not less.
_ESSENCE = {
    *("do", "at", "moment", "error", "status", "where", "answer", "location", "value", "count"),
    *("seconds", "bytes_per_second"),
}


@dataclass(frozen=True, slots=True)
class Reduced:
    """The smallest scenario that was found, after so many runs; `is_smallest` is False where time was up first."""

    scenario: Scenario
    runs: int
    is_smallest: bool


def reduced(scenario: Scenario, breaks: Callable[[Scenario], bool], has_time: Callable[[], bool]) -> Reduced:
    """Return the smallest scenario for which `breaks` is true; it is asked at most once for each."""
    best = scenario
    tried = {_text(scenario.document())}
    runs = 0
    found = True
    while found:
        found = False
        for simpler in candidates(best):
            text = _text(simpler.document())
            if text in tried:
                continue
            if not has_time():
                return Reduced(best, runs, is_smallest=False)
            tried.add(text)
            runs += 1
            if breaks(simpler):
                best, found = simpler, True
                break
    return Reduced(best, runs, is_smallest=True)


def candidates(scenario: Scenario) -> Iterator[Scenario]:
    """Yield scenarios that are simpler than one, those that leave out most first."""
    document = scenario.document()
    wrong = _wrong(scenario)
    size = weight(document)
    for simpler in _simpler(document):
        if weight(simpler) >= size:
            continue
        try:
            made = Scenario.of(simpler)
        except DocumentError:  # a call that another one needs was left out
            continue
        if _wrong(made) == wrong:
            yield made


def weight(document: Document) -> tuple[int, int, str]:
    """Return how large a scenario is: its values, its characters, and something that makes an order of equals."""
    text = _text({name: value for name, value in document.items() if name not in _KEPT})
    # The plain prompt weighs nothing: it says more to a reader than one letter does.
    return _leaves(document), len(text.replace(PLAIN, "")), text


def _simpler(document: Document) -> Iterator[Document]:
    calls = document["calls"]
    if len(calls) > 1:
        yield from ({**document, "calls": _without(calls, at)} for at in range(len(calls)))
    for name in _LISTS:
        rows = document.get(name, [])
        yield from ({**document, name: _without(rows, at)} for at in range(len(rows)))
    for name in document:
        if name not in {*_KEPT, *_LISTS, "calls"}:
            yield _less(document, name)
    for name in ("timeline", "world", "files"):
        yield from ({**document, name: _less(document[name], key)} for key in document.get(name, {}))
    for at, call in enumerate(calls):
        yield from ({**document, "calls": _with(calls, at, simpler)} for simpler in _simpler_calls(call))
    for name in ("mishaps", "acts"):
        for at, row in enumerate(document.get(name, [])):
            yield from ({**document, name: _with(document[name], at, simpler)} for simpler in _simpler_rows(row))
    if "timeline" in document:
        yield from ({**document, "timeline": row} for row in _simpler_timelines(document["timeline"]))


def _simpler_calls(call: Document) -> Iterator[Document]:
    for name in ("options", "at", "after"):
        if name in call and not (name == "options" and _NEEDED in call[name] and call.get("op") in _ABOUT_A_TASK):
            yield _less(call, name)
    for key in call.get("options", {}):
        if key != _NEEDED or call.get("op") not in _ABOUT_A_TASK:
            yield {**call, "options": _less(call["options"], key)}
    request = call.get("request")
    if request:
        yield {**call, "request": _PLAIN_REQUEST}
        yield from ({**call, "request": simpler} for simpler in _simpler_requests(request))


def _simpler_requests(request: Document) -> Iterator[Document]:
    if "parameters" in request:
        yield _less(request, "parameters")
        for key in request["parameters"]:
            yield {**request, "parameters": _less(request["parameters"], key)}
    given = request.get("input", {})
    if not isinstance(given, dict):
        return
    for key in given:
        yield {**request, "input": _less(given, key)}
    for at in range(len(given.get("media", ()))):
        yield {**request, "input": {**given, "media": _without(given["media"], at)}}
    for key, value in given.items():
        if isinstance(value, str):
            yield from ({**request, "input": {**given, key: text}} for text in _shorter(value))


def _shorter(text: str) -> Iterator[str]:
    if text == PLAIN:
        return
    yield PLAIN
    if "://" in text or text.startswith("data:"):
        return
    half = len(text) // 2
    if half:
        yield text[:half]
        yield text[half:]
    step = max(1, len(text) // 8)
    for start in range(0, len(text), step):
        yield text[:start] + text[start + step :]


def _simpler_rows(row: Document) -> Iterator[Document]:
    if row["do"] == "mishap":  # an act that adds one
        yield from ({**row, "options": simpler} for simpler in _simpler_rows(row["options"]))
        return
    yield from (_less(row, key) for key in row if key not in _ESSENCE)
    if isinstance(row.get("count"), int):
        yield from ({**row, "count": count} for count in range(1, row["count"]))


def _simpler_timelines(timeline: Document) -> Iterator[Document]:
    rows = timeline.get("odd", [])
    yield from ({**timeline, "odd": _without(rows, at)} for at in range(len(rows)))
    for name in ("pending_s", "running_s"):
        value = timeline.get(name, 0)
        yield from ({**timeline, name: less} for less in (0.0, 5.0, 15.0) if less < value)
    first, second = timeline.get("polls") or (0, 0)
    yield from ({**timeline, "polls": [less, second]} for less in range(first))
    yield from ({**timeline, "polls": [first, less]} for less in range(second))


def _wrong(scenario: Scenario) -> set[str]:
    return {mistake.path for call in scenario.calls if call.request for mistake in mistakes(call.request)}


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(_leaves(inner) for inner in value.values())
    if isinstance(value, list):
        return 1 + sum(_leaves(inner) for inner in value)
    return 1


def _less(row: Document, name: str) -> Document:
    return {key: value for key, value in row.items() if key != name}


def _without(rows: list[Any], at: int) -> list[Any]:
    return [row for index, row in enumerate(rows) if index != at]


def _with(rows: list[Any], at: int, row: Any) -> list[Any]:
    return [row if index == at else other for index, other in enumerate(rows)]


def _text(document: Document) -> str:
    return json.dumps(document, sort_keys=True, ensure_ascii=False)
