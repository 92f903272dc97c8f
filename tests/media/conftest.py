"""Fixtures of the media tests."""

from __future__ import annotations

import pytest

from hobbyhorse.media.drawing import fonts as finder


@pytest.fixture(scope="session")
def fonts() -> finder.Fonts:
    return finder.find()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
