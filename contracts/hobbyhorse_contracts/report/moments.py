"""A history in the order in which it happened: what was asked, answered, slept, told. Text and pictures are made of it.

Instants are milliseconds on the world's clock since the scenario began. Many things happen at one instant, since that
clock stands still while nobody sleeps; within it the order is that of the journal, and of who waits for whom.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..history import Answer, Event, History, Problem, Row, Sleep
    from ..scenario import Act, Call, Scenario

Kind = Literal["call", "request", "event", "sleep", "answer", "act", "silence"]
Lane = Literal["client", "api", "results"]
Tone = Literal["plain", "good", "bad", "odd"]

_PLACEHOLDER = re.compile(r"\{(task|url):([^{}]+)\}")
_FIRST_ERROR = 400
_LAST = float("inf")
_KB = 1000
_MB = 1_000_000
# The route by which an operation begins, to tell at one instant the end of a call from the beginning of the next.
_OPENING = {
    "generate": ("create", "tokens", "uploads"),
    "submit": ("create", "tokens", "uploads"),
    "wait": ("get",),
    "download": ("download", "get"),
    "cancel": ("cancel",),
    "list": ("list",),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened.

    `text` says what; `reply` what was answered to a request, of which `row` is the number in the journal and `lane` the
    side that was asked. `tone` is how it went: `odd` is a mishap's or a surprise, `bad` an error. `task` is the letter
    of the task that it was about, `made` of the one that it made. `is_lost` requests got no answer. `is_proof` is one
    that a verdict rests on. `times` tells of how many alike this one stands, the last at `until_ms`. `seconds` is how
    long a sleep was asked to be.
    """

    kind: Kind
    at_ms: int
    text: str
    reply: str = ""
    lane: Lane = "client"
    tone: Tone = "plain"
    row: int | None = None
    call: str | None = None
    task: str | None = None
    made: str | None = None
    mishaps: tuple[str, ...] = ()
    is_lost: bool = False
    is_proof: bool = False
    seconds: float = 0.0
    times: int = 1
    until_ms: int | None = None


def letters(history: History) -> dict[str, str]:
    """Return a letter for each task: A is the first that was made. After Z come A2, B2 and so on."""
    made = [truth.id for truth in sorted(history.tasks, key=lambda truth: truth.submitted_ms)]
    seen = [task for row in history.rows for task in (row.committed, row.task) if task]
    committed = [row.committed for row in _came(history) if row.committed and row.route == "create"]
    ids = dict.fromkeys([*committed, *made, *seen])
    return {task: _letter(number) for number, task in enumerate(ids)}


def _letter(number: int) -> str:
    turn, place = divmod(number, 26)
    return chr(ord("A") + place) + (str(turn + 1) if turn else "")


def moments(scenario: Scenario, history: History, proof: Sequence[int] = ()) -> tuple[Moment, ...]:
    """Return everything that happened, in order; `proof` are the numbers of rows to mark."""
    names = letters(history)
    is_alone = len(scenario.calls) == 1
    placed: list[tuple[float, float, Moment]] = []
    for place, row in enumerate(_came(history)):
        placed.append((row.at_ms, place, _request(row, names, row.number in proof)))
    placed += [(act.at * 1000, -1.0, _act(act)) for act in scenario.acts]
    placed += [(event.at_ms, _after_commit(event, history), _event(event, names)) for event in history.events]
    placed += [(nap.at_ms, _LAST, _sleep(nap, is_alone)) for nap in history.sleeps]
    ends = {answer.call: (answer.at_ms, _end(answer, scenario, history)) for answer in history.answers}
    for call in scenario.calls:
        placed += _of_call(call, ends, history, names)
    return tuple(moment for _, _, moment in sorted(placed, key=lambda entry: entry[:2]))


