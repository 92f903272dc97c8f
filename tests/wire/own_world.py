"""A world of its own for one golden conversation, made and deleted through the control API."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class OwnWorld:
    """A world under its control URL, and the texts of its keys by name."""

    url: str
    keys: Mapping[str, str]

    def advance(self, seconds: float) -> None:
        """Move its clock forward. Raises httpx.HTTPStatusError if it was refused."""
        httpx.post(f"{self.url}/clock", json={"advance": seconds}, trust_env=False).raise_for_status()


@contextmanager
def own_world(control: str, document: Mapping[str, Any]) -> Iterator[OwnWorld]:
    """Make a world, with a frozen clock unless the document says otherwise; delete it in the end."""
    made = httpx.post(f"{control}/worlds", json={"clock": {"frozen": True}, **document}, trust_env=False)
    made.raise_for_status()
    view = made.json()
    url = f"{control}/worlds/{view['id']}"
    try:
        yield OwnWorld(url, {key["name"]: key["key"] for key in view["keys"]})
    finally:
        httpx.delete(url, trust_env=False).raise_for_status()
