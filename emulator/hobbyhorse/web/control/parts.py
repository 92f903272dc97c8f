"""What the control API works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import HTTPException

from ...core.hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.catalogue import Catalogue
    from ...journal.port import Journal
    from ...service.acting import Acting
    from ...service.events import Courier, Events
    from ...service.ledger import LedgerService
    from ...service.mishaps import Mishaps
    from ...service.ports import Tallies, Tasks
    from ...service.provisioning import Provisioning
    from ...service.results import ResultService
    from ...service.visit import Visits
    from ...service.worlds import World, Worlds


@dataclass(slots=True)
class Origins:
    """The base URLs under which clients reach the server; known once the sockets are bound, changed when asked.

    `authority` is a file with the certificate that a server with TLS is trusted by.
    """

    api: str = ""
    results: str = ""
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The services and stores behind the control API's topics. `monotonic` is a reading in ms."""

    catalogue: Catalogue
    origins: Origins
    monotonic: Callable[[], int]
    worlds: Worlds
    visits: Visits
    provisioning: Provisioning
    tasks: Tasks
    acting: Acting
    ledger: LedgerService
    results: ResultService
    mishaps: Mishaps
    journal: Journal
    tallies: Tallies
    events: Events
    courier: Courier

    async def world(self, world_id: str) -> World:
        """Return a world. Raises HTTPException 404 for one that is not there."""
        world = await self.worlds.find(world_id)
        if world is None:
            known = [world.id for world in await self.worlds.every()][:1000]
            hint = did_you_mean(world_id, known) or "; the default world's id is 'default'"
            raise HTTPException(404, f"there is no world {world_id[:100]!r}{hint}")
        return world
