"""LST: listing tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .calls import began_ms, lasts_with
from .reading import OK, cut, failed, in_order, said
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..history import Answer, History, Row
    from ..scenario import Scenario

_CHINA = timezone(timedelta(hours=8))
_SLACK_S = 2.0
_MS = 1000


@checks("LST-01")
def pages(scenario: Scenario, history: History) -> Found:
    """Hold the pages that were asked for, and the tasks that were handed back."""
    seen: list[Row] = []
    lists = [call for call in scenario.calls if call.op == "list"]
    for answer, rows in _lists(scenario, history):
        if not answer.ok or not rows or lasts_with(history, scenario.call(answer.call), lists):
            continue  # of lists at once nobody can tell whose a page is
        wrong = _wrong_walk(rows) or _wrong_tasks(answer, rows)
        if wrong:
            return broken(wrong, rows)
        seen += rows
    return kept("every page once, every task once", seen) if seen else unseen("nothing was listed")


@checks("LST-02")
def zone(scenario: Scenario, history: History) -> Found:
    """Hold times that the client read against those that the service wrote."""
    true = dict(_times(history))
    seen = False
    told = [dict(task) for answer, _ in _lists(scenario, history) for task in _tasks(answer)]
    for task in told:
        known = true.get(str(task.get("task_id")), {})
        for name, instant in known.items():
            given = task.get(name)
            if not isinstance(given, int | float) or isinstance(given, bool):
                continue
            if not abs(given - instant) <= _SLACK_S:
                return broken(f"{name} of {task.get('task_id')} was read {(given - instant) / 3600:+.2f} h off")
            seen = True
    return kept("read as UTC+8") if seen else unseen("no time was handed back")


def _lists(scenario: Scenario, history: History) -> list[tuple[Answer, list[Row]]]:
    """Return the list calls that were answered, with their requests in order."""
    found = []
    for call in scenario.calls:
        answer = history.answer(call.id)
        if call.op == "list" and answer is not None:
            began = began_ms(history, call)
            rows = [row for row in in_order(history.on("list")) if began <= row.at_ms <= answer.at_ms]
            found.append((answer, rows))
    return found


def _wrong_walk(rows: Sequence[Row]) -> str:
    """Say what is wrong with the order of pages; nothing where it is right."""
    wanted = 1
    ended = False
    for row in rows:
        page = _number(row.query)
        if ended:
            return f"page {page} was asked for after the end"
        if page != wanted:
            return f"page {page} was asked for where {wanted} came next"
        if failed(row) or row.status != OK or cut(row):
            continue  # it may be asked for again
        body = said(row).body or {}
        data, total, size = body.get("data"), body.get("total"), body.get("page_size")
        is_empty = isinstance(data, list) and not data
        ended = is_empty or (isinstance(total, int) and isinstance(size, int) and page * size >= total)
        wanted += 1
    last = said(rows[-1]).body or {}
    is_known = isinstance(last.get("total"), int) and isinstance(last.get("data"), list)
    return "it ended before the last page" if is_known and not ended else ""


def _wrong_tasks(answer: Answer, rows: Sequence[Row]) -> str:
    """Say what is wrong with the tasks handed back; nothing where they are those of the pages."""
    if answer.result is None or answer.result.tasks is None or any(row.reply_body.is_cut for row in rows):
        return ""
    given = [str(task.get("task_id")) for task in answer.result.tasks]
    listed = [str(task.get("task_id")) for row in rows if row.status == OK and not failed(row) for task in _data(row)]
    if len(given) != len(set(given)):
        return "a task was handed back twice"
    if set(given) != set(listed):
        return f"{len(set(listed))} tasks were listed, {len(given)} handed back"
    return ""


def _number(query: str) -> int:
    value = parse_qs(query).get("page_no", ["1"])[0]
    return int(value[:9]) if value.isdecimal() else -1


def _data(row: Row) -> list[Mapping[str, Any]]:
    found = (said(row).body or {}).get("data")
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []


def _tasks(answer: Answer) -> Sequence[Mapping[str, Any]]:
    return answer.result.tasks or () if answer.ok and answer.result else ()


def _times(history: History) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the times (epoch seconds) that the service wrote of each task: in lists as ms, in polls without a zone."""
    found: dict[str, dict[str, float]] = {}
    for row in in_order(history.on("get")):
        output = said(row).output or {}
        instants = {name: _epoch(output.get(name)) for name in ("submit_time", "scheduled_time", "end_time")}
        found.setdefault(str(output.get("task_id")), {}).update({k: v for k, v in instants.items() if v is not None})
    for row in in_order(history.on("list")):
        for task in _data(row):
            times = found.setdefault(str(task.get("task_id")), {})
            created, ended = task.get("gmt_create"), task.get("end_time")
            if isinstance(created, int):
                times.update({"submit_time": created / _MS, "gmt_create": created / _MS})
            if isinstance(ended, int):
                times["end_time"] = ended / _MS
    yield from found.items()


def _epoch(text: object) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        naive = datetime.fromisoformat(text)
        return (naive if naive.tzinfo else naive.replace(tzinfo=_CHINA)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None
