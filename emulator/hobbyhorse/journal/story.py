"""The story: a journal as one line a request, for people.

+0.0s   POST create → 200 PENDING, task 4f3a1c9e… [rule outage/1]
+15.0s  GET get → nothing, reset by mishap [mishap reset m1]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import answer_of
from .lines import one_line
from .port import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .entry import Entry

_SHORT = 8  # characters of a task id that tell it from the others
_COLUMN = 7
_KB = 1000


def story(entries: Iterable[Entry | Gap], dropped: int = 0) -> str:
    """Return a journal's story, its lines in the order given. Times count from the first entry, on the world's clock.

    `dropped` entries before the first are told as well.
    """
    lines = [_missed(dropped)] if dropped else []
    start: int | None = None
    for step in entries:
        if isinstance(step, Gap):
            lines.append(_missed(step.missed))
            continue
        start = step.at if start is None else start
        lines.append(line(step, start))
    return "\n".join(lines)


def line(entry: Entry, start: int) -> str:
    """Return the line of one entry; `start` is the instant (ms) from which its time counts."""
    since = f"{(entry.at - start) / 1000:+.1f}s"
    return one_line(f"{since:<{_COLUMN}} {entry.method} {entry.route} → {_said(entry)}{_task(entry)}{_notes(entry)}")


def _said(entry: Entry) -> str:
    """Return status and what stood in the body."""
    if entry.status is None:
        return "nothing" + (f", {entry.connection.closed}" if entry.connection.closed else "")
    answer = answer_of(entry)
    words = [str(entry.status), *filter(None, [answer.status, answer.code])]
    if entry.route == "download" and answer.code is None:
        words.append(f"{entry.reply_body.size / _KB:.0f} KB")
    if answer.seconds_asked:
        words.append(f"(Retry-After {answer.seconds_asked})")
    return " ".join(words)


def _task(entry: Entry) -> str:
    task = entry.committed or entry.task
    if task is None:
        return ""
    return f", task {task}" if len(task) <= _SHORT else f", task {task[:_SHORT]}…"


def _notes(entry: Entry) -> str:
    notes = [f"rule {entry.rule}"] if entry.rule else []
    notes += [f"mishap {acted.kind} {acted.id}" for acted in entry.mishaps]
    notes += ["in quarantine"] if entry.quarantined else []
    notes += [f"ignored {', '.join(entry.unknown)}"] if entry.unknown else []
    notes += ["had its effect"] if entry.committed and entry.status is None else []
    return f" [{'; '.join(notes)}]" if notes else ""


def _missed(count: int) -> str:
    return f"… {count} {'entry' if count == 1 else 'entries'} dropped: the journal is bounded"
