#!/usr/bin/env python3
"""Makes the certificates of the real clients in `clients.yaml`: `make certificates`, or `certificates.py ID…`.

The whole reports go to `build/certificates/`; what the repository keeps of them is in `contracts/certificates/`: the
certificate with its histories, packed, and the scenarios by which what was seen broken is seen again.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from hobbyhorse import Emulator
from hobbyhorse_contracts.adapters import StdioAdapter
from hobbyhorse_contracts.campaign import Plan, Standing
from hobbyhorse_contracts.certifying import Order, certify
from hobbyhorse_contracts.driver import Driver
from hobbyhorse_contracts.hints import did_you_mean
from hobbyhorse_contracts.report import write_reports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hobbyhorse_contracts.campaign import Campaign

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "contracts" / "certificates"
WHOLE = ROOT / "build" / "certificates"
PACKED = "certificate.json.gz"
_EXAMPLES, _SEED, _SHRINK_S = 60, 1, 30.0


@dataclass(frozen=True, slots=True)
class Client:
    """One row of `clients.yaml`. `node` is the least major version of Node with which its adapter works."""

    id: str
    title: str
    command: str
    driven: str
    left_out: str
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    node: int = 0
    notes: Mapping[str, str] = field(default_factory=dict)

    def lacking(self) -> str:
        """Say what is missing to run it here; nothing where it can run."""
        for program in self.needs.get("programs", ()):
            if shutil.which(program) is None:
                return f"{program} is not installed"
        if self.node and (found := _node()) < self.node:
            return f"Node is {found}, and {self.node} is needed"
        for module in self.needs.get("modules", ()):
            if importlib.util.find_spec(module) is None:
                return f"the Python package {module} is not installed"
        for folder in self.needs.get("folders", ()):
            if not (ROOT / folder).is_dir():
                return f"{folder} is missing; contracts/adapters/ai_sdk/install.sh makes it"
        return ""


def _node() -> int:
    """Return Node's major version."""
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)  # noqa: S607 - as found
    return int(said.stdout.strip().removeprefix("v").partition(".")[0])


def clients() -> tuple[Client, ...]:
    """Return the rows of `clients.yaml`."""
    rows: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "clients.yaml").read_text(encoding="utf-8"))
    return tuple(Client(**row) for row in rows)


def environment() -> dict[str, str]:
    """Return an environment in which `python` is this one."""
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def adapter(client: Client) -> StdioAdapter:
    """Return the adapter of a client."""
    return StdioAdapter(client.command, environment=environment(), folder=str(ROOT))


def made(client: Client, plan: Plan) -> Campaign:
    """Run a campaign with a client."""
    with Emulator(log_level="warning") as emulator:
        return certify(Order(plan, lambda: Driver(adapter(client), emulator), command=client.command))


def store(client: Client, campaign: Campaign) -> None:
    """Write the whole report, and keep of it what belongs into the repository."""
    os.chdir(ROOT)  # the certificate has the digests of the files that the command names
    write_reports(campaign, WHOLE / client.id)
    keep(client)


def keep(client: Client) -> None:
    """Keep the certificate, packed, and the scenarios of failures."""
    made, kept = WHOLE / client.id, KEPT / client.id
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    (kept / PACKED).write_bytes(gzip.compress((made / "certificate.json").read_bytes(), mtime=0))
    if (made / "failures").exists():
        shutil.copytree(made / "failures", kept / "failures")


def certificate(client: str) -> str:
    """Return the text of a kept certificate."""
    return gzip.decompress((KEPT / client / PACKED).read_bytes()).decode()


def main() -> int:
    """Make certificates; end with 1 if one could not be made."""
    known = {row.id: row for row in clients()}
    parser = argparse.ArgumentParser(description="Make the certificates of real clients.")
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"which: {', '.join(known)}; nothing means all")
    parser.add_argument("--examples", type=int, default=_EXAMPLES, metavar="N", help="scenarios to draw")
    given = parser.parse_args()
    for name in given.ids:
        if name not in known:
            parser.error(f"there is no client {name!r}{did_you_mean(name, known)}")
    plan = Plan(examples=given.examples, seeds=(_SEED,), profile="kit-ci", shrink_s=_SHRINK_S)
    chosen = [known[name] for name in given.ids or known]
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda client: _one(client, plan), chosen))
    for client, campaign in zip(chosen, results, strict=True):
        if campaign is not None:
            store(client, campaign)
    return 0 if all(results) else 1


def _one(client: Client, plan: Plan) -> Campaign | None:
    missing = client.lacking()
    if missing:
        print(f"{client.id}: not made: {missing}", flush=True)
        return None
    campaign = made(client, plan)
    bad = [row.requirement for row in campaign.results if row.standing is Standing.FAIL]
    print(f"{client.id}: {campaign.seconds:.0f} s, seen broken: {', '.join(bad) or 'nothing'}", flush=True)
    for row in campaign.trouble:
        print(f"{client.id}: trouble in {row.scenario}: {row.says}", flush=True)
    return None if campaign.trouble else campaign


if __name__ == "__main__":
    sys.exit(main())
