"""Which rule of its world's scenarios a create meets, and what the rule does at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.markers import marked
from ..core.mishaps import Mishap, Moment, Place, armed
from ..core.scenario import Attempt, Then, matches
from ..core.task import Script
from .provisioning import MATCHED
from .visit import Interrupted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.catalogue import Catalogue
    from ..core.scenario import Refusal, Rule
    from .admission import Caller
    from .ports import Tallies
    from .worlds import World

log = logging.getLogger(__name__)

# What the journal calls the rule that a prompt's own markers make.
MARKERS = "markers"
_NOTHING = Then()


@dataclass(frozen=True, slots=True)
class Fate:
    """What shall become of a create. `rule` names who says so; None: nobody."""

    then: Then = _NOTHING
    rule: str | None = None

    def script(self, task_id: str, now: int) -> Script | None:
        """Return what a task keeps of it. Its mishaps count for this task alone."""
        if self.rule is None:
            return None
        mishaps = (armed(one, f"{self.rule}/{one.id}:{task_id}", now) for one in self.then.mishaps)
        return Script(self.rule, self.then.odd, tuple(mishaps))


class Scenarios:
    """The use case. Every create that a rule with `nth` describes is counted, whichever rule is taken."""

    def __init__(self, catalogue: Catalogue, tallies: Tallies) -> None:
        self._catalogue = catalogue
        self._tallies = tallies

    async def decide(self, caller: Caller, body: Mapping[str, Any]) -> Fate:
        """Return a create's fate: what its prompt's markers say, else the first rule that matches it.

        Raises Interrupted where the rule refuses it.
        """
        if not caller.world.scenarios and not caller.world.markers:
            return Fate()
        attempt = _attempt(caller, body)
        rule = await self._rule(caller, attempt)
        fate = Fate(rule.then, rule.id) if rule else Fate()
        if caller.world.markers:
            fate = self._marked(caller, attempt.prompt) or fate
        caller.visit.rule = fate.rule
        if fate.rule and fate.then.refuse:
            raise Interrupted(_refusing(fate.rule, fate.then.refuse))
        return fate

    def _marked(self, caller: Caller, prompt: str) -> Fate | None:
        then, ignored = marked(prompt, self._catalogue.errors)
        if ignored:
            log.warning("ignored in a prompt: %s", "; ".join(ignored))
            caller.visit.unknown += ignored
        return Fate(then, MARKERS) if then else None

    async def _rule(self, caller: Caller, attempt: Attempt) -> Rule | None:
        rules = (rule for scenario in caller.world.scenarios for rule in scenario.rules)
        meant = [rule for rule in rules if matches(rule.when, attempt) and await self._is_turn(caller.world, rule)]
        return meant[0] if meant else None

    async def _is_turn(self, world: World, rule: Rule) -> bool:
        """Whether a create that a rule describes is one of those it counts to. Every such create is counted."""
        nth = rule.when.nth
        return nth is None or await self._tallies.add(world.id, f"{MATCHED}{rule.id}") in nth


def _attempt(caller: Caller, body: Mapping[str, Any]) -> Attempt:
    given = body.get("input")
    prompt = given.get("prompt") if isinstance(given, dict) else None
    return Attempt(
        model=str(body.get("model")),
        prompt=prompt if isinstance(prompt, str) else "",
        key=(caller.visit.api_key, caller.key.key, caller.key.name),
        region=caller.region,
        body=body,
    )


def _refusing(rule: str, refusal: Refusal) -> Mishap:
    """Return the mishap that answers a create with an error, without effect."""
    options: dict[str, str | int | float | bool] = {
        "error": refusal.failure.row,
        "message": refusal.failure.message,
        "retry_after_form": "date" if refusal.as_date else "seconds",
    }
    if refusal.retry_after is not None:
        options["retry_after"] = refusal.retry_after
    return Mishap(f"{rule}/refuse", "error", Moment.BEFORE, frozenset({Place.CREATE}), options=options)
