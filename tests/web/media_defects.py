"""What can be wrong with `input.media`: its items, how many there are of a type, and which types stand together."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from .defects import (
    LIST,
    NO_URLS,
    NOT_AN_OBJECT,
    NOT_TEXT,
    OBJECT,
    TEXT,
    Defect,
    bad_url,
    listed,
    missing,
    schemes,
    too_many,
    wrong,
    wrongs,
)
from .requests import item, plain_media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .requests import Json
    from .shapes import Form

NOT_COMBINED = "Input should be an allowed combination of media types"


def media_defects(form: Form) -> Iterator[Defect]:
    path = "input.media"
    if form.required:
        yield missing(path)
        yield wrong(path, None, LIST)
        least = "List should have at least 1 item after validation, not 0"
        yield wrong(path, [], NOT_COMBINED if form.sets else least)
    yield from wrongs(path, ("text", 5, True, {}, item(form, next(iter(form.roles)))), LIST)
    yield from _items(form, path)
    yield from _counts(form, path)
    if form.voice:
        first, *_ = plain_media(form)
        voiced = [(value, [{**first, "reference_voice": value}]) for value in (*NOT_TEXT, *NO_URLS)]
        for value, media in voiced:
            if isinstance(value, str):
                yield bad_url(path, media, value)
            else:
                yield wrong(path, media, TEXT, f"{path}.0.reference_voice")


def _items(form: Form, path: str) -> Iterator[Defect]:
    """One item that is no item, the others right."""
    first, *others = plain_media(form)
    roles = listed(tuple(form.roles))
    yield from (wrong(path, [value, *others], OBJECT, f"{path}.0") for value in (*NOT_AN_OBJECT[:4], None, []))
    for name in ("type", "url"):
        without = {key: value for key, value in first.items() if key != name}
        yield wrong(path, [without, *others], "Field required", f"{path}.0.{name}")
    kinds: tuple[Json, ...] = ("", "picture", first["type"].upper(), "image_url", 5, True, None, [])
    yield from (wrong(path, [{**first, "type": kind}, *others], roles, f"{path}.0.type") for kind in kinds)
    for value in (*NOT_TEXT, None):
        yield wrong(path, [{**first, "url": value}, *others], TEXT, f"{path}.0.url")
    for name, role in form.roles.items():
        rest = _rest(form, name)
        yield from schemes(role.medium, functools.partial(_items_with, name, rest), path)


def _items_with(name: str, rest: list[Json], url: str) -> list[Json]:
    return [{"type": name, "url": url}, *rest]


def _rest(form: Form, name: str) -> list[Json]:
    """Return what must stand beside an item of this type for the media to be right."""
    if form.sets:
        right = next(names for names in form.sets if name in names)
        return [item(form, other) for other in right if other != name]
    needed = [other for other, role in form.roles.items() if role.least and other != name]
    if form.together and name not in form.together[0]:
        needed.append(form.together[0][0])
    return [item(form, other) for other in needed]


def _counts(form: Form, path: str) -> Iterator[Defect]:
    """Too many of a type, too few, types that do not go together."""
    for name, role in form.roles.items():
        crowd = [item(form, name)] * (role.most + 1)
        yield wrong(path, [*crowd, *_rest(form, name)], too_many(role.most, role.most + 1))
    if form.together:
        names, _, most = form.together
        crowd = [item(form, name) for name in names] + [item(form, names[0])] * (most - 1)
        yield wrong(path, crowd, too_many(most, most + 1))
    needed = {name for name, role in form.roles.items() if role.least} | set(form.together[0] if form.together else ())
    for name in sorted(form.roles.keys() - needed) if needed else ():
        yield wrong(path, [item(form, name)], "List should have at least 1 item after validation, not 0")
    if form.sets:
        allowed = {frozenset(names) for names in form.sets}
        pairs = {frozenset(pair) for pair in ((one, other) for one in form.roles for other in form.roles)}
        for pair in sorted(pairs - allowed, key=sorted):
            yield wrong(path, [item(form, name) for name in sorted(pair)], NOT_COMBINED)
    for one in form.roles if form.circles else ():
        for other in form.roles:
            if not any({one, other} <= set(circle) for circle in form.circles):
                yield wrong(path, [item(form, one), item(form, other)], NOT_COMBINED)
