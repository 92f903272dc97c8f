"""What a client told, as the values of a history: without the key, and with the places where the key was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..history import Answer, Event, Leak, Problem, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .play import Play
    from .secrets import Secrets


def answers_of(play: Play, secrets: Secrets) -> tuple[Answer, ...]:
    """Return how the calls ended. Paths are given from the folder of `out`."""
    return tuple(_answer(message, at_ms, play, secrets) for message, at_ms in play.answers)


def events_of(play: Play, secrets: Secrets) -> tuple[Event, ...]:
    """Return what was told while calls lasted."""
    return tuple(
        Event(
            message.id,
            secrets.hidden(message.event),
            at_ms,
            _hidden(message.task_id, secrets),
            _hidden(message.data, secrets),
        )
        for message, at_ms in play.events
    )


def leaks_of(play: Play, stderr: str, trouble: list[str], secrets: Secrets) -> tuple[Leak, ...]:
    """Return where the key was seen, or its base64, or a slice of it."""
    return tuple(_leaks(play, stderr, trouble, secrets))


def _leaks(play: Play, stderr: str, trouble: list[str], secrets: Secrets) -> Iterator[Leak]:
    told = [("answer", message) for message, _ in play.answers] + [("event", message) for message, _ in play.events]
    for where, message in told:
        for place, text in _texts(message.model_dump(exclude_none=True), ""):
            if (what := secrets.found(text)) is not None:
                yield Leak("answer" if where == "answer" else "event", what, f"{message.id}: {place}")
    for number, line in enumerate(stderr.splitlines(), 1):
        if (what := secrets.found(line)) is not None:
            yield Leak("stderr", what, f"line {number}")
    for text in trouble:
        if (what := secrets.found(text)) is not None:
            yield Leak("stdout", what, "a line that is no message")


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text in a document with its place, names of fields too."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"{place}.{name}".lstrip("."), str(name)
            yield from _texts(inner, f"{place}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{place}.{number}")


def _answer(message: Any, at_ms: int, play: Play, secrets: Secrets) -> Answer:
    result = error = None
    if message.result is not None:
        given = _hidden(message.result.model_dump(exclude_none=True), secrets)
        if "path" in given:
            given["path"] = _inside(given["path"], play)
        result = Result(**{name: given[name] for name in Result.__slots__ if name in given})
        if result.tasks is not None:
            result = Result(
                **{**{name: getattr(result, name) for name in Result.__slots__}, "tasks": tuple(result.tasks)}
            )
    if message.error is not None:
        given = _hidden(message.error.model_dump(exclude_none=True), secrets)
        error = Problem(**{name: given[name] for name in Problem.__slots__ if name in given})
    return Answer(message.id, bool(message.ok), result, error, at_ms=at_ms)


def _inside(path: str, play: Play) -> str:
    """Return a path from the folder of `out`, where it is inside."""
    return path.removeprefix(f"{play.folder.path}/")


def _hidden(value: Any, secrets: Secrets) -> Any:
    return json.loads(secrets.hidden(json.dumps(value, ensure_ascii=False)))
