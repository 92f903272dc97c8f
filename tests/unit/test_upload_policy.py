"""The policy of an upload: what it says, and every condition of it violated alone."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobbyhorse.core import upload_policy
from hobbyhorse.core.faults import OssFault
from hobbyhorse.core.upload_policy import UploadTerms, document, is_bound, read, upload_dir

TERMS = UploadTerms(
    bucket="dashscope-file-mgr",
    folder="dashscope-instant",
    acl="private",
    forbid_overwrite="true",
    max_file_size_mb=1024,
    capacity_limit_mb=999999999,
    policy_lifetime=300_000,
    object_lifetime=48 * 3_600_000,
)
NOW = 1776664870341  # 2026-04-20T06:01:10.341Z, 14:01 in UTC+8
REQUEST = "4909100c-7b5a-9f92-bfe5-3a1b0c2d4e5f"
SECRET = "0123456789abcdef"
FOLDER = upload_dir(TERMS, SECRET, "happyhorse-1.1-i2v", REQUEST, NOW)
GOOD = {
    "key": f"{FOLDER}/a.png",
    "bucket": "dashscope-file-mgr",
    "x-oss-object-acl": "private",
    "x-oss-forbid-overwrite": "true",
}


def encoded(policy: object) -> str:
    return base64.b64encode(json.dumps(policy).encode()).decode()


def with_conditions(*conditions: object) -> str:
    return encoded({"expiration": "2026-04-20T06:06:10.341Z", "conditions": conditions})


def refusal(policy: str, fields: dict[str, str], now: int = NOW) -> tuple[str, str]:
    with pytest.raises(OssFault) as caught:
        read(policy).check(fields, now)
    return caught.value.row, caught.value.elements.get("condition", "")


def test_a_folder_is_fresh_for_each_request_and_dated_in_utc_8() -> None:
    folder, binding, day, request = FOLDER.split("/")
    assert ("dashscope-instant", "2026-04-20", REQUEST) == (folder, day, request)
    assert len(binding) == 32
    assert int(binding, 16)
    late = 1776700800000  # 2026-04-20T16:00:00Z
    assert "/2026-04-21/" in upload_dir(TERMS, SECRET, "m", REQUEST, late)


def test_the_document_is_the_captured_one() -> None:
    policy = json.loads(base64.b64decode(document(TERMS, FOLDER, NOW + 300_000)))
    assert policy == {
        "expiration": "2026-04-20T06:06:10.341Z",
        "conditions": [
            ["content-length-range", 0, 1073741824],
            ["starts-with", "$key", FOLDER],
            {"bucket": "dashscope-file-mgr"},
            {"x-oss-object-acl": "private"},
            {"x-oss-forbid-overwrite": "true"},
        ],
    }


def test_a_good_form_passes_until_the_policy_expires() -> None:
    policy = read(document(TERMS, FOLDER, NOW + 300_000))
    assert (0, 1073741824) == (policy.least, policy.most)
    policy.check(GOOD, NOW)
    policy.check(GOOD, NOW + 299_999)
    assert ("policy-expired", "") == refusal(document(TERMS, FOLDER, NOW + 300_000), GOOD, NOW + 300_000)


@pytest.mark.parametrize(
    ("field", "value", "condition"),
    [
        ("key", "dashscope-instant/else/a.png", f'["starts-with", "$key", "{FOLDER}"]'),
        ("key", FOLDER[:-1], f'["starts-with", "$key", "{FOLDER}"]'),
        ("bucket", "dashscope-result-bj", '["eq", "$bucket", "dashscope-file-mgr"]'),
        ("x-oss-object-acl", "public-read", '["eq", "$x-oss-object-acl", "private"]'),
        ("x-oss-object-acl", "private ", '["eq", "$x-oss-object-acl", "private"]'),
        ("x-oss-forbid-overwrite", "True", '["eq", "$x-oss-forbid-overwrite", "true"]'),
    ],
)
def test_each_condition_is_enforced_alone(field: str, value: str, condition: str) -> None:
    policy = document(TERMS, FOLDER, NOW + 1)
    assert ("policy-condition-failed", condition) == refusal(policy, {**GOOD, field: value})


@pytest.mark.parametrize("field", GOOD)
def test_a_field_that_a_condition_names_must_be_there(field: str) -> None:
    fields = {name: value for name, value in GOOD.items() if name != field}
    assert "policy-field-missing" == refusal(document(TERMS, FOLDER, NOW + 1), fields)[0]


@pytest.mark.parametrize(
    ("condition", "fields", "holds"),
    [
        (["eq", "$a", "x"], {"a": "x"}, True),
        (["eq", "a", "x"], {"a": "x"}, True),  # OSS's own examples leave the $ out
        (["eq", "$A", "x"], {"a": "x"}, True),
        ({"A": "x"}, {"a": "x"}, True),
        (["eq", "$a", "x"], {"a": "X"}, False),
        (["eq", "$a", ""], {"a": ""}, True),
        (["starts-with", "$a", ""], {"a": "anything"}, True),
        (["starts-with", "$a", "纸"], {"a": "纸马"}, True),
        (["starts-with", "$a", "马"], {"a": "纸马"}, False),
    ],
)
def test_conditions_are_judged_whatever_they_name(condition: Any, fields: dict[str, str], holds: bool) -> None:
    policy = with_conditions(condition)
    if holds:
        read(policy).check(fields, NOW)
    else:
        assert "policy-condition-failed" == refusal(policy, fields)[0]


def test_ranges_of_a_policy_narrow_each_other() -> None:
    policy = read(with_conditions(["content-length-range", 5, 100], ["content-length-range", 0, 50]))
    assert (5, 50) == (policy.least, policy.most)
    assert read(with_conditions()).most == 5 * 2**30


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "%%%",
        "纸马",
        base64.b64encode(b"{").decode(),
        base64.b64encode(b"\xff").decode(),
        base64.b64encode(b"[" * 100_000).decode(),
        encoded([]),
        encoded("x"),
        encoded({}),
        encoded({"expiration": "2026-04-20T06:06:10Z"}),
        encoded({"conditions": []}),
        encoded({"expiration": 5, "conditions": []}),
        encoded({"expiration": "", "conditions": []}),
        encoded({"expiration": "tomorrow", "conditions": []}),
        encoded({"expiration": "2026-04-20T06:06:10Z", "conditions": {"bucket": "a"}}),
        with_conditions(["content-length-range", 20, 10]),
        with_conditions(["content-length-range", -1, 10]),
        with_conditions(["content-length-range", 1, "10"]),
        with_conditions(["content-length-range", 1]),
        with_conditions(["$key"]),
        with_conditions(["in", "$a", ["x"]]),
        with_conditions(["eq", "$a", 5]),
        with_conditions({"a": "x", "b": "y"}),
        with_conditions({}),
        with_conditions({"a": 5}),
        with_conditions("eq"),
        with_conditions(None),
    ],
)
def test_a_policy_that_is_not_well_formed_is_refused_in_one_way(policy: str) -> None:
    assert "policy-invalid" == refusal(policy, GOOD)[0]


def test_a_folder_is_bound_to_account_and_model() -> None:
    assert is_bound(f"{FOLDER}/a.png", SECRET, "happyhorse-1.1-i2v")
    assert is_bound(f"{FOLDER}/纸/马 1.png", SECRET, "happyhorse-1.1-i2v")
    assert not is_bound(f"{FOLDER}/a.png", SECRET, "happyhorse-1.0-i2v")
    assert not is_bound(f"{FOLDER}/a.png", "another", "happyhorse-1.1-i2v")
    assert not is_bound(f"{FOLDER}x/a.png", SECRET, "happyhorse-1.1-i2v")  # the prefix holds, the folder is another


@given(st.text())
def test_any_text_is_no_folder_of_ours(key: str) -> None:
    assert not is_bound(key, SECRET, "m")


@given(st.text())
def test_reading_a_policy_raises_nothing_but_a_fault(text: str) -> None:
    try:
        upload_policy.read(text)
    except OssFault as fault:
        assert fault.row == "policy-invalid"  # noqa: PT017 - or it is a policy, which no text here is
    else:
        pytest.fail("that was no policy")
