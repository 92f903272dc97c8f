"""The kit's own table of what a valid request is: models.yaml as typed rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPAN = 2  # a range of the table has two ends


@dataclass(frozen=True, slots=True)
class Rule:
    """What a parameter may be: one of `values`, true or false (`flag`), or a whole number in `low` .. `high`.

    `also` are numbers outside of the range that are valid all the same.
    """

    values: tuple[Any, ...] = ()
    flag: bool = False
    low: int = 0
    high: int = 0
    also: tuple[int, ...] = ()

    def allows(self, value: object) -> bool:
        """Say whether a value is valid. JSON's types count: true is no number, 5.0 no whole one."""
        if self.flag:
            return isinstance(value, bool)
        if self.values:
            return any(type(value) is type(one) and value == one for one in self.values)
        return type(value) is int and (self.low <= value <= self.high or value in self.also)

    @property
    def is_number(self) -> bool:
        """Whether it is a whole number, in a range or one of several."""
        return not self.flag and (not self.values or type(self.values[0]) is int)


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which `input.media` is valid: how many items of each type, at least and at most."""

    counts: Mapping[str, tuple[int, int]]

    def takes(self, types: tuple[str, ...]) -> bool:
        """Say whether a list of items of these types has this shape."""
        return set(types) <= set(self.counts) and all(
            low <= types.count(kind) <= high for kind, (low, high) in self.counts.items()
        )


@dataclass(frozen=True, slots=True)
class Media:
    """The shapes of `input.media`; `of` are types whose number together is in `low` .. `high`, where there are any."""

    shapes: tuple[Shape, ...]
    of: tuple[str, ...] = ()
    low: int = 0
    high: int = 0

    def takes(self, types: tuple[str, ...]) -> bool:
        """Say whether a list of items of these types is valid."""
        together = sum(types.count(kind) for kind in self.of)
        return (not self.of or self.low <= together <= self.high) and any(shape.takes(types) for shape in self.shapes)


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `limit` counts characters of the prompt, where a Chinese one uses `han` of them."""

    id: str
    prompt: Literal["required", "optional", "or-media"]
    limit: int
    parameters: Mapping[str, Rule]
    regions: tuple[str, ...]
    source: str
    confidence: Literal["official", "inferred"]
    han: int = 1
    service: str = "video-generation"
    media: Media | None = None
    texts: Mapping[str, int] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    choices: Mapping[str, Rule] = field(default_factory=dict)
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def takes_pictures(self) -> bool:
        """Whether a request of it always has media."""
        needs_media = self.media is not None and not self.media.takes(())
        return needs_media or bool(self.lists) or any(kind == "image" for kind in self.urls.values())

    @property
    def needs_references(self) -> bool:
        """Whether it makes a video from references or from another video, rather than from a first frame."""
        if self.lists or "function" in self.choices:
            return True
        kinds = {kind for shape in self.media.shapes for kind in shape.counts} if self.media else set()
        return bool(kinds & {"reference_image", "reference_video", "video"}) and self.takes_pictures


@cache
def models() -> Mapping[str, Model]:
    """Return every model by its id, in the order of the table."""
    document = yaml.safe_load(files(__package__).joinpath("models.yaml").read_text(encoding="utf-8"))
    rules = {name: _rule(row) for name, row in document["rules"].items()}
    media = {name: _media(row) for name, row in document["media"].items()}
    rows = [(name, row) for row in document["models"] for name in (row["id"], *row.get("also", ()))]
    return {name: _model(name, row, rules, media) for name, row in rows}


def _model(name: str, row: Mapping[str, Any], rules: Mapping[str, Rule], media: Mapping[str, Media]) -> Model:
    return Model(
        id=name,
        prompt=row["prompt"],
        limit=row["limit"],
        parameters={key: rules[rule] for key, rule in row["parameters"].items()},
        regions=tuple(row["regions"]),
        source=row["source"],
        confidence=row["confidence"],
        han=row.get("han", 1),
        service=row.get("service", "video-generation"),
        media=media[row["media"]] if "media" in row else None,
        texts=row.get("texts", {}),
        urls=row.get("urls", {}),
        lists={key: _span(ends) for key, ends in row.get("lists", {}).items()},
        choices={key: rules[rule] for key, rule in row.get("choices", {}).items()},
        needs=row.get("needs", {}),
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        values=tuple(row.get("values", ())),
        flag=row.get("flag", False),
        low=row.get("from", 0),
        high=row.get("to", 0),
        also=tuple(row.get("also", ())),
    )


def _media(row: Mapping[str, Any]) -> Media:
    total = row.get("total", {})
    return Media(
        shapes=tuple(Shape({key: _span(ends) for key, ends in shape.items()}) for shape in row["shapes"]),
        of=tuple(total.get("of", ())),
        low=total.get("from", 0),
        high=total.get("to", 0),
    )


def _span(ends: list[int]) -> tuple[int, int]:
    if len(ends) != _SPAN:
        raise ValueError(f"{ends}: a span has two ends")
    return ends[0], ends[1]
