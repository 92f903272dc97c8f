"""Judging an exported journal of ordinary use."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from hobbyhorse_contracts.documents import DocumentError
from hobbyhorse_contracts.report.journal import BY_WIRE, judge_journal
from hobbyhorse_contracts.verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from hobbyhorse import Emulator, World
    from hobbyhorse_contracts.report.journal import Judged

CREATE = "/services/aigc/video-generation/video-synthesis"
BODY = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a paper horse"}}


def ask(world: World, path: str, body: Any = None, **headers: str) -> Any:
    told = {"Authorization": f"Bearer {world.key}", "User-Agent": "my-client/1.0", **headers}
    data = None if body is None else json.dumps(body).encode()
    if data:
        told |= {"Content-Type": "application/json", "X-DashScope-Async": "enable"}
    url = path if path.startswith("http") else world.base_url() + path
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, told)) as answer:
            text = answer.read()
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError):
        return None
    return json.loads(text) if text.startswith(b"{") else text


def exported(world: World, path: Path) -> Path:
    """Export a journal as anybody would: GET."""
    at = urlsplit(world.base_url())
    with urllib.request.urlopen(f"http://{at.netloc}/_hobbyhorse/worlds/{world.id}/journal?limit=10000") as page:
        path.write_bytes(page.read())
    return path


def outcomes(judged: Judged) -> dict[str, Outcome]:
    return {row.requirement: row.outcome for row in judged.verdicts}


@pytest.fixture
def world(hobbyhorse: Emulator) -> Any:
    with hobbyhorse.world(clock={"frozen": True}, media="stamped") as made:
        yield made


def a_clip(world: World, prompt: str = "a paper horse", **headers: str) -> None:
    body = {**BODY, "input": {"prompt": prompt}}
    task = ask(world, CREATE, body)["output"]["task_id"]
    url = ""
    for _ in range(8):
        world.clock.advance(15)
        url = ask(world, f"/tasks/{task}")["output"].get("video_url") or url
    with (
        contextlib.suppress(urllib.error.HTTPError),  # the origin refuses a request that is signed twice
        urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as clip,
    ):
        clip.read()


def test_what_an_orderly_client_did_is_kept(world: World, tmp_path: Path) -> None:
    a_clip(world)
    a_clip(world)
    (judged,) = judge_journal(exported(world, tmp_path / "journal.json"))

    assert judged.broken == () or [row.requirement for row in judged.broken] == ["CON-01"]  # urllib reuses nothing
    assert [call.op for call in judged.scenario.calls] == ["generate", "generate"]
    assert {name for name, outcome in outcomes(judged).items() if outcome is Outcome.PASS} >= {
        *("REQ-01", "REQ-02", "REQ-03", "REQ-08", "REQ-09", "POL-04", "SEC-01", "SEC-02")
    }


def test_the_key_at_the_clips_origin_is_found(world: World, tmp_path: Path) -> None:
    a_clip(world, Authorization=f"Bearer {world.key}")
    path = exported(world, tmp_path / "journal.json")

    (judged,) = judge_journal(path)
    assert outcomes(judged)["SEC-01"] is Outcome.FAIL
    assert world.key not in path.read_text()


def test_a_create_that_was_sent_again_is_found(world: World, tmp_path: Path) -> None:
    world.mishap("reset", at="create", moment="after", count=1)
    assert ask(world, CREATE, BODY) is None
    ask(world, CREATE, BODY)

    (judged,) = judge_journal(exported(world, tmp_path / "journal.json"))
    assert outcomes(judged)["CRE-01"] is Outcome.FAIL


def test_two_creates_that_were_both_answered_are_two_calls(world: World, tmp_path: Path) -> None:
    ask(world, CREATE, BODY)
    ask(world, CREATE, BODY)

    (judged,) = judge_journal(exported(world, tmp_path / "journal.json"))
    assert outcomes(judged)["CRE-01"] is not Outcome.FAIL


def test_polls_without_a_pause_are_found_also_of_tasks_from_elsewhere(world: World, tmp_path: Path) -> None:
    for _ in range(5):
        ask(world, "/tasks/from-elsewhere")

    (judged,) = judge_journal(exported(world, tmp_path / "journal.json"))
    assert outcomes(judged)["POL-04"] is Outcome.FAIL


def test_a_stream_is_a_journal_too_and_one_with_gaps_shows_nothing(world: World, tmp_path: Path) -> None:
    a_clip(world)
    page = json.loads(exported(world, tmp_path / "journal.json").read_text())
    path = tmp_path / "journal.jsonl"
    lines = [json.dumps(entry) for entry in page["entries"]]
    path.write_text("\n".join(lines))
    (whole,) = judge_journal(path)
    path.write_text("\n".join([*lines[:3], '{"missed": 3}', *lines[3:]]))
    (gaps,) = judge_journal(path)

    assert outcomes(whole)["REQ-01"] is Outcome.PASS
    assert set(outcomes(gaps).values()) <= {Outcome.NOT_TESTABLE, Outcome.NOT_APPLICABLE}


def test_only_what_the_wire_shows_is_judged(world: World, tmp_path: Path) -> None:
    a_clip(world)
    (judged,) = judge_journal(exported(world, tmp_path / "journal.json"))

    assert set(outcomes(judged)) == set(BY_WIRE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no entries"),
        ('{"entries": []}', "it has no entries"),
        ('{"at": 1}\n{', "line 2 is no JSON"),
        ('[{"at": 1, "monotonic": 1}]', "entry 1 is none of this emulator: KeyError('number')"),
        ("[3]", "an entry has no number 'at': 3"),
    ],
)
def test_what_is_no_journal_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "journal.json"
    path.write_text(text)

    with pytest.raises(DocumentError, match="journal") as refused:
        judge_journal(path)
    assert said in str(refused.value)
