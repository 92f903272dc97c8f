"""The emulator holds every golden conversation. They were written from the reference, not recorded from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wire.over_http import sender
from wire.own_world import own_world
from wire.transcript import Conversation, conversations, play

if TYPE_CHECKING:
    from emulator_process import Stable


@pytest.mark.parametrize("conversation", conversations(), ids=lambda said: f"{said.file}: {said.name}")
def test_the_server_holds_the_conversation(conversation: Conversation, stable: Stable, media: str) -> None:
    emulator = stable.get(**conversation.server)
    send = sender(emulator.api, emulator.results)
    if conversation.world is None:
        play(conversation, send, emulator.advance, {"media": media})
        return
    with own_world(emulator.control, conversation.world) as world:
        play(conversation, send, world.advance, {"media": media, **world.keys})
