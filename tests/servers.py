"""Servers with settings of their own, each as long as the test session. Where a world will do, take the plugin's."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hobbyhorse import Emulator

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

BEIJING_KEY = "sk-facade" + "0" * 24 + "b1"  # one of the ready-made, which the default world takes


@dataclass(slots=True)
class Servers:
    """One server for each distinct set of settings, started when first asked for, all stopped at the end."""

    started: dict[frozenset[tuple[str, object]], Emulator] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def get(self, **settings: str | int | bool) -> Emulator:
        """Return the server with these settings, its clock frozen unless they say otherwise."""
        wanted = frozenset(settings.items())
        if wanted not in self.started:
            given: dict[str, Any] = {"clock": "frozen", **settings}
            self.started[wanted] = self._stack.enter_context(Emulator(**given))
        return self.started[wanted]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, value, at)


def bare_environment() -> dict[str, str]:
    """Return the environment without settings of the emulator: a test states all that it wants."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HOBBYHORSE_")}
