"""`certify adapter CMD`: talks to an adapter and says what is wrong with it, for its author.

It judges the adapter, not the client: whether what was declared is there, and whether kit and client understand each
other. A client that does the wrong thing in the right words passes here.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hobbyhorse import Emulator

from ..driver import Driver, Limits
from ..hints import did_you_mean
from ..protocol.messages import CAPABILITIES
from ..scenario import Call, Scenario, Timeline
from .port import AdapterError
from .stdio import StdioAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..history import Answer, History
    from .port import Subject

_REQUEST = {
    "model": "happyhorse-1.1-t2v",
    "input": {"prompt": "a paper horse"},
    "parameters": {"resolution": "720P", "duration": 5},
}
_MINUTE = Timeline(pending_s=20, running_s=40)
_MODES = ("hook", "patch", "scale", "real")
_USAGE = "usage: hobbyhorse certify adapter CMD    (CMD as in a shell: 'python3 my_adapter.py')"


@dataclass(frozen=True, slots=True)
class Finding:
    """What talking showed: `fine`, `advice`, or `wrong`, which has to be mended before anything can be judged."""

    weight: Literal["fine", "advice", "wrong"]
    says: str


def talk(command: str | Sequence[str], emulator: Emulator, *, limits: Limits | None = None) -> list[Finding]:
    """Start an adapter, have it do what it declares, stop it; return what was found."""
    adapter = StdioAdapter(command)
    found: list[Finding] = []
    with Driver(adapter, emulator, limits=limits) as driver:
        try:
            subject = driver.subject
        except AdapterError as error:
            return [Finding("wrong", str(error))]
        found.append(Finding("fine", f"it says hello: {subject.name} {subject.version} ({subject.language or '?'})"))
        found += _introduction(subject)
        for scenario in _scenarios(subject):
            history = driver.run(scenario)
            found += _understood(scenario, history)
            if history.trouble or history.silent:
                break
    if adapter.ending == "bye":
        found.append(Finding("fine", "it ends when it is told bye"))
    elif not any(row.weight == "wrong" for row in found):
        says = f"it does not end within 3 s of bye and the end of stdin; it took {adapter.ending}"
        found.append(Finding("wrong", says))
    return found


def main(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code: 0 for an adapter that can be used, 3 for one that cannot."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        sys.stdout.write(f"{_USAGE}\n")
        return 0 if arguments else 2
    with Emulator(log_level="warning") as emulator:
        found = talk(arguments[0] if len(arguments) == 1 else list(arguments), emulator)
    marks = {"fine": "ok   ", "advice": "note ", "wrong": "WRONG"}
    for row in found:
        sys.stdout.write(f"{marks[row.weight]}  {row.says}\n")
    is_good = all(row.weight != "wrong" for row in found)
    sys.stdout.write(f"\n{'The kit can use this adapter.' if is_good else 'The kit cannot use this adapter yet.'}\n")
    return 0 if is_good else 3


def _introduction(subject: Subject) -> Iterator[Finding]:
    for name in subject.capabilities:
        if name not in CAPABILITIES:
            yield Finding("wrong", f"there is no capability {name!r}{did_you_mean(name, CAPABILITIES)}")
    has = set(subject.capabilities)
    if "generate" not in has and not {"submit", "wait"} <= has:
        yield Finding("wrong", "it declares neither `generate` nor `submit` and `wait`: there is nothing to judge")
    if not subject.version:
        yield Finding("advice", "hello has no `version`; the certificate would not say which client it is for")
    if "auto_retry" not in subject.config:
        says = "hello has no `config.auto_retry`: say false if the client leaves retries to its user"
        yield Finding("advice", says)
    told = subject.config.get("time")
    if told is not None and told not in _MODES:
        yield Finding(
            "wrong", f"config.time is {told!r}{did_you_mean(str(told), _MODES)}; it is one of {_listed(_MODES)}"
        )
    if "sleep_hook" not in has and told is None:
        says = "it has no `sleep_hook`: scenarios go by real time, and take as long as the client sleeps"
        yield Finding("advice", says)


def _scenarios(subject: Subject) -> Iterator[Scenario]:
    has = set(subject.capabilities)
    out = {"out": "clip.mp4"} if "download" in has else {}
    timeline = _MINUTE if "sleep_hook" in has or "time" in subject.config else Timeline(polls=(0, 0))
    brief = {**out, "poll_interval_s": 15 if timeline is _MINUTE else 1, "timeout_s": 600}
    if "generate" in has or {"submit", "wait"} <= has:
        yield Scenario("a success", (Call("c1", request=_REQUEST, options=brief),), timeline=timeline)
        failed = Timeline(pending_s=0, running_s=1, outcome="FAILED", error="InternalError")
        yield Scenario("a task that fails", (Call("c2", request=_REQUEST, options=brief),), timeline=failed)
        if "batch" in has:
            calls = tuple(Call(f"b{n}", request=_REQUEST, options={**brief, "out": f"{n}.mp4"}) for n in range(3))
            yield Scenario("three calls at once", calls, timeline=timeline, only=("batch",))
    if {"submit", "wait"} <= has:
        first = Call("s1", "submit", request=_REQUEST)
        second = Call("w1", "wait", options={**brief, "task_id": "{task:s1}"}, after="s1")
        yield Scenario("submit, then wait", (first, second), timeline=timeline)
    if {"submit", "cancel"} <= has:
        first = Call("s2", "submit", request=_REQUEST)
        second = Call("x1", "cancel", options={"task_id": "{task:s2}"}, after="s2")
        yield Scenario("submit, then cancel", (first, second), timeline=Timeline(pending_s=600))
    if "list" in has:
        yield Scenario("an empty list", (Call("l1", "list"),))


def _understood(scenario: Scenario, history: History) -> Iterator[Finding]:
    about = f"{scenario.name}: "
    for text in history.trouble:
        yield Finding("wrong", about + text)
    if history.gave_up:
        says = f"{history.gave_up}. Every call needs one answer, also where the client fails"
        yield Finding("wrong", about + says)
    if history.trouble or history.gave_up:
        return
    wrong = [*_differences(scenario, history)]
    yield from wrong
    if not wrong:
        yield Finding("fine", f"{scenario.name}: understood, {len(history.rows)} requests")


def _differences(scenario: Scenario, history: History) -> Iterator[Finding]:
    about = f"{scenario.name}: "
    is_long = scenario.timeline.polls is None and scenario.timeline.outcome == "SUCCEEDED"
    waits = any(call.op in {"generate", "wait"} for call in scenario.calls)
    if not history.rows:
        yield Finding("wrong", about + f"no request came to {next(iter(history.bases.values()))}: is base_url used?")
    if waits and is_long and "sleep_hook" in history.capabilities and not history.sleeps:
        yield Finding(
            "wrong", about + "`sleep_hook` is declared, and it never said sleep though the task took a minute"
        )
    for answer in history.answers:
        if scenario.timeline.outcome == "FAILED":
            yield from _failure(about, answer)
        elif not answer.ok:
            said = answer.error.text if answer.error else ""
            yield Finding("wrong", f"{about}call {answer.call} should go well, and ended with: {said[:300]}")
        else:
            yield from _success(about, scenario, history, answer)


def _failure(about: str, answer: Answer) -> Iterator[Finding]:
    error = answer.error
    if error is None:
        yield Finding("wrong", about + "the task is FAILED, and the answer says ok")
    elif error.kind != "task":
        yield Finding("advice", f"{about}error.kind is {error.kind!r}; for a task that FAILED it is 'task'")
    elif not error.text:
        yield Finding("advice", about + "error.text is empty; it is what a user of the client would read")


def _success(about: str, scenario: Scenario, history: History, answer: Answer) -> Iterator[Finding]:
    op = scenario.call(answer.call).op
    result = answer.result
    known = {truth.id for truth in history.tasks}
    if op in {"generate", "submit"} and (result is None or result.task_id not in known):
        found = None if result is None else result.task_id
        yield Finding("wrong", f"{about}result.task_id is {found!r}, which is no task of the account")
    if op == "generate" and "download" in history.capabilities:
        final = {row.name: row.sha256 for row in history.files if row.bytes is not None}
        out = str(scenario.call(answer.call).options.get("out"))
        if out not in final:
            yield Finding("wrong", f"{about}`download` is declared, and nothing was saved as options.out ({out})")
        elif result is not None and result.sha256 not in {None, final[out]}:
            yield Finding("wrong", f"{about}result.sha256 is not that of the file that was saved")
    if op == "list" and (result is None or result.tasks is None):
        yield Finding("wrong", about + "the result of a list has `tasks`, a list that may be empty")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
