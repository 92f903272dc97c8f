"""A campaign as a page, as JUnit XML, as a badge, in a terminal: true, whole, harmless, and without keys."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from hobbyhorse_contracts.campaign import Campaign, Case, KnownFailure, Progress, Standing, Trouble
from hobbyhorse_contracts.history import Answer, Problem
from hobbyhorse_contracts.report import Ticker, certificate, told, write_reports
from hobbyhorse_contracts.report.badge import badge, endpoint
from hobbyhorse_contracts.report.junit import junit
from hobbyhorse_contracts.report.page import html
from hobbyhorse_contracts.report.printable import columns

from .campaigns import ROWS, campaign, recorded, told_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "sk-c0ffee00c0ffee00c0ffee00c0ffee00"
EVIL = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)> \x1b[31m\x00\u202e ]]> {{ 7*7 }}"


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def poisoned(text: str) -> Campaign:
    """Return a campaign that says a text wherever a client, an adapter or an author can say something."""
    case = recorded("lost-create")
    problem = Problem("other", code=text, message=text, text=text)
    calls = tuple(replace(call, request={"model": text, "input": {"prompt": text}}) for call in case.scenario.calls)
    rows = tuple(replace(row, closed=text, mishaps=(text,) if row.mishaps else ()) for row in case.history.rows)
    bad = Case(
        replace(case.scenario, name=text, calls=calls),
        replace(case.history, answers=(Answer("c1", error=problem),), rows=rows, stderr=text),
        case.verdicts,
    )
    made = campaign(trouble=(Trouble(text, text),), baseline=(text,), families={text: 1}, complete=False, exit_code=3)
    made = replace(
        made, subject=replace(made.subject, name=text, version=text, language=text, command=text, config={text: text})
    )
    for name, standing in (("CRE-01", Standing.FAIL), ("ERR-05", Standing.WARN), ("POL-14", Standing.FLAKY)):
        known = KnownFailure(name, text, text, "2027-01-01") if name == "POL-14" else None
        made = told_by(made, name, standing=standing, says=text, evidence=bad, known=known)
    return made


FORMS: dict[str, Callable[[Campaign], str]] = {
    "page": lambda made: html(made, ROWS),
    "junit": lambda made: junit(made, ROWS),
    "terminal": lambda made: told(made, ROWS),
    "certificate": lambda made: json.dumps(certificate(made, ROWS).document(), ensure_ascii=False),
    "badge": badge,
    "endpoint": lambda made: json.dumps(endpoint(made)),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_key_is_in_any_form(form: str) -> None:
    assert KEY not in FORMS[form](poisoned(f"Bearer {KEY}"))
    assert KEY[:15] not in FORMS[form](poisoned(f"x{EVIL}\nkey={KEY}&"))


@pytest.mark.parametrize("form", ["page", "terminal", "junit", "badge"])
def test_nothing_that_a_client_says_controls_a_terminal_or_turns_a_line(form: str) -> None:
    assert not set(FORMS[form](poisoned(EVIL))) & set("\x1b\x00\u202e")


def test_the_page_is_one_file_that_loads_nothing_and_runs_nothing() -> None:
    seen = Elements(html(poisoned(EVIL), ROWS))

    assert {"script", "img", "iframe", "object", "embed", "form"}.isdisjoint(tag for tag, _ in seen.tags)
    assert [link["href"] for link in seen.named("link")] == ["data:,"]
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on") or name == "src"]
    assert "default-src 'none'" in str(seen.named("meta")[1]["content"])
    assert "url(" not in "".join(seen.texts).replace("url(#", "")
    assert "49" not in html(poisoned("{{ 7*7 }}"), ROWS).partition("<h1>")[2][:20]


def test_the_page_has_a_row_for_every_requirement_and_an_article_with_a_picture_for_each_failure() -> None:
    seen = Elements(html(campaign(), ROWS, "abc123"))

    standings = [row["data-standing"] for row in seen.named("tr") if "data-standing" in row]
    assert len(standings) == len(ROWS)
    assert standings.count("fail") == 1
    assert [article["id"] for article in seen.named("article")] == ["CRE-01"]
    assert len([svg for svg in seen.named("svg") if svg.get("class") == "timeline"]) == 1
    assert "abc123" in "".join(seen.texts)


def test_the_page_can_be_read_without_seeing_it_and_without_a_mouse() -> None:
    seen = Elements(html(campaign(), ROWS))
    ids = [attributes["id"] for _, attributes in seen.tags if "id" in attributes]

    assert len(ids) == len(set(ids))
    for svg in seen.named("svg"):
        assert svg["role"] == "img"
        assert svg.get("aria-label") or svg["aria-labelledby"] in ids
    named = [str(attributes[by]) for _, attributes in seen.tags for by in ("aria-labelledby",) if by in attributes]
    assert set(named) <= set(ids)
    scrolled = [div for div in seen.named("div") if div.get("class") in {"scroll", "wide"}]
    assert scrolled
    assert all(div["tabindex"] == "0" and div["role"] == "region" and div["aria-label"] for div in scrolled)
    assert {attributes["scope"] for attributes in seen.named("th")} == {"col", "row", "rowgroup"}
    inside = [a["href"] for a in seen.named("a") if (a["href"] or "").startswith("#")]
    assert {str(link)[1:] for link in inside} <= set(ids)


def test_the_picture_says_what_was_lost_and_what_was_paid_for_twice() -> None:
    text = "".join(Elements(html(campaign(), ROWS)).texts)

    assert (
        "Timeline of reset-after-commit: 5 requests, 2 tasks, 1 mishap in 32.45 virtual seconds; c1 succeeded." in text
    )
    assert "A SUCCEEDED, nobody asked for it" in text
    assert "hobbyhorse certify replay failures/CRE-01.json --adapter 'python adapter.py'" in text


def test_junit_says_what_failed_what_was_skipped_and_why() -> None:
    made = told_by(campaign(), "POL-06", standing=Standing.NOT_TESTABLE, says="nothing provoked it")
    known = KnownFailure("CRE-07", "we know", "https://example.com/1", "2027-01-01")
    made = told_by(made, "CRE-07", standing=Standing.FAIL, known=known)
    suite = ET.fromstring(junit(made, ROWS, "out"))[0]  # noqa: S314 - our own
    cases = {case.get("name"): case for case in suite.iter("testcase")}

    assert set(cases) == {row.id for row in ROWS}
    failure = cases["CRE-01"].find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "makes A" in failure.text
    assert "hobbyhorse certify replay out/failures/CRE-01.json" in failure.text
    assert cases["POL-06"].find("error") is not None
    skipped = cases["CRE-07"].find("skipped")
    assert skipped is not None
    assert "known until 2027-01-01 (we know)" in str(skipped.get("message"))
    assert suite.get("failures") == "1"
    assert suite.get("tests") == str(len(ROWS))
    assert cases["REQ-01"].get("classname") == "REQ"


def test_junit_of_hostile_words_is_still_xml_and_tells_of_trouble() -> None:
    suite = ET.fromstring(junit(poisoned(EVIL), ROWS))[0]  # noqa: S314 - our own

    harness = [case for case in suite.iter("testcase") if case.get("classname") == "harness"]
    assert len(harness) == 1
    assert "onerror" in str(harness[0][0].text)


def test_a_run_that_judged_nothing_is_an_error_in_junit() -> None:
    nothing = campaign(results=(), trouble=(Trouble("handshake", "it hangs"),), exit_code=3, level=None, levels=())
    suite = ET.fromstring(junit(nothing, ROWS))[0]  # noqa: S314 - our own

    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    assert "certified" in badge(nothing)


@pytest.mark.parametrize(
    ("level", "code", "said", "colour"),
    [
        ("gold", 0, "gold · 2026-11", "#8a6708"),
        (None, 1, "no level · 2026-11", "#b3261e"),
        ("silver", 3, "not certified", "#b3261e"),
    ],
)
def test_the_badge_says_the_level_and_the_set(level: str | None, code: int, said: str, colour: str) -> None:
    made = campaign(level=level, exit_code=code)

    assert ET.fromstring(badge(made)).get("aria-label") == f"DashScope video: {said}"  # noqa: S314 - our own
    assert endpoint(made) == {"schemaVersion": 1, "label": "DashScope video", "message": said, "color": colour}


def test_the_terminal_has_a_table_a_timeline_a_replay_command_and_an_ending() -> None:
    text = told(campaign(), ROWS, folder="out", wide=100)
    lines = text.splitlines()

    assert next(line for line in lines if "CRE-01" in line).startswith("✗ fail")
    assert "    +0 s     ◆ api      POST create → no answer, reset by mishap [mishap reset] makes A" in lines
    assert "  replay: hobbyhorse certify replay out/failures/CRE-01.json --adapter 'python adapter.py'" in lines
    assert "capability download is declared and does not work: no clip came" in lines
    assert "trouble in odd-1: stdout has a line that is not JSON: 'hello'" in lines
    assert lines[-1].startswith("my-client 1.4.0: It reaches Smoke. Of ")
    assert lines[-1].endswith(" applicable requirements 1 was seen broken: CRE-01.")
    assert max(columns(line) for line in lines[: len(ROWS)]) <= 100


def test_colours_are_for_terminals_that_want_them() -> None:
    assert "\x1b[31m✗ fail\x1b[0m" in told(campaign(), ROWS, is_coloured=True)
    assert "\x1b" not in told(campaign(), ROWS)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_that_is_written_over_in_a_terminal() -> None:
    stream = Terminal()
    tick = Ticker(stream, wide=60)
    tick(Progress("corpus", 5, 10, "a-very-long-name-of-a-scenario-that-does-not-fit-at-all-here", ("CRE-01",)))
    tick(Progress("done", 10, 10))

    assert stream.getvalue().count("\n") == 1
    first, second = stream.getvalue().removeprefix("\r").rstrip("\n").split("\r")
    assert first.startswith("████████████░░░░░░░░░░░░ corpus 5/10")
    assert columns(first) < 60
    assert columns(second) == columns(first)


def test_progress_in_a_log_is_a_line_a_phase() -> None:
    stream = io.StringIO()
    tick = Ticker(stream)
    for done in range(100):
        tick(Progress("corpus", done, 100, seconds=1.0))
    tick(Progress("shrinking", failing=("CRE-01",), seconds=2.0))

    assert stream.getvalue() == "   1.0 s  corpus\n   2.0 s  shrinking; failing so far: CRE-01\n"


def test_a_folder_has_every_form_and_the_scenarios_of_what_failed(tmp_path: Path) -> None:
    (tmp_path / "failures").mkdir()
    (tmp_path / "failures" / "OLD-01.json").write_text("{}")
    digest = write_reports(campaign(), tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "badge.json",
        "badge.svg",
        "certificate.json",
        "failures",
        "junit.xml",
        "report.html",
    ]
    assert [path.name for path in (tmp_path / "failures").iterdir()] == ["CRE-01.json"]
    assert (
        json.loads((tmp_path / "failures" / "CRE-01.json").read_text()) == recorded("lost-create").scenario.document()
    )
    assert digest in (tmp_path / "report.html").read_text()
