"""A body in the journal: hashed whole, shown in part, and never a secret, a file or a picture in it."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.ids import key_id
from hobbyhorse.journal.bodies import Tap, content

KEY = "sk-facade000000000000000000000000b1"
SHOWN = f"<api-key {key_id(KEY)}>"
FORM = "multipart/form-data; boundary=seam"


def form(*parts: tuple[str, bytes]) -> bytes:
    lines = b"".join(
        b"--seam\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + value + b"\r\n"
        for head, value in parts
    )
    return lines + b"--seam--\r\n"


@given(st.binary(max_size=2000))
def test_hash_and_size_are_those_of_all_bytes(body: bytes) -> None:
    shown = content(body, "", "")

    assert (shown.sha256, shown.size) == (hashlib.sha256(body).hexdigest(), len(body))


@given(
    st.binary(max_size=300_000), st.integers(1, 70_000), st.sampled_from(["application/json", FORM, "video/mp4", ""])
)
def test_a_body_in_pieces_is_shown_as_in_one(body: bytes, step: int, media: str) -> None:
    tap = Tap()
    for start in range(0, len(body), step):
        tap.feed(body[start : start + step])
    piecewise, whole = tap.content(media, ""), content(body, media, "")

    assert (piecewise.sha256, piecewise.size) == (whole.sha256, whole.size)
    if len(body) < 100_000:
        assert piecewise == whole


@pytest.mark.parametrize(
    ("body", "media", "encoding"),
    [
        (b"ftyp", "video/mp4", ""),
        (b"x", "image/png", ""),
        (b"{}", "application/json", "gzip"),
        (b"\x00\x01", "application/json", ""),
        ('{"a":1}'.encode("utf-16"), "application/json", ""),
    ],
)
def test_what_is_no_text_is_not_shown(body: bytes, media: str, encoding: str) -> None:
    assert content(body, media, encoding).text is None


def test_a_long_body_is_cut_and_says_so() -> None:
    shown = content(b"a" * 50_000, "text/plain", "")

    assert (shown.text, shown.size, shown.is_cut) == ("a" * 16384, 50_000, True)
    assert not content(b"a" * 16384, "text/plain", "").is_cut


@pytest.mark.parametrize("start", [*range(16340, 16400), *range(32740, 32780)])
def test_no_secret_shows_where_a_body_is_cut(start: int) -> None:
    body = " " * start + KEY * 40

    assert "facade" not in (content(body.encode(), "text/plain", "").text or "")


def test_a_data_uri_is_shortened_and_what_follows_is_shown() -> None:
    head = '{"media": [{"url": "data:image/png;base64,'
    tail = '"}], "key": "KEY", "end": "é"}'
    body = (head + "iVBO" * 700_000 + tail.replace("KEY", KEY)).encode()
    shown = content(body, "application/json", "")

    assert shown.text == head + "<2800000 bytes>" + tail.replace("KEY", SHOWN)
    assert not shown.is_cut
    assert shown.size == len(body)


def test_a_short_data_uri_stays() -> None:
    body = json.dumps(["data:,a;base64,QUJD", "data:image/png;base64,QUJD", "x" * 100])

    assert content(body.encode(), "application/json", "").text == body


def test_a_data_uri_that_is_longer_than_what_was_held_is_cut() -> None:
    tap = Tap()
    tap.feed(b'{"url":"data:image/png;base64,' + b"A" * 1_000_000 + b'"}')
    shown = tap.content("application/json", "")

    assert shown.is_cut
    assert len(shown.text or "") < 100


def test_many_data_uris_are_shortened_each() -> None:
    uri = "data:image/png;base64," + "A" * 100 + "=="
    shown = content(json.dumps([uri] * 3).encode(), "application/json", "")

    assert (shown.text or "").count("<102 bytes>") == 3


def test_a_data_uri_that_runs_into_text_ends_where_base64_does() -> None:
    shown = content(b"data:a;base64," + b"A" * 80 + b" and a prompt", "text/plain", "")

    assert shown.text == "data:a;base64,<80 bytes> and a prompt"


def test_a_form_shows_its_fields_hides_its_secrets_and_counts_its_file() -> None:
    body = form(
        ('name="key"', b"dashscope-instant/a/b.png"),
        ('name="Signature"', b"c2lnbmF0dXJl"),
        ('name="policy"\r\nContent-Type: text/plain', b"eyJwb2xpY3kiOiAxfQ=="),
        ('name="x-oss-security-token"', b"hush-hush"),
        ('name="note"', KEY.encode()),
        ('name="file"; filename="a.png"', b"\x89PNG\x00\x01" * 100),
    )
    text = content(body, FORM, "").text or ""

    assert "dashscope-instant/a/b.png" in text
    assert SHOWN in text
    assert "<600 bytes>" in text
    assert 'filename="a.png"' in text
    assert not [word for word in ("c2lnbmF0dXJl", "eyJwb2xpY3ki", "hush", "PNG\x00", KEY) if word in text]
    assert text.count("--seam") == 7


@pytest.mark.parametrize(
    "head",
    [
        "name=Signature",
        'NAME="signature"',
        'filename="" ; name="Signature"',
        'name="x";name="Signature"',
        'name=" Signature "',
    ],
)
def test_a_secret_field_is_known_however_its_part_is_written(head: str) -> None:
    assert "c2lnbmF0dXJl" not in (content(form((head, b"c2lnbmF0dXJl")), FORM, "").text or "")


def test_a_file_without_a_filename_is_counted_too() -> None:
    assert "<5 bytes>" in (content(form(("name=file", b"12345")), FORM, "").text or "")


def test_a_file_that_is_not_whole_in_what_was_held_says_at_least_how_long_it_is() -> None:
    tap = Tap()
    body = form(('name="file"; filename="a"', b"x" * 500_000))
    tap.feed(body)
    shown = tap.content(FORM, "")

    assert "<at least 1" in (shown.text or "")
    assert shown.is_cut
    assert shown.size == len(body)


@pytest.mark.parametrize(
    "media",
    ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary="other"', "text/plain"],
)
def test_a_form_that_is_none_still_shows_no_secret(media: str) -> None:
    body = form(('name="note"', KEY.encode()), ('name="Signature"', b"Zm9vYmFyYmF6cXV4Zm9vYmFyYmE="))
    text = content(body, media, "").text or ""

    assert KEY not in text
    assert "Zm9vYmFyYmF6" not in text


def test_what_is_no_utf_8_is_shown_escaped() -> None:
    assert content(b'{"prompt":"\xff\xfe"}', "application/json", "").text == '{"prompt":"\\xff\\xfe"}'
