"""What a campaign says in a terminal: progress while it runs, then a table, every failure's timeline, how to replay it.

A caller prints these lines; nothing here writes anywhere but `Ticker`, which writes to the stream it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from tabulate import tabulate

from ..campaign import Standing
from .evidence import proof
from .page import counts, verdict
from .printable import clipped, columns, line, safe
from .replay import replay_command
from .timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..campaign import Campaign, Progress, Result
    from ..requirements import Requirements

_MARKS = {
    Standing.FAIL: "✗",
    Standing.FLAKY: "≈",
    Standing.WARN: "!",
    Standing.PASS: "✓",
    Standing.NOT_TESTABLE: "?",
    Standing.NOT_APPLICABLE: "·",
    Standing.NOT_JUDGED: "·",
}
_COLOURS = {Standing.FAIL: "31", Standing.FLAKY: "35", Standing.WARN: "33", Standing.PASS: "32"}
_COLUMNS = 100
_MOST_TROUBLE = 10
_BAR = 24
_OTHER_COLUMNS = 48  # of the table, with the widest verdict


def told(
    campaign: Campaign, requirements: Requirements, *, folder: str = "", is_coloured: bool = False, wide: int = _COLUMNS
) -> str:
    """Return the whole end of a run as text. `folder` is where scenarios of failures lie; `wide` the columns to use."""
    shown = safe(campaign)
    broken = [result for result in shown.results if result.standing in {Standing.FAIL, Standing.FLAKY}]
    parts = [
        _table(shown, requirements, is_coloured=is_coloured, wide=wide),
        *("\n".join(_failure(shown, result, requirements, folder, wide)) for result in broken),
        "\n".join(_ending(shown, wide)),
    ]
    return "\n\n".join(parts) + "\n"


def _table(campaign: Campaign, requirements: Requirements, *, is_coloured: bool, wide: int) -> str:
    rows = []
    for result in campaign.results:
        requirement = requirements.get(result.requirement)
        word = f"{_MARKS[result.standing]} {result.standing.value}" + (" (known)" if result.known else "")
        says = result.says if result.standing is not Standing.PASS and result.says else requirement.statement
        cells = [_coloured(word, result.standing, is_coloured), requirement.id, requirement.level]
        rows.append([*cells, clipped(line(says), max(20, wide - _OTHER_COLUMNS))])
    headers = ["verdict", "requirement", "level", "what"]
    return tabulate(rows, headers, tablefmt="simple", disable_numparse=True)


def _coloured(text: str, standing: Standing, is_coloured: bool) -> str:
    code = _COLOURS.get(standing)
    return f"\x1b[{code}m{text}\x1b[0m" if code and is_coloured else text


def _failure(campaign: Campaign, result: Result, requirements: Requirements, folder: str, wide: int) -> Iterator[str]:
    requirement = requirements.get(result.requirement)
    yield f"{_MARKS[result.standing]} {requirement.id} {result.standing.value}: {line(requirement.statement)}"
    yield f"  {line(result.says)}"
    case = result.evidence
    if case is None:
        return
    again = f", {result.reruns[0]} of {result.reruns[1]} reruns failed" if result.reruns[1] else ""
    size = f"made small in {result.shrinking} runs" if result.shrunk else "not made smaller"
    yield f"  scenario {line(case.scenario.name)}, {size}{again}; ◆ is what the verdict rests on"
    rows = proof(case, result.requirement)
    yield from (f"    {text}" for text in timeline(case.scenario, case.history, rows, most=30, wide=wide - 4))
    yield f"  replay: {line(replay_command(campaign, result.requirement, folder))}"


def _ending(campaign: Campaign, wide: int) -> Iterator[str]:
    for text in campaign.baseline:
        yield f"known failures: {line(text)}"
    for trouble in campaign.trouble[:_MOST_TROUBLE]:
        yield clipped(f"trouble in {trouble.scenario}: {line(trouble.says)}", wide * 3)
    if len(campaign.trouble) > _MOST_TROUBLE:
        yield f"… and {len(campaign.trouble) - _MOST_TROUBLE} more troubles"
    for ability in campaign.abilities:
        if ability.works is False:
            yield f"capability {line(ability.name)} is declared and does not work: {line(ability.says)}"
    yield ", ".join(f"{count} {standing}" for standing, count in counts(campaign))
    for level in campaign.levels:
        missing = f", in the way: {', '.join(level.missing[:8])}" if level.missing else ""
        more = " …" if len(level.missing) > 8 else ""  # noqa: PLR2004 - as many as fit a line
        state = "reached" if level.reached else "not reached"
        yield f"  {level.level:<7} {state:<12} {level.kept}/{level.applicable} applicable kept{missing}{more}"
    yield f"{line(campaign.subject.name)} {line(campaign.subject.version)}: {verdict(campaign)}"


class Ticker:
    """Tells how a campaign goes while it runs: one line that is written over where the stream is a terminal.

    Elsewhere (a log) a line a phase, so that it stays short.
    """

    def __init__(self, stream: TextIO, *, wide: int = _COLUMNS) -> None:
        self._stream = stream
        self._wide = wide
        self._is_live = stream.isatty()
        self._phase = ""
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        """Tell where the campaign is."""
        if self._is_live:
            said = clipped(self._line(progress), self._wide - 1)
            padding = " " * max(0, columns(self._last) - columns(said))
            self._stream.write(f"\r{said}{padding}")
            self._last = said
            if progress.phase == "done":
                self._stream.write("\n")
            self._stream.flush()
        elif progress.phase != self._phase:
            failing = f"; failing so far: {', '.join(progress.failing)}" if progress.failing else ""
            self._stream.write(clipped(f"{progress.seconds:6.1f} s  {progress.phase}{failing}", self._wide) + "\n")
            self._stream.flush()
        self._phase = progress.phase

    def _line(self, progress: Progress) -> str:
        filled = round(_BAR * progress.done / progress.total) if progress.total else 0
        bar = "█" * min(_BAR, filled) + "░" * max(0, _BAR - filled)
        failing = f"  ✗ {', '.join(progress.failing)}" if progress.failing else ""
        count = f"{progress.done}/{progress.total}" if progress.total else ""
        return f"{bar} {progress.phase} {count}  {line(progress.now)}{failing}"
