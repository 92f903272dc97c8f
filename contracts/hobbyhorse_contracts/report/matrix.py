"""Clients beside each other, as a page in Markdown: who was seen to keep what, and how to see it for oneself.

It says what was seen, of which versions, on which day, and nothing more: nobody is praised or blamed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..campaign import Standing
from .replay import scenario_file, subject_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..requirements import Requirement, Requirements
    from .certificate import Certificate, Standard

SIGNS = {
    Standing.PASS: "✓",
    Standing.FAIL: "✗",
    Standing.WARN: "!",
    Standing.FLAKY: "~",
    Standing.NOT_TESTABLE: "?",
    Standing.NOT_APPLICABLE: "·",
    Standing.NOT_JUDGED: "",
}
_SHOWN = (Standing.FAIL, Standing.FLAKY, Standing.WARN)
_TIMES = {
    "hook": "virtual, the client says when it would sleep",
    "patch": "virtual, the adapter replaced the clock",
    "scale": "scaled",
    "real": "real",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One client of the page. `folder` is where its certificate, `file`, and the scenarios of failures lie.

    `driven` says which of its functions are called and what is replaced, `left_out` what is not asked of it and why;
    `notes` what a reader of a verdict should know, by requirement.
    """

    id: str
    title: str
    certificate: Certificate
    folder: str
    file: str = "certificate.json"
    driven: str = ""
    left_out: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    def standing(self, requirement: str) -> Standard | None:
        """Return how it stands to a requirement."""
        return next((row for row in self.certificate.requirements if row.id == requirement), None)


def matrix(entries: Sequence[Entry], rows: Requirements) -> str:
    """Return the page's tables and lists, without a title."""
    parts = [_clients(entries), "\n## Requirements\n\n", _legend(), _requirements(entries, rows)]
    for entry in entries:
        parts += _one(entry)
    return "".join(parts)


def _clients(entries: Sequence[Entry]) -> str:
    head = [
        "client",
        "version",
        "runs on",
        "judged on",
        "kit",
        "requirements",
        "time",
        "scenarios",
        "MUSTs kept",
        "level",
    ]
    return _table(head, [_client(entry) for entry in entries])


def _client(entry: Entry) -> list[str]:
    made = entry.certificate
    judged = [row for row in made.requirements if row.level == "MUST" and row.standing is not Standing.NOT_APPLICABLE]
    kept = sum(row.standing in {Standing.PASS, Standing.WARN} for row in judged)
    modes = dict.fromkeys(mode for row in made.requirements for mode in row.modes)
    ran = sum(count for name, count in made.ran.items() if name not in {"reruns", "shrinking"})
    return [
        f"[{entry.title}](#{entry.id})",
        made.subject.version,
        made.subject.language,
        made.began[:10],
        made.kit,
        f"{made.requirement_set.name}, `{made.requirement_set.digest[:12]}`",
        "; ".join(_TIMES[mode] for mode in modes),
        f"{ran}, seed {', '.join(map(str, made.plan.seeds))}",
        f"{kept} of {len(judged)} that apply",
        made.level or "none",
    ]


def _legend() -> str:
    words = {
        Standing.PASS: "kept wherever it was seen",
        Standing.FAIL: "seen broken, again in at least two of three runs, and made small",
        Standing.WARN: "a SHOULD not kept, or the worse of several acceptable ways",
        Standing.FLAKY: "seen broken once, mostly not again",
        Standing.NOT_TESTABLE: "no scenario showed it",
        Standing.NOT_APPLICABLE: "not asked of this client",
    }
    return "; ".join(f"{SIGNS[standing]} {text}" for standing, text in words.items()) + ".\n\n"


def _requirements(entries: Sequence[Entry], rows: Requirements) -> str:
    head = ["id", "level", "requirement", *(entry.title for entry in entries)]
    return _table(head, [[row.id, row.level, row.statement, *_signs(entries, row)] for row in rows])


def _signs(entries: Sequence[Entry], row: Requirement) -> Iterator[str]:
    for entry in entries:
        found = entry.standing(row.id)
        yield SIGNS[found.standing] if found else ""


def _one(entry: Entry) -> Iterator[str]:
    made = entry.certificate
    name = " ".join(filter(None, (made.subject.name, made.subject.version, f"on {made.subject.language}")))
    yield f'\n## <a id="{entry.id}"></a>{entry.title}\n\n'
    yield f"{name}. Driven by {entry.driven}. {entry.left_out}\n\n"
    yield f"It declares: {', '.join(f'`{one}`' for one in made.subject.capabilities)}. "
    yield f"[Certificate]({_link(entry)}), digest `{made.digest[:12]}`.\n\n"
    broken = [row for row in made.requirements if row.standing in _SHOWN]
    if not broken:
        yield "Nothing was seen broken.\n"
        return
    yield _table(
        ["id", "level", "seen", "in", "a reader should know"],
        [
            [row.id, row.level, f"{SIGNS[row.standing]} {row.says}", _counted(row), entry.notes.get(row.id, "")]
            for row in broken
        ],
    )
    again = [row.id for row in broken if row.standing is Standing.FAIL]
    if again:
        yield "\nTo see one again:\n\n```\n"
        yield from (f"{_replay(entry, requirement)}\n" for requirement in again)
        yield "```\n"


def _counted(row: Standard) -> str:
    bad = sum(row.counts.get(name, 0) for name in ("fail", "warn"))
    seen = bad + row.counts.get("pass", 0)
    return f"{bad} of {seen}"


def _replay(entry: Entry, requirement: str) -> str:
    file = f"{entry.folder}/{scenario_file(requirement)}"
    return f"hobbyhorse certify replay {file} {subject_option(entry.certificate.subject)}"


def _link(entry: Entry) -> str:
    return f"../{entry.folder}/{entry.file}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [_line(head), _line(["---"] * len(head)), *(_line(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
