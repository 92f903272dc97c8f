"""Requests: valid ones of every model, and ones with exactly one mistake, whose place is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from .media import urls
from .prompts import prompts
from .table import Model, Rule, models

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

Request = dict[str, Any]
SEEDS = (0, 1, 2147483647)
_NO_SECONDS = 5.5


@st.composite
def valid(draw: DrawFn, names: Sequence[str] = ()) -> Request:
    """Return a request that the service takes, of one of these models or of any; plain parameters come first."""
    model = models()[draw(st.sampled_from(tuple(names) or tuple(models())))]
    given: Request = {"model": model.id, "input": _input(draw, model)}
    parameters = _parameters(draw, model)
    return {**given, "parameters": parameters} if parameters else given


@st.composite
def defective(draw: DrawFn, names: Sequence[str] = ()) -> tuple[Request, str]:
    """Return a request with exactly one mistake, and the dotted path of it."""
    request = draw(valid(names))
    choices = tuple(defects(request))
    path, value = draw(st.sampled_from(choices))
    return changed(request, path, value), path


def defects(request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return what may be made wrong with a valid request: a dotted path, and the value there; None takes it away."""
    model = models()[request["model"]]
    for name, rule in model.parameters.items():
        if name not in model.needs:
            yield from ((f"parameters.{name}", value) for value in wrong(rule))
    if model.prompt == "required":
        yield "input.prompt", None
    if model.media is not None and request["input"].get("media"):
        items = request["input"]["media"]
        yield "input.media.0.url", "ftp://media.example.com/picture.png"
        yield "input.media.0.type", None
        yield "input.media", [*items, *([items[0]] * 12)]
        if not model.media.takes(()):
            yield "input.media", []
    yield from ((f"input.{name}", None) for name, kind in model.urls.items() if kind == "image")
    yield from ((f"input.{name}", []) for name in model.lists)
    yield from ((f"input.{name}", "paint") for name in model.choices)
    yield "model", "happyhorse-9.9-t2v"


def wrong(rule: Rule) -> tuple[Any, ...]:
    """Return values that a rule does not allow, each wrong in its own way."""
    if rule.flag:
        return ("perhaps",)
    if not rule.is_number:
        return ("9:17" if ":" in str(rule.values[0]) else "4K",)
    if rule.values:
        return (max(rule.values) + 1, _NO_SECONDS, "seven")
    low = min([rule.low, *rule.also]) - 1
    return (low, rule.high + 1, _NO_SECONDS, "seven")


def changed(request: Mapping[str, Any], path: str, value: Any) -> Request:
    """Return a request with another value at a dotted path; None takes it away."""
    return dict(_changed(request, path.split("."), value))


def _changed(node: Any, steps: Sequence[str], value: Any) -> Any:
    step = int(steps[0]) if isinstance(node, list) else steps[0]
    pairs = dict(enumerate(node)) if isinstance(node, list) else dict(node)
    if len(steps) > 1:
        pairs[step] = _changed(pairs.get(step, {}), steps[1:], value)
    elif value is None:
        pairs.pop(step, None)
    else:
        pairs[step] = value
    return list(pairs.values()) if isinstance(node, list) else pairs


def _input(draw: DrawFn, model: Model) -> Request:
    found: Request = {}
    if model.prompt != "optional" or draw(st.booleans()):
        found["prompt"] = draw(prompts(model))
    for name, limit in model.texts.items():
        if draw(st.booleans()):
            found[name] = draw(st.sampled_from(("blurred", "模糊", "h" * limit)))
    if model.media is not None:
        media = _media(draw, model)
        if media:
            found["media"] = media
    for name, kind in model.urls.items():
        if kind == "image" or draw(st.booleans()):
            found[name] = draw(urls(kind))
    for name, (low, high) in model.lists.items():
        found[name] = draw(st.lists(urls("reference_video"), min_size=low, max_size=min(high, 3)))
    for name, rule in model.choices.items():
        found[name] = draw(st.sampled_from(rule.values))
    return found


def _media(draw: DrawFn, model: Model) -> list[Request]:
    if model.media is None:
        return []
    counts = dict(draw(st.sampled_from(model.media.shapes)).counts)
    kinds: list[str] = []
    room = model.media.high if model.media.of else sum(high for _, high in counts.values())
    for kind, (low, high) in counts.items():
        is_bound = kind in model.media.of
        least = max(low, 1) if is_bound and room == model.media.high else low
        taken = draw(st.integers(least, min(high, room) if is_bound else high))
        room -= taken if is_bound else 0
        kinds += [kind] * taken
    return [{"type": kind, "url": draw(urls(kind))} for kind in draw(st.permutations(kinds))]


def _parameters(draw: DrawFn, model: Model) -> Request:
    found: Request = {}
    for name, rule in model.parameters.items():
        if draw(st.booleans()):
            found[name] = draw(_values(name, rule))
    for name, needed in model.needs.items():
        if name in found:
            found |= needed
    return found


def _values(name: str, rule: Rule) -> SearchStrategy[Any]:
    if rule.flag:
        return st.sampled_from((False, True))  # false first: it is the one that gets lost
    if rule.values:
        return st.sampled_from(rule.values)
    if name == "seed":
        return st.one_of(st.sampled_from(SEEDS), st.integers(rule.low, rule.high))
    return st.one_of(st.sampled_from((5, rule.low, rule.high, *rule.also)), st.integers(rule.low, rule.high))
