"""A history as a timeline in text: a line a moment, for terminals, JUnit reports and those who cannot see a picture.

+0 s    client   ▶ c1 generate happyhorse-1.1-t2v
+0 s  ◆ api      POST create → no answer, reset by mishap  [mishap reset] makes A
+0 s  ◆ api      POST create → 200 PENDING  makes B
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .moments import Moment, folded, letters, moments, shortened
from .picture import seconds
from .printable import clipped, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..history import History
    from ..scenario import Scenario

_WIDE = 116
_MARKS = {"call": "▶ ", "answer": "■ ", "silence": "■ ", "sleep": "", "event": "• ", "act": "⚑ ", "request": ""}
PROOF = "◆"


def timeline(
    scenario: Scenario, history: History, proof: Sequence[int] = (), *, most: int = 60, wide: int = _WIDE
) -> tuple[str, ...]:
    """Return the lines of a history, at most `most` and one that counts what is left out, then a line for each task.

    Rows of `proof` are marked. A line is at most `wide` columns.
    """
    told, left_out = shortened(folded(moments(scenario, history, proof)), most)
    lines = [clipped(_line(moment), wide) for moment in told]
    if left_out:
        lines.append(f"… {left_out} more moments are not shown")
    return (*lines, *(clipped(text, wide) for text in _tasks(history)))


def _line(moment: Moment) -> str:
    when = f"{seconds(moment.at_ms):<9}"
    times = f" ({moment.times} times, until {seconds(moment.until_ms or 0)})" if moment.times > 1 else ""
    mark = PROOF if moment.is_proof else " "
    return f"{when}{mark} {moment.lane:<8} {_MARKS[moment.kind]}{_what(moment)}{times}"


def _what(moment: Moment) -> str:
    if moment.kind != "request":
        return moment.text + (f"  task {moment.task}" if moment.task else "")
    about = f" {moment.task}" if moment.task and not moment.made else ""
    notes = [f"[mishap {', '.join(moment.mishaps)}]"] if moment.mishaps else []
    notes += [f"makes {moment.made}"] if moment.made else []
    return " ".join([f"{moment.text}{about} → {moment.reply}", *notes])


def _tasks(history: History) -> Iterator[str]:
    known = {truth.id: truth.status for truth in history.tasks}
    names = list(letters(history).items())
    for task, letter in names[:_SHOWN]:
        status = f", in truth {known[task]}" if task in known else ""
        yield f"task {letter} is {line(task)}{status}"
    if len(names) > _SHOWN:
        yield f"… and {len(names) - _SHOWN} more tasks"


_SHOWN = 8
