"""The emulator holds every golden conversation. They were written from the reference, not recorded from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wire.over_http import sender
from wire.transcript import Conversation, conversations, play

if TYPE_CHECKING:
    from servers import Servers


@pytest.mark.parametrize("conversation", conversations(), ids=lambda said: f"{said.file}: {said.name}")
def test_the_server_holds_the_conversation(conversation: Conversation, servers: Servers, media: str) -> None:
    emulator = servers.get(**conversation.server)
    send = sender(emulator.api, emulator.results)
    if conversation.world is None:
        play(conversation, send, emulator.default.clock.advance, {"media": media})
        return
    with emulator.world(**{"clock": {"frozen": True}, **conversation.world}) as world:
        keys = {name: key.key for name, key in world.keys.items()}
        play(conversation, send, world.clock.advance, {"media": media, **keys})
