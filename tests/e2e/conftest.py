"""Servers and SDK processes, one for each set of options, started when a test first asks."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from emulator_process import Stable

from .sdk import using

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator_process import Emulator

    from .sdk import Sdk


@pytest.fixture(scope="session")
def servers() -> Iterator[Stable]:
    with Stable() as servers:
        yield servers


@pytest.fixture(scope="session")
def clients() -> Iterator[ExitStack]:
    with ExitStack() as clients:
        yield clients


@pytest.fixture(scope="session")
def instant(servers: Stable) -> Emulator:
    return servers.get(pace="instant")


@pytest.fixture(scope="session")
def standing(servers: Stable) -> Emulator:
    """A server whose tasks stay PENDING: they move by time only, and time stands still."""
    return servers.get(pace="realistic")


@pytest.fixture(scope="session")
def sdk(instant: Emulator, clients: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    """The SDK against the server whose tasks are final on the first poll."""
    return clients.enter_context(using(instant, tmp_path_factory.mktemp("sdk")))


@pytest.fixture(scope="session")
def standing_sdk(standing: Emulator, clients: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    """The SDK against the server whose tasks stay PENDING."""
    return clients.enter_context(using(standing, tmp_path_factory.mktemp("sdk")))


@pytest.fixture
def submitted(standing_sdk: Sdk) -> str:
    """Return the id of a task that is PENDING."""
    answer = standing_sdk("VideoSynthesis.async_call", model="happyhorse-1.1-t2v", prompt="a paper horse")
    return str(answer["output"]["task_id"])
