"""From what the desk noted of a request to an entry: here, and only here, raw values are redacted."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from .bodies import Tap, content
from .entry import Acted, Connection, Content, Entry, Headers, Origin
from .redaction import hidden, placeholder, redacted, secret_kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..core.mishaps import Mishap, Place

_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_COOKIES = frozenset({"cookie", "set-cookie"})
_LEAST_SECRET = 6  # characters of a credential that is looked for in the rest of its request
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
        raw, raw_reply = _texts(self.headers), _texts(self.reply_headers)
        sent = self.body.content(dict(raw)) if isinstance(self.body, Tap) else content(self.body, dict(raw))
        answer = self.reply_body
        got = answer.content(dict(raw_reply)) if isinstance(answer, Tap) else content(answer, dict(raw_reply))
        entry = Entry(
            world=self.world,
            at=self.at,
            monotonic=self.monotonic,
            origin=self.origin,
            route=self.route,
            method=self.method[:40],
            path=redacted(self.path[:_LONGEST]),
            query=redacted_query(self.query[:_LONGEST]),
            headers=_headers(raw),
            body=sent,
            status=self.status,
            reply_headers=_headers(raw_reply),
            reply_body=got,
            connection=self.connection,
            seconds=self.seconds,
            quarantined=self.quarantined,
            row=self.row,
            detail=redacted(self.detail),
            rule=self.rule,
            mishaps=tuple(Acted(mishap.id, mishap.kind) for mishap in self.mishaps),
            written=self.written,
            task=redacted(self.task) if self.task else None,
            committed=self.committed,
            unknown=tuple(redacted(name) for name in self.unknown),
        )
        odd = _odd_credential(raw)
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


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]


def _headers(raw: Iterable[tuple[str, str]]) -> Headers:
    return tuple((redacted(name[:_LONGEST]), _header(name, value)) for name, value in raw)


def _header(name: str, value: str) -> str:
    if name in _CREDENTIALS:
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


def _odd_credential(raw: Iterable[tuple[str, str]]) -> str | None:
    """Return a credential that does not look like a key: then only its header tells that it is one."""
    for name, value in raw:
        if name in _CREDENTIALS:
            credential = value.rpartition(" ")[2]
            if len(credential) >= _LEAST_SECRET and hidden("api-key", credential) != redacted(credential):
                return credential
    return None


def _without(entry: Entry, secret: str) -> Entry:
    """Return an entry in which a secret stands nowhere."""
    label = hidden("api-key", secret)

    def swept(text: str) -> str:
        return text.replace(secret, label)

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
