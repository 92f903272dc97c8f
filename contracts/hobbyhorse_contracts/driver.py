"""Runs scenarios against one adapter, each in a world of its own."""

from __future__ import annotations

import base64
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hobbyhorse import ControlError

from .adapters.port import AdapterError, Subject
from .documents import DocumentError
from .driving.clocking import Clocking
from .driving.gate import Gate
from .driving.gather import Folder, rows_of, truths_of
from .driving.play import Limits, Play
from .driving.secrets import Secrets
from .driving.strays import Strays, folders
from .driving.telling import answers_of, events_of, leaks_of
from .driving.upstream import START, VIRTUAL, world_document
from .history import History

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from hobbyhorse import Emulator, World

    from .adapters.port import Adapter
    from .history import Mode
    from .scenario import Scenario

__all__ = ["Driver", "Limits", "NotOfferedError", "lacking"]


class NotOfferedError(ValueError):
    """The client does not declare what a scenario needs; the scenario is not for it."""


class Driver:
    """Drives one client through scenarios, one at a time. `with` stops the client at the end.

    `mode` is how time goes: `hook` (the client says when it sleeps), `patch` (its adapter replaced its clock), `scale`
    (`scale` times as fast as real time) or `real`; by default what the adapter says in `config.time`, else `hook` where
    it has a sleep hook, else `real`.
    """

    def __init__(
        self,
        adapter: Adapter,
        emulator: Emulator,
        *,
        mode: Mode | None = None,
        scale: float = 100.0,
        limits: Limits | None = None,
    ) -> None:
        self._adapter = adapter
        self._emulator = emulator
        self._mode = mode
        self._scale = scale
        self._limits = limits or Limits()
        self._strays = Strays(emulator)
        self._subject: Subject | None = None
        self.starts = 0

    @property
    def subject(self) -> Subject:
        """Who is under test; started if need be. Raises AdapterError."""
        if self._subject is None:
            self.starts += 1
            self._subject = self._adapter.start()
        return self._subject

    @property
    def mode(self) -> Mode:
        """How time goes. Raises AdapterError."""
        if self._mode is not None:
            return self._mode
        told = self.subject.config.get("time")
        modes: dict[object, Mode] = {"hook": "hook", "patch": "patch", "scale": "scale", "real": "real"}
        return modes.get(told, "hook" if "sleep_hook" in self.subject.capabilities else "real")

    def run(self, scenario: Scenario) -> History:
        """Run a scenario; return what was seen. Trouble with the adapter is told in it, and ends the adapter.

        Raises NotOfferedError for a scenario that is not for this client, AdapterError for an adapter that does not
        start, and DocumentError for a scenario that the emulator refuses.
        """
        missing = lacking(scenario, self.subject)
        if missing:
            raise NotOfferedError(f"scenario {scenario.name!r} needs {', '.join(missing)}")
        document = world_document(scenario, self.mode, self._scale)
        with (
            tempfile.TemporaryDirectory(prefix="hobbyhorse-") as folder,
            _made(self._emulator, scenario, document) as world,
        ):
            return self._run(scenario, world, Path(folder).resolve())

    def stop(self) -> None:
        """Stop the client."""
        self._subject = None
        self._adapter.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _run(self, scenario: Scenario, world: World, folder: Path) -> History:
        out, local = folder / "out", folder / "in"
        out.mkdir()
        local.mkdir()
        for name, content in scenario.files.items():
            (local / Path(name).name).write_bytes(base64.b64decode(content))
        self._strays.mark()
        began = time.monotonic()
        is_known = self.mode in VIRTUAL and "clock" not in scenario.world
        started_ms = START * 1000 if is_known else world.clock.read().now
        clocking = Clocking(world, self.mode, self._scale, started_ms, began)
        play = Play(scenario, self._adapter, self.subject, world, clocking, Folder(out), local, self._limits)
        trouble: list[str] = []
        stderr = ""
        try:
            with _gate(scenario, self._emulator) as play.gate:
                play.run()
        except AdapterError as error:
            trouble.append(str(error))
        if play.gave_up or trouble:
            self.stop()
        try:
            stderr = self._adapter.written()
        except AdapterError as error:
            trouble.append(str(error))
            self.stop()
        play.folder.look(play.clocking.now_ms())
        return self._history(scenario, world, play, stderr, trouble, time.monotonic() - began)

    def _history(
        self, scenario: Scenario, world: World, play: Play, stderr: str, trouble: list[str], real_s: float
    ) -> History:
        subject = play.subject
        key = next(iter(world.keys.values()))
        label = f"<api-key {key.number}>"
        secrets = Secrets(key.key, label)
        started_ms = play.clocking.started_ms
        rows, is_complete, first = rows_of(world, started_ms)
        tasks = [row.committed for row in rows if row.committed]
        prompts = [str((call.request.get("input") or {}).get("prompt", "")) for call in scenario.calls]
        rows += self._strays.belonging(rows, [label, *tasks, *folders(rows), *prompts], first)
        with_clips = any(row.route == "download" for row in rows) or bool(play.folder.seen)
        hidden = secrets.hidden
        return History(
            scenario=scenario.name,
            capabilities=subject.capabilities,
            config=subject.config,
            mode=play.clocking.mode,
            bases=play.bases,
            requests=play.requests,
            apis=dict(world.api),
            results=world.results,
            key=label,
            rows=rows,
            answers=answers_of(play, secrets),
            events=events_of(play, secrets),
            sleeps=tuple(play.sleeps),
            tasks=truths_of(world, started_ms, with_clips=with_clips),
            files=tuple(play.folder.seen),
            leaks=leaks_of(play, stderr, trouble, secrets),
            stderr=hidden(stderr),
            silent=tuple(play.silent),
            gave_up=play.gave_up,
            trouble=tuple(hidden(text) for text in trouble),
            complete=is_complete,
            ended_ms=play.clocking.now_ms(),
            real_s=round(real_s, 4),
        )


def lacking(scenario: Scenario, subject: Subject) -> tuple[str, ...]:
    """Return what a scenario needs and a client does not declare.

    `generate` can be made of submit and wait. A download by itself is asked of those that can wait by themselves: of
    others it is the end of generate.
    """
    has = set(subject.capabilities)
    if {"submit", "wait"} <= has:
        has.add("generate")
    ops = [call.op for call in scenario.calls]
    needed = dict.fromkeys([*ops, *scenario.only, *(["wait"] if "download" in ops else [])])
    return tuple(name for name in needed if name not in has)


def _gate(scenario: Scenario, emulator: Emulator) -> AbstractContextManager[Gate | None]:
    """Return the port that the API has instead of its own, where a scenario wants another."""
    if scenario.closed_s > 0 or scenario.untrusted:
        return Gate(emulator.api, untrusted=scenario.untrusted)
    return nullcontext()


def _made(emulator: Emulator, scenario: Scenario, document: dict[str, object]) -> World:
    try:
        return emulator.world(**document)
    except ControlError as error:
        if error.status is None:
            raise
        raise DocumentError(f"scenario {scenario.name!r}: the emulator refuses it: {error}") from error
