"""Scenario and mishap documents: read, checked, made core's values."""

from . import library
from .documents import mishap, scenario, scenario_of
from .problems import DocumentError, Problem
from .reader import Document, read

__all__ = ["Document", "DocumentError", "Problem", "library", "mishap", "read", "scenario", "scenario_of"]
