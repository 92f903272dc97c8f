"""What the driver needs of an adapter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from ..protocol.messages import PROTOCOL, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..protocol.messages import Answered, Asleep, FromKit, Hello, Occurred


class AdapterError(RuntimeError):
    """Trouble of the adapter's own, never a verdict on the client; what it says is for the adapter's author."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The client under test, as its adapter introduced it."""

    name: str
    version: str = ""
    language: str = ""
    capabilities: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)


class Adapter(Protocol):
    """A client to talk to. One scenario at a time; after an AdapterError it is stopped, and may be started again."""

    def start(self) -> Subject:
        """Start it; return what it introduced itself as. Raises AdapterError."""

    def send(self, message: FromKit) -> None:
        """Tell it something, without waiting for anything. Raises AdapterError."""

    def receive(self, timeout_s: float) -> Occurred | Asleep | Answered | None:
        """Return what it said next; None if it was silent for so many real seconds. Raises AdapterError."""

    def written(self) -> str:
        """Return what it wrote beside the protocol (stderr, logs) since the last time this was asked."""

    def stop(self) -> None:
        """Stop it and everything that it started. A second time is none."""


def subject_of(hello: Hello) -> Subject:
    """Return who said hello. Raises ProtocolError for another version of the protocol."""
    if hello.protocol != PROTOCOL:
        raise ProtocolError(f"the adapter speaks version {hello.protocol} of the protocol, this kit {PROTOCOL}")
    return Subject(hello.name, hello.version, hello.language, tuple(hello.capabilities), hello.config)
