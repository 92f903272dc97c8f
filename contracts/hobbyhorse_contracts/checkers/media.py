"""PAY-08 to PAY-11: pictures and other media that a request names."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .calls import makers
from .payload import Pair, pairs
from .reading import part, same_text
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..history import History
    from ..scenario import Scenario

_OLD_FIELDS = frozenset(
    {"img_url", "image_url", "first_frame_url", "last_frame_url", "reference_urls", "image", "images"}
)
_DATA = re.compile(r"data:(image/[a-z0-9.+-]+);base64,(.*)", re.DOTALL)
_SHORT = re.compile(r"<(\d{1,12}) bytes>")
_FILE = re.compile(r"\{file:([^}]*)\}")
_MAGIC = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"RIFF", "image/webp"))
_NOTHING = "no request named media"

Item = Mapping[str, Any]


@checks("PAY-08")
def order(scenario: Scenario, history: History) -> Found:
    """Hold the order and the types of media."""
    rows = _with_media(scenario, history)
    for pair in rows:
        wanted, given = _items(pair.call.request), _items(pair.body)
        if [item.get("type") for item in wanted] != [item.get("type") for item in given]:
            return broken(f"{_types(wanted)} arrived as {_types(given)}", [pair.row])
        moved = [n for n, (one, other) in enumerate(zip(wanted, given, strict=True)) if not _is_alike(one, other)]
        if moved:
            return broken(f"item {moved[0]} of `media` is another one than the caller's", [pair.row])
    return kept("order and types as given", [pair.row for pair in rows]) if rows else unseen(_NOTHING)


@checks("PAY-09")
def field(scenario: Scenario, history: History) -> Found:
    """Hold the field in which HappyHorse models are given their media."""
    rows = [
        pair for pair in _with_media(scenario, history) if str(pair.call.request.get("model")).startswith("happyhorse")
    ]
    for pair in rows:
        old = sorted(_OLD_FIELDS & set(part(pair.body, "input")))
        if old or not _items(pair.body):
            return broken(f"sent as `{old[0]}`" if old else "there is no `input.media`", [pair.row])
    return kept("sent as `input.media`", [pair.row for pair in rows]) if rows else unseen(_NOTHING)


@checks("PAY-10")
def inline(scenario: Scenario, history: History) -> Found:
    """Hold pictures that were given as bytes: their type and length, as the journal shows them."""
    rows = []
    for pair, url, shown in _inline(scenario, history):
        wrong = _is_wrong(url, shown)
        if wrong:
            return broken(wrong, [pair.row])
        rows.append(pair.row)
    return kept("type and length as given", rows) if rows else unseen("no picture was given as bytes and sent so")


@checks("PAY-11")
def urls(scenario: Scenario, history: History) -> Found:
    """Hold the URLs of media, character for character."""
    rows = []
    for pair in _with_media(scenario, history):
        given = [str(item.get("url")) for item in _items(pair.body)]
        for item in _items(pair.call.request):
            url = str(item.get("url"))
            if not url.startswith(("http://", "https://")) or "{" in url:
                continue
            if not any(same_text(url, other) for other in given):
                return broken(f"a URL of media was changed: {url}"[:300], [pair.row])
            rows.append(pair.row)
    return kept("URLs as given", rows) if rows else unseen("no request named a URL of media")


def _with_media(scenario: Scenario, history: History) -> list[Pair]:
    return [pair for pair in pairs(scenario, history) if _items(pair.call.request)]


def _items(request: Mapping[str, Any]) -> list[Item]:
    found = part(request, "input").get("media")
    is_list = isinstance(found, Sequence) and not isinstance(found, str)
    return [item for item in found if isinstance(item, Mapping)] if is_list else []  # type: ignore[union-attr]


def _types(items: list[Item]) -> str:
    return "[" + ", ".join(str(item.get("type")) for item in items) + "]"


def _is_alike(wanted: Item, given: Item) -> bool:
    """Whether two items name the same thing. Only web addresses can be told apart by their text."""
    one, other = str(wanted.get("url")), str(given.get("url"))
    if not one.startswith(("http://", "https://")) or "{" in one:
        return True
    return same_text(one, other) or unquote(one) == unquote(other)


def _inline(scenario: Scenario, history: History) -> Iterator[tuple[Pair, str, str]]:
    """Yield pictures given as bytes that were sent inline: their pair, the `data:` URI expected, what is shown."""
    if not makers(scenario):
        return
    for pair in _with_media(scenario, history):
        for item, other in zip(_items(pair.call.request), _items(pair.body), strict=False):
            url, shown = _data_uri(scenario, str(item.get("url"))), str(other.get("url"))
            if url and not shown.startswith(("oss://", "http://", "https://")):
                yield pair, url, shown


def _data_uri(scenario: Scenario, url: str) -> str:
    """Return the `data:` URI that is right for a picture; empty where it is none given as bytes."""
    if url.startswith("data:image/"):
        return url
    found = _FILE.search(url)
    content = scenario.files.get(found[1], "") if found else ""
    try:
        head = base64.b64decode(content[:16])
    except (binascii.Error, ValueError):
        return ""
    media = next((media for magic, media in _MAGIC if head.startswith(magic)), "")
    return f"data:{media};base64,{content}" if media else ""


def _is_wrong(url: str, shown: str) -> str:
    """Say what is wrong with how a picture was sent; nothing where it is right."""
    wanted, given = _DATA.fullmatch(url), _DATA.fullmatch(shown)
    if wanted is None:
        return ""
    if given is None:
        return f"a picture was sent as {shown[:40]!r}, not as `data:image/…;base64,…`"
    if given[1].replace("jpg", "jpeg") != wanted[1].replace("jpg", "jpeg"):
        return f"a picture of type {wanted[1]} was sent as {given[1]}"
    short = _SHORT.fullmatch(given[2])
    is_same = int(short[1]) == len(wanted[2]) if short else given[2] == wanted[2]
    return "" if is_same else f"a picture of {len(wanted[2])} characters of base64 arrived as {given[2][:40]!r}"
