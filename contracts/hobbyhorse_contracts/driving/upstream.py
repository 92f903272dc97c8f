"""From a scenario to the world that the emulator is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..history import Mode
    from ..scenario import Scenario, Timeline

START = 1_795_132_800  # epoch seconds at which virtual time begins: 2026-11-20T00:00:00Z
VIRTUAL: tuple[Mode, ...] = ("hook", "patch")
_HIDDEN = ["video_url", "orig_prompt", "actual_prompt", "usage"]  # what only a success shows
_UNDATED = ["submit_time", "scheduled_time", "end_time"]  # what a forgotten task does not show either
_PLACEHOLDER = re.compile(r"\{(results|api|(?:file|task|url):[^{}]+)\}")
REVOKED = ("create", "get", "list", "cancel", "uploads", "tokens")  # routes that know a key that was taken back


def world_document(scenario: Scenario, mode: Mode, scale: float) -> dict[str, Any]:
    """Return the document of the world in which a scenario plays. What the scenario says itself comes first."""
    clock = {"virtual": {"set": START, "frozen": True}, "scale": {"rate": scale}, "real": {}}
    rules = [*map(dict, scenario.rules), {"then": then(scenario.timeline, has_cancel=_has_cancel(scenario))}]
    given = dict(scenario.world)
    return {
        "clock": clock["virtual" if mode in VIRTUAL else mode],
        "media": "stamped",
        "pace": "realistic",
        "quotas": "off",
        **given,
        "name": scenario.name[:200],
        "scenarios": [*given.get("scenarios", ()), {"name": "timeline", "rules": rules}],
        "mishaps": [*given.get("mishaps", ()), *map(dict, scenario.mishaps)],
    }


def then(timeline: Timeline, *, has_cancel: bool) -> dict[str, Any]:
    """Return what becomes of a create, in the words of the emulator's scenarios."""
    found: dict[str, Any] = (
        {"polls": list(timeline.polls)}
        if timeline.polls is not None
        else {"pending": timeline.pending_s, "running": timeline.running_s}
    )
    odd = [dict(row) for row in timeline.odd]
    if timeline.outcome == "FAILED":
        found["fail"] = {"error": timeline.error, **({"message": timeline.message} if timeline.message else {})}
    elif timeline.outcome == "STUCK":
        found = {"stuck": timeline.stuck_at}
    elif timeline.outcome == "UNKNOWN":
        odd.append({"when": "SUCCEEDED", "status": "UNKNOWN", "without": [*_HIDDEN, *_UNDATED]})
    elif timeline.outcome == "CANCELED" and not has_cancel:
        odd.append({"when": "SUCCEEDED", "status": "CANCELED", "without": _HIDDEN})
    if odd:
        found["odd"] = odd
    if timeline.task_id != "uuid":
        found["task_id"] = timeline.task_id
    return found


def filled(value: Any, find: Callable[[str], str]) -> Any:
    """Return a value whose placeholders are replaced by what `find` returns for `results`, `task:c1` and so on."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: find(found[1]), value) if "{" in value else value
    if isinstance(value, dict):
        return {name: filled(inner, find) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, find) for inner in value]
    return value


def real_seconds(mishaps: list[Mapping[str, Any]]) -> float:
    """Return how many real seconds the mishaps of a scenario may keep a client waiting: sockets know no other."""
    waits = sum(float(row.get("seconds", 0)) for row in mishaps if row.get("do") in {"delay", "reset", "close"})
    slow = sum(30.0 for row in mishaps if row.get("do") == "slow-body")
    return waits + slow


def _has_cancel(scenario: Scenario) -> bool:
    return any(call.op in {"cancel", "abort"} for call in scenario.calls)
