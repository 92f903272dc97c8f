"""Bad input to the control API: 422 with what, where, and the nearest valid word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from ...core.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fastapi import FastAPI, Request

# In pydantic's wording of a choice: 'real', 'scaled' or 'frozen'.
_CHOICES = re.compile(r"'([^']*)'")


class BadInputError(ValueError):
    """Something a body says cannot be. `loc` is where; `words` are those it could have been, for a hint."""

    def __init__(self, loc: Sequence[str | int], msg: str, word: str = "", words: Collection[str] = ()) -> None:
        super().__init__(msg)
        self.loc, self.msg, self.word, self.words = loc, msg, word, words


def add_errors(app: FastAPI) -> None:
    """Answer bad input in one form: `{"detail": [{"loc", "msg", "hint"?}]}`."""

    async def refuse(_: Request, error: Exception) -> JSONResponse:
        if isinstance(error, BadInputError):
            return JSONResponse({"detail": [_row(["body", *error.loc], error.msg, error.word, error.words)]}, 422)
        found = error.errors() if isinstance(error, RequestValidationError) else []
        return JSONResponse({"detail": [_told(row, app) for row in found]}, 422)

    app.add_exception_handler(RequestValidationError, refuse)
    app.add_exception_handler(BadInputError, refuse)


def _told(error: Any, app: FastAPI) -> dict[str, Any]:
    """Say what is wrong without repeating it: NaN and lone surrogates have no place in an answer."""
    loc, msg, given = error["loc"], error["msg"], error.get("input")
    if error["type"] == "extra_forbidden":
        names = _parameter_names(app) if loc[0] == "query" else _field_names(app)
        return _row(loc, "there is no such field", str(loc[-1]), names)
    if error["type"] in {"literal_error", "enum"} and isinstance(given, str):
        return _row(loc, msg, given, _CHOICES.findall(str(error["ctx"]["expected"])))
    return _row(loc, msg, "", ())


def _row(loc: Sequence[str | int], msg: str, word: str, words: Collection[str]) -> dict[str, Any]:
    row: dict[str, Any] = {"loc": [_plain(str(step)) for step in loc], "msg": _plain(msg)}
    hint = nearest(word, words) if word else None
    return row | {"hint": f"did you mean {hint!r}?"} if hint else row


def _plain(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def _parameter_names(app: FastAPI) -> set[str]:
    """Return the names of all parameters that a query of this API can have."""
    operations = [operation for path in app.openapi()["paths"].values() for operation in path.values()]
    rows = [row for operation in operations for row in operation.get("parameters", ())]
    return {row["name"] for row in rows if row["in"] == "query"}


def _field_names(app: FastAPI) -> set[str]:
    """Return the names of all fields that a body of this API can have. What takes no other is a body."""
    schemas = app.openapi().get("components", {}).get("schemas", {}).values()
    bodies = (schema for schema in schemas if schema.get("additionalProperties") is False)
    return {name for schema in bodies for name in schema.get("properties", ())}
