from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import Any

import pytest

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.faults import Fault
from hobbyhorse.media.judging.judgement import (
    LARGEST_SIDE,
    MB,
    Header,
    judge_duration,
    judge_format,
    judge_size,
    judge_video,
)

ROWS: dict[str, dict[str, Any]] = tomllib.loads(
    resources.files("hobbyhorse.data").joinpath("media.toml").read_text(encoding="utf-8")
)["limits"]
Case = tuple[dict[str, float], str | None]
VIDEOS = [name for name, row in ROWS.items() if "MP4" in row.get("formats", ())]
SOUNDS = [name for name, row in ROWS.items() if "WAV" in row.get("formats", ())]


def limits(name: str) -> MediaLimits:
    row: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in ROWS[name].items()}
    return MediaLimits(**row)


def fine(rule: MediaLimits) -> dict[str, float]:
    """Describe a header that a row accepts, well inside all its bounds."""
    low, high = rule.duration_s or (4, 6)
    return {"width": 1280, "height": 720, "seconds": (low + high) / 2, "fps": 24, "streams": 2}


def edges(name: str) -> list[Case]:
    """List headers at each edge of a row's bounds with the row of the fault that is due, or None."""
    rule = limits(name)
    smallest = max(rule.min_side or 0, rule.min_short_side or 0, 2)
    largest = rule.max_side or LARGEST_SIDE
    cases: list[Case] = [({}, None), ({"streams": 17}, "file-unopenable")]
    if rule.aspect is None:
        cases += [({"width": smallest}, None), ({"width": smallest - 2}, "video-resolution")]
        cases += [({"height": largest}, None), ({"height": largest + 2}, "video-resolution")]
    else:
        tall, wide = rule.aspect
        small: dict[str, float]
        large: dict[str, float]
        small, large = {"width": smallest, "height": smallest}, {"width": largest, "height": largest}
        cases += [(small, None), (large, None)]
        cases += [(small | {side: smallest - 2}, "video-resolution") for side in small]
        cases += [(large | {side: largest + 2}, "video-resolution") for side in large]
        base = 2 * math.ceil(smallest / tall / 2)
        cases += [({"width": round(base * tall), "height": base}, None)]
        cases += [({"width": round(base * tall), "height": base + 8}, "image-aspect")]
        cases += [({"width": round(base * wide), "height": base}, None)]
        cases += [({"width": round(base * wide) + 8, "height": base}, "image-aspect")]
    for key, row, bounds in (("seconds", "file-duration", rule.duration_s), ("fps", "file-fps", rule.fps)):
        if bounds:
            cases += [({key: bound}, None) for bound in bounds]
            cases += [({key: bounds[0] - 0.1}, row), ({key: bounds[1] + 0.1}, row)]
    return cases


@pytest.mark.parametrize(
    ("name", "change", "due"),
    [(name, change, due) for name in VIDEOS for change, due in edges(name)],
    ids=lambda value: str(value).replace(" ", ""),
)
def test_every_bound_of_every_video_row_at_its_edge(name: str, change: dict[str, float], due: str | None) -> None:
    rule = limits(name)
    header = Header(**(fine(rule) | change))  # type: ignore[arg-type]
    if due is None:
        judge_video(header, rule)
        return
    with pytest.raises(Fault) as caught:
        judge_video(header, rule)
    assert caught.value.row == due
    assert caught.value.detail


@pytest.mark.parametrize("name", SOUNDS)
def test_every_bound_of_every_sound_row_at_its_edge(name: str) -> None:
    rule = limits(name)
    assert rule.duration_s is not None
    for bound in rule.duration_s:
        judge_duration(bound, rule)
    for seconds in (rule.duration_s[0] - 0.1, rule.duration_s[1] + 0.1):
        with pytest.raises(Fault) as caught:
            judge_duration(seconds, rule)
        assert caught.value.row == "file-duration"
        low, high = (f"{bound:g}" for bound in rule.duration_s)
        assert caught.value.values == {"low": low, "high": high}


@pytest.mark.parametrize("name", [*VIDEOS, *SOUNDS])
def test_a_file_may_have_its_megabytes_and_no_byte_more(name: str) -> None:
    rule = limits(name)
    assert rule.max_mb is not None
    judge_size(int(rule.max_mb * MB), rule)
    with pytest.raises(Fault) as caught:
        judge_size(int(rule.max_mb * MB) + 1, rule)
    assert caught.value.row == "file-size"
    assert caught.value.values == {"limit": f"{rule.max_mb:g}"}


@pytest.mark.parametrize(
    ("beginning", "due"),
    [
        (b"\0\0\0\x20ftypisom", None),
        (b"\0\0\0\x20ftypmp42", None),
        (b"\0\0\0\x14ftypqt  ", None),
        (b"\0\0\0\x08wide\0\0", None),
        (b"\0\x01\0\0moov\0\0", None),
        (b"RIFF\0\0\0\0AVI LIST", "file-format"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81", "file-format"),
        (b"#EXTM3U\n#EXTINF:1\nfile:///etc/hosts", "file-format"),
        (b"ffconcat version 1.0\nfile /etc/hosts", "file-format"),
        (b"FLV\x01\x05", "file-format"),
        (b"GIF89a", "file-format"),
        (b"\x89PNG\r\n\x1a\n", "file-format"),
        (b"\0\0\0\x1cftypheic", "file-format"),
        (b"ID3\x04", "file-format"),
        (b"", "file-unopenable"),
        (b"<html>", "file-unopenable"),
        (b"\0" * 64, "file-unopenable"),
    ],
)
def test_a_file_is_what_it_begins_as(beginning: bytes, due: str | None) -> None:
    rule = limits("footage-happyhorse")
    if due is None:
        assert judge_format(beginning, rule, ("MP4", "MOV")) in {"MP4", "MOV"}
        return
    with pytest.raises(Fault) as caught:
        judge_format(beginning, rule, ("MP4", "MOV"))
    assert caught.value.row == due


def test_a_row_of_pictures_and_videos_takes_videos_as_videos_only() -> None:
    mixed = limits("reference-legacy")
    assert judge_format(b"\0\0\0\x20ftypisom", mixed, ("MP4", "MOV")) == "MP4"
    with pytest.raises(Fault):
        judge_format(b"\x89PNG\r\n\x1a\n", mixed, ("MP4", "MOV"))


def test_bounds_that_a_row_does_not_have_do_not_exist() -> None:
    judge_video(Header(8192, 2, 1e6, 1000, 1), MediaLimits(("http",)))
    judge_size(10**12, MediaLimits(("http",)))
