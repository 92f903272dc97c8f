"""The control API under `/_hobbyhorse`: what a test can see and do. Its own OpenAPI document, its own errors."""

from .guard import Control
from .parts import Origins, Parts

__all__ = ["Control", "Origins", "Parts"]
