"""Scenarios as documents: which rule a create falls under, and what markers in its prompt say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARKER = re.compile(r"\[\[(\w+)(?::([^\]]*))?\]\]")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


@dataclass
class Scenario:
    """A document in effect. `counts` are the creates that each of its rules with `nth` describes."""

    document: Mapping[str, Any]
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return its name."""
        return str(self.document["name"])

    def matches(self, region: str, body: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        """Return id and `then` of all its rules that are for a create. Those with `nth` count it."""
        found = []
        for number, rule in enumerate(self.document["rules"], 1):
            when = rule.get("when", {})
            if not _describes(when, region, body):
                continue
            if "nth" in when:
                turn = self.counts[number] = self.counts.get(number, 0) + 1
                nth = when["nth"]
                if turn not in (nth if isinstance(nth, list) else [nth]):
                    continue
            found.append((f"{self.name}/{number}", rule["then"]))
        return found


def span(text: str | float) -> int:
    """Return a span of time in ms."""
    if not isinstance(text, str):
        return round(text * 1000)
    number = text.rstrip("hms")
    return round(float(number) * _UNITS[text.removeprefix(number) or "s"])


def marked(prompt: str) -> Mapping[str, Any]:
    """Return what the markers in a prompt say, as a rule's `then`."""
    then: dict[str, Any] = {}
    for word, value in _MARKER.findall(prompt):
        match word:
            case "fail" | "pending":
                then[word] = value
            case "run":
                then["running"] = value
            case "stuck":
                then["stuck"] = value or "RUNNING"
            case "polls":
                then["polls"] = [int(number) for number in value.split(",")]
    return then


def failure_of(given: str | Mapping[str, str]) -> tuple[str, str | None]:
    """Return code and message (None: the row's) of a `fail` or `refuse`."""
    return (given, None) if isinstance(given, str) else (given["error"], given.get("message"))


def _describes(when: Mapping[str, Any], region: str, body: Mapping[str, Any]) -> bool:
    prompt = body.get("input", {}).get("prompt") or ""
    wanted = when.get("prompt", "")
    says = fnmatchcase(prompt, wanted) if set("*?[") & set(wanted) else wanted in prompt
    return (
        says
        and fnmatchcase(body["model"], when.get("model", "*"))
        and when.get("region", region) == region
        and all(_at(body, path) == value for path, value in when.get("body", {}).items())
    )


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body.get(step) if isinstance(body, dict) else None
    return body
