"""Judges an exported journal of ordinary use: what `GET /_hobbyhorse/worlds/{id}/journal` or its stream gave.

Nobody said what the client was asked for, so calls are inferred: creates with the same body belong to one call while
nobody answered the earlier ones with a task. Judged is only what the wire alone shows; each key by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..checkers import judge
from ..documents import DocumentError
from ..history import Body, Event, History, Row
from ..scenario import Call, Scenario
from ..verdict import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

BY_WIRE = (
    *("REQ-01", "REQ-02", "REQ-03", "REQ-08", "REQ-09", "UPL-01", "UPL-02", "UPL-03", "UPL-04", "CRE-01", "CRE-05"),
    *("CRE-07", "POL-04", "POL-05", "SEC-01", "SEC-02", "CON-01"),
)
"""What can be judged without a word of the client's."""
_CREATE = "/services/aigc/"
_ANSWERED = range(200, 300)


@dataclass(frozen=True, slots=True)
class Judged:
    """One key's part of a journal with what the checkers said of it. `scenario` has the calls that were inferred."""

    key: str
    scenario: Scenario
    history: History
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> tuple[Verdict, ...]:
        """What was not kept."""
        return tuple(row for row in self.verdicts if row.outcome in {Outcome.FAIL, Outcome.WARN})


def judge_journal(path: Path) -> tuple[Judged, ...]:
    """Judge the journal in a file. Raises DocumentError where it is none, OSError where it cannot be read."""
    rows, complete = read_journal(path.read_text(encoding="utf-8"))
    return tuple(_judged(key, part, complete=complete) for key, part in _by_key(rows).items())


def read_journal(text: str) -> tuple[tuple[Row, ...], bool]:
    """Return the rows of an exported journal, and whether it is complete. Raises DocumentError."""
    entries: list[Any] = []
    complete = True
    for document in _documents(text):
        if isinstance(document, dict) and "entries" in document:
            entries += document["entries"]
            complete &= not document.get("dropped") and not document.get("more")
        elif isinstance(document, dict) and "missed" in document:
            complete = False
        else:
            entries += document if isinstance(document, list) else [document]
    if not entries:
        raise DocumentError("journal: it has no entries")
    first = min((_number(entry, "at") for entry in entries), default=0)
    since = min((_number(entry, "monotonic") for entry in entries), default=0)
    return tuple(_row(entry, place, first, since) for place, entry in enumerate(entries)), complete


def _documents(text: str) -> Iterator[Any]:
    """Yield the JSON texts in a file: one, or one a line."""
    try:
        yield json.loads(text)
    except ValueError:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise DocumentError(f"journal: line {number} is no JSON: {error}") from None


def _number(entry: Any, name: str) -> float:
    found = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise DocumentError(f"journal: an entry has no number {name!r}: {str(entry)[:80]}")
    return found


def _row(entry: Mapping[str, Any], place: int, first: float, since: float) -> Row:
    try:
        connection = entry.get("connection") or {}
        return Row(
            number=entry["number"],
            at_ms=round(entry["at"] - first),
            route=entry["route"],
            method=entry["method"],
            path=entry["path"],
            origin=entry["origin"],
            query=entry.get("query", ""),
            headers=tuple((name, value) for name, value in entry["headers"]),
            body=_body(entry["body"]),
            status=entry["status"],
            reply_headers=tuple((name, value) for name, value in entry["reply_headers"]),
            reply_body=_body(entry["reply_body"]),
            monotonic_s=round(entry["monotonic"] - since, 6),
            seconds=entry.get("seconds", 0.0),
            mishaps=tuple(acted["kind"] for acted in entry.get("mishaps", ())),
            written=entry.get("written"),
            task=entry.get("task"),
            committed=entry.get("committed"),
            error_row=entry.get("row"),
            connection_id=connection.get("id"),
            request_on_connection=connection.get("request"),
            closed=connection.get("closed"),
            quarantined=entry.get("quarantined", False),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DocumentError(f"journal: entry {place + 1} is none of this emulator: {error!r}") from None


def _body(content: Mapping[str, Any]) -> Body:
    return Body(content["sha256"], content["size"], content["text"], content.get("is_cut", False))


def _by_key(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the rows of each key, as its placeholder; a row without a key goes with its task, else with the first."""
    owners = {row.committed: key for row in rows if row.committed and (key := _key(row))}
    first = next((key for row in rows if (key := _key(row))), "<api-key 0000000>")
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(_key(row) or owners.get(row.task or "", first), []).append(row)
    return found


def _key(row: Row) -> str | None:
    """Return the key's placeholder in a request to the API; a result's download has none, or shows a leak."""
    if row.origin == "results":
        return None
    words = (row.header("authorization") or "").split(None, 1)
    return words[-1] if words and words[-1].startswith("<api-key ") else None


def _judged(key: str, rows: Sequence[Row], *, complete: bool) -> Judged:
    calls = list(_calls(rows))
    bases = {call.id: base for call in calls if (base := _base(rows))}
    events = tuple(
        Event(call.id, "task_created", task_id=task) for call, tasks in _owned(calls, rows) for task in tasks
    )
    scenario = Scenario("journal", tuple(calls))
    history = History(
        "journal",
        capabilities=_capabilities(rows),
        config={"auto_retry": True},
        mode="real",
        bases=bases,
        key=key,
        rows=tuple(rows),
        events=events,
        complete=complete,
        ended_ms=max((row.at_ms for row in rows), default=0),
    )
    return Judged(key, scenario, history, judge(scenario, history, BY_WIRE))


def _groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the creates of each inferred call."""
    groups: list[list[Row]] = []
    waiting: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row.at_ms, row.monotonic_s, row.number)):
        if row.route != "create" or row.method != "POST":
            continue
        group = waiting.get(row.body.sha256)
        if group is None:
            group = waiting[row.body.sha256] = []
            groups.append(group)
        group.append(row)
        if row.status in _ANSWERED and row.committed:
            del waiting[row.body.sha256]
    return groups


def _calls(rows: Sequence[Row]) -> Iterator[Call]:
    made = set()
    for number, group in enumerate(_groups(rows), 1):
        made |= {row.committed for row in group}
        yield Call(f"c{number}", "generate", _request(group[0]), at=group[0].at_ms / 1000)
    asked = dict.fromkeys(row.task for row in rows if row.route == "get" and row.task not in made)
    for number, task in enumerate(filter(None, asked), 1):
        yield Call(f"w{number}", "wait", options={"task_id": unquote(task)})
    if not made and not asked:
        yield Call("c1", "generate")


def _owned(calls: Sequence[Call], rows: Sequence[Row]) -> Iterator[tuple[Call, list[str]]]:
    makers = [call for call in calls if call.op == "generate"]
    for call, group in zip(makers, _groups(rows), strict=False):
        yield call, [row.committed for row in group if row.committed]


def _request(row: Row) -> dict[str, Any]:
    try:
        found = json.loads(row.body.text or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _base(rows: Sequence[Row]) -> str | None:
    for row in rows:
        if row.route == "create" and _CREATE in row.path:
            return f"http://{row.header('host') or 'localhost'}{row.path.partition(_CREATE)[0]}"
    return None


def _capabilities(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return what the client has shown that it can do."""
    shown = {"create": "generate", "download": "download", "cancel": "cancel", "list": "list", "tokens": "upload"}
    shown["uploads"] = "upload"
    return tuple(dict.fromkeys(shown[row.route] for row in rows if row.route in shown))
