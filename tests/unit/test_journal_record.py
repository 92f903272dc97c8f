"""From a request as it came to an entry: complete, and without a secret in any of its fields."""

from __future__ import annotations

import base64
from dataclasses import astuple, replace

import pytest

from hobbyhorse.core.ids import key_id
from hobbyhorse.core.mishaps import Mishap, Moment, Place
from hobbyhorse.journal.entry import Acted, Connection, Entry, Origin
from hobbyhorse.journal.record import Draft, redacted_query

KEY = "sk-canary00000000000000000000000001"
TOKEN = "st-canary0000000000000000000000002"
SIGNATURE = "Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2E="
SHOWN = f"<api-key {key_id(KEY)}>"
JSON = (b"content-type", b"application/json")


def draft(**changes: object) -> Draft:
    plain = Draft("w1", 5, 1.5, Origin.API, Place.GET, "GET", "/api/v1/tasks/a", "", [(b"Host", b"127.0.0.1:8700")])
    for name, value in changes.items():
        setattr(plain, name, value)
    return plain


def test_an_entry_says_what_was_noted() -> None:
    mishap = Mishap("m1", "reset", Moment.AFTER, frozenset({Place.GET}))
    noted = draft(body=b"{}", status=200, reply_headers=[JSON], reply_body=b"[]", connection=Connection(3, 2))
    noted.row, noted.detail, noted.rule, noted.mishaps = "path-not-found", "why", "outage/1", [mishap]
    noted.seconds, noted.written, noted.task, noted.committed, noted.unknown = 0.25, 99, "a", "b", ("x",)
    entry = noted.entry()

    assert (entry.world, entry.at, entry.monotonic, entry.origin, entry.route) == ("w1", 5, 1.5, "api", "get")
    assert (entry.method, entry.path, entry.query) == ("GET", "/api/v1/tasks/a", "")
    assert entry.headers == (("host", "127.0.0.1:8700"),)
    assert entry.reply_headers == (("content-type", "application/json"),)
    assert (entry.body.text, entry.reply_body.text, entry.status) == ("{}", "[]", 200)
    assert (entry.row, entry.detail, entry.rule, entry.mishaps) == (
        "path-not-found",
        "why",
        "outage/1",
        (Acted("m1", "reset"),),
    )
    assert (entry.connection, entry.seconds, entry.written) == (Connection(3, 2), 0.25, 99)
    assert (entry.task, entry.committed, entry.unknown, entry.number) == ("a", "b", ("x",), 0)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {KEY}", f"Bearer {SHOWN}"),
        ("authorization", f"bearer  {KEY} ", f"bearer {SHOWN}"),
        ("Authorization", KEY, SHOWN),
        ("Authorization", f"Bearer {TOKEN}", f"Bearer <token {key_id(TOKEN)}>"),
        ("Authorization", "Bearer", "<api-key {}>".format(key_id("Bearer"))),
        ("Authorization", "Bearer no-key-at-all", f"Bearer <api-key {key_id('no-key-at-all')}>"),
        ("Authorization", 'Bearer sk-"#!', "Bearer <api-key {}>".format(key_id('sk-"#!'))),
        ("X-Oss-Security-Token", "hush", f"<token {key_id('hush')}>"),
        ("X-Api-Key", KEY, SHOWN),
        ("User-Agent", f"sdk {KEY}", f"sdk {SHOWN}"),
        ("Referer", f"http://a/?Signature={SIGNATURE}", "http://a/?Signature=<signature"),
        ("Cookie", "session=hush", "<cookie "),
        ("X-DashScope-Async", "enable", "enable"),
    ],
)  # fmt: skip
def test_headers_show_no_secret(name: str, value: str, shown: str) -> None:
    ((_, said),) = draft(headers=[(name.encode(), value.encode())]).entry().headers

    assert said.startswith(shown)
    assert not any(secret in said for secret in (KEY, TOKEN, "hush", "no-key", SIGNATURE))


