"""One server for each set of options that the golden conversations ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from servers import Servers
from wire.media_site import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with Servers() as servers:
        yield servers


@pytest.fixture(scope="session")
def media() -> Iterator[str]:
    with serving() as base:
        yield base
