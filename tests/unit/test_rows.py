"""The rows: evidence on every one, sources that exist, faults that exist."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Any

import pytest

import hobbyhorse
from hobbyhorse.core.catalogue import Confidence
from unit.records import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DATA = files("hobbyhorse.data")
FILES = sorted(entry.name for entry in DATA.iterdir() if entry.name.endswith(".toml"))
EMULATOR = Path(hobbyhorse.__file__).parent
# Words of evidence that are no keys: names of things (OSS, CI), letters of upstream's own words.
NO_KEYS = {"OSS", "EC", "API", "APIs", "URL", "FPS", "US"}
# Sent when our own code breaks; upstream's own row waits for scenarios.
BUGS = {"internal-error.internal-error-occured-try", "internal-error"}


def raw(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def evidenced(found: object, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every table that has a source or a confidence, with a name for messages."""
    if isinstance(found, list):
        for at, item in enumerate(found):
            yield from evidenced(item, f"{where}[{at}]")
    elif isinstance(found, dict):
        if {"source", "confidence"} & set(found):
            yield f"{where}:{found.get('id') or found.get('name')}", found
        for key, value in found.items():
            yield from evidenced(value, f"{where}.{key}")


EVIDENCED = [row for name in FILES for row in evidenced(raw(name), name)]
# Where every row must have evidence: list of tables, or table of tables.
ROWS = [
    *(("errors", row) for row in raw("errors.toml")["errors"]),
    *(("oss", row) for row in raw("errors.toml")["oss"]),
    *(("models", row) for row in raw("models.toml")["models"]),
    *(("rates", row["rate"]) for row in raw("models.toml")["models"]),
    *(("not official", row) for row in raw("models.toml")["not_official"]),
    *(("fields", row) for row in raw("fields.toml")["fields"].values()),
    *(("forms", row) for row in raw("media.toml")["forms"].values()),
    *(("prices", row) for row in raw("prices.toml")["prices"]),
    *(("regions", row) for row in raw("regions.toml")["regions"]),
    *(("plans", row) for row in raw("regions.toml")["other_plans"]),
]


def test_every_row_has_a_source_and_a_confidence_of_the_five() -> None:
    bare = [(kind, row) for kind, row in ROWS if not row.get("source") or row.get("confidence") not in set(Confidence)]
    assert [] == bare


def test_every_key_of_a_source_stands_in_the_table_of_sources() -> None:
    strange = {
        (where, key)
        for where, row in EVIDENCED
        for key in re.findall(r"\b[A-Z]{2,}(?:-[A-Z0-9]+)*\b", row["source"])
        if key not in CATALOGUE.sources and key not in NO_KEYS
    }
    assert set() == strange


def test_every_official_row_names_a_page_of_the_vendor_or_its_sdk() -> None:
    official = [(where, row["source"]) for where, row in EVIDENCED if row["confidence"] == "official"]
    assert [] == [(where, source) for where, source in official if not re.search(r"\b(OD|SDK|OSS)-[A-Z]", source)]


NODES = [
    node for path in sorted(EMULATOR.rglob("*.py")) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
]
# Every text in the code: an id may also reach a fault through a table or a name.
TEXTS = {node.value for node in NODES if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def raised(kind: str) -> set[object]:
    """Return the ids that are written as the first argument of a `Fault(…)` or `OssFault(…)`."""
    calls = [node for node in NODES if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    firsts = [call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id == kind]
    return {first.value for first in firsts if isinstance(first, ast.Constant)}


@pytest.mark.parametrize(("kind", "rows"), [("Fault", CATALOGUE.errors), ("OssFault", CATALOGUE.oss_errors)])
def test_every_fault_in_the_code_has_its_row(kind: str, rows: Mapping[str, object]) -> None:
    assert len(raised(kind)) > 5
    assert set() == raised(kind) - set(rows)


def test_a_row_is_said_to_be_reached_exactly_where_the_code_names_it() -> None:
    reached = {row.id for row in CATALOGUE.errors.values() if {*row.reached} - {"scenario"}}
    assert reached == (TEXTS & set(CATALOGUE.errors)) - BUGS


def test_a_row_of_the_result_origin_that_waits_for_nothing_is_named_in_the_code() -> None:
    reached = {row.id for row in CATALOGUE.oss_errors.values() if {*row.reached} - {"scenario"}}
    assert set() == reached - TEXTS


def test_a_row_says_where_it_is_reached() -> None:
    assert [] == [row.id for row in CATALOGUE.errors.values() if not row.reached]
    places = {place for row in CATALOGUE.errors.values() for place in row.reached}
    assert places <= {"create", "get", "list", "cancel", "task", "route", "uploads", "tokens", "scenario"}


VALUES = {
    "path": "input.prompt",
    "wording": "Input should be 5",
    "method": "PUT",
    "name": "model",
    "url": "https://example.com/a.png",
    "low": 2,
    "high": 30,
}


@pytest.mark.parametrize("row", CATALOGUE.errors.values(), ids=lambda row: row.id)
def test_a_message_is_filled_with_its_values_and_nothing_else_is_in_braces(row: Any) -> None:
    names = [name for _, name, _, _ in Formatter().parse(row.message) if name is not None]
    filled = row.message.format_map(VALUES | dict.fromkeys(set(names) - set(VALUES), "x"))
    assert not re.search(r"[{}]", filled)
    assert not names or row.reached


def test_codes_and_statuses_are_well_formed() -> None:
    statuses = {row.status for row in CATALOGUE.errors.values()} | {row.status for row in CATALOGUE.oss_errors.values()}
    assert statuses <= {400, 401, 403, 404, 405, 409, 416, 429, 500, 503}
    assert [] == [
        row.code for row in CATALOGUE.errors.values() if not re.fullmatch(r"[A-Za-z]+(\.[A-Za-z]+| [A-Z]+)?", row.code)
    ]
