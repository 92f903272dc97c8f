"""`certify requirements`: the list, and one with its evidence and hand-written histories that keep and break it."""

from __future__ import annotations

import json
import shutil
import textwrap
from typing import TYPE_CHECKING

from tabulate import tabulate

from .checkers import CHECKERS
from .report.timeline import timeline
from .requirements import requirements
from .requirements.examples import examples_of
from .selection import SelectionError, matches, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .requirements import Requirement
    from .requirements.examples import Example

_LEAST = 60  # columns
_KINDS = {
    "inv": "held against every history",
    "scn": "needs a scenario that provokes it",
    "stoch": "can be kept by luck",
    "obs": "needs the client's word beside the wire",
}
_WORDS = {"broken": "breaks it", "worse": "keeps it in the worse way", "kept": "keeps it"}


def listed(family: str | None, form: str) -> str:
    """Return the list, of one family if one is named, as text, Markdown or JSON. Raises SelectionError."""
    rows = requirements()
    only = words([family or ""], [row.id for row in rows])
    chosen = [row for row in rows if matches(only, row.id)]
    if form == "json":
        documents = [
            {
                "id": row.id,
                "level": row.level,
                "kind": row.kind,
                "capability": list(row.capability),
                "statement": row.statement,
                "rationale": row.rationale,
                "sources": list(row.sources),
                "not_judged": row.why_not,
            }
            for row in chosen
        ]
        return json.dumps({"set": rows.name, "requirements": documents}, indent=1, ensure_ascii=False) + "\n"
    cells = [(row.id, row.level, " or ".join(row.capability), row.statement) for row in chosen]
    headers = ("requirement", "level", "capability", "statement")
    if form == "md":
        return tabulate(cells, headers, tablefmt="github", disable_numparse=True) + "\n"
    width = max(_LEAST, shutil.get_terminal_size().columns)
    table = tabulate(
        cells, headers, tablefmt="simple", disable_numparse=True, maxcolwidths=[None, None, 12, width - 40]
    )
    count = f"{len(chosen)} requirements, set {rows.name}"
    return f"{table}\n\n{count}; `hobbyhorse certify requirements CRE-01` explains one\n"


def explained(name: str) -> str:
    """Return all that there is to say of one requirement. Raises SelectionError for no such one."""
    rows = requirements()
    try:
        row = rows.get(name)
    except KeyError as error:
        raise SelectionError(str(error.args[0])) from None
    return "\n".join(_explained(row, dict(rows.sources))) + "\n"


def _explained(row: Requirement, sources: dict[str, str]) -> Iterator[str]:
    width = max(_LEAST, shutil.get_terminal_size().columns)
    yield f"{row.id}  {row.level}, {_KINDS[row.kind]}"
    if row.capability:
        yield f"applies to clients that declare {' or '.join(row.capability)}"
    yield ""
    yield from textwrap.wrap(row.statement, width)
    yield ""
    yield from textwrap.wrap(f"Why: {row.rationale}", width)
    yield ""
    yield "Evidence:"
    for key in row.sources:
        yield from textwrap.wrap(f"{key}: {sources.get(key, '')}", width, initial_indent="  ", subsequent_indent="    ")
    if not row.judged:
        yield f"\nNot yet judged: {row.why_not}"
    examples = examples_of(row.id)
    for word, says in _WORDS.items():
        first = next((one for one in examples if one.word == word), None)
        if first is not None:
            yield ""
            yield from _example(row, first, says, width)


def _example(row: Requirement, example: Example, says: str, width: int) -> Iterator[str]:
    verdict = CHECKERS[row.id](example.scenario, example.history) if row.id in CHECKERS else None
    note = example.name.partition(",")[2].strip()
    yield f"A client that {says}{': ' + note if note else ''}"
    proof = verdict.rows if verdict else ()
    yield from (f"  {line}" for line in timeline(example.scenario, example.history, proof, wide=width - 2))
    if verdict:
        yield f"  {verdict.outcome}: {verdict.says}"
