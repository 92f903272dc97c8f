"""Writes the generated pages of the documentation from the rows: `make docs`. A test fails while they are stale."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields
from pathlib import Path

import yaml
from tabulate import tabulate

from hobbyhorse import tables
from hobbyhorse.core.timeline import FINAL, TRANSITIONS, Status
from hobbyhorse.data import load
from hobbyhorse.scenarios import library
from hobbyhorse.settings import ENVIRONMENT_PREFIX, Settings
from hobbyhorse_contracts.report.certificate import Certificate
from hobbyhorse_contracts.report.matrix import Entry, matrix
from hobbyhorse_contracts.requirements import requirements

HERE = Path(__file__).parent
NOTICE = "<!-- Made by `make docs` from the rows in emulator/hobbyhorse/data. Edit the rows, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """Return every generated page by its name."""
    catalogue = load()
    return {
        "models.md": _models(catalogue),
        "errors.md": _errors(catalogue),
        "states.md": _states(),
        "kinds.md": _kinds(catalogue),
        "settings.md": _settings(),
        "keys.md": _keys(catalogue),
        "library.md": _library(catalogue),
        "benchmarks.md": _benchmarks(),
        "certificates.md": _certificates(),
    }


def _table(table: tables.Table) -> str:
    headers, rows = table
    cells = [[cell.replace("|", "\\|").replace("<", "&lt;") for cell in row] for row in rows]
    return tabulate(cells, headers, tablefmt="github", disable_numparse=True) + "\n"


def _models(catalogue: tables.Catalogue) -> str:
    parts = [
        "# Models\n\n",
        "Every model the emulator knows. The same tables: `hobbyhorse models` and `hobbyhorse models ID`.\n",
        "Confidence is that of the row: official, sdk, observed, third-party or assumed. The letters of the sources\n",
        "are explained at the end.\n\n",
        _table(tables.models(catalogue)),
    ]
    for model in catalogue.models.values():
        parts += [
            f"\n## {model.id}\n\n",
            f"Served under {' and '.join(f'`{path}`' for path in model.paths)}; ",
            f"usage: {', '.join(f'`{name}`' for name in model.usage)}. {model.note}".rstrip() + "\n\n",
            _table(tables.fields(model)),
            "\nPrice of a second:\n\n",
            _table(tables.prices(model)),
        ]
    official = [(name, evidence.source) for name, evidence in catalogue.not_official.items()]
    parts += ["\n## Names that are not official, and not served\n\n", _table((("name", "source"), official))]
    parts += ["\n## Sources\n\n", _table((("key", "what it is"), list(catalogue.sources.items())))]
    return "".join(parts)


def _errors(catalogue: tables.Catalogue) -> str:
    return (
        "# Errors\n\n"
        "Every error the upstream is known to answer. `reached at` names the operations that answer it by\n"
        "themselves (`task` is the `output` of a FAILED task, `route` any path), or `scenario` where only a scenario\n"
        "or a mishap does; those can answer every row.\n\n"
        + _table(tables.errors(catalogue))
        + "\n## The result origin\n\nXML errors of the object store that clips are downloaded from.\n\n"
        + _table(tables.oss_errors(catalogue))
    )


def _states() -> str:
    """Return the state diagram, drawn from the transition table."""
    lines = ["stateDiagram-v2", "    [*] --> PENDING: create"]
    for status, events in TRANSITIONS.items():
        lines += [f"    {status} --> {after}: {event}" for event, after in events.items() if after]
    rows = [
        (status.value, "yes" if status in FINAL else "no", "yes" if status is Status.PENDING else "no")
        for status in Status
    ]
    return (
        "# States of a task\n\n"
        "Every transition there is; anything else that happens to a task changes nothing, and a cancel is refused.\n\n"
        "```mermaid\n" + "\n".join(lines) + "\n```\n\n" + _table((("state", "final", "can be canceled"), rows))
    )


def _kinds(catalogue: tables.Catalogue) -> str:
    kinds = catalogue.mishaps.values()
    parts = [
        "# Kinds of mishap\n\n",
        "What can go wrong on the way. How to let it: [mishaps](mishaps.md); the same tables: `hobbyhorse mishaps`\n",
        "and `hobbyhorse mishaps KIND`. An option with `*` must be given.\n\n",
        _table(tables.mishaps(kinds)),
    ]
    for kind in kinds:
        if kind.options:
            parts += [f"\n## {kind.name}\n\n", f"What happens: {kind.says}.\n\n", _table(tables.mishap_options(kind))]
    return "".join(parts)


def _settings() -> str:
    rows = [
        (
            f"`--{row.name.replace('_', '-')}`",
            f"`{ENVIRONMENT_PREFIX}{row.name.upper()}`",
            "" if row.default is None else f"`{'off' if row.default is False else row.default}`",
            row.metadata["help"],
        )
        for row in fields(Settings)
    ]
    return (
        "# Settings\n\n"
        "Options of `hobbyhorse serve`. Each is also an environment variable and a key of the TOML file named by\n"
        f"`--config` or `{ENVIRONMENT_PREFIX}CONFIG` (`result_port = 8701`). The command line wins over the\n"
        "environment, the environment over the file, the file over the default.\n\n"
        + _table((("option", "variable", "default", "what it does"), rows))
    )


def _keys(catalogue: tables.Catalogue) -> str:
    return (
        "# Ready-made keys\n\n"
        "One a region and one a condition; `hobbyhorse keys` prints them. They open nothing but this emulator. All\n"
        "belong to one account and see each other's tasks. Unless the server is started with `--keys declared`, any\n"
        "other key that begins with `sk-` or `st-` (but not `sk-sp-`) works too, in every region.\n\n"
        + _table(tables.keys(catalogue))
    )


def _library(catalogue: tables.Catalogue) -> str:
    found = (library.find(name, catalogue) for name in library.names())
    rows = [(f"`{one.name}`", one.description) for one in found]
    return (
        "# Named scenarios\n\n"
        "They come with hobbyhorse: `hobbyhorse scenarios show NAME` prints one, to start your own from. What the\n"
        "words in them mean: [scenarios](scenarios.md). Each is shown by a test to do what it says.\n\n"
        + _table((("scenario", "what it shows"), rows))
    )


def _certificates() -> str:
    root = HERE.parent
    entries = []
    for row in yaml.safe_load((root / "contracts" / "adapters" / "clients.yaml").read_text(encoding="utf-8")):
        folder = f"contracts/certificates/{row['id']}"
        made = Certificate.of(json.loads(gzip.decompress((root / folder / _PACKED).read_bytes())))
        told = {name: row[name] for name in ("driven", "left_out", "notes")}
        entries.append(Entry(row["id"], row["title"], made, folder, _PACKED, **told))
    return "# Real clients\n\n" + _FAIR + matrix(entries, requirements())


_PACKED = "certificate.json.gz"
_FAIR = """\
What the contract kit saw when it drove clients that people use, each in an exact version, against the emulator. This
is no ranking, and nobody is certified by it: a sign says what was seen in so many scenarios of one version of the kit,
of one set of requirements and of one emulator, on one day. The emulator is a fake; the requirements are the kit's, and
some of them are about what a client may well mean to leave to its user. How each one came about:
`hobbyhorse certify requirements ID`.

