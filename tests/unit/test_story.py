"""The story of a journal: one line a request, with what a person looks for first."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hobbyhorse.core.mishaps import Place
from hobbyhorse.journal.entry import Acted, Connection, Content, Entry, Origin
from hobbyhorse.journal.port import Gap
from hobbyhorse.journal.record import Draft
from hobbyhorse.journal.story import line, story

TASK = "4f3a1c9e-0000-4000-8000-000000000000"
PLAIN = Draft("w", 1000, 0.0, Origin.API, Place.GET, "GET", "/api/v1/tasks/x", "", [], status=200).entry()


def shown(text: str) -> Content:
    return Content("0" * 64, len(text), text)


def answered(body: object, **changes: object) -> Entry:
    entry = replace(PLAIN, reply_body=shown(body if isinstance(body, str) else json.dumps(body)))
    return replace(entry, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            answered(
                {"output": {"task_status": "PENDING", "task_id": TASK}},
                method="POST",
                route=Place.CREATE,
                committed=TASK,
            ),
            "POST create → 200 PENDING, task 4f3a1c9e…",
        ),
        (
            answered({"output": {"task_status": "FAILED", "code": "InvalidParameter", "message": "m"}}, task="abc"),
            "GET get → 200 FAILED InvalidParameter, task abc",
        ),
        (answered({"code": "Throttling.RateQuota", "message": "m"}, status=429), "GET get → 429 Throttling.RateQuota"),
        (
            answered({"code": "T"}, status=429, reply_headers=(("retry-after", "3"),)),
            "GET get → 429 T (Retry-After 3)",
        ),
        (
            answered("<Error><Code>AccessDenied</Code></Error>", status=403, route=Place.DOWNLOAD),
            "GET download → 403 AccessDenied",
        ),
        (replace(PLAIN, route=Place.DOWNLOAD, reply_body=Content("", 330_400, None)), "GET download → 200 330 KB"),
        (
            replace(
                PLAIN, status=None, connection=Connection(1, 1, "reset by mishap"), mishaps=(Acted("m1", "reset"),)
            ),
            "GET get → nothing, reset by mishap [mishap reset m1]",
        ),
        (replace(PLAIN, status=None, committed="abc"), "GET get → nothing, task abc [had its effect]"),
        (replace(PLAIN, rule="outage/1", quarantined=True), "GET get → 200 [rule outage/1; in quarantine]"),
        (replace(PLAIN, unknown=("sound", "fps")), "GET get → 200 [ignored sound, fps]"),
        (answered("<html>"), "GET get → 200"),
        (answered("[1]"), "GET get → 200"),
        (answered({"output": "x", "code": 3}), "GET get → 200"),
        (answered("[" * 16000), "GET get → 200"),
    ],
)
def test_a_line(entry: Entry, expected: str) -> None:
    assert line(entry, 1000) == f"+0.0s   {expected}"


def test_a_long_time_keeps_its_distance() -> None:
    assert line(replace(PLAIN, at=31 * 86_400_000), 0) == "+2678400.0s GET get → 200"


def test_a_line_is_one_line_whatever_was_sent() -> None:
    hostile = "a\nb\x1b[31m\u2028"
    entry = answered({"code": hostile}, method=f"G{hostile}", task=hostile, unknown=(hostile,))

    assert len(line(entry, 0).splitlines()) == 1
    assert line(entry, 0).isprintable()


def test_a_story_counts_from_its_first_entry_and_says_what_is_missing() -> None:
    entries: list[Entry | Gap] = [replace(PLAIN, at=5000), Gap(1), replace(PLAIN, at=20_250)]
    entries.append(replace(PLAIN, at=4000))

    assert story(entries, dropped=3).splitlines() == [
        "… 3 entries dropped: the journal is bounded",
        "+0.0s   GET get → 200",
        "… 1 entry dropped: the journal is bounded",
        "+15.2s  GET get → 200",
        "-1.0s   GET get → 200",
    ]
    assert story([]) == ""
