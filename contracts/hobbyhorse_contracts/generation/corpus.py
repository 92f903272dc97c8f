"""The corpus: scenarios that always run, one for every MUST at least, as JSON files of hobbyhorse_fixtures."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from ..documents import DocumentError
from ..scenario import Scenario
from ..selection import matches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# What the five scenarios of a smoke run are about: that a create is right, its prompt whole, paid for once, waited for
# to the end, and the key kept at home. Of several scenarios about one the named one tells most.
_SMOKE = {"REQ-01": "plain", "PAY-01": "prompt-of-all-kinds", "CRE-01": "create-lost-reset", "POL-01": "", "SEC-01": ""}


def corpus(only: Sequence[str] = ()) -> tuple[Scenario, ...]:
    """Return the corpus, or what of it is about some requirements, by name. Raises DocumentError."""
    folder = files("hobbyhorse_fixtures").joinpath("corpus")
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".json")), key=lambda path: path.name)
    found = tuple(Scenario.of(json.loads(path.read_text(encoding="utf-8")), path.name) for path in paths)
    return tuple(row for row in found if not only or any(matches(only, one) for one in row.about))


def smoke(rows: Sequence[Scenario], capabilities: Sequence[str]) -> tuple[Scenario, ...]:
    """Return five scenarios of the corpus for a smoke run, of those that the client is asked for."""
    offered = [row for row in rows if set(row.only) <= set(capabilities)]
    found: dict[str, Scenario] = {}
    for name, best in _SMOKE.items():
        about = [row for row in offered if name in row.about and row.name not in found]
        first = next((row for row in about if row.name == best), about[0] if about else None)
        if first is not None:
            found[first.name] = first
    for row in offered:
        if len(found) < len(_SMOKE):
            found.setdefault(row.name, row)
    return tuple(found.values())


def load(path: Path) -> Scenario:
    """Return the scenario of a file: a scenario's own document, or a report that has one. Raises DocumentError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise DocumentError(f"{path}: it is no JSON: {error}") from error
    if isinstance(document, dict) and isinstance(document.get("scenario"), dict):
        document = document["scenario"]
    return Scenario.of(document, str(path))
