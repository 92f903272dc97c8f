"""Rows with their evidence, and the loader that makes them core's types."""

from .loader import load

__all__ = ["load"]
