"""The shapes of the tests' own table of models: parameters, media, the model itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Medium = Literal["image", "video", "audio", "any"]
Need = Literal["required", "optional", "unless media"]


@dataclass(frozen=True, slots=True)
class Words:
    """A parameter that is one of some texts."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """A parameter that is one of some whole numbers."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A whole number from `least` to `most`, or one of `also`. Beside a video at most `most_with_video`."""

    least: int
    most: int
    also: tuple[int, ...] = ()
    most_with_video: int | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


Parameter = Words | Numbers | Span | Flag


@dataclass(frozen=True, slots=True)
class Role:
    """A `type` of `input.media`: what it shows, and how often it may stand there."""

    medium: Medium
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Form:
    """`input.media`.

    `sets` are the only sets of types allowed; types that share no circle of `circles` must not meet; the items of the
    types `together` count as one; an item may carry a `reference_voice` where `voice` says so.
    """

    roles: Mapping[str, Role]
    required: bool = True
    sets: tuple[tuple[str, ...], ...] = ()
    circles: tuple[tuple[str, ...], ...] = ()
    together: tuple[tuple[str, ...], int, int] | None = None
    voice: bool = False


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `urls` are fields of `input` that hold a URL; `references` takes up to so many in a list."""

    id: str
    regions: tuple[str, ...]
    prompt: Need
    parameters: Mapping[str, Parameter]
    services: tuple[str, ...] = ("video-generation",)
    texts: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    urls: Mapping[str, tuple[Medium, bool]] = field(default_factory=dict)
    references: int = 0
    media: Form | None = None
    takes_bmp: bool = True
