"""The API origin: the DashScope routes and the control API behind the front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .dashscope import dashscope_app
from .front import Front

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from ..dialects.dashscope import DashScope
    from .control import Origins
    from .desk import Desk
    from .openapi import OpenApi


def api_app(
    dialect: DashScope, desk: Desk, origins: Origins, openapi: OpenApi, control: ASGIApp, body_limit: int
) -> ASGIApp:
    """Build the application. `body_limit` is in bytes."""
    return Front(dashscope_app(dialect, desk, origins, openapi, body_limit), control, dialect)
