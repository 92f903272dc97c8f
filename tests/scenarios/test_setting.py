"""Scenarios that play in the default world from the start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hobbyhorse import Emulator
from hobbyhorse.settings import Settings, SettingsError
from hobbyhorse.wiring import wire

if TYPE_CHECKING:
    from pathlib import Path

MINE = "rules:\n- when: {prompt: cat}\n  then: {fail: DataInspectionFailed}\n"


def test_named_ones_and_files_play_in_the_order_given(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    with Emulator(process=False, scenario=f"slow-queue, {tmp_path / 'mine.yaml'}") as emulator:
        found = emulator.default.view()["scenarios"]

    assert ["slow-queue", "mine"] == found


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("outag", "'outag' is neither a named scenario nor a file that can be read.*did you mean 'outage'"),
        ("no/such.yaml", "'no/such.yaml' is neither .*`hobbyhorse scenarios` lists the named ones"),
    ],
)
def test_what_is_neither_is_refused(word: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        wire(Settings(scenario=word))


def test_a_file_that_is_wrong_is_refused_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE.replace("fail", "fial"))
    with pytest.raises(SettingsError, match=r"mine\.yaml:3: rules\.0\.then\.fial: there is no such field"):
        wire(Settings(scenario=str(tmp_path / "mine.yaml")))
