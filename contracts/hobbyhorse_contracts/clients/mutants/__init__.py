"""Broken clients: one bug each, and the requirement that must notice it. Who tests the kit."""

from . import money, requests, results, telling
from .catalogue import MUTANTS, Mutant

__all__ = ["MUTANTS", "Mutant", "money", "requests", "results", "telling"]
