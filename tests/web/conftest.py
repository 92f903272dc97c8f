"""The emulator in this process, in both ways of validation, and an eye on what it logs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from hobbyhorse.logs import OneLine
from web.api import Api

if TYPE_CHECKING:
    from collections.abc import Iterator


class Eye(logging.Handler):
    """Keeps what a log must never show: a traceback, an error, an event of several lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(OneLine("%(levelname)s %(message)s"))
        self.lines = 0
        self.horrors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one event."""
        line = self.format(record)
        self.lines += 1
        if record.levelno >= logging.ERROR or record.exc_info or len(line.splitlines()) != 1:
            self.horrors.append(line)


@pytest.fixture(autouse=True)
def log() -> Iterator[Eye]:
    """Watch the log of the emulator in this process; a test fails that made it cry out."""
    eye, logger = Eye(), logging.getLogger("hobbyhorse")
    logger.addHandler(eye)
    logger.setLevel(logging.INFO)
    try:
        yield eye
    finally:
        logger.removeHandler(eye)
        logger.setLevel(logging.NOTSET)
    assert not eye.horrors, eye.horrors[0]


@pytest.fixture(scope="module")
def worker() -> Iterator[Api]:
    """A server that fails tasks late, as upstream does."""
    with Api() as api:
        yield api


@pytest.fixture(scope="module")
def gateway() -> Iterator[Api]:
    """A server that refuses at create."""
    with Api(validation="gateway") as api:
        yield api