def test_a_credential_that_looks_like_no_key_is_hidden_in_the_rest_of_its_request_too() -> None:
    odd = "grandmothers-maiden-name"
    raw = odd.encode()
    noted = draft(headers=[(b"authorization", b"Bearer " + raw), (b"x-note", raw)], body=raw, reply_body=raw)
    noted.path, noted.query, noted.reply_headers = f"/api/v1/tasks/{odd}", f"a={odd}", [(b"x", raw)]
    noted.detail, noted.task, noted.unknown = f"of {odd}", odd, (odd,)
    entry = noted.entry()

    assert odd not in repr(entry)
    assert repr(entry).count(f"<api-key {key_id(odd)}>") == 10


def test_a_short_credential_is_no_reason_to_change_other_words() -> None:
    assert draft(headers=[(b"authorization", b"Bearer a")], path="/banana").entry().path == "/banana"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (
            f"Expires=1&OSSAccessKeyId=LTAI5t&Signature={SIGNATURE}",
            "Expires=1&OSSAccessKeyId=LTAI5t&Signature=<signature ",
        ),
        ("%53ignature=abc%3D&a=1", "%53ignature=<signature "),
        ("signature=abc&a=%20", "signature=<signature "),
        ("security-token=%61bc", "security-token=<token "),
        ("a=%20&&=&b", "a=%20&&=&b"),
        ("page_no=1&api_key_id=1234567&x=%20", "page_no=1&api_key_id=1234567&x=%20"),
    ],
)
def test_queries(query: str, shown: str) -> None:
    said = redacted_query(query)

    assert said.startswith(shown)
    assert "abc" not in said.replace("<", "")
    assert SIGNATURE not in said


def test_the_error_that_a_head_carries_in_a_header_is_shown_as_text_without_its_secrets() -> None:
    xml = f"<Error><Code>SignatureDoesNotMatch</Code><SignatureProvided>{SIGNATURE}</SignatureProvided></Error>"
    headers = [(b"x-oss-err", base64.b64encode(xml.encode()))]
    ((_, said),) = draft(reply_headers=headers).entry().reply_headers

    assert said.startswith("<base64> <Error><Code>SignatureDoesNotMatch</Code><SignatureProvided><signature ")
    assert draft(reply_headers=[(b"x-oss-err", b"?")]).entry().reply_headers == (("x-oss-err", "?"),)


def test_no_field_of_an_entry_shows_a_secret() -> None:
    text = f"{KEY} {TOKEN} {SIGNATURE} Signature=hush"
    raw = text.encode()
    noted = draft(path=f"/{text}", query=text, headers=[(raw, raw)], body=raw, reply_body=raw)
    noted.reply_headers, noted.detail, noted.task, noted.unknown = [(raw, raw)], text, text, (text,)
    entry = noted.entry()

    assert not [part for part in astuple(entry) if any(s in repr(part) for s in (KEY, TOKEN, SIGNATURE, "hush"))]


def test_paths_and_headers_are_bounded_and_weight_grows_with_what_is_held() -> None:
    def weight(**changes: object) -> int:
        return draft(**changes).entry().weight

    assert len(draft(path="/" * 10**6).entry().path) == 8192
    assert len(draft(headers=[(b"x", b"y" * 10**6)]).entry().headers[0][1]) == 8192
    assert weight(body=b"a" * 1000) == weight() + 1000
    assert weight(reply_body="é".encode() * 100) == weight() + 400
    assert weight(headers=[(b"Host", b"127.0.0.1:8700"), (b"x", b"y" * 700)]) == weight() + 700
    assert weight(path="/a") < weight(path="/api")
    assert weight(query="abc") == weight() + 3


def test_a_draft_may_be_changed_and_an_entry_may_not() -> None:
    entry: Entry = draft().entry()

    assert replace(entry, number=3).number == 3
    with pytest.raises(AttributeError):
        entry.number = 3  # type: ignore[misc]


def test_what_is_no_unicode_is_written_escaped() -> None:
    entry = draft(detail="a \ud800", task="\udcff", unknown=("\udfff", "城")).entry()

    assert (entry.detail, entry.task, entry.unknown) == ("a \\ud800", "\\udcff", ("\\udfff", "城"))
