from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from .wire import in_process

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .wire import Server


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of refusals are told to the developer; nobody reads them here."""
    logger = logging.getLogger("hobbyhorse")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch, in_process(patch) as found:
        yield found
