"""Says what is wrong with a request, by the kit's own table. Independent of the emulator on purpose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .table import Model, models

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PICTURE = re.compile(r"https?://|oss://|data:image/[a-z]+;base64,|\{results\}|\{file:|\{api\}")
_OTHER = re.compile(r"https?://|oss://|\{results\}|\{file:|\{api\}")
_HAN = re.compile("[\u4e00-\u9fff]")
_PICTURES = {"first_frame", "last_frame", "reference_image"}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one place of a request.

    `path` is dotted (`parameters.duration`). `stage` says when upstream tells: at the create, or as a FAILED task
    (dashscope-api.md 3.1). `codes` are those that it may use, the likeliest first.
    """

    path: str
    says: str
    stage: Literal["create", "task"] = "task"
    codes: tuple[str, ...] = ("InvalidParameter",)


def mistakes(request: Mapping[str, Any]) -> tuple[Mistake, ...]:
    """Return everything that is wrong with a request; nothing where it is valid."""
    name = request.get("model")
    if not name:
        return (Mistake("model", "there is no model", "create", ("BadRequest.EmptyModel", "InvalidParameter")),)
    model = models().get(name) if isinstance(name, str) else None
    if model is None:
        codes = ("InvalidParameter", "ModelNotFound")
        return (Mistake("model", f"there is no model {name!r}", "create", codes),)
    given = request.get("input")
    if not isinstance(given, dict):
        empty = ("BadRequest.EmptyInput", "InvalidParameter", "BadRequest.IllegalInput")
        return (Mistake("input", "there is no input", "task", empty),)
    return (*_in_input(model, given), *_in_parameters(model, request.get("parameters", {})))


def length(model: Model, prompt: str) -> int:
    """Return how many of a model's characters a prompt uses."""
    return len(prompt) + (model.han - 1) * len(_HAN.findall(prompt))


def _in_input(model: Model, given: Mapping[str, Any]) -> Iterator[Mistake]:
    prompt = given.get("prompt")
    needed = model.prompt == "required" or (model.prompt == "or-media" and not given.get("media"))
    if (needed and not prompt) or (prompt is not None and not isinstance(prompt, str)):
        yield Mistake("input.prompt", "a prompt is needed")
    if model.media is not None:
        yield from _in_media(model, given.get("media", []))
    for name, kind in model.urls.items():
        url = given.get(name)
        if url is None and kind == "image":
            yield Mistake(f"input.{name}", "it is needed")
        elif url is not None and not _is_url(url, is_picture=kind == "image"):
            yield _bad_url(f"input.{name}")
    for name, (low, high) in model.lists.items():
        urls = given.get(name, [])
        if not low <= len(urls) <= high:
            yield Mistake(f"input.{name}", f"{low} to {high} URLs are needed")
        yield from (_bad_url(f"input.{name}.{index}") for index, url in enumerate(urls) if not _is_url(url))
    for name, rule in model.choices.items():
        if not rule.allows(given.get(name)):
            yield Mistake(f"input.{name}", f"one of {', '.join(rule.values)} is needed")


def _in_media(model: Model, items: Any) -> Iterator[Mistake]:
    if model.media is None or not isinstance(items, list):
        yield Mistake("input.media", "a list is needed")
        return
    missing = False
    for index, item in enumerate(items):
        for name in ("type", "url"):
            if not item.get(name):
                missing = True
                yield Mistake(f"input.media.{index}.{name}", "it is needed")
        if item.get("type") and item.get("url") and not _is_url(item["url"], is_picture=item.get("type") in _PICTURES):
            yield _bad_url(f"input.media.{index}.url")
    types = tuple(item.get("type") for item in items)
    if not missing and not model.media.takes(types):
        yield Mistake("input.media", f"{list(types)} is no list that {model.id} takes")


def _in_parameters(model: Model, given: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, rule in model.parameters.items():
        if name in given and not rule.allows(given[name]):
            yield Mistake(f"parameters.{name}", f"it cannot be {given[name]!r}")
    for name, needed in model.needs.items():
        for other, value in needed.items():
            broken = model.parameters[other].allows(given.get(other, value)) and given.get(other, value) != value
            if name in given and broken:
                yield Mistake(f"parameters.{name}", f"it needs {other} to be {value}")


def _is_url(url: object, *, is_picture: bool = False) -> bool:
    return isinstance(url, str) and (_PICTURE if is_picture else _OTHER).match(url) is not None


def _bad_url(path: str) -> Mistake:
    return Mistake(path, "it is no URL that can be fetched", "task", ("InvalidURL", "InvalidParameter"))
