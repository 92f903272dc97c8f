"""One scenario while it plays: who is under way, who sleeps, when time moves on.

In the modes `hook` and `patch` the world's clock stands still while anybody works. When every call under way sleeps,
it is moved to the next instant at which something shall happen: a wake, an act, the beginning of a call.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..adapters.port import AdapterError
from ..history import Sleep
from ..protocol.messages import Answered, Asleep, Cancel, Occurred, Run, Wake
from .acting import act
from .upstream import filled, real_seconds

if TYPE_CHECKING:
    from pathlib import Path

    from hobbyhorse import World

    from ..adapters.port import Adapter, Subject
    from ..scenario import Act, Call, Scenario
    from .clocking import Clocking
    from .gate import Gate
    from .gather import Folder

# Real seconds without a word after which a sleeper is woken although others are under way: a client may have them wait
# for the sleeper (one limiter for all of them), and does not say so.
_LULL_S = 0.5
_LEAST_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """When a client is given up: real seconds of silence and in all, messages, virtual seconds."""

    silent_s: float = 10.0
    real_s: float = 60.0
    messages: int = 20_000
    virtual_s: float = 40 * 86_400.0


@dataclass(slots=True)
class _Sleeper:
    call: str | None
    wakes_ms: int


@dataclass(slots=True)
class Play:
    """Plays a scenario once. What came of it stands in its fields afterwards."""

    scenario: Scenario
    adapter: Adapter
    subject: Subject
    world: World
    clocking: Clocking
    folder: Folder
    local: Path
    limits: Limits
    gate: Gate | None = None
    answers: list[tuple[Answered, int]] = field(default_factory=list)
    events: list[tuple[Occurred, int]] = field(default_factory=list)
    sleeps: list[Sleep] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    gave_up: str = ""
    bases: dict[str, str] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    _pending: list[Call] = field(default_factory=list)
    _acts: list[Act] = field(default_factory=list)
    _under_way: dict[str, list[str]] = field(default_factory=dict)  # call: operations that follow
    _sleeping: dict[int | str, _Sleeper] = field(default_factory=dict)
    _results: dict[str, dict[str, Any]] = field(default_factory=dict)
    _began_ms: dict[str, int] = field(default_factory=dict)
    _stopped: set[str] = field(default_factory=set)  # calls that were aborted
    _messages: int = 0

    def run(self) -> None:
        """Play it to the end, or until the client is given up. Raises AdapterError for trouble of the adapter."""
        self._pending = sorted(self.scenario.calls, key=lambda call: call.at)
        self._acts = sorted(self.scenario.acts, key=lambda one: one.at)
        heard = time.monotonic()
        while not self.gave_up:
            self._do_what_is_due()
            if not self._under_way and not self._pending:
                return
            wait_s, is_lull = self._patience(heard)
            message = self.adapter.receive(wait_s) if wait_s > 0 else None
            if message is not None:
                heard = time.monotonic()
                self._hear(message)
            elif is_lull:
                self._move_on()
                heard = time.monotonic()
            else:
                self._check_silence(heard)

    def task_of(self, call: str) -> str:
        """Return the id of the task that a call made. Raises LookupError."""
        for answer, _ in self.answers:
            if answer.id == call:
                found = answer.result.task_id if answer.result else answer.error.task_id if answer.error else None
                if found:
                    return found
        for event, _ in self.events:
            if event.id == call and event.task_id:
                return event.task_id
        committed = [entry.committed for entry in self.world.journal.entries(route="create") if entry.committed]
        if len(committed) == 1:
            return committed[0]
        raise LookupError(f"it is not known which task {call} made")

    def _do_what_is_due(self) -> None:
        now = self.clocking.now_ms()
        if self.gate is not None and now >= self.scenario.closed_s * 1000:
            self.gate.open()
        while self._acts and self._acts[0].at * 1000 <= now:
            act(self._acts.pop(0), self)
        for call in [call for call in self._pending if self._may_begin(call, now)]:
            if self._may_begin(call, now):
                self._pending.remove(call)
                self._begin(call)
        due = sorted((sleeper.wakes_ms, token) for token, sleeper in self._sleeping.items() if sleeper.wakes_ms <= now)
        for _, token in due:
            del self._sleeping[token]
            self.adapter.send(Wake(token=token, now=self.clocking.epoch_s()))

    def _may_begin(self, call: Call, now: int) -> bool:
        if call.at * 1000 > now:
            return False
        if call.after is not None and all(answer.id != call.after for answer, _ in self.answers):
            return False
        return call.op == "abort" or not self._under_way or "batch" in self.subject.capabilities

    def _begin(self, call: Call) -> None:
        if call.op == "abort":
            target = str(call.options.get("call", self.scenario.calls[0].id))
            if target in self._under_way:
                self._sleeping = {at: one for at, one in self._sleeping.items() if one.call != target}
                self._stopped.add(target)
                self.adapter.send(Cancel(id=target))
            return
        has = self.subject.capabilities
        ops: list[str] = [call.op]
        if call.op == "generate" and "generate" not in has:
            ops = [name for name in ("submit", "wait", "download") if name in has]
        self._under_way[call.id] = ops[1:]
        self._began_ms[call.id] = self.clocking.now_ms()
        self._ask(call, ops[0])

    def _ask(self, call: Call, op: str) -> None:
        options = filled(dict(call.options), self.filling)
        region, base = options.pop("region", None), options.pop("base", "plain")
        url = self.world.base_url(region) + ("/" if base == "slash" else "")
        if self.gate is not None:
            url = self.gate.origin + urlsplit(url).path
        if "out" in options:
            options["out"] = str(self.folder.path / str(options["out"]))
        if "task_id" in self._results.get(call.id, {}):
            options["task_id"] = self._results[call.id]["task_id"]
        if "timeout_s" in options:  # one for all the operations that a call is made of
            used_s = (self.clocking.now_ms() - self._began_ms[call.id]) / 1000
            options["timeout_s"] = max(_LEAST_TIMEOUT_S, options["timeout_s"] - used_s)
        if self.clocking.mode == "scale":
            for name in ("poll_interval_s", "timeout_s"):
                if name in options:
                    options[name] = options[name] / self.clocking.rate
        request = filled(dict(call.request), self.filling)
        self.bases[call.id] = url
        self.requests[call.id] = request
        self.adapter.send(
            Run.model_construct(
                id=call.id,
                op=op,
                base_url=url,
                api_key=self.world.key,
                request=request,
                options=options,
                now=self.clocking.epoch_s(),
            )
        )

    def filling(self, name: str) -> str:
        """Return what stands in a placeholder's place. Raises LookupError for a task that is not known."""
        kind, _, rest = name.partition(":")
        if kind == "file":
            return str(self.local / rest)
        if kind == "task":
            return self.task_of(rest)
        if kind == "url":
            return self.world.tasks.find(self.task_of(rest)).video_url or ""
        return self.world.results if kind == "results" else self.world.base_url().removesuffix("/api/v1")

    def _patience(self, heard: float) -> tuple[float, bool]:
        """Return how many real seconds to wait for a word, and whether time moves on if none comes."""
        since = time.monotonic() - heard
        if not self.clocking.is_virtual:
            instant = self._next_instant()
            silent = self._silent_s() - since
            if instant is None:
                return max(0.0, silent), False
            return max(0.0, min(silent, (instant - self.clocking.now_ms()) / 1000 / self.clocking.rate)), False
        anonymous = sum(1 for sleeper in self._sleeping.values() if sleeper.call is None)
        named = {sleeper.call for sleeper in self._sleeping.values()}
        if len([call for call in self._under_way if call not in named]) <= anonymous:
            return 0.0, True
        if self._sleeping:
            return max(0.01, _LULL_S - since), True
        return max(0.01, self._silent_s() - since), False

    def _silent_s(self) -> float:
        waits = real_seconds([*self.scenario.mishaps, *self.scenario.world.get("mishaps", ())])
        if self.clocking.is_virtual:
            return self.limits.silent_s + waits
        longest = max((float(call.options.get("timeout_s", 600)) for call in self.scenario.calls), default=600.0)
        return self.limits.silent_s + waits + longest / self.clocking.rate

    def _next_instant(self) -> int | None:
        now = self.clocking.now_ms()
        instants = [sleeper.wakes_ms for sleeper in self._sleeping.values()]
        instants += [round(call.at * 1000) for call in self._pending if call.at * 1000 > now]
        instants += [round(self._acts[0].at * 1000)] if self._acts else []
        instants += [round(self.scenario.closed_s * 1000)] if self.gate is not None and not self.gate.is_open else []
        return min(instants, default=None)

    def _move_on(self) -> None:
        instant = self._next_instant()
        if instant is None:
            waiting = ", ".join(call.id for call in self._pending)
            self._give_up(f"nothing is under way, and {waiting} cannot begin")
            return
        self.folder.look(self.clocking.now_ms())
        if instant > self.limits.virtual_s * 1000:
            self._give_up(f"it would go on for more than {self.limits.virtual_s / 86400:g} days of virtual time")
        else:
            self.clocking.move(instant)

    def _check_silence(self, heard: float) -> None:
        since = time.monotonic() - heard
        if since >= self._silent_s():
            calls = ", ".join(self._under_way)
            self._give_up(f"{calls or 'the client'} said nothing for {since:.0f} s and did not sleep")

    def _give_up(self, why: str) -> None:
        self.gave_up = why
        self.silent = list(self._under_way)

    def _hear(self, message: Occurred | Asleep | Answered) -> None:
        self._messages += 1
        if self._messages > self.limits.messages:
            self._give_up(f"it said more than {self.limits.messages} things without coming to an end")
        if self.clocking.is_virtual and time.monotonic() - self.clocking.began > self._most_real_s():
            self._give_up(f"it was not over after {self._most_real_s():.0f} real seconds")
        if message.id is not None and message.id not in self._under_way:
            again = any(answer.id == message.id for answer, _ in self.answers)
            if again and message.id in self._stopped and not isinstance(message, Answered):
                return  # what was under way when it was aborted
            what = f"{message.type} for call {message.id!r}"
            raise AdapterError(f"the adapter said {what}, which {'was answered already' if again else 'was not asked'}")
        now = self.clocking.now_ms()
        if isinstance(message, Occurred):
            self.events.append((message, now))
        elif isinstance(message, Asleep):
            if message.token in self._sleeping:
                raise AdapterError(f"two sleeps have the token {message.token!r}")
            self._sleeping[message.token] = _Sleeper(message.id, now + max(0, round(message.seconds * 1000)))
            self.sleeps.append(Sleep(now, message.seconds, message.id))
        else:
            self._answered(message, now)

    def _most_real_s(self) -> float:
        return self.limits.real_s + real_seconds([*self.scenario.mishaps])

    def _answered(self, message: Answered, now: int) -> None:
        following = self._under_way[message.id]
        if message.harness_error is not None:
            raise AdapterError(f"call {message.id}: {message.harness_error}")
        if message.ok and message.result is not None:
            given = message.result.model_dump(exclude_none=True)
            self._results[message.id] = {**self._results.get(message.id, {}), **given}
        if message.ok and following:
            if "task_id" not in self._results.get(message.id, {}):
                raise AdapterError(f"call {message.id}: a submit that went well has no result.task_id")
            self._ask(self.scenario.call(message.id), following.pop(0))
            return
        if message.ok:
            merged = type(message.result)(**self._results[message.id]) if message.result else None
            message = message.model_copy(update={"result": merged})
        del self._under_way[message.id]
        self._sleeping = {token: one for token, one in self._sleeping.items() if one.call != message.id}
        self.folder.look(now)
        self.answers.append((message, now))
