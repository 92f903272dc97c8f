"""What opens something is written nowhere; what is written instead is stable, and tells one secret from another."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core.ids import key_id
from hobbyhorse.journal.redaction import hidden, redacted

KEY = "sk-facade000000000000000000000000b1"
TOKEN = "st-0123456789abcdef0123456789abcdef"
SIGNATURE = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmE="  # the shape of one: 28 characters
SHOWN = f"<signature {hashlib.sha256(SIGNATURE.encode()).hexdigest()[:5]}>"
POLICY = base64.b64encode(b'{"expiration":"2026-03-01T12:00:00Z","conditions":[]}').decode()
POLICY_SHOWN = f"<policy {hashlib.sha256(POLICY.encode()).hexdigest()[:5]}>"
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
KEY_SHOWN = f"<api-key {key_id(KEY)}>"


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "Bearer {}",
        "/api/v1/tasks/{}",
        "_{}_".format("{}/"),
        '{{"prompt":"say {} aloud"}}',
        "line\\n{}\\nline",
        "\\u000a{}",
        "%20{}%20",
        "%0A{}&x=1",
        "\\xff{}",
        "({})",
        "https://h.example/{}?x",
        "key={}",
        "say «{}»",
        "城市{}城市",
        "İ{}",
    ],
)
def test_a_key_is_hidden_wherever_it_stands(around: str) -> None:
    assert redacted(around.format(KEY)) == around.format(KEY_SHOWN)


@pytest.mark.parametrize(
    "written",
    [
        KEY.upper().replace("SK", "sK"),
        KEY.replace("s", "%73", 1),
        KEY.replace("-", "%2D", 1),
        KEY.replace("-", "%252d", 1),
        KEY.replace("facade", "f%61c%61de"),
        "".join(f"%{ord(c):02X}" for c in KEY),
        "".join(f"\\u{ord(c):04x}" for c in KEY),
        quote(quote(KEY.replace("s", "%73", 1))),
        KEY.replace("f", "\\u0066"),
    ],
)
def test_writing_a_key_otherwise_does_not_hide_it_from_us(written: str) -> None:
    said = redacted(f"a {written} b")

    assert said.startswith("a <api-key ")
    assert said.endswith("> b")
    assert written[4:10] not in said


@pytest.mark.parametrize(
    "text", ["mask-making", "st-art", "sk-", "task-0123456789abcdef", "best-of-both-worlds", "desk-top"]
)
def test_words_that_only_contain_the_beginning_of_a_key_stay(text: str) -> None:
    assert redacted(f"a {text} b") == f"a {text} b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TOKEN, f"<token {key_id(TOKEN)}>"),
        (f"?Expires=1&Signature={SIGNATURE}&x=1", f"?Expires=1&Signature={SHOWN}&x=1"),
        (f"?Expires=1&Signature={quote(SIGNATURE)}&x=1", f"?Expires=1&Signature={SHOWN}&x=1"),
        (f"?x-oss-signature={SIGNATURE}", f"?x-oss-signature={SHOWN}"),
        (f"?url=h%3FSignature%3D{quote(quote(SIGNATURE))}%26x", f"?url=h%3FSignature%3D{SHOWN}%26x"),
        (f'{{"signature": "{SIGNATURE}"}}', f'{{"signature": "{SHOWN}"}}'),
        (
            f'{{"policy":"{SIGNATURE}x"}}',
            '{"policy":"<policy ' + hashlib.sha256(f"{SIGNATURE}x".encode()).hexdigest()[:5] + '>"}',
        ),
        (f'"{{\\"signature\\": \\"{SIGNATURE}\\"}}"', f'"{{\\"signature\\": \\"{SHOWN}\\"}}"'),
        (f'{{"token":"{TOKEN}"}}', f'{{"token":"<token {key_id(TOKEN)}>"}}'),
        (f"<SignatureProvided>{SIGNATURE}</SignatureProvided>", f"<SignatureProvided>{SHOWN}</SignatureProvided>"),
        (f"given: {SIGNATURE}", f"given: {SHOWN}"),
        (f"/bucket/{SIGNATURE}.mp4", f"/bucket/{SHOWN}.mp4"),
        (f"/{SIGNATURE}/{SIGNATURE}", f"/{SHOWN}/{SHOWN}"),
        (f"<StringToSign>{POLICY}</StringToSign>", f"<StringToSign>{POLICY_SHOWN}</StringToSign>"),
        (f"policy={POLICY}", f"policy={POLICY_SHOWN}"),
        (f"say {JWT}.", f"say <token {key_id(JWT)}>."),
        (f"given: {quote(SIGNATURE)} of", f"given: {SHOWN} of"),
        (
            "https://user:hunter2@h.example/a.png",
            "https://<credentials " + hashlib.sha256(b"user:hunter2").hexdigest()[:5] + ">@h.example/a.png",
        ),
        ("max_tokens=5&policy_id=3&api_key_id=1234567", "max_tokens=5&policy_id=3&api_key_id=1234567"),
        ('{"prompt":"sign the signature policy"}', '{"prompt":"sign the signature policy"}'),
    ],
)
def test_signatures_policies_and_passwords(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "GET / HTTP/9\r\nAuthorization: Bearer hush-hush\r\nHost: a\r\n",
        "{'Authorization': 'Bearer hush-hush'}",
        "authorization: Basic hush-hush",
        "AUTHORIZATION=hush-hush&a=b",
    ],
)
def test_a_header_in_a_text_hides_whatever_its_value_is(text: str) -> None:
    assert redacted(text) == text.replace("hush-hush", f"<api-key {key_id('hush-hush')}>")
    assert redacted(redacted(text)) == redacted(text)


def test_the_shortest_key_has_four_characters_after_its_beginning_and_case_does_not_matter() -> None:
    assert redacted("sk-abcd sk-abc") == f"<api-key {key_id('sk-abcd')}> sk-abc"
    assert redacted("ST-ABCD") == f"<token {key_id('ST-ABCD')}>"


def test_a_placeholder_is_no_secret() -> None:
    assert hidden("signature", SHOWN) == SHOWN


def test_slashes_that_json_escapes_do_not_cut_a_signature() -> None:
    slashed = "Zm9vYmFy/mF6cXV4Zm9vYmFyYmE="
    said = redacted(json.dumps({"signature": slashed}).replace("/", "\\/"))

    assert said == redacted(json.dumps({"signature": slashed}))
    assert "mF6cXV4" not in said


def test_what_oss_would_have_signed_is_not_shown_in_hexadecimal() -> None:
    octets = KEY.encode().hex(" ").upper()

    assert octets not in redacted(f"<StringToSignBytes>{octets}</StringToSignBytes>")


@given(st.text(), st.sampled_from([KEY, TOKEN, f"Signature={SIGNATURE}", "https://a:b@c/"]), st.text())
def test_redacting_twice_changes_nothing(before: str, secret: str, after: str) -> None:
    once = redacted(f"{before} {secret} {after}")

    assert redacted(once) == once


@given(st.text(alphabet="abcdefgh \n\"'{}:,.城🐎", max_size=300))
def test_a_text_without_secrets_stays(text: str) -> None:
    assert redacted(text) == text


@given(st.binary(min_size=20, max_size=20), st.sampled_from(["{}", "'{}'", "x={}", "sig {},", "%22{}%22", '"{}"']))
def test_any_signature_is_known_by_its_shape(digest: bytes, around: str) -> None:
    signature = base64.b64encode(digest).decode()

    assert signature not in redacted(around.format(signature))
    assert quote(signature, safe="") not in redacted(around.format(quote(signature, safe="")))
