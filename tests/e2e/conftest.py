"""Worlds on the run's one server, and processes with the SDK, each made when a test first asks."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from .sdk import using

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse import Emulator, World

    from .sdk import Sdk

# A frozen clock never leaves a window of a second, and these tests are about other things than quotas.
STILL: dict[str, Any] = {
    "keys": [{"name": "beijing", "region": "cn-beijing"}, {"name": "singapore", "region": "ap-southeast-1"}],
    "clock": {"frozen": True},
    "quotas": "off",
}


@pytest.fixture(scope="session")
def clients() -> Iterator[ExitStack]:
    with ExitStack() as clients:
        yield clients


@pytest.fixture(scope="session")
def instant(hobbyhorse: Emulator) -> Iterator[World]:
    """A world whose tasks are final on the first poll."""
    with hobbyhorse.world(name="instant", pace="instant", **STILL) as world:
        yield world


@pytest.fixture(scope="session")
def standing(hobbyhorse: Emulator) -> Iterator[World]:
    """A world whose tasks stay PENDING: they move by time only, and time stands still."""
    with hobbyhorse.world(name="standing", pace="realistic", **STILL) as world:
        yield world


@pytest.fixture(scope="session")
def sdk(instant: World, clients: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    """The SDK in the world whose tasks are final on the first poll."""
    return clients.enter_context(using(instant, tmp_path_factory.mktemp("sdk")))


@pytest.fixture(scope="session")
def standing_sdk(standing: World, clients: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    """The SDK in the world whose tasks stay PENDING."""
    return clients.enter_context(using(standing, tmp_path_factory.mktemp("sdk")))


@pytest.fixture
def submitted(standing_sdk: Sdk) -> str:
    """Return the id of a task that is PENDING."""
    answer = standing_sdk("VideoSynthesis.async_call", model="happyhorse-1.1-t2v", prompt="a paper horse")
    return str(answer["output"]["task_id"])
