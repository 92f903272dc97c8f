"""The native DashScope wire format."""

from .exchange import BUG, DashScope

__all__ = ["BUG", "DashScope"]
