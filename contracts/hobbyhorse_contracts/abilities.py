"""Whether what a client declares works: one plain scenario for each capability, where nothing goes wrong.

A declared capability that does not work is a failure, not something that does not apply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .campaign import Ability
from .generation.media import as_base64
from .scenario import Call, Scenario, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .history import History

_PROMPT = {"prompt": "a paper horse"}
_T2V = {"model": "happyhorse-1.1-t2v", "input": _PROMPT}
_PICTURE = "https://media.example.com/picture.png"
_ENDINGS: tuple[Literal["FAILED", "CANCELED", "UNKNOWN"], ...] = ("FAILED", "CANCELED", "UNKNOWN")
_QUEUE_S = 300.0


@dataclass(frozen=True, slots=True)
class Probe:
    """A scenario, and what must be true of its history; the sentence says what was not."""

    ability: str
    scenario: Scenario
    works: Callable[[History], str]


def probes(capabilities: Iterable[str], model: str = "happyhorse-1.1-t2v") -> tuple[Probe, ...]:
    """Return a probe for each declared capability that can be tried by itself. `model` makes videos of prompts."""
    has = set(capabilities)
    plain = {**_T2V, "model": model}
    if {"submit", "wait"} <= has:
        has.add("generate")
    return tuple(
        Probe(name, scenario, works)
        for name, (scenario, works) in _table(plain, has).items()
        if name in has and set(scenario.only) <= has
    )


def endings(model: str = "happyhorse-1.1-t2v", *, downloads: bool = False) -> tuple[Scenario, ...]:
    """Return one scenario for each other way in which a task ends."""
    options = {"out": "v.mp4"} if downloads else {}
    call = Call(request={**_T2V, "model": model}, options=options)
    return tuple(Scenario(f"probe: {ending}", (call,), ("POL-01",), Timeline(outcome=ending)) for ending in _ENDINGS)


def abilities(capabilities: Iterable[str], seen: Mapping[str, History], rows: Iterable[Probe]) -> tuple[Ability, ...]:
    """Return each declared capability with whether it works; `seen` are the probes' histories by scenario name."""
    by_name = {probe.ability: probe for probe in rows}
    found = []
    for name in capabilities:
        probe = by_name.get(name)
        history = seen.get(probe.scenario.name) if probe else None
        if probe is None or history is None or history.trouble:
            found.append(Ability(name, None, "no scenario tries it by itself"))
            continue
        says = probe.works(history)
        found.append(Ability(name, not says, says or "it works"))
    return tuple(found)


def _table(plain: dict[str, Any], has: set[str]) -> dict[str, tuple[Scenario, Callable[[History], str]]]:
    out = {"out": "v.mp4"} if "download" in has else {}
    whole = Call(request=plain, options=out)
    submitted = Call(op="submit", request=plain)
    there = {"task_id": "{task:c1}"}
    queued = Timeline(pending_s=_QUEUE_S)

    def made(name: str, *calls: Call, timeline: Timeline = Timeline(), **rest: Any) -> Scenario:  # noqa: B008 - frozen
        return Scenario(f"probe: {name}", calls, (), timeline, **rest)

    def picture(kind: str, url: str) -> dict[str, Any]:
        model = "happyhorse-1.1-r2v" if kind == "reference_image" else "happyhorse-1.1-i2v"
        return {"model": model, "input": {**_PROMPT, "media": [{"type": kind, "url": url}]}}

    waited = (submitted, Call("c2", "wait", options=there, after="c1"))
    several = [Call(f"c{at}", request=plain, options={"out": f"{at}.mp4"} if out else {}) for at in range(1, 4)]
    local = Call(request=picture("first_frame", "{file:frame.png}"), options=out)
    return {
        "generate": (made("generate", whole), _all_ok),
        "submit": (made("submit", submitted), _all_ok),
        "wait": (made("wait", *waited), _all_ok),
        "resume": (made("resume", *waited, only=("submit", "wait")), _all_ok),
        "download": (made("download", whole), _is_saved),
        "cancel": (
            made("cancel", submitted, Call("c2", "cancel", options=there, after="c1"), timeline=queued),
            _all_ok,
        ),
        "list": (made("list", submitted, Call("c2", "list", after="c1")), _lists),
        "abort": (
            made("abort", whole, Call("c2", "abort", options={"call": "c1"}, at=20.0), timeline=queued),
            _is_aborted,
        ),
        "sleep_hook": (made("sleep", whole), lambda history: "" if history.sleeps else "it never said sleep"),
        "batch": (made("batch", *several), _all_ok),
        "upload": (made("upload", local, files={"frame.png": as_base64("PNG")}, only=("i2v",)), _all_ok),
        "i2v": (made("i2v", Call(request=picture("first_frame", _PICTURE), options=out)), _all_ok),
        "r2v": (made("r2v", Call(request=picture("reference_image", _PICTURE), options=out)), _all_ok),
        "events": (made("events", whole), _tells),
    }


def _all_ok(history: History) -> str:
    for call in history.silent:
        return f"call {call} was never answered"
    for answer in history.answers:
        if answer.harness_error:
            return f"call {answer.call}: the adapter said: {answer.harness_error}"
        if not answer.ok:
            problem = answer.error
            return f"call {answer.call} failed, though nothing went wrong: {problem.text if problem else ''}"
    return "" if history.answers else "nothing was answered"


def _is_saved(history: History) -> str:
    if wrong := _all_ok(history):
        return wrong
    return "" if any(row.route == "download" for row in history.rows) else "the clip was not downloaded"


def _lists(history: History) -> str:
    if wrong := _all_ok(history):
        return wrong
    answer = history.answer("c2")
    tasks = answer.result.tasks if answer and answer.result else None
    return "" if tasks else "the list has no tasks, though there is one"


def _is_aborted(history: History) -> str:
    answer = history.answer("c1")
    if answer is None:
        return "the aborted call was never answered"
    return "it went on to the end although it was aborted" if answer.ok else ""


def _tells(history: History) -> str:
    told = any(event.event == "task_created" for event in history.events)
    return "" if told else "it did not say task_created"
