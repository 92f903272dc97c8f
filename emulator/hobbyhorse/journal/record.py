"""From what the desk noted of a request to an entry: here, and only here, raw values are redacted."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from .bodies import Tap, content
from .entry import Acted, Connection, Content, Entry, Headers, Origin
from .redaction import hidden, placeholder, redacted, secret_kind, unescaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..core.mishaps import Mishap, Place

_CREDENTIALS = frozenset({b"authorization", b"proxy-authorization"})
_COOKIES = frozenset({"cookie", "set-cookie"})
_LEAST_SECRET = 6  # characters of a credential that is looked for in the rest of its request
_SHORT = 200  # bytes of a header's value up to which it is remembered
_LONGEST = 8 << 10  # characters of a path, a query or a header that are kept


@dataclass(slots=True)
class Draft:
    """What the desk notes of one request while it is answered; raw. See `Entry` for what each field is.

    Headers are as ASGI has them. Bodies are bytes, or a `Tap` that saw them go by. An answer that was never begun has
    no status.
    """

    world: str
    at: int
    monotonic: float
    origin: Origin
    route: Place
    method: str
    path: str
    query: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes | Tap = b""
    status: int | None = None
    reply_headers: Sequence[tuple[bytes, bytes]] = ()
    reply_body: bytes | Tap = b""
    connection: Connection = field(default_factory=Connection)
    seconds: float = 0.0
    quarantined: bool = False
    row: str | None = None
    detail: str = ""
    rule: str | None = None
    mishaps: Sequence[Mishap] = field(default_factory=list)
    written: int | None = None
    task: str | None = None
    committed: str | None = None
    unknown: Sequence[str] = ()

    def entry(self) -> Entry:
        """Return the entry: redacted, bounded, not yet numbered."""
        entry = Entry(
            world=self.world,
            at=self.at,
            monotonic=self.monotonic,
            origin=self.origin,
            route=self.route,
            method=self.method[:40],
            path=redacted(self.path[:_LONGEST]),
            query=redacted_query(self.query[:_LONGEST]),
            headers=_headers(self.headers),
            body=_content(self.body, self.headers),
            status=self.status,
            reply_headers=_headers(self.reply_headers),
            reply_body=_content(self.reply_body, self.reply_headers),
            connection=self.connection,
            seconds=self.seconds,
            quarantined=self.quarantined,
            row=self.row,
            detail=_plain(self.detail),
            rule=_plain(self.rule) if self.rule else None,
            mishaps=tuple(Acted(mishap.id, mishap.kind) for mishap in self.mishaps),
            written=self.written,
            task=_plain(self.task) if self.task else None,
            committed=_plain(self.committed) if self.committed else None,
            unknown=tuple(_plain(name) for name in self.unknown),
        )
        odd = _odd_credential(self.headers)
        return _without(entry, odd) if odd else entry


def redacted_query(query: str) -> str:
    """Return a raw query without its secrets, whatever their names are written like (`%53ignature`)."""
    if "%" not in query:
        return redacted(query)
    pieces = []
    for piece in query.split("&"):
        name, equals, value = piece.partition("=")
        kind = secret_kind(unquote_plus(name)) if value else None
        pieces.append(f"{redacted(name)}={hidden(kind, value)}" if kind else redacted(f"{name}{equals}{value}"))
    return "&".join(pieces)


def _plain(text: str) -> str:
    """Return a text that can be written as UTF-8: a client may have sent half a surrogate pair."""
    return redacted(text if text.isascii() else text.encode("utf-8", "backslashreplace").decode())


def _content(body: bytes | Tap, headers: Iterable[tuple[bytes, bytes]]) -> Content:
    media = encoding = ""
    for name, value in headers:
        low = name.lower()
        if low == b"content-type":
            media = value.decode("latin-1")
        elif low == b"content-encoding":
            encoding = value.decode("latin-1")
    return body.content(media, encoding) if isinstance(body, Tap) else content(body, media, encoding)


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> Headers:
    return tuple([(_short_header if len(pair[1]) <= _SHORT else _header)(pair) for pair in raw])


def _header(pair: tuple[bytes, bytes]) -> tuple[str, str]:
    name, value = pair[0].decode("latin-1").lower(), pair[1].decode("latin-1")
    return redacted(name[:_LONGEST]), _header_value(name, value)


# Most headers of a client are the same in every request.
_short_header = lru_cache(maxsize=4096)(_header)


def _header_value(name: str, value: str) -> str:
    if name.encode("latin-1") in _CREDENTIALS:
        scheme, space, credential = value.partition(" ")
        return f"{scheme} {_hidden_key(credential.strip())}" if space else _hidden_key(scheme)
    if name in _COOKIES:
        return placeholder("cookie", value)
    if name == "x-oss-err":
        return _error_text(value)
    kind = secret_kind(name)
    return hidden(kind, value) if kind else redacted(value[:_LONGEST])


def _hidden_key(credential: str) -> str:
    """Return the placeholder of whatever stands where a key should; nothing for nothing."""
    return hidden("api-key", credential) if credential else ""


def _error_text(value: str) -> str:
    """Return what an `x-oss-err` header says: it is base64 of the XML that a HEAD cannot carry as a body."""
    try:
        return f"<base64> {redacted(base64.b64decode(value, validate=True).decode('utf-8', 'backslashreplace'))}"
    except ValueError:
        return redacted(value[:_LONGEST])


def _odd_credential(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return a credential that does not look like a key: then only its header tells that it is one."""
    for name, value in headers:
        if name.lower() in _CREDENTIALS:
            credential = value.decode("latin-1").rpartition(" ")[2]
            if len(credential) >= _LEAST_SECRET and hidden("api-key", credential) != redacted(credential):
                return credential
    return None


def _without(entry: Entry, secret: str) -> Entry:
    """Return an entry in which a secret stands nowhere."""
    label = hidden("api-key", secret)

    def swept(text: str) -> str:
        plain = unescaped(text)
        return (plain if secret in plain else text).replace(secret, label)

    def swept_body(body: Content) -> Content:
        return replace(body, text=swept(body.text)) if body.text else body

    def swept_headers(headers: Headers) -> Headers:
        return tuple((swept(name), swept(value)) for name, value in headers)

    return replace(
        entry,
        path=swept(entry.path),
        query=swept(entry.query),
        headers=swept_headers(entry.headers),
        reply_headers=swept_headers(entry.reply_headers),
        body=swept_body(entry.body),
        reply_body=swept_body(entry.reply_body),
        detail=swept(entry.detail),
        task=swept(entry.task) if entry.task else None,
        unknown=tuple(swept(name) for name in entry.unknown),
    )
