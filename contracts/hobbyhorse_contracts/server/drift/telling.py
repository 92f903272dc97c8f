"""drift.json, and a table to read."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from ...driving.secrets import Secrets
from .. import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .comparing import Finding
    from .sending import Seen, Target

FORMAT = "hobbyhorse-drift/1"
_LONGEST = 100  # characters of a value in the table


def document(where: Target, seen: Sequence[Seen], *, version: str, moment: str, account: str) -> str:
    """Return drift.json. `moment` is when it was looked, in ISO 8601; `account` what its owner calls the account.

    Values of answers are in it only where they are part of the contract. Neither the key nor a part of it is.
    """
    found = {
        "format": FORMAT,
        "kit": version,
        "promises": LATEST,
        "moment": moment,
        "target": where.base,
        "region": where.region,
        "account": account,
        "summary": dict(counts(seen)),
        "probes": [_probe(one) for one in seen],
    }
    return hidden(json.dumps(found, indent=2, ensure_ascii=False, default=_plain) + "\n", where)


def told(where: Target, seen: Sequence[Seen]) -> str:
    """Return a table of the probes, their findings below each."""
    width = max((len(one.probe.name) for one in seen), default=0)
    lines = [f"{where.base} beside the emulator, {len(seen)} free requests"]
    for one in seen:
        hard = sum(finding.weight == "drift" for finding in one.findings)
        verdict = "not judged" if one.trouble else f"DRIFT ({hard})" if hard else "as expected"
        status = one.real.status if one.real else "-"
        lines.append(f"  {one.probe.name:{width}}  {status!s:>3}  {verdict}{f': {one.trouble}' if one.trouble else ''}")
        lines += [f"    {line}" for line in _lines(one.findings)]
    total = counts(seen)
    said = [f"{total[name]} {words}" for name, words in _WORDS.items()]
    return hidden("\n".join([*lines, ", ".join(said)]) + "\n", where)


def counts(seen: Iterable[Seen]) -> Counter[str]:
    """Return how many findings there are of each weight, and how many probes are not judged."""
    found = Counter(dict.fromkeys(_WORDS, 0))
    for one in seen:
        found.update(finding.weight for finding in one.findings)
        found["not judged"] += bool(one.trouble)
    return found


def hidden(text: str, where: Target) -> str:
    """Return a text without the target's key, its base64 and its slices."""
    return Secrets(where.key, "<api-key>").hidden(text)


_WORDS = {
    "drift": "differences that a client may notice",
    "soft": "of texts",
    "info": "more",
    "not judged": "not judged",
}


def _lines(findings: Iterable[Finding]) -> Iterable[str]:
    for finding in findings:
        place = f" {finding.where}" if finding.where else ""
        values = [f"{word} {_short(value)}" for word, value in _values(finding) if value is not None]
        yield f"{finding.weight:5}  {finding.what}{place}{': ' + ', '.join(values) if values else ''}"


def _values(finding: Finding) -> tuple[tuple[str, Any], tuple[str, Any]]:
    return ("expected", finding.expected), ("found", finding.found)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _probe(one: Seen) -> dict[str, Any]:
    probe = one.probe
    return {
        "name": probe.name,
        "promises": probe.promises,
        "request": {
            "method": probe.method,
            "path": probe.path,
            "key": probe.key,
            "async": probe.is_async,
            "body": probe.body,
        },
        "real": one.real,
        "emulated": one.emulated,
        "findings": one.findings,
        **({"trouble": one.trouble} if one.trouble else {}),
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return sorted(value) if isinstance(value, frozenset) else str(value)
