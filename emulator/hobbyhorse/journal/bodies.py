"""Bodies as the journal shows them: hashed whole, shown in part, without secrets, files and `data:` URIs."""

from __future__ import annotations

import hashlib
import re

from .entry import Content
from .redaction import hidden, redacted, secret_kind

_SHOWN = 16 << 10  # characters of a body that are kept
# Redaction looks further than what is kept, so that no secret is cut in two before it is seen.
_READ = 2 * _SHOWN
_KEPT = 4 * _READ  # bytes of a body in pieces that are held until it is whole
_EMPTY = Content(hashlib.sha256(b"").hexdigest(), 0, "")

_UNSHOWN = ("video/", "image/", "audio/", "application/octet-stream", "application/zip")
_PLAIN = frozenset({"", "identity"})
_DATA = b";base64,"
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=%\\"
_RUN = re.compile(rb"[A-Za-z0-9+/_=%\\-]*")
_LEAST_RUN = 64  # bytes of base64 that are not worth shortening
_BOUNDARY = re.compile(r"boundary=\"?([^\";,]+)", re.IGNORECASE)
_NAME = re.compile(r"\bname\*?=(?:\"([^\"]*)\"|([^;\s]*))", re.IGNORECASE)


class Tap:
    """Sees a body go by in pieces, and holds its beginning."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._head = bytearray()
        self.size = 0

    def feed(self, piece: bytes) -> None:
        """See the next piece."""
        self._hash.update(piece)
        self.size += len(piece)
        if len(self._head) < _KEPT:
            self._head += piece[: _KEPT - len(self._head)]

    def content(self, media: str, encoding: str) -> Content:
        """Return what the journal shows, going by Content-Type and Content-Encoding (empty: not sent)."""
        return _content(bytes(self._head), self.size, self._hash.hexdigest(), media, encoding)


def content(body: bytes, media: str, encoding: str) -> Content:
    """Return what the journal shows of a whole body, going by Content-Type and Content-Encoding (empty: not sent)."""
    return _content(body, len(body), hashlib.sha256(body).hexdigest(), media, encoding)


def _content(body: bytes, size: int, digest: str, media: str, encoding: str) -> Content:
    if not size:
        return _EMPTY
    kind = media.strip().lower()
    if kind.startswith(_UNSHOWN) or encoding.lower() not in _PLAIN:
        return Content(digest, size, None)
    if kind.startswith("multipart/"):
        text, is_whole = _form(body, media), len(body) == size
    else:
        if b"\0" in body[:_READ]:
            return Content(digest, size, None)
        head, is_whole = _shortened(body)
        is_whole = is_whole and len(body) == size
        text = redacted(head.decode("utf-8", "backslashreplace"))
    return Content(digest, size, text[:_SHOWN], is_cut=len(text) > _SHOWN or not is_whole)


def _shortened(body: bytes) -> tuple[bytes, bool]:
    """Return the beginning of a body with its `data:` URIs shortened, and whether that is all of it."""
    if len(body) <= _LEAST_RUN or _DATA not in body:
        return body[:_READ], len(body) <= _READ
    pieces: list[bytes] = []
    length = done = 0
    while length < _READ:
        start = body.find(_DATA, done)
        if start < 0:
            break
        start += len(_DATA)
        end = _end_of_run(body, start)
        short = b"<%d bytes>" % (end - start) if end - start > _LEAST_RUN else body[start:end]
        pieces += [body[done:start], short]
        length += start - done + len(short)
        done = end
    rest = body[done : done + max(0, _READ - length)]
    whole = b"".join([*pieces, rest])
    return whole[:_READ], done + len(rest) == len(body) and len(whole) <= _READ


def _end_of_run(body: bytes, start: int) -> int:
    """Return where base64 ends. A run of megabytes up to a quote is the rule, and `translate` is quick at it."""
    quote = body.find(b'"', start)
    end = quote if quote >= 0 else len(body)
    if not body[start:end].translate(None, _ALPHABET):
        return end
    found = _RUN.match(body, start)
    return found.end() if found else start


def _form(body: bytes, content_type: str) -> str:
    """Return a form as text: secret fields hidden, files as their length."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return redacted(body[:_READ].decode("utf-8", "backslashreplace"))
    mark = b"--" + found[1].strip().encode("latin-1", "replace")
    parts = body.split(mark)
    is_last = len(parts) - 1
    shown = [_part(part, is_complete=index < is_last) for index, part in enumerate(parts)]
    return redacted(mark.decode("latin-1")).join(shown)


def _part(part: bytes, *, is_complete: bool) -> str:
    head, blank, value = part.partition(b"\r\n\r\n")
    if not blank:
        return redacted(part[:_READ].decode("utf-8", "backslashreplace"))
    headers = head[:_READ].decode("utf-8", "backslashreplace")
    names = [(one or other).strip().lower() for one, other in _NAME.findall(headers)]
    kind = next(filter(None, map(secret_kind, names)), None)
    text = value[:_READ].decode("utf-8", "backslashreplace")
    if "filename" in headers.lower() or "file" in names:
        size = len(value.removesuffix(b"\r\n"))
        text = f"<{size} bytes>\r\n" if is_complete else f"<at least {size} bytes>"
    elif kind:
        text = hidden(kind, text.removesuffix("\r\n")) + "\r\n" if text.strip() else text
    else:
        text = redacted(text)
    return f"{redacted(headers)}\r\n\r\n{text}"
