"""Sequences of calls for clients with fine-grained operations: submit, wait, cancel, list, download, abort.

The machine runs nothing. It writes down a scenario step by step, by a model of what the service would do meanwhile, and
hands it over at its end; the driver runs it afterwards like any other, so that it can be stored, shrunk and replayed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from ..scenario import Act, Call, Scenario, Timeline
from .mishaps import FAMILIES
from .profiles import drawing
from .table import models

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scenarios import Scope

_STEPS = 10
_LIST_S = 5.0
_MOST_TASKS = 4
_WAITS = ("poll-broken", "poll-status", "poll-throttled", "idle-closed")
_TIMES = st.sampled_from((1.0, 15.0, 60.0, 200.0))
OPS = ("submit", "wait", "cancel", "list", "download", "abort")
"""What the machine is made of; a client that has submit and one more is given to it."""


@dataclass(slots=True)
class Paid:
    """A task of the model: who made it, when, and whether a cancel came in time."""

    call: str
    made_s: float
    is_canceled: bool = False
    is_aborted: bool = False
    has_cancel: bool = False

    def status(self, now: float, timeline: Timeline) -> str:
        """Return the state in which the service has it."""
        if self.is_canceled:
            return "CANCELED"
        age = now - self.made_s
        if age < timeline.pending_s:
            return "PENDING"
        return "RUNNING" if age < timeline.pending_s + timeline.running_s else timeline.outcome


class Machine(RuleBasedStateMachine):
    """Writes one scenario. `scope` says what the client can do, `hand_over` takes the scenario."""

    scope: Scope
    hand_over: Callable[[Scenario], None]

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.calls: list[Call] = []
        self.acts: list[Act] = []
        self.paid: list[Paid] = []
        self.timeline = Timeline()

    @initialize(pending=st.sampled_from((0.0, 60.0)), running=st.sampled_from((30.0, 120.0)))
    def begin(self, pending: float, running: float) -> None:
        """Say how long tasks take."""
        self.timeline = Timeline(pending_s=pending, running_s=running)

    @precondition(lambda self: len(self.paid) < _MOST_TASKS)
    @rule()
    def submit(self) -> None:
        """Make a task."""
        self.paid.append(Paid(self._call("submit", request=self._request()), self.now))

    @precondition(lambda self: "generate" in self.scope.capabilities and len(self.paid) < _MOST_TASKS)
    @rule(leaves=st.booleans())
    def generate(self, *, leaves: bool) -> None:
        """Make a task and wait for it; perhaps leave before its end."""
        options = {"out": f"{len(self.calls) + 1}.mp4"} if "download" in self.scope.capabilities else {}
        made = Paid(self._call("generate", request=self._request(), options=options), self.now)
        self.paid.append(made)
        if leaves and "abort" in self.scope.capabilities and not self.acts:
            self.now += 20.0
            self._call("abort", options={"call": made.call})
            made.is_aborted = True

    @precondition(lambda self: self.paid and "wait" in self.scope.capabilities)
    @rule(data=st.data())
    def wait(self, data: st.DataObject) -> None:
        """Wait for a task that was made before: nothing is created."""
        self._about(self._one(data), "wait")

    @precondition(lambda self: self._untouched() and "cancel" in self.scope.capabilities)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel a task, in whatever state it is; once, for two cancels of one task are one on the wire."""
        task = data.draw(st.sampled_from(self._untouched()))
        task.has_cancel = True
        task.is_canceled = task.status(self.now, self.timeline) in {"PENDING", "CANCELED"}
        self._about(task, "cancel")

    @precondition(lambda self: self._ended() and "download" in self.scope.capabilities)
    @rule(data=st.data())
    def download(self, data: st.DataObject) -> None:
        """Download the clip of a task that has one."""
        task = data.draw(st.sampled_from(self._ended()))
        self._about(task, "download", out=f"{len(self.calls) + 1}.mp4")

    @precondition(lambda self: "list" in self.scope.capabilities and self.calls and self.calls[-1].op != "list")
    @rule()
    def list_tasks(self) -> None:
        """List everything; two lists at once could not be told apart on the wire."""
        self._call("list")
        self.now += _LIST_S

    @rule(seconds=_TIMES)
    def advance(self, seconds: float) -> None:
        """Let time pass before the next call."""
        self.now += seconds

    @precondition(lambda self: not self.acts and not any(task.is_aborted for task in self.paid))
    @rule(name=st.sampled_from(_WAITS), form=st.integers(0, 5))
    def trouble(self, name: str, form: int) -> None:
        """Let something go wrong with polls from now on, once; not where a call is left, which explains its end."""
        forms = FAMILIES[name].forms
        self.acts.append(Act(self.now, "mishap", options={**forms[form % len(forms)], "count": 1}))

    def teardown(self) -> None:
        """Hand over what was written, if there is anything in it."""
        if self.calls:
            needs = tuple(sorted({call.op for call in self.calls} - {"generate"}))
            self.hand_over(
                Scenario("machine", tuple(self.calls), timeline=self.timeline, acts=tuple(self.acts), only=needs)
            )

    def _call(self, op: Any, **fields: Any) -> str:
        name = f"c{len(self.calls) + 1}"
        self.calls.append(Call(name, op, at=self.now, **fields))
        return name

    def _about(self, task: Paid, op: str, **options: Any) -> None:
        given = {"task_id": f"{{task:{task.call}}}", **options}
        self._call(op, options=given, after=task.call)

    def _one(self, data: st.DataObject) -> Paid:
        return data.draw(st.sampled_from(self.paid))

    def _untouched(self) -> list[Paid]:
        return [task for task in self.paid if not task.has_cancel and not task.is_aborted]

    def _ended(self) -> list[Paid]:
        return [
            task
            for task in self.paid
            if not task.is_aborted and task.status(self.now, self.timeline) == self.timeline.outcome == "SUCCEEDED"
        ]

    def _request(self) -> dict[str, Any]:
        plain = next(name for name in self.scope.models if not models()[name].takes_pictures)
        return {"model": plain, "input": {"prompt": f"{len(self.calls) + 1}: a paper horse"}}


def fits(scope: Scope) -> bool:
    """Say whether a client has operations enough for sequences of them."""
    has = scope.capabilities & set(OPS)
    plain = any(not models()[name].takes_pictures for name in scope.models)
    return plain and "submit" in has and len(has) > 1


def written(scope: Scope, count: int, seed: int) -> tuple[Scenario, ...]:
    """Return so many scenarios that the machine writes, no two alike; nothing for a client without its operations."""
    if not count or not fits(scope):
        return ()
    found: dict[str, Scenario] = {}

    def hand_over(scenario: Scenario) -> None:
        found.setdefault(repr(scenario), scenario)

    made = type("Written", (Machine,), {"scope": scope, "hand_over": staticmethod(hand_over)})
    run_state_machine_as_test(
        hypothesis.seed(seed)(made),
        settings=settings(drawing(count), stateful_step_count=_STEPS),
    )
    return tuple(replace(row, name=f"seed {seed}: sequence {at}") for at, row in enumerate(found.values(), 1))
