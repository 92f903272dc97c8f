"""`certify verify`: judge stored histories again, or a journal of ordinary use."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .levels import Exit
from .report import judge_journal, verify
from .requirements import requirements
from .verdict import Outcome

if TYPE_CHECKING:
    from pathlib import Path


def verify_certificate(path: Path) -> int:
    """Verify a certificate, say what was found, return the exit code: 1 where it says what its histories do not."""
    found = verify(path)
    for text in found.wrong:
        sys.stdout.write(f"WRONG  {text}\n")
    for text in found.notes:
        sys.stdout.write(f"note   {text}\n")
    verdict = "holds" if found.holds else "does not hold"
    sys.stdout.write(f"{path}: the certificate {verdict}; {found.judged} verdicts were made again\n")
    return Exit.OK if found.holds else Exit.VIOLATIONS


def verify_journal(path: Path) -> int:
    """Judge a journal of ordinary use, say what is broken, return the exit code."""
    parts = judge_journal(path)
    is_broken = False
    for part in parts:
        kept = sum(1 for row in part.verdicts if row.outcome is Outcome.PASS)
        sys.stdout.write(f"{part.key}: {len(part.history.rows)} requests, {kept} requirements seen to be kept\n")
        for row in part.broken:
            is_broken |= row.outcome is Outcome.FAIL
            statement = requirements().get(row.requirement).statement
            rows = f" (requests {', '.join(map(str, row.rows))})" if row.rows else ""
            sys.stdout.write(f"  {row.requirement} {row.outcome}: {row.says}{rows}\n    {statement}\n")
    if not parts:
        sys.stdout.write(f"{path}: there are no requests with a key in it\n")
        return Exit.NOTHING_RAN
    return Exit.VIOLATIONS if is_broken else Exit.OK
