"""The form of a URL that a caller gives: which scheme it has, and how it is shown to people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .faults import Fault

if TYPE_CHECKING:
    from .catalogue import MediaLimits

_DATA = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,", re.ASCII | re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x1f]")
_SHOWN = 120
# Scheme and host stand within this. A URL may have megabytes, and urlsplit keeps its last 128 arguments.
_JUDGED = 4096


def scheme_of(url: str) -> str | None:
    """Return `http`, `https`, `data` or `oss` for a URL well formed as one, else None.

    An `oss://` URL may hold spaces: the SDKs write the names of uploaded files into it as they are.
    """
    if _DATA.match(url):
        return "data"
    url = url.strip()
    if _CONTROL.search(url):
        return None
    try:
        parts = urlsplit(url[:_JUDGED])
        host = parts.hostname
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme in {"http", "https"}:
        return scheme if host and " " not in url else None
    if scheme == "oss":
        return scheme if parts.netloc or parts.path.strip("/") else None
    return None


def check_scheme(url: str, path: str, limits: MediaLimits, *, resolves_oss: bool) -> str:
    """Return the scheme of a URL that a model takes at this place.

    `resolves_oss` tells of the header `X-DashScope-OssResourceResolve: enable`, without which an `oss://` URL is
    an invalid one (OD-UP). Raises Fault `url-invalid`.
    """
    scheme = scheme_of(url)
    if scheme not in limits.schemes:
        raise Fault("url-invalid", detail=f"{path} is {shown(url)!r}; allowed here: {', '.join(limits.schemes)}")
    if scheme == "oss" and not resolves_oss:
        raise Fault("url-invalid", detail=f"{path} is an oss:// URL without X-DashScope-OssResourceResolve: enable")
    return scheme


def shown(url: str) -> str:
    """Return a URL short enough to be read: a `data:` URI by its type and length, any other cut."""
    if _DATA.match(url):
        head, _, body = url.partition(",")
        return f"{head}, {len(body)} characters"
    return url if len(url) <= _SHOWN else f"{url[: _SHOWN - 1]}…"
