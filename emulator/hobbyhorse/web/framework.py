"""How FastAPI is used here: for routes and schema only."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

# FastAPI traces, measures and logs through OpenTelemetry unless told not to, and an environment variable would make it
# export. This server tells nobody anything.
_NO_TELEMETRY: Any = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def application(**options: Any) -> FastAPI:
    """Return an application that never redirects, has no page that loads scripts from elsewhere, and tells nothing."""
    return FastAPI(redirect_slashes=False, docs_url=None, redoc_url=None, telemetry=_NO_TELEMETRY, **options)
