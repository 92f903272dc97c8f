"""Scenario and mishap documents in bodies: read, and refused with everything that is wrong with them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
from fastapi.responses import JSONResponse

from ...scenarios import Document, DocumentError, Problem, library, mishap, read, scenario_of
from ...scenarios.problems import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastapi import FastAPI, Request

    from ...core.catalogue import Catalogue
    from ...core.mishaps import Mishap
    from ...core.scenario import Scenario


def add_document_errors(app: FastAPI) -> None:
    """Answer a wrong document in the form of all bad input, with the line where the body was a text."""

    async def refuse(_: Request, error: Exception) -> JSONResponse:
        problems = error.problems if isinstance(error, DocumentError) else ()
        return JSONResponse({"detail": [_row(problem) for problem in problems]}, 422)

    app.add_exception_handler(DocumentError, refuse)


def _row(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON has it. What it repeats of the body may hold halves of surrogate pairs."""
    row: dict[str, Any] = {"loc": ["body", *(_plain(str(step)) for step in problem.loc)], "msg": _plain(problem.msg)}
    row |= {"hint": _plain(problem.hint)} if problem.hint else {}
    return row | {"line": problem.line} if problem.line else row


def _plain(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


async def body_of(request: Request) -> Document:
    """Return what a body says: YAML where its Content-Type says so, else JSON. Raises DocumentError."""
    data = await request.body()
    if "yaml" in request.headers.get("content-type", ""):
        try:
            return await asyncio.to_thread(read, data.decode())
        except UnicodeDecodeError:
            raise DocumentError([Problem((), "is not UTF-8")]) from None
    try:
        return Document(orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise DocumentError([Problem((), f"is neither JSON nor, by its Content-Type, YAML: {error}")]) from None


def scenario_given(document: Document, catalogue: Catalogue, taken: Sequence[str] = ()) -> Scenario:
    """Return the scenario of a document; a text alone is the name of one in the library. Raises DocumentError.

    One without a name gets one that is not `taken`.
    """
    if isinstance(document.value, str):
        return named(document.value, catalogue)
    numbered = (f"scenario-{number}" for number in range(1, len(taken) + 2))
    return scenario_of(document, catalogue, next(name for name in numbered if name not in taken))


def named(name: str, catalogue: Catalogue) -> Scenario:
    """Return a scenario of the library. Raises DocumentError."""
    if name not in library.names():
        hint = suggestion(name, library.names())
        raise DocumentError([Problem((), f"no scenario of the library is called {name[:64]!r}", hint)])
    return library.find(name, catalogue)


@contextmanager
def _within(*where: str | int) -> Iterator[None]:
    """Say of a DocumentError that it is about a part of the body."""
    try:
        yield
    except DocumentError as error:
        raise DocumentError([replace(one, loc=(*where, *one.loc)) for one in error.problems]) from None


def scenarios_given(values: Sequence[Any], catalogue: Catalogue) -> tuple[Scenario, ...]:
    """Return the scenarios of a world's document. Raises DocumentError whose places begin with `scenarios`."""
    found: list[Scenario] = []
    for number, value in enumerate(values):
        with _within("scenarios", number):
            found.append(scenario_given(Document(value), catalogue, [one.name for one in found]))
    return tuple(found)


def mishaps_given(values: Sequence[Any], catalogue: Catalogue) -> tuple[Mishap, ...]:
    """Return the mishaps of a world's document. Raises DocumentError whose places begin with `mishaps`."""
    found = []
    for number, value in enumerate(values):
        with _within("mishaps", number):
            found.append(mishap(value, catalogue))
    return tuple(found)
