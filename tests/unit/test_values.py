"""Values are values: no dataclass of the core, the service or a dialect can be changed once it is made."""

from __future__ import annotations

import ast
from pathlib import Path

import hobbyhorse

ROOT = Path(hobbyhorse.__file__).parent
# Those that take notes while they live, and why they may.
NOTES = {"visit.py:class Visit:": "one request's notes, written by the services it passes and read by the journal"}
PURE = ("core", "service", "dialects", "settings.py")


def dataclasses() -> dict[str, set[str]]:
    """Return the words that are true in the decorator of each dataclass."""
    found = {}
    for path in (path for part in PURE for path in [ROOT / part, *(ROOT / part).rglob("*.py")] if path.is_file()):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for mark in node.decorator_list if isinstance(node, ast.ClassDef) else ():
                call = mark if isinstance(mark, ast.Call) else None
                name = call.func if call else mark
                if isinstance(name, ast.Name) and name.id == "dataclass":
                    words = call.keywords if call else []
                    is_true = (word.arg or "" for word in words if ast.unparse(word.value) == "True")
                    found[f"{path.name}:{ast.unparse(node).splitlines()[1]}"] = set(is_true)
    return found


def test_every_dataclass_is_frozen_and_slotted() -> None:
    found = dataclasses()
    assert len(found) > 30
    changeable = {name: words for name, words in found.items() if not {"frozen", "slots"} <= words}
    assert set(NOTES) == set(changeable)
    assert all("slots" in words for words in changeable.values())
