from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hobbyhorse import Emulator

from .client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Play = Callable[..., Client]


@pytest.fixture(scope="session")
def served() -> Iterator[Emulator]:
    with Emulator(process=False) as emulator:
        yield emulator


@pytest.fixture
def play(served: Emulator) -> Iterator[Play]:
    """Make a world in which scenarios play, on a clock that stands still unless told otherwise; return its client."""
    made: list[Client] = []

    def played(*scenarios: str | dict[str, Any], **document: Any) -> Client:
        given = {"pace": "instant", "clock": {"frozen": True}, "media": "stamped"} | document
        made.append(Client(served.world(scenarios=list(scenarios), **given)))
        return made[-1]

    yield played
    for client in made:
        client.close()
        client.world.delete()
