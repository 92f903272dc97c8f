"""What a mutant is, and the list of all of them. A mutant is the reference client with one step changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..config import Config
from ..drivable import CAPABILITIES, SyncClient
from ..reference import Reference
from ..wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

Changed = TypeVar("Changed", bound="type[Reference | Wire]")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug. `requirement` is the one that must notice it; `says` what the bug is."""

    name: str
    requirement: str
    says: str
    reference: type[Reference] = Reference
    wire: type[Wire] = Wire
    settings: Config = field(default_factory=Config)
    capabilities: tuple[str, ...] = CAPABILITIES

    def client(self) -> SyncClient:
        """Return the broken client, ready for the in-process adapter."""
        mutant = self

        class Broken(SyncClient):
            name = mutant.name
            reference = mutant.reference
            wire = mutant.wire
            settings = mutant.settings
            capabilities = mutant.capabilities

        return Broken()


MUTANTS: dict[str, Mutant] = {}


def mutant(
    requirement: str, *, settings: Config | None = None, wire: type[Wire] = Wire
) -> Callable[[Changed], Changed]:
    """List a changed Reference or Wire as a mutant: its name is the class's, in snake case."""

    def listed(changed: Changed) -> Changed:
        name = "".join(f"_{char.lower()}" if char.isupper() else char for char in changed.__name__).strip("_")
        says = (changed.__doc__ or "").strip().splitlines()[0]
        given = settings or Config()
        if issubclass(changed, Wire):
            _add(Mutant(name, requirement, says, wire=changed, settings=given))
        else:
            _add(Mutant(name, requirement, says, reference=changed, wire=wire, settings=given))
        return changed

    return listed


def configured(name: str, requirement: str, says: str, settings: Config) -> None:
    """List a client that is only set wrongly as a mutant."""
    _add(Mutant(name, requirement, says, settings=settings))


def _add(one: Mutant) -> None:
    if one.name in MUTANTS:
        raise ValueError(f"two mutants are called {one.name!r}")
    MUTANTS[one.name] = one
