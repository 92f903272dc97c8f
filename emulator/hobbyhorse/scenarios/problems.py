"""What is wrong with a document: what, where, and the nearest valid word. All of it at once, not the first."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from ..core.hints import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import ValidationError

# Where pydantic's words are not ours.
_SAID = {
    "missing": "is missing",
    "model_type": "should be an object with fields",
    "dict_type": "should be an object with fields",
    "list_type": "should be a list",
    "string_pattern_mismatch": "should be 1 to 64 lower-case letters, digits, dots, dashes or underscores",
}

Step = str | int
Loc = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. `loc` is the way to it in the document, `hint` a question or nothing, `line` 0 where unknown."""

    loc: Loc
    msg: str
    hint: str = ""
    line: int = 0

    def __str__(self) -> str:
        where = ".".join(str(step) for step in self.loc)
        return (f"{where}: " if where else "") + self.msg + (f" ({self.hint})" if self.hint else "")


class DocumentError(ValueError):
    """A document that says something wrong. Its text has one line a problem: `file:line: where: what (hint)`.

    Cause: a mistyped word, a value of a wrong type or out of bounds, two things that exclude each other. Remedy: the
    lines say; `hobbyhorse scenarios check FILE` tells them without a server.
    """

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems = tuple(problems)
        self.source = source
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> Iterator[str]:
        for problem in self.problems:
            at = ":".join(filter(None, (self.source, str(problem.line or ""))))
            yield f"{at}: {problem}" if at else str(problem)


def suggestion(word: object, words: Iterable[str]) -> str:
    """Return `did you mean 'create'?`, or nothing."""
    found = nearest(word, words) if isinstance(word, str) else None
    return f"did you mean {found!r}?" if found and found != word else ""


def within(problems: Iterable[Problem], where: Loc) -> list[Problem]:
    """Return problems of a part of a document as problems of the whole."""
    return [replace(problem, loc=(*where, *problem.loc)) for problem in problems]


def problems_of(error: ValidationError, form: type[BaseModel]) -> list[Problem]:
    """Return what pydantic found against a form, in our words."""
    return [
        _problem(found["type"], found["loc"], found["msg"], found["input"], form)
        for found in error.errors(include_url=False, include_context=False)
    ]


def _problem(kind: str, loc: Loc, msg: str, given: Any, form: type[BaseModel]) -> Problem:
    if kind == "extra_forbidden":
        known = _fields(form, loc[:-1])
        hint = suggestion(loc[-1], known)
        return Problem(loc, "there is no such field" + ("" if hint else f"; there are: {', '.join(known)}"), hint)
    said = _SAID.get(kind) or msg.removeprefix("Input ")
    hint = suggestion(given, re.findall(r"'([^']+)'", msg)) if kind in {"literal_error", "enum"} else ""
    return Problem(loc, said[0].lower() + said[1:], hint)


def _fields(form: type[BaseModel], loc: Sequence[Step]) -> list[str]:
    """Return the names of the fields of the object at a place of a form."""
    for step in loc:
        if isinstance(step, str) and step in form.model_fields:
            form = next(_forms(form.model_fields[step].annotation), form)
    return [field.alias or name for name, field in form.model_fields.items()]


def _forms(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _forms(part)
