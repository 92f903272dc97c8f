"""Result URLs: OSS's V1 query signature, checked with an HMAC made here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core import signing
from unit.records import DAY, FAILURE, SUBMITTED, TASK_ID, a_job, a_task

BUCKET = "dashscope-result-bj"
ACCESS_KEY = "LTAI5tabcdefghijklmnopqr"
SECRET = "topsecret"
ENDS = SUBMITTED + 2000


def signed(base: str = "http://127.0.0.1:8701", **changes: object) -> str:
    return signing.signed_url(base, BUCKET, a_task(**changes), DAY, ACCESS_KEY, SECRET)


def test_the_signature_is_base64_of_hmac_sha1() -> None:
    # RFC 2202, test case 2
    expected = base64.b64encode(bytes.fromhex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")).decode()
    assert expected == signing.signature("Jefe", "what do ya want for nothing?")


def test_a_url_carries_the_signature_of_a_get_of_its_object() -> None:
    parts = urlsplit(signed())
    query = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
    text = f"GET\n\n\n{query['Expires']}\n{parts.path}"
    expected = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()).decode()
    assert ["Expires", "OSSAccessKeyId", "Signature"] == list(query)
    assert (expected, ACCESS_KEY) == (query["Signature"], query["OSSAccessKeyId"])
    assert 28 == len(query["Signature"])


def test_a_url_lies_below_the_result_origin_in_its_bucket() -> None:
    assert signed("https://results.test/below").startswith(f"https://results.test/below/{BUCKET}/1d/")


def test_the_text_to_sign_begins_with_the_method() -> None:
    assert "GET\n\n\n1776751270\n/bucket/1d/a.mp4" == signing.string_to_sign("GET", "1776751270", "bucket", "1d/a.mp4")
    assert "HEAD\n\n\n1\n/b/k" == signing.string_to_sign("HEAD", "1", "b", "k")


def test_a_url_expires_24_hours_after_the_end_in_whole_seconds() -> None:
    assert (ENDS + DAY) // 1000 == signing.expires_at(a_task(), DAY)
    assert f"Expires={1_776_664_872 + 86_400}&" in signed()


@pytest.mark.parametrize(("watermark", "suffix"), [(True, "_watermark.mp4"), (False, ".mp4")])
def test_an_object_key_has_the_captured_shape(watermark: bool, suffix: str) -> None:
    key = signing.object_key(a_task(outcome=a_job(watermark=watermark)))
    assert re.fullmatch(r"1d/[0-9a-f]{2}/20260420/[0-9a-f]{8}/" + re.escape(TASK_ID + suffix), key)


def test_the_day_in_a_key_is_that_of_utc_8() -> None:
    midnight = 1_776_700_800_000  # 2026-04-21 00:00 in UTC+8
    assert "/20260420/" in signing.object_key(a_task(ends_at=midnight - 1))
    assert "/20260421/" in signing.object_key(a_task(ends_at=midnight))


def test_a_failed_task_has_a_key_without_watermark() -> None:
    assert signing.object_key(a_task(outcome=FAILURE)).endswith(f"/{TASK_ID}.mp4")


@pytest.mark.parametrize("changes", [{"generation": 1}, {"world": "other"}, {"id": TASK_ID[:-1] + "1"}])
def test_another_generation_world_or_task_lies_elsewhere(changes: dict[str, object]) -> None:
    one, other = signing.object_key(a_task()), signing.object_key(a_task(**changes))
    assert one.split("/")[1:4] != other.split("/")[1:4]


def test_asking_again_gives_the_same_url() -> None:
    assert signed() == signed()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (f"1d/8e/20260420/bc34de8b/{TASK_ID}.mp4", TASK_ID),
        (f"1d/8e/20260420/bc34de8b/{TASK_ID}_watermark.mp4", TASK_ID),
        (f"{TASK_ID}.mp4", TASK_ID),
        ("1d/8e/20260420/bc34de8b/", None),
        ("a.mov", None),
        ("", None),
    ],
)
def test_a_key_names_its_task(key: str, expected: str | None) -> None:
    assert expected == signing.task_id_in(key)


@given(st.booleans(), st.integers(0, 5))
def test_the_task_id_is_found_again_in_any_key(watermark: bool, generation: int) -> None:
    task = a_task(outcome=a_job(watermark=watermark), generation=generation)
    assert TASK_ID == signing.task_id_in(signing.object_key(task))


@given(st.text(min_size=1), st.text(), st.text())
def test_another_text_or_secret_gives_another_signature(secret: str, text: str, other: str) -> None:
    same = text == other
    assert same == (signing.signature(secret, text) == signing.signature(secret, other))
    assert signing.signature(secret, text) != signing.signature(f"{secret}x", text)
