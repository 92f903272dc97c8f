"""What a checker says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a client stands to one requirement in one history."""

    PASS = "pass"  # noqa: S105 - no secret
    FAIL = "fail"
    WARN = "warn"
    """A SHOULD that was not kept, or one of several acceptable ways that is the worse."""
    NOT_APPLICABLE = "not applicable"
    """The client does not declare what the requirement is about."""
    NOT_TESTABLE = "not testable"
    """Nothing in this history provoked it, the journal lost rows, or the adapter had trouble of its own.

    Of a whole campaign it says that no history provoked it, which is no pass.
    """


@dataclass(frozen=True, slots=True)
class Verdict:
    """One requirement, one history: the outcome, a sentence that says why, the numbers of the rows that prove it."""

    requirement: str
    outcome: Outcome
    says: str = ""
    rows: tuple[int, ...] = ()
