"""What a scenario's rule makes of one new task: its times, and the form of its id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from . import ids
from .scenario import IdForm, Stuck
from .timeline import NEVER

if TYPE_CHECKING:
    from random import Random

    from .scenario import Then
    from .timeline import Plan


def replanned(plan: Plan, then: Then, now: int) -> Plan:
    """Return a task's plan as a rule changes it; `plan` is what the pace made of it, `now` the instant of the create.

    By polls, the clock never moves it. By time, polls never do, and what the rule leaves open lasts as long as the
    pace has it. A stuck task comes to where it is stuck as its pace has it, or after the rule's `pending`.
    """
    if then.stuck is Stuck.PENDING:
        return replace(plan, scheduled_at=NEVER, starts_at=NEVER, ends_at=NEVER, polls_to_start=None, polls_to_end=None)
    if then.pending_polls is not None or then.running_polls is not None:
        waits = then.pending_polls or 0
        return replace(
            plan,
            starts_at=NEVER,
            ends_at=NEVER,
            polls_to_start=waits,
            polls_to_end=waits + (then.running_polls or 0),
        )
    if then.pending is not None:
        starts = now + then.pending
        ends = starts + plan.ends_at - plan.starts_at
        plan = replace(plan, scheduled_at=starts, starts_at=starts, ends_at=ends, polls_to_start=None)
        plan = replace(plan, polls_to_end=None)
    if then.stuck is Stuck.RUNNING:
        return replace(plan, ends_at=NEVER, polls_to_end=None)
    if then.running is not None:
        return replace(plan, ends_at=plan.starts_at + then.running, polls_to_start=None, polls_to_end=None)
    return plan


def new_task_id(form: IdForm | None, random: Random) -> str:
    """Return a task id in a form of its own, or upstream's."""
    plain = ids.task_id(random)
    match form:
        case IdForm.DOTTED:
            return f"video.{plain.replace('-', '.')}"
        case IdForm.UNDERSCORED:
            return f"video_{plain.replace('-', '_')}"
        case IdForm.HEX64:
            return f"{plain.replace('-', '')}{random.getrandbits(128):032x}"
    return plain
