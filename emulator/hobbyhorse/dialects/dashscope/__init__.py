"""The native DashScope wire format."""

from .exchange import DashScope

__all__ = ["DashScope"]
