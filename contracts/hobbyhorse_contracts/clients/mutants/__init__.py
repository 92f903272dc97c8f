"""Broken clients: one bug each, and the requirement that must notice it. Who tests the kit."""

from . import asks, clips, creates, payload, tasks, telling, waits
from .catalogue import MUTANTS, Mutant

__all__ = ["MUTANTS", "Mutant", "asks", "clips", "creates", "payload", "tasks", "telling", "waits"]
