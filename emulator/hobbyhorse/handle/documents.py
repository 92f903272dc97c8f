"""Scenarios as a test gives them: a document, a file, a name in the library, or one rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..scenarios.reader import Document, read
from .errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .client import Client

_ENDINGS = (".yaml", ".yml", ".json")


def scenario(client: Client, given: Mapping[str, Any] | Path | str) -> Document:
    """Return the document that is meant. Raises ControlError for a name that is not in the library, and OSError.

    A text of several lines is a document itself; one that ends in .yaml, .yml or .json is a path; another is a name.
    """
    if isinstance(given, str) and "\n" in given:
        return read(given)
    if isinstance(given, Path) or (isinstance(given, str) and given.endswith(_ENDINGS)):
        return read(Path(given).read_text("utf-8"), str(given))
    if isinstance(given, str):
        return read(str(client.get("scenarios", given)), f"{given}.yaml")
    return Document(dict(given))


def located(error: ControlError, document: Document) -> ControlError:
    """Return a refusal of a document that was read from a text with the line of each mistake."""
    if not document.lines or not isinstance(error.detail, list):
        return error
    rows = []
    for row in error.detail:
        loc = tuple(int(step) if str(step).isdecimal() else step for step in row.get("loc", ()) if step != "body")
        at = f"{document.source or 'line'}:{document.line(loc)}"
        rows.append({**row, "msg": f"{row['msg']} [{at}]"})
    return ControlError(error.request, error.status, rows)
