"""A defect: how it is put into a request, and the row that it must give.

Wordings are pydantic's, as upstream's (§3.1); rows are written here and never read from the emulator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .requests import ABSENT, data_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .requests import Json, Request
    from .shapes import Medium

NOT_TEXT: tuple[Json, ...] = (5, 5.5, True, [], ["text"], {})
NOT_AN_OBJECT: tuple[Json, ...] = ("text", "{}", 5, True, [], [{}])
NO_URLS = (
    "",
    " ",
    "frame.png",
    "/srv/frame.png",
    "../frame.png",
    "C:\\frame.png",
    "ftp://example.com/frame.png",
    "file:///srv/frame.png",
    "https://",
    "https:///frame.png",
    "//example.com/frame.png",
    "https://[::1/frame.png",
    "https://example.com/frame.png\r\nX-Evil: 1",
    "iVBORw0KGgo=",
    "data:image/png,plain",
)
OBJECT = "Input should be a valid dictionary"
TEXT = "Input should be a valid string"
LIST = "Input should be a valid list"
BAD_URL = ("InvalidURL", "Required URL is missing or invalid, please check the request URL.")
# What the inspection says of an `oss://` URL under which nothing lies.
NOT_UPLOADED = (
    "InvalidParameter",
    "Failed to find the requested media resource during the data inspection process.",
)
RESOLVE = "x-dashscope-ossresourceresolve"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing wrong. `spoil` makes it so; `late` says that it makes a FAILED task instead of refusing the create."""

    name: str
    spoil: Callable[[Request], Request]
    status: int
    code: str
    message: str
    late: bool = True

    @property
    def row(self) -> tuple[int, str, str]:
        """Status, code and message, as in an error answer."""
        return self.status, self.code, self.message


def late(message: str) -> tuple[int, str, str]:
    """Return the row of a task that FAILED with this message, as the strict server answers it."""
    return 400, "InvalidParameter", message


def listed(words: Sequence[object]) -> str:
    """Return pydantic's sentence for a value that is none of `words`."""
    *most, last = [repr(word) for word in words]
    return f"Input should be {', '.join(most)} or {last}" if most else f"Input should be {last}"


def wrong(path: str, value: Json, wording: str, at: str = "") -> Defect:
    return Defect(
        f"{path} is {str(value)[:40]!r}",
        lambda request: request.put(path, value),
        400,
        "InvalidParameter",
        f"{wording}: {at or path}",
    )


def wrongs(path: str, values: Iterable[Json], wording: str) -> Iterator[Defect]:
    return (wrong(path, value, wording) for value in values)


def missing(path: str) -> Defect:
    return Defect(
        f"no {path}", lambda request: request.put(path, ABSENT), 400, "InvalidParameter", f"Field required: {path}"
    )


def bad_url(path: str, value: Json, url: str) -> Defect:
    def spoil(request: Request) -> Request:
        headers = {name: text for name, text in request.headers.items() if name != RESOLVE}
        return replace(request.put(path, value), headers=headers)

    return Defect(f"{path} leads to {url!r}", spoil, 400, *BAD_URL)


def not_uploaded(path: str, value: Json) -> Defect:
    def spoil(request: Request) -> Request:
        return replace(request.put(path, value), headers={**request.headers, RESOLVE: "enable"})

    return Defect(f"{path} was not uploaded", spoil, 400, *NOT_UPLOADED)


def schemes(medium: Medium, shape: Callable[[str], Json], path: str) -> Iterator[Defect]:
    """What can be wrong with a URL in the place `path`, where `shape` makes the value with the URL in it."""
    yield from (bad_url(path, shape(url), url) for url in NO_URLS)
    yield bad_url(path, shape("oss://dashscope-instant/frame.png"), "oss://")
    yield not_uploaded(path, shape("oss://dashscope-instant/frame.png"))
    if medium == "video":
        yield bad_url(path, shape(data_uri(b"ftyp", "video/mp4")), "data:video")


def too_many(most: int, found: int) -> str:
    return f"List should have at most {most} item{'s' if most != 1 else ''} after validation, not {found}"
