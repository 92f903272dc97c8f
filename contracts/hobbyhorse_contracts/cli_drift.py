"""The command `hobbyhorse certify drift`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hobbyhorse import Emulator, StartError, __version__

from . import cli_options as options
from .hints import did_you_mean
from .levels import Exit
from .server.drift import table
from .server.drift.guard import NotFreeError
from .server.drift.sending import DriftError, Target, look, target
from .server.drift.telling import counts, document, hidden, told
from .server.wire import WireError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .server.drift import Probe

_ABOUT = "Does the real service still answer as the emulator does? Sends free requests only, and no other."
_EPILOG = """\
The key is read from an environment variable and is never printed or written. Nothing that could cost money is sent:
creates have a key that nobody has, no async header or no such model, and nothing in them that a clip could be made of.

exit codes: 0 no drift, 1 drift, 2 wrong command line, 3 something could not be asked

example:
  DASHSCOPE_API_KEY=… hobbyhorse certify drift --target https://dashscope.aliyuncs.com/api/v1
"""


def drift(words: Sequence[str]) -> int:
    """Run `certify drift` with what stands behind it; return its exit code."""
    parser = options.parser("hobbyhorse certify drift", _ABOUT, epilog=_EPILOG)
    parser.add_argument("--target", required=True, metavar="URL", help="a base URL, which ends in /api/v1")
    parser.add_argument("--key-env", default="DASHSCOPE_API_KEY", metavar="NAME", help="default: DASHSCOPE_API_KEY")
    parser.add_argument("--region", metavar="NAME", help="the region whose emulation is compared (default: the host's)")
    parser.add_argument("--account", default="", metavar="TEXT", help="what drift.json calls the account")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="send this probe alone; repeatable")
    parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
    parser.add_argument("--out", type=Path, default=Path("drift.json"), metavar="FILE", help="default: drift.json")
    given = options.parsed(parser, words)
    try:
        probes = _chosen(given.only)
        if given.dry_run:
            sys.stdout.writelines(f"{row.name}: {row.method} {row.path}, key: {row.key}\n" for row in probes)
            return Exit.OK
        where = target(given.target, given.key_env, region=given.region)
    except DriftError as error:
        return _said(str(error), Exit.BASELINE)
    return _compared(where, probes, given.out, given.account)


def _compared(where: Target, probes: Sequence[Probe], out: Path, account: str) -> int:
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        with Emulator(keys="declared") as emulator:
            seen = look(where, emulator, probes)
    except (DriftError, NotFreeError, StartError, WireError) as error:
        return _said(hidden(str(error), where), Exit.HARNESS)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(document(where, seen, version=__version__, moment=moment, account=account), encoding="utf-8")
    sys.stdout.write(told(where, seen) + f"written to {out}\n")
    found = counts(seen)
    if found["drift"]:
        return Exit.VIOLATIONS
    return Exit.HARNESS if found["not judged"] else Exit.OK


def _chosen(names: Sequence[str]) -> list[Probe]:
    known = [row.name for row in table().probes]
    for name in names:
        if name not in known:
            raise DriftError(f"--only: there is no probe {name!r}{did_you_mean(name, known)}")
    return [row for row in table().probes if not names or row.name in names]


def _said(text: str, code: int) -> int:
    sys.stderr.write(f"hobbyhorse certify drift: {text}\n")
    return code
