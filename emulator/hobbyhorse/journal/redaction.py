"""Redaction: what opens something is replaced by a stable placeholder before it is written, in journal and log alike.

The same secret has the same placeholder everywhere, so that entries can be told apart and joined. The number in
`<api-key 1234567>` is the one under which listings show that key. What is redacted twice does not change.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from urllib.parse import unquote

from ..core.ids import key_id

# A key or token begins with `sk-` or `st-`, not inside a word. Before it may stand an escape that ends in a letter:
# `%20`, `\n`, `\u000a`, `\xff`. Fewer than four characters after it are no key (`st-art`).
_KEY = re.compile(
    r"s[kt]-(?:(?<![A-Za-z0-9]...)|(?<=%[0-9a-f]{2}...)|(?<=\\[bfnrt]...)|(?<=\\u[0-9a-f]{4}...)|(?<=\\x[0-9a-f]{2}...))"
    r"[\w-]{4,}",
    re.IGNORECASE | re.ASCII,
)
# Characters of a secret written as `%73` (or `%2573`) or `\u0073`, as a URL or JSON may.
_ESCAPE = re.compile(r"%(?:25)*([2-7][0-9a-f])|\\u00([2-7][0-9a-f])", re.IGNORECASE)
_IN_URLS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")
_IN_JSON = _IN_URLS | frozenset("+/=&%:@")

# What a name ends with whose value is secret, and what the placeholder calls it.
_KINDS = {
    "signature": "signature",
    "policy": "policy",
    "token": "token",
    "api_key": "api-key",
    "apikey": "api-key",
    "api-key": "api-key",
    "secret": "secret",
    "password": "secret",
}
# A value after its name: in a query or form (also one quoted inside another URL), in JSON, in JSON inside JSON.
_VALUE = (
    r"(?P<before>(?:=|%3d))(?P<plain>(?:(?!%26)[^&\s\"'<>\\])+)"
    r"|(?P<quote>\"\s*:\s*\")(?P<text>(?:[^\"\\]|\\.)+)"
    r"|(?P<escaped>\\+\"\s*:\s*\\+\")(?P<inner>[^\"\\]+(?:\\+/[^\"\\]*)*)"
)
_NAMED = {name: re.compile(f"(?P<name>{name})(?:{_VALUE})", re.IGNORECASE | re.ASCII) for name in _KINDS}
# A header in a text: in a request that could not be parsed, or in a traceback.
_HEADER = re.compile(
    r"(?P<name>authorization[\"']?\s*[:=]\s*[\"']?(?:bearer +|basic +)?+)(?P<value>[^&\s\"',<>\\]+)",
    re.IGNORECASE | re.ASCII,
)
# OSS shows what it was given and what it would have signed, the latter in hexadecimal too.
_ELEMENT = re.compile(r"(?P<open><(?:SignatureProvided|StringToSignBytes|Signature)>)(?P<value>[^<]+)")
_USER = re.compile(r"(?<=://)[^/@\s'\"<>]+(?=@)")
# A signature of OSS is base64 of 20 bytes, wherever it stands and whatever it is called.
_BASE64 = re.compile(
    r"(?:(?<![A-Za-z0-9+])|(?<=%[0-9a-f]{2}))(?:[A-Za-z0-9+/]|%2[bf]|\\/){27}(?:=|%3d)(?![A-Za-z0-9+=])",
    re.IGNORECASE,
)
# JSON in base64: an upload policy wherever it stands (it begins with its expiration), or a token made of JSON.
_JSON = re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_+/-]{20,}={0,2}(?:\.[A-Za-z0-9_-]+)*")
_POLICY = "eyJleHBpcmF0aW9u"
_DEEPEST = 3  # times that a URL is quoted inside another one
_PLACEHOLDER = re.compile(r"<[a-z-]+ [0-9a-f]{5,7}>")


@lru_cache(maxsize=4096)
def placeholder(kind: str, secret: str) -> str:
    """Return what is written instead of a secret: `<api-key 1234567>`, `<signature 0a1b2>`."""
    if kind in {"api-key", "token"}:
        return f"<{kind} {key_id(secret)}>"
    return f"<{kind} {hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:5]}>"


def secret_kind(name: str) -> str | None:
    """Return what the value of a field, header or parameter of this name is called, or None where it is no secret."""
    low = name.lower()
    return next((kind for end, kind in _KINDS.items() if low.endswith(end)), None)


def hidden(kind: str, value: str) -> str:
    """Return the placeholder of a value that is secret whatever it looks like."""
    if _PLACEHOLDER.fullmatch(value):
        return value
    plain = _plain(value.replace("\\/", "/"))
    if _KEY.fullmatch(plain):
        return _of_key(plain)
    return placeholder(kind, plain)


def redacted(text: str) -> str:
    """Return a text without its secrets. Costs next to nothing where there is none."""
    once = _hide(text)
    plain = unescaped(once)
    if plain is once:
        return once
    again = _hide(plain)
    return once if again == plain else again


def unescaped(text: str) -> str:
    """Return a text whose plain characters stand as themselves, not escaped as in URLs or JSON; others stay."""
    return _ESCAPE.sub(_unescape, text) if "%" in text or "\\u00" in text else text


def _unescape(found: re.Match[str]) -> str:
    digits, allowed = (found[1], _IN_URLS) if found[1] else (found[2], _IN_JSON)
    letter = chr(int(digits, 16))
    return letter if letter in allowed else found[0]


def _hide(text: str) -> str:
    low = text.lower()
    for name, pattern in _NAMED.items():
        if name in low:
            text = pattern.sub(_hide_named, text)
    if "authorization" in low:
        text = _HEADER.sub(lambda found: found["name"] + hidden("api-key", found["value"]), text)
    if "<s" in low:
        text = _ELEMENT.sub(_hide_element, text)
    if "sk-" in low or "st-" in low:
        text = _KEY.sub(lambda found: _of_key(found[0]), text)
    if "://" in text and "@" in text:
        text = _USER.sub(lambda found: hidden("credentials", found[0]), text)
    if "eyJ" in text:
        text = _JSON.sub(lambda found: hidden("policy" if found[0].startswith(_POLICY) else "token", found[0]), text)
    if "=" in text or "%3d" in low:
        text = _BASE64.sub(lambda found: hidden("signature", found[0]), text)
    return text


def _of_key(key: str) -> str:
    return placeholder("token" if key[1] in "tT" else "api-key", key)


def _plain(text: str) -> str:
    """Return a secret as it is meant, so that it has one placeholder however it is written."""
    text = unescaped(text)
    for _ in range(_DEEPEST):
        text = unquote(text)
    return text


def _hide_named(found: re.Match[str]) -> str:
    kind = _KINDS[found["name"].lower()]
    start = found["before"] or found["quote"] or found["escaped"]
    value = found["plain"] or found["text"] or found["inner"]
    return f"{found['name']}{start}{hidden(kind, value)}"


def _hide_element(found: re.Match[str]) -> str:
    return f"{found['open']}{hidden('bytes' if 'Bytes' in found['open'] else 'signature', found['value'])}"
