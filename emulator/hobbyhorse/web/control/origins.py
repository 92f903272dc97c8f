"""The base URLs under which clients reach the server: behind mapped ports they are learned late."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from .errors import BadInputError
from .parts import Parts  # noqa: TC001 - FastAPI reads annotations when routes are added

if TYPE_CHECKING:
    from fastapi import FastAPI

# Printable ASCII, but no query, fragment or user.
_PRINTED = re.compile(r"[!$->A-~]+")


class OriginsView(BaseModel):
    """Both base URLs: scheme, host and port."""

    api: str
    results: str


class OriginsChange(BaseModel):
    """What shall change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    api: str | None = None
    results: str | None = None


def add_origins(app: FastAPI, parts: Parts) -> None:
    """Add the routes."""

    @app.get("/_hobbyhorse/origins", tags=["server"])
    async def read_origins() -> OriginsView:
        """Say under which base URLs clients reach the API and the results."""
        return OriginsView(api=parts.origins.api, results=parts.origins.results)

    @app.put("/_hobbyhorse/origins", tags=["server"])
    async def change_origins(change: OriginsChange) -> OriginsView:
        """Say under which base URLs clients reach the server, for example through a container's mapped ports."""
        given = change.model_dump(exclude_none=True)
        for name, url in given.items():
            if not is_base_url(url):
                raise BadInputError([name], "it must be a base URL such as http://127.0.0.1:49153")
        for name, url in given.items():
            setattr(parts.origins, name, url.rstrip("/"))
        return OriginsView(api=parts.origins.api, results=parts.origins.results)


def is_base_url(url: str) -> bool:
    """Whether a text is a URL of a server: http or https, a host, no query, nothing that is not printed in a URL."""
    try:
        found = urlsplit(url)
        is_whole = found.scheme in {"http", "https"} and bool(found.hostname) and found.port != 0
    except ValueError:
        return False
    return is_whole and _PRINTED.fullmatch(url) is not None
