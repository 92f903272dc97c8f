"""Pictures and URLs that requests name. Pictures are real: large enough for every model, and small in bytes."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import TYPE_CHECKING, Literal

from hypothesis import strategies as st
from PIL import Image

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Format = Literal["PNG", "JPEG", "WEBP"]
FORMATS: tuple[Format, ...] = ("PNG", "JPEG", "WEBP")
_SIDE = 416  # pixels: every model takes 400 to 4096
_PICTURES = {"first_frame", "last_frame", "reference_image"}
# What a client that decodes and encodes URLs anew spoils: their signatures do not hold any more.
_TAILS = (
    "",
    "?x=1",
    "?Expires=1785312000&Signature=a%2Fb%2Bc%3D",
    "?q=a+b&q=a%20b",
    "?path=%2Fx%2fy",
    "?empty=&flag",
    "?name=%E9%A9%AC",
    "?sig=A~b.c-d_e",
)


@cache
def picture(kind: Format) -> bytes:
    """Return a picture of this format, 416 x 416, of one colour."""
    made = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE), (64, 128, 192)).save(made, kind)
    return made.getvalue()


def as_base64(kind: Format) -> str:
    """Return a picture's bytes in base64, as a scenario's `files` have them."""
    return base64.b64encode(picture(kind)).decode()


def data_uri(kind: Format) -> str:
    """Return a picture as a data URI."""
    return f"data:image/{kind.lower()};base64,{as_base64(kind)}"


def urls(kind: str) -> SearchStrategy[str]:
    """Return URLs of an item: a picture's are https or data URIs, anything else's https."""
    suffix, name = (".png", "picture") if is_picture(kind) else _suffix(kind)
    remote = st.sampled_from([f"https://media.example.com/{name}{suffix}{tail}" for tail in _TAILS])
    return st.one_of(remote, st.sampled_from([data_uri(form) for form in FORMATS])) if is_picture(kind) else remote


def is_picture(kind: str) -> bool:
    """Say whether items of a type are pictures."""
    return kind in _PICTURES or kind == "image"


def _suffix(kind: str) -> tuple[str, str]:
    return (".mp3", "sound") if "audio" in kind else (".mp4", "clip")
