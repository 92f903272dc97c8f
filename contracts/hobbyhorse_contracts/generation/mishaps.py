"""Mishaps, in families. A scenario has one or two families: with all of them at once every scenario is a mess.

Within a family the simplest mishap comes first. Counts stay below what a careful client must bear: four failed polls in
a row, two failed downloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypothesis.strategies import SearchStrategy

Mishap = dict[str, Any]
_BEARABLE = 4  # failed polls in a row
_WAITS = (1, 7, 30)  # seconds of a Retry-After
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Family:
    """One thing that can go wrong. `about` are the requirements that it provokes; `needs` a capability."""

    about: tuple[str, ...]
    forms: tuple[Mishap, ...]
    counts: tuple[int | None, ...] = (1,)
    skips: tuple[int, ...] = (0,)
    needs: str = ""

    def drawn(self, most: int) -> SearchStrategy[Mishap]:
        """Return mishaps of this family, each happening `most` times at the most, or always where that is its way."""
        counts = [count for count in self.counts if count is None or count <= most]
        return st.builds(_mishap, st.sampled_from(self.forms), st.sampled_from(counts), st.sampled_from(self.skips))


def _mishap(form: Mishap, count: int | None, skip: int) -> Mishap:
    return {**form, **({} if count is None else {"count": count}), **({"skip": skip} if skip else {})}


def _at(route: str, *forms: Mishap) -> tuple[Mishap, ...]:
    return tuple({"at": route, **form} for form in forms)


_THROTTLED: tuple[Mishap, ...] = (
    {"do": "error", "error": "Throttling.RateQuota"},
    *({"do": "error", "error": "Throttling.RateQuota", "retry_after": seconds} for seconds in _WAITS),
    {"do": "error", "error": "Throttling.RateQuota", "retry_after": 7, "retry_after_form": "date"},
)
_BROKEN: tuple[Mishap, ...] = (
    {"do": "reset"},
    {"do": "close"},
    {"do": "close", "where": "mid-body"},
    {"do": "reset", "where": "mid-body"},
    {"do": "short-body"},
    {"do": "missing-last-chunk"},
)
_POLL_COUNTS = tuple(range(1, _BEARABLE + 1))

FAMILIES: Mapping[str, Family] = {
    "create-lost": Family(
        ("CRE-01", "CRE-02", "CRE-09", "CON-02"),
        tuple(
            {"at": "create", "moment": "after", **form}
            for form in (
                *_BROKEN[:4],
                {"do": "error", "error": "InternalError"},
                {"do": "html", "status": 502},
                {"do": "html", "status": 504},
                {"do": "short-body"},
                {"do": "malformed-json"},
                {"do": "empty-body"},
            )
        ),
    ),
    "create-throttled": Family(("CRE-04", "CRE-05", "CON-04"), _at("create", *_THROTTLED), (1, 2)),
    "create-unavailable": Family(
        ("CRE-01", "CRE-06"),
        _at("create", {"do": "error", "error": "ModelUnavailable"}, {"do": "reset", "moment": "before"}),
    ),
    "create-refused": Family(
        ("CRE-07", "ERR-01", "ERR-06"),
        _at(
            "create",
            *(
                {"do": "error", "error": code}
                for code in (
                    "InvalidApiKey",
                    "Arrearage",
                    "Model.AccessDenied",
                    "ModelNotFound",
                    "DataInspectionFailed",
                )
            ),
        ),
        (None,),
    ),
    "poll-broken": Family(("POL-06", "CON-02", "POL-14"), _at("get", *_BROKEN), _POLL_COUNTS, (0, 1)),
    "poll-status": Family(
        ("POL-06", "ERR-04"),
        _at(
            "get",
            {"do": "error", "error": "InternalError"},
            {"do": "html", "status": 502},
            {"do": "html", "status": 503},
            {"do": "html", "status": 504},
            {"do": "error", "error": "ModelServingError"},
            {"do": "error", "error": "SystemError"},
        ),
        _POLL_COUNTS,
        (0, 1),
    ),
    "poll-body": Family(
        ("POL-06", "RES-11", "POL-03"),
        _at(
            "get",
            {"do": "empty-body"},
            {"do": "malformed-json"},
            {"do": "gzip"},
            {"do": "content-type", "value": "text/plain"},
        ),
        _POLL_COUNTS,
        (0, 1),
    ),
    "poll-throttled": Family(("POL-07", "CRE-05", "CON-04"), _at("get", *_THROTTLED), (1, 2, 3), (0, 1)),
    "poll-refused": Family(
        ("POL-08", "ERR-01"),
        _at("get", {"do": "error", "error": "InvalidApiKey"}, {"do": "error", "error": "Workspace.AccessDenied"}),
        (None,),
        (1, 0),
    ),
    "idle-closed": Family(
        ("CON-02", "CRE-01"),
        (
            {"do": "close", "where": "idle", "at": "get"},
            {"do": "reset", "where": "idle", "at": "get"},
            {"do": "close", "where": "idle", "at": "create"},
        ),
        (1, 2),
    ),
    "clock-skewed": Family(
        ("POL-15", "CRE-05"),
        ({"do": "date-skew", "seconds": _HOUR}, {"do": "date-skew", "seconds": -_HOUR}),
        (None,),
    ),
    "redirected": Family(
        ("SEC-04", "SEC-05"),
        tuple({"do": "redirect", "at": at, "status": status} for at in ("get", "create") for status in (302, 307, 308)),
    ),
    "result-broken": Family(
        ("RES-02", "RES-03", "RES-05", "RES-09"), _at("download", *_BROKEN), (1, 2), (0,), "download"
    ),
    "result-page": Family(
        ("RES-05", "RES-07"),
        _at("download", {"do": "html", "status": 503}, {"do": "html", "status": 500}, {"do": "html", "status": 502}),
        (1, 2),
        (0,),
        "download",
    ),
    "result-expired": Family(("RES-06",), _at("download", {"do": "dead-url"}), (1, 2), (0,), "download"),
}


def swarm(names: Sequence[str]) -> SearchStrategy[tuple[Mishap, ...]]:
    """Return a mishap of the one family, or one of each of two, where there are several; nothing of none."""
    if not names:
        return st.just(())
    if len(names) == 1:
        return st.tuples(FAMILIES[names[0]].drawn(_BEARABLE))
    two = st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True)
    return two.flatmap(lambda both: st.tuples(*(FAMILIES[name].drawn(_BEARABLE // 2) for name in both)))


def family_of(mishap: Mapping[str, Any]) -> str | None:
    """Return the family that a mishap was drawn from, or None."""
    plain = {name: value for name, value in mishap.items() if name not in {"count", "skip"}}
    return next((name for name, family in FAMILIES.items() if plain in family.forms), None)