A client is driven by an adapter, in [contracts/adapters](../contracts/adapters/README.md), and the kinds of errors are
the adapter's reading of what the client says. Whoever finds that an adapter wrongs a client is right to say so. All of
it is made anew by `make certificates`, with the clients named here installed.

"""


def _benchmarks() -> str:
    """Return the recorded run of the media benchmark; `make bench` makes another."""
    said = json.loads((HERE.parent / "benchmarks" / "results" / "media.json").read_text(encoding="utf-8"))
    about = said["about"]
    packages = ", ".join(f"{name} {version}" for name, version in about["packages"].items())
    rows = [
        (
            row["clip"],
            row["design"],
            f"{row['cpu'] * 1000:.1f}",
            f"{row['cpu_ratio']:.1f}" if "cpu_ratio" in row else "-",
            str(row.get("goal", "-")),
            f"{row['wall_ratio']:.1f}" if "wall_ratio" in row else "-",
            f"{row['bytes'] / 1e6:.2f}",
            f"{row['memory'] / 2**20:.0f}",
            f"{row['child'] / 2**20:.0f}",
        )
        for row in said["rows"]
    ]
    heads = ("clip", "design", "CPU ms", "naive / this", "goal", "wall, naive / this", "MB", "+ MiB", "child MiB")
    return (
        "# Benchmarks\n\n"
        "What a clip costs, warm, beside naive imageio (imageio-ffmpeg, its defaults, every picture encoded)\n"
        "and raw ffmpeg (testsrc2, ultrafast), in one run: `make bench`. CPU counts user and system, children\n"
        "included; `+ MiB` is the memory a clip adds, `child` what a process it starts holds at most.\n\n"
        f"Recorded {about['date']}: Python {about['python']}, {about['cores']} cores, medians of {about['rounds']} "
        f"rounds; {packages}.\n\n"
        + _table((heads, rows))
        + "\n`video-edit` is judged, decoded, kept and rendered; `rendering` leaves out the first three.\n\n"
        "A clip's first byte comes with its last, so `wall` is also the ratio of first bytes. For t2v 5 s 720P its\n"
        "goal is 30; six runs gave 24 to 46, mostly because naive, which encodes on every core, took 0.8 to 1.6 s.\n"
    )


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (HERE / name).write_text(NOTICE + text, encoding="utf-8")


if __name__ == "__main__":
    main()