def _of_call(
    call: Call, ends: Mapping[str, tuple[int, float]], history: History, names: Mapping[str, str]
) -> Iterator[tuple[float, float, Moment]]:
    """Yield a call's beginning and its end, each with its instant and its place within that."""
    begin, place = call.at * 1000, -0.5
    before = ends.get(call.after or "")
    if before is not None and before[0] >= begin:
        begin, place = before[0], before[1] + 0.1
    yield begin, place, Moment("call", round(begin), _asked(call), call=call.id)
    answer = history.answer(call.id)
    if answer is not None:
        yield (*ends[call.id], _answer(answer, names))
    elif call.id in history.silent:
        said = Moment("silence", history.ended_ms, f"{call.id} was never answered", tone="bad", call=call.id)
        yield history.ended_ms, _LAST, said


def _end(answer: Answer, scenario: Scenario, history: History) -> float:
    """Return the place of an answer within its instant: before the first request of a call that waited for it."""
    heirs = [call for call in scenario.calls if call.after == answer.call]
    routes = {route for call in heirs for route in _OPENING.get(call.op, ())}
    ended = scenario.call(answer.call) if answer.call in scenario.ids else None
    own = set(_OPENING.get(ended.op, ())) if ended else set()
    if not heirs:
        return _LAST
    here = [(place, row.route) for place, row in enumerate(_came(history)) if row.at_ms == answer.at_ms]
    since = next((place for place, route in here if route in own), -1) if own & routes else -1
    return next((place - 0.4 for place, route in here if route in routes and place > since), 1e9)


def _after_commit(event: Event, history: History) -> float:
    """Return the place of an event within its instant: after the request that made the task it tells of."""
    here = [(place, row.at_ms) for place, row in enumerate(_came(history)) if row.committed == event.task_id]
    return here[0][0] + 0.2 if event.task_id and here and here[0][1] == event.at_ms else 1e8


def _came(history: History) -> list[Row]:
    """Return the rows in the order in which their requests came; a history has them as they ended."""
    return sorted(history.rows, key=lambda row: (row.at_ms, row.monotonic_s, row.number))


def _asked(call: Call) -> str:
    model = call.request.get("model") if call.op in {"generate", "submit"} else call.options.get("task_id")
    words = [call.id, call.op, _PLACEHOLDER.sub(r"\1 of \2", str(model)) if model else ""]
    return " ".join(filter(None, words))


def _request(row: Row, names: Mapping[str, str], is_proof: bool) -> Moment:
    made = names[row.committed] if row.committed and row.route == "create" else None
    is_lost = row.status is None
    bad = is_lost or (row.status is not None and row.status >= _FIRST_ERROR)
    return Moment(
        "request",
        row.at_ms,
        f"{row.method} {row.route}",
        reply=replied(row),
        lane="results" if row.origin == "results" else "api",
        tone="odd" if row.mishaps and not is_lost else "bad" if bad else "good",
        row=row.number,
        task=names[row.task] if row.task else None,
        made=made,
        mishaps=row.mishaps,
        is_lost=is_lost,
        is_proof=is_proof,
    )


def replied(row: Row) -> str:
    """Return in few words what was answered: `200 PENDING`, `429 Throttling`, `no answer, reset by mishap`."""
    if row.status is None:
        return "no answer" + (f", {row.closed}" if row.closed else "")
    output, code = _said(row)
    words = [str(row.status), *filter(None, [output, code])]
    if row.origin == "results" and row.status < _FIRST_ERROR:
        words.append(_size(row.reply_body.size))
    retry = row.reply_header("retry-after")
    return " ".join([*words, *([f"(Retry-After {retry})"] if retry else [])])


def _said(row: Row) -> tuple[str, str]:
    """Return the task's status and the error's code in an answer, each empty where there is none."""
    try:
        body: Any = json.loads(row.reply_body.text or "")
    except ValueError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    output = body.get("output")
    output = output if isinstance(output, dict) else {}
    return str(output.get("task_status") or ""), str(body.get("code") or output.get("code") or "")


def _size(count: int) -> str:
    if count < _KB:
        return f"{count} B"
    return f"{count / _KB:.0f} KB" if count < _MB else f"{count / _MB:.1f} MB"


