"""The emulator holds every golden conversation. They were written from the reference, not recorded from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wire.over_http import sender
from wire.transcript import Conversation, conversations, play

if TYPE_CHECKING:
    from emulator_process import Stable


@pytest.mark.parametrize("conversation", conversations(), ids=lambda said: f"{said.file}: {said.name}")
def test_the_server_holds_the_conversation(conversation: Conversation, stable: Stable, media: str) -> None:
    emulator = stable.get(**conversation.server)
    play(conversation, sender(emulator.api, emulator.results), emulator.advance, {"media": media})
