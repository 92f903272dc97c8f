"""Placeholders, captures and comparisons, each with what they must refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wire.matching import KINDS, FixtureError, Memory

if TYPE_CHECKING:
    from collections.abc import Mapping

TASK = "0385dc79-5ff8-4d82-bcb6-1c4d2e8f7a90"
FIRST = "4909100c-7b5a-9f92-bfe5-3a1b0c2d4e5f"
TARGET = f"/result-bucket/1d/8e/20260420/bc34de8b/{TASK}.mp4"
URL = f"http://127.0.0.1:8701{TARGET}?Expires=1776751350&OSSAccessKeyId=LTAI5tAbC123&Signature=" + "a" * 26 + "%2B%3D"
MP4 = b"\0\0\0\x18ftypisom" + bytes(range(100))


def complaints(expected: object, actual: object, memory: Memory | None = None) -> list[str]:
    return list((memory or Memory()).json(expected, actual, "body"))


FOLDER = f"dashscope-instant/{'0a' * 16}/2026-04-20/{FIRST}"
SHAPES: list[tuple[str, object, object]] = [
    ("task_id", TASK, FIRST),
    ("request_id", FIRST, TASK),
    ("video_url", URL, URL.replace("Expires", "expires")),
    ("video_url", URL.replace(".mp4", "_watermark.mp4"), URL.replace("%3D", "=")),
    ("plain_video_url", URL, URL.replace(".mp4", "_watermark.mp4")),
    ("marked_video_url", URL.replace(".mp4", "_watermark.mp4"), URL),
    ("time", "2026-04-20 14:01:10.341", "2026-04-20T14:01:10.341"),
    ("time", "2026-04-20 14:01:10.000", "2026-04-20 14:01:10"),
    ("epoch_ms", 1776664870341, "1776664870341"),
    ("epoch_ms", 1776664870341, 1776664870),
    ("int", 0, False),
    ("int", 5, 5.0),
    ("string", "x", ""),
    ("digits", "12", 12),
    ("hex32", "0af7651916cd43dd8448eb211c80319c", "0AF7651916CD43DD8448EB211C80319C"),
    ("base64", "PD94bWw+", "PD94bWw?"),
    ("host", "127.0.0.1:8701", "http://127.0.0.1"),
    ("http_date", "Mon, 20 Apr 2026 06:01:10 GMT", "2026-04-20"),
    ("json_type", "application/json;charset=UTF-8", "text/html"),
    ("oss_request_id", "674A99AC41234B3637F95F2A", "674a99ac41234b3637f95f2a"),
    ("oss_time", "2026-04-20T06:01:10.000Z", "2026-04-20T06:01:10Z"),
    ("hex_octets", "47 45 54 0A", "47455"),
    ("upload_dir", FOLDER, f"{FOLDER}/"),
    ("upload_host", "http://127.0.0.1:8701/dashscope-file-mgr", "http://127.0.0.1:8701"),
    ("access_key_id", "LTAI5tAbC123", "AKIA123"),
    ("token", "st-0123abc", "sk-0123abc"),
    ("epoch_s", 1776664870, 1776664870341),
]


@pytest.mark.parametrize(("kind", "good", "bad"), SHAPES)
def test_a_placeholder_matches_its_shape_only(kind: str, good: object, bad: object) -> None:
    assert complaints(f"<{kind}>", good) == []
    (complaint,) = complaints(f"<{kind}>", bad)
    assert complaint.startswith(f"body: expected <{kind}>, got ")


def test_every_kind_of_placeholder_has_its_shape_tested() -> None:
    assert {kind for kind, _, _ in SHAPES} == set(KINDS)


def test_a_named_placeholder_keeps_what_a_bare_free_one_does_not() -> None:
    memory = Memory()
    assert (
        complaints({"a": "<int>", "b": "<int>", "c": "<int:n>", "d": "<int:n>"}, {"a": 1, "b": 2, "c": 3, "d": 3}) == []
    )
    assert complaints("<int:n>", 3, memory) == []
    assert complaints("<int:n>", 4, memory) == ["body: expected <int:n> as before, 3, got 4"]


def test_parts_of_a_captured_value_can_be_quoted() -> None:
    memory = Memory()
    assert complaints("<video_url>", URL, memory) == []
    assert memory.quote("/{video_url.bucket}/{video_url.key}") == TARGET
    assert complaints("GET {video_url.expires}", "GET 1776751350", memory) == []
    assert complaints("GET {video_url.expires}", "GET", memory) == ['body: expected "GET 1776751350", got "GET"']


def test_an_mp4_and_its_slices_are_compared() -> None:
    memory = Memory()
    assert list(memory.file("clip", MP4)) == []
    assert list(memory.file("clip[0:10]", MP4[:10])) == []
    assert list(memory.file("clip[-5:]", MP4[-5:])) == []
    assert memory.quote("bytes 0-9/{clip.size}") == f"bytes 0-9/{len(MP4)}"
    assert list(memory.file("clip", MP4 + b"x")) == [
        f"mp4: expected {len(MP4)} octets of clip, got {len(MP4) + 1} octets that differ"
    ]
    assert list(memory.file("clip[0:10]", MP4[1:11])) != []
    assert list(Memory().file("clip", b"<html>")) == ["mp4: expected an MP4, got b'<html>'"]


def test_what_follows_open_elements_is_left_open() -> None:
    expected: list[Mapping[str, str] | str] = [{"Code": "InvalidRange"}, "..."]
    assert list(Memory().elements(expected, [("Code", "InvalidRange"), ("Any", "thing")])) == []
    assert list(Memory().elements(expected, [("Code", "InvalidRange")])) == []
    assert list(Memory().elements(expected, [("Code", "Other")])) == ['xml.Code: expected "InvalidRange", got "Other"']
    assert list(Memory().elements(expected, [("Any", "thing")])) == ["xml: expected the elements ['Code'], got ['Any']"]


def test_a_quote_of_nothing_and_a_kind_of_nothing_are_faults_of_the_fixture() -> None:
    with pytest.raises(FixtureError, match="was not seen before"):
        Memory().quote("/{task_id}")
    with pytest.raises(FixtureError, match="<taskid> is not a kind of placeholder"):
        complaints("<taskid>", TASK)
    with pytest.raises(FixtureError, match="neither a name nor a slice"):
        list(Memory().file("clip[", MP4))
