"""The probes, one module a family; each registers itself for its promise."""

from . import cancels, creates, envelope, lists, refusals, results, tasks, uploads

__all__ = ["cancels", "creates", "envelope", "lists", "refusals", "results", "tasks", "uploads"]
