"""The servers that the golden conversations are held with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servers import Servers


def test_one_server_for_each_set_of_settings_its_clock_frozen(servers: Servers) -> None:
    assert servers.get() is servers.get()
    assert servers.get(pace="instant") is servers.get(pace="instant")
    assert servers.get(pace="instant") is not servers.get()
    assert servers.get().default.clock.read().frozen
