"""`certify selftest`: the kit proves itself against clients with planted bugs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tabulate import tabulate

from .levels import Exit
from .selftest import DRAWN, Trial, selftest

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(only: Sequence[str], jobs: int, examples: int | None) -> int:
    """Run the matrix, print it, return the exit code: 1 where a mutant survives or a good variant fails."""

    def progress(trial: Trial, done: int, total: int) -> None:
        sys.stderr.write(f"{done}/{total}  {trial.name}  {_fate(trial)}\n")

    trials = selftest(jobs=jobs, only=only, count=DRAWN if examples is None else examples, progress=progress)
    if not trials:
        sys.stdout.write("no mutant has such a name or requirement\n")
        return Exit.NOTHING_RAN
    rows = [
        (trial.name, trial.requirement, _fate(trial), ", ".join(trial.noticed), f"{trial.seconds:.1f} s")
        for trial in trials
    ]
    headers = ("client", "its requirement", "fate", "noticed by", "time")
    sys.stdout.write(tabulate(rows, headers, tablefmt="simple", disable_numparse=True) + "\n\n")
    mutants = [trial for trial in trials if trial.is_mutant]
    killed = sum(1 for trial in mutants if trial.is_right)
    drawn = sum(1 for trial in mutants if trial.drawn_by)
    good = [trial for trial in trials if not trial.is_mutant]
    sys.stdout.write(f"{killed} of {len(mutants)} mutants are noticed by their own requirement\n")
    sys.stdout.write(f"{drawn} of them without the corpus, by drawn scenarios alone\n")
    sys.stdout.write(f"{sum(1 for trial in good if trial.is_right)} of {len(good)} good variants pass\n")
    if any(trial.trouble for trial in trials):
        return Exit.HARNESS
    return Exit.OK if all(trial.is_right for trial in trials) else Exit.VIOLATIONS


def _fate(trial: Trial) -> str:
    if trial.trouble:
        return f"trouble: {trial.trouble[0]}"
    if trial.is_mutant:
        return "noticed" if trial.is_right else "SURVIVED"
    return "good" if trial.is_right else "FAILED"
