"""The command `hobbyhorse certify`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import cli_options as options
from .documents import DocumentError
from .hints import did_you_mean
from .known_failures import BaselineError
from .levels import Exit
from .selection import SelectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_EXIT = """\
exit codes:
  0  nothing is broken that should be kept, and the level that was asked for is reached
  1  violations: a MUST is broken, a declared capability does not work, or the level is not reached
  2  the known failures are stale or cannot be read, or the command line is wrong
  3  the adapter or the harness had trouble; that is no verdict on the client
  4  nothing ran

commands:
  certify --adapter CMD | --inproc MODULE:CLASS   all of it
  certify smoke --adapter CMD                     five scenarios, in seconds
  certify replay FILE --adapter CMD               one scenario again, with its timeline
  certify requirements [ID]                       what is required, and why
  certify verify CERTIFICATE | --journal FILE     judge stored histories, or a journal of ordinary use, again
  certify adapter CMD                             what is wrong with an adapter
  certify selftest                                the kit against clients with planted bugs
  certify drift --target URL                      does the real service answer as the emulator does? free requests only

examples:
  hobbyhorse certify --adapter "node my-client.js"
  hobbyhorse certify --inproc my_client.testing:Adapter --level silver --jobs 2
  hobbyhorse certify --adapter ./client.sh --only CRE,POL-07 --examples 50 --seed 7
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `hobbyhorse certify` with what stands behind it; return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    commands = _commands()
    name = words[0] if words and not words[0].startswith("-") else ""
    if name and name not in commands:
        return _wrong(f"there is no command {name!r}{did_you_mean(name, commands)}; see hobbyhorse certify --help")
    try:
        return commands[name](words[1:] if name else words)
    except (SelectionError, BaselineError, options.OptionError, DocumentError) as error:
        return _wrong(str(error))
    except OSError as error:
        return _wrong(f"{error.filename or 'certify'}: {error.strerror or error}")
    except KeyboardInterrupt:
        sys.stderr.write("\nhobbyhorse certify: interrupted; nothing was certified\n")
        return options.INTERRUPTED


def _commands() -> dict[str, Callable[[Sequence[str]], int]]:
    return {
        "": _certify,
        "smoke": _smoke,
        "replay": _replay,
        "requirements": _requirements,
        "verify": _verify,
        "adapter": _adapter,
        "selftest": _selftest,
        "drift": _drift,
    }


def _certify(words: Sequence[str]) -> int:
    parser = options.parser("hobbyhorse certify", "Certify a client of DashScope's video API.", epilog=_EXIT)
    options.add_client(parser)
    options.add_campaign(parser)
    if not words:
        parser.print_help()
        return Exit.BASELINE
    given = options.parsed(parser, words)
    from .cli_running import run  # noqa: PLC0415 - --help needs no server

    return run(given)


def _smoke(words: Sequence[str]) -> int:
    parser = options.parser("hobbyhorse certify smoke", "Five scenarios: does the adapter work, is the client sane?")
    options.add_client(parser)
    options.add_campaign(parser, is_smoke=True)
    given = options.parsed(parser, [*words, "--level", "smoke"])
    from .cli_running import run  # noqa: PLC0415 - see above

    return run(given)


def _replay(words: Sequence[str]) -> int:
    parser = options.parser("hobbyhorse certify replay", "Run one scenario again; show what happened and what broke.")
    parser.add_argument("file", type=Path, metavar="FILE", help="a scenario, for example report/failures/CRE-01.json")
    options.add_client(parser)
    parser.add_argument("--only", action="append", default=[], metavar="IDS", help="judge these requirements alone")
    parser.add_argument("--times", type=options.positive, default=1, metavar="N", help="run it so often (default: 1)")
    parser.add_argument("--history", type=Path, metavar="FILE", help="write the history of the last run there, as JSON")
    given = options.parsed(parser, words)
    from .cli_running import replay  # noqa: PLC0415 - see above

    return replay(given)


def _requirements(words: Sequence[str]) -> int:
    parser = options.parser("hobbyhorse certify requirements", "The requirements; of one, why it is one, and examples.")
    parser.add_argument("id", nargs="?", metavar="ID", help="for example CRE-01; or a family, for example CRE")
    parser.add_argument("--format", choices=("text", "md", "json"), default="text", help="of the list (default: text)")
    given = options.parsed(parser, words)
    from .cli_requirements import explained, listed  # noqa: PLC0415 - see above

    text = explained(given.id) if given.id and "-" in given.id else listed(given.id, given.format)
    sys.stdout.write(text)
    return Exit.OK


def _verify(words: Sequence[str]) -> int:
    parser = options.parser("hobbyhorse certify verify", "Judge the histories of a certificate, or a journal, again.")
    parser.add_argument("certificate", nargs="?", type=Path, metavar="CERTIFICATE", help="certificate.json")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="an exported journal of ordinary use instead")
    given = options.parsed(parser, words)
    if (given.certificate is None) == (given.journal is None):
        parser.error("give a certificate, or --journal FILE")
    from .cli_verify import verify_certificate, verify_journal  # noqa: PLC0415 - see above

    return verify_certificate(given.certificate) if given.certificate else verify_journal(given.journal)


def _adapter(words: Sequence[str]) -> int:
    from .adapters.talk import main as talk  # noqa: PLC0415 - see above

    return talk(words)


def _selftest(words: Sequence[str]) -> int:
    parser = options.parser("hobbyhorse certify selftest", "The kit against clients with planted bugs: who is noticed?")
    parser.add_argument("only", nargs="*", metavar="NAME", help="mutants or requirements; nothing means all")
    parser.add_argument("--jobs", type=options.positive, default=2, metavar="N", help="processes (default: 2)")
    parser.add_argument("--examples", type=options.natural, default=None, metavar="N", help="drawn scenarios a mutant")
    given = options.parsed(parser, words)
    from .cli_selftest import run  # noqa: PLC0415 - see above

    return run(given.only, given.jobs, given.examples)


def _drift(words: Sequence[str]) -> int:
    from .cli_drift import drift  # noqa: PLC0415 - see above

    return drift(words)


def _wrong(text: str) -> int:
    sys.stderr.write(f"hobbyhorse certify: {text}\n")
    return Exit.BASELINE


if __name__ == "__main__":
    sys.exit(main())