def _act(act: Act) -> Moment:
    options = " ".join(f"{name}={value}" for name, value in act.options.items())
    words = " ".join(filter(None, [act.do, act.call or "", options]))
    return Moment("act", round(act.at * 1000), words, lane="api", tone="odd")


def _event(event: Event, names: Mapping[str, str]) -> Moment:
    letter = names.get(event.task_id or "")
    return Moment("event", event.at_ms, f"{event.call} tells {event.event}", call=event.call, task=letter)


def _sleep(nap: Sleep, is_alone: bool) -> Moment:
    who = f"{nap.call} " if nap.call and not is_alone else ""
    return Moment("sleep", nap.at_ms, f"{who}sleeps {short(nap.seconds)} s", call=nap.call, seconds=nap.seconds)


def short(number: float) -> str:
    """Return seconds as people write them, to the hundredth."""
    return f"{round(number, 2):.12g}"


def _answer(answer: Answer, names: Mapping[str, str]) -> Moment:
    if answer.harness_error is not None:
        text, tone, task = f"{answer.call}: the adapter has trouble: {answer.harness_error}", "bad", None
    elif answer.error is not None and not answer.ok:
        text, tone, task = f"{answer.call} error {_problem(answer.error)}", "bad", answer.error.task_id
    else:
        found = answer.result
        size = f" {_size(found.bytes)}" if found and found.bytes is not None else ""
        text, tone, task = f"{answer.call} ok{size}", "good", found.task_id if found else None
    kind: Tone = "good" if tone == "good" else "bad"
    return Moment("answer", answer.at_ms, text, tone=kind, call=answer.call, task=names.get(task or ""))


def _problem(problem: Problem) -> str:
    code = problem.code or ""
    said = " ".join((problem.text or problem.message or "").split())
    return " ".join(filter(None, [problem.kind, code])) + (f": {said}" if said else "")


def folded(told: Sequence[Moment], least: int = 3) -> tuple[Moment, ...]:
    """Return the moments, where `least` or more turns of the same sleep and the same poll are told as one turn.

    Nothing that a verdict rests on, nothing that met a mishap and nothing that made a task is folded away.
    """
    found: list[Moment] = []
    place = 0
    while place < len(told):
        turns = _turns(told, place)
        if turns < least:
            found.append(told[place])
            place += 1
            continue
        for first, last in ((told[place], told[place + 2 * turns - 2]), (told[place + 1], told[place + 2 * turns - 1])):
            found.append(replace(first, times=turns, until_ms=last.at_ms))
        place += 2 * turns
    return tuple(found)


def _turns(told: Sequence[Moment], place: int) -> int:
    """Return how many equal pairs of a sleep and a request that nothing happened to begin at a place."""
    shape: list[Moment] = []
    turns = 0
    while True:
        pair = told[place + 2 * turns : place + 2 * turns + 2]
        if {moment.kind for moment in pair} != {"sleep", "request"}:
            return turns
        if any(moment.is_proof or moment.mishaps or moment.made for moment in pair):
            return turns
        shape = shape or [_alike(moment) for moment in pair]
        if [_alike(moment) for moment in pair] != shape:
            return turns
        turns += 1


def _alike(moment: Moment) -> Moment:
    return replace(moment, at_ms=0, row=None)


def shortened(told: Sequence[Moment], most: int) -> tuple[tuple[Moment, ...], int]:
    """Return at most so many moments, and how many are left out: those farthest from what a verdict rests on."""
    if len(told) <= most:
        return tuple(told), 0
    marks = [place for place, moment in enumerate(told) if moment.is_proof] or [0]
    near = sorted(range(len(told)), key=lambda place: (min(abs(place - mark) for mark in marks), place))[:most]
    return tuple(told[place] for place in sorted(near)), len(told) - most


def facts(told: Sequence[Moment]) -> dict[str, int]:
    """Return what a picture's description counts: requests, tasks made, mishaps met."""
    requests = [moment for moment in told if moment.kind == "request"]
    return {
        "requests": sum(moment.times for moment in requests),
        "tasks": sum(moment.made is not None for moment in requests),
        "mishaps": sum(bool(moment.mishaps) for moment in requests),
    }
