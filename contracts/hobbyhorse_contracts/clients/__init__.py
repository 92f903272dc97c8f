"""Clients that the kit proves itself with: a good one, its equivalent good variants, and broken ones."""

from .config import Ask, Config, Done
from .drivable import AsyncClient, SyncClient
from .effects import play
from .problems import ClientError
from .reference import Reference
from .wire import Wire

__all__ = ["Ask", "AsyncClient", "ClientError", "Config", "Done", "Reference", "SyncClient", "Wire", "play"]
