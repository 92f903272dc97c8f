"""The process that other tests talk to: it starts, is moved in time, is shared, and tells why it did not start."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import httpx
import pytest

from emulator_process import BEIJING_KEY, running

if TYPE_CHECKING:
    from emulator_process import Stable


def test_one_server_for_each_set_of_options(stable: Stable) -> None:
    assert stable.get() is stable.get()
    assert stable.get(pace="instant") is stable.get(pace="instant")
    assert stable.get(pace="instant") is not stable.get()


def test_the_clock_moves_as_told_and_stands_else(stable: Stable) -> None:
    def now() -> object:
        return httpx.get(f"{emulator.control}/worlds/default/clock", trust_env=False).json()

    emulator = stable.get()
    before = now()
    assert now() == before
    emulator.advance(1)
    assert now() != before


def test_its_environment_points_the_sdk_at_it(stable: Stable) -> None:
    emulator = stable.get()
    env = emulator.env()
    assert env["DASHSCOPE_HTTP_BASE_URL"] == f"{emulator.api}/api/v1"
    answer = httpx.get(
        f"{env['DASHSCOPE_HTTP_BASE_URL']}/tasks",
        headers={"Authorization": f"Bearer {env['DASHSCOPE_API_KEY']}"},
        trust_env=False,
    )
    assert answer.status_code == 200
    assert env["PATH"] == os.environ["PATH"]


def test_the_default_key_is_that_of_beijing() -> None:
    assert len(BEIJING_KEY) == len("sk-") + 32


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="nonsense"), running(pace="nonsense"):
        pass


def test_a_server_is_gone_when_its_block_ends() -> None:
    with running() as emulator:
        assert httpx.get(f"{emulator.control}/health", trust_env=False).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{emulator.control}/health", trust_env=False)
