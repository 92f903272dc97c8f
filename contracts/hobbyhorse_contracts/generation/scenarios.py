"""Whole scenarios for one client, drawn before any of them runs: the same seed makes the same ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis import strategies as st

from ..scenario import Call, Scenario, Timeline
from ..selection import matches
from .media import FORMATS, as_base64
from .mishaps import FAMILIES, family_of, swarm
from .profiles import drawing
from .prompts import HOSTILE, over_limit
from .requests import Request, defective, valid
from .table import Model, models
from .timelines import timelines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

_NAMES = ("frame.png", "小马 frame.png", "two  blanks.png", "..hidden.png", "a+b&c=d.png")
_SHORT_S = 120.0  # a client waits so long for a task that is stuck
_MOST_AT_ONCE = 6
_TURNS = 6  # drawings, until there are as many scenarios as are wanted: Hypothesis draws some twice
_NEXT_SEED = 2**31
_MORE = 4  # of each kind, from the second drawing on: the first that Hypothesis draws is always the same


@dataclass(frozen=True, slots=True)
class Scope:
    """What scenarios may ask of a client, and which requirements they are for; nothing in `only` means all."""

    capabilities: frozenset[str]
    models: tuple[str, ...]
    only: tuple[str, ...] = ()

    @classmethod
    def of(cls, capabilities: Sequence[str], config: Mapping[str, Any], only: Sequence[str] = ()) -> Scope:
        """Return the scope of a client. `config.models` are ids or globs; the default is HappyHorse's models."""
        has = frozenset(capabilities)
        globs = config.get("models", ["happyhorse-*"])
        names = (name for name, model in models().items() if any(fnmatchcase(name, glob) for glob in globs))
        return cls(has, tuple(name for name in names if _fits(models()[name], has)), tuple(only))

    @property
    def families(self) -> tuple[str, ...]:
        """The families of mishaps that this client and these requirements have something to do with."""
        return tuple(
            name
            for name, family in FAMILIES.items()
            if (not family.needs or family.needs in self.capabilities)
            and (not self.only or any(matches(self.only, one) for one in family.about))
        )


def kinds(scope: Scope) -> dict[str, SearchStrategy[Scenario]]:
    """Return every kind of scenario for a scope, by its name: one for each family of mishaps, and others.

    They are drawn separately and in equal numbers: left to itself, Hypothesis would have drawn 400 scenarios without
    three of the families.
    """
    found = {name: singles(scope, (name,)) for name in scope.families}
    found |= {"plain": singles(scope, ()), "two families": singles(scope, scope.families), "defect": defects(scope)}
    if any(models()[name].prompt == "required" for name in scope.models):
        found["too long"] = too_long(scope)
    if "batch" in scope.capabilities and _plain_model(scope) is not None:
        found["several calls"] = batches(scope)
    if "upload" in scope.capabilities and any(_takes_a_frame(models()[name]) for name in scope.models):
        found["upload"] = uploads(scope)
    return found


@st.composite
def singles(draw: DrawFn, scope: Scope, families: Sequence[str]) -> Scenario:
    """Return one valid call with a timeline; with mishaps of one family, or of two where there are several."""
    request = draw(valid(scope.models))
    mishaps = draw(swarm(families))
    timeline = draw(timelines())
    options: dict[str, Any] = {**_options(scope), **draw(_ways())}
    if timeline.outcome == "STUCK":
        options["timeout_s"] = _SHORT_S
    return Scenario("drawn", (_call("c1", request, options),), _about(mishaps), timeline, mishaps=mishaps)


@st.composite
def defects(draw: DrawFn, scope: Scope) -> Scenario:
    """Return one call whose request has one mistake, told at the create or as a FAILED task."""
    request, path = draw(defective(scope.models))
    world = draw(st.sampled_from(({}, {"validation": "gateway"})))
    call = _call("c1", request, _options(scope))
    return Scenario("drawn", (call,), ("PAY-13", "ERR-01", "ERR-02"), world=world, defect=path)


@st.composite
def too_long(draw: DrawFn, scope: Scope) -> Scenario:
    """Return one call whose prompt is over the limit: valid, and cut by the service."""
    request = draw(valid([name for name in scope.models if models()[name].prompt == "required"]))
    prompt = draw(over_limit(models()[request["model"]]))
    request = {**request, "input": {**request["input"], "prompt": prompt}}
    return Scenario("drawn", (_call("c1", request, _options(scope)),), ("PAY-02", "PAY-03"))


@st.composite
def batches(draw: DrawFn, scope: Scope) -> Scenario:
    """Return several calls at once; sometimes the account may run only some of them at a time."""
    count = draw(st.integers(2, _MOST_AT_ONCE))
    words = [draw(st.sampled_from(HOSTILE)) for _ in range(count)]
    plain = _plain_model(scope)
    calls = tuple(
        _call(f"c{number}", {"model": plain, "input": {"prompt": f"{number}: {word}"}}, _options(scope, f"{number}"))
        for number, word in enumerate(words, 1)
    )
    world = draw(st.sampled_from(({}, {"quotas": {"running": 2, "submit_rps": 100}})))
    families = tuple(name for name in scope.families if name in {"poll-throttled", "poll-status", "poll-broken"})
    timeline = Timeline(running_s=draw(st.sampled_from((30.0, 5.0))))
    mishaps = draw(swarm(families))
    return Scenario("drawn", calls, ("CON-03", "POL-05"), timeline, mishaps=mishaps, world=world, only=("batch",))


@st.composite
def uploads(draw: DrawFn, scope: Scope) -> Scenario:
    """Return one call that names a local file."""
    name = draw(st.sampled_from(_NAMES))
    model = draw(st.sampled_from([one for one in scope.models if _takes_a_frame(models()[one])]))
    form = draw(st.sampled_from(FORMATS))
    given: Request = {"prompt": "it runs", "media": [{"type": "first_frame", "url": f"{{file:{name}}}"}]}
    call = _call("c1", {"model": model, "input": given}, _options(scope))
    about = ("UPL-01", "UPL-02", "UPL-03", "UPL-04", "UPL-06")
    return Scenario("drawn", (call,), about, files={name: as_base64(form)}, only=("upload", "i2v"))


def drawn(scope: Scope, count: int, seed: int) -> tuple[Scenario, ...]:
    """Return so many scenarios, no two alike, of all kinds in turn; fewer where there are no more.

    Names say seed, kind and number.
    """
    piles: dict[str, dict[str, Scenario]] = {name: {} for name in kinds(scope)}
    for turn in range(_TURNS):
        missing = count - sum(map(len, piles.values()))
        if missing <= 0:
            break
        # Where the kinds do not come out even, the seed says which are drawn once more.
        for index, (name, strategy) in enumerate(kinds(scope).items()):
            share = missing // len(piles) + ((index - seed) % len(piles) < missing % len(piles))
            share += _MORE if turn else 0
            for row in _drawn(strategy, share, seed + turn * _NEXT_SEED):
                piles[name].setdefault(repr(row), row)
    named = [
        [replace(row, name=f"seed {seed}: {name} {at}") for at, row in enumerate(pile.values(), 1)]
        for name, pile in piles.items()
    ]
    return tuple(row for rank in zip_longest(*named) for row in rank if row is not None)[:count]


def _drawn(strategy: SearchStrategy[Scenario], count: int, seed: int) -> tuple[Scenario, ...]:
    found: list[Scenario] = []
    if not count:
        return ()

    @hypothesis.seed(seed)
    @drawing(count)
    @hypothesis.given(strategy)
    def collect(scenario: Scenario) -> None:
        found.append(scenario)

    collect()
    return tuple(found)


def tally(rows: Sequence[Scenario]) -> dict[str, int]:
    """Return in how many scenarios each family of mishaps is, and how many have a defect or several calls."""
    seen: Counter[str] = Counter()
    for scenario in rows:
        seen.update({family_of(row) or "other" for row in scenario.mishaps})
        seen["defect"] += bool(scenario.defect)
        seen["several calls"] += len(scenario.calls) > 1
    return dict(seen)


def _call(name: str, request: Request, options: Mapping[str, Any]) -> Call:
    model = models().get(request.get("model", ""))
    region = {} if model is None or "cn-beijing" in model.regions else {"region": model.regions[0]}
    return Call(name, "generate", request, {**options, **region})


def _options(scope: Scope, name: str = "v") -> dict[str, Any]:
    return {"out": f"{name}.mp4"} if "download" in scope.capabilities else {}


def _ways() -> SearchStrategy[dict[str, Any]]:
    plain: tuple[dict[str, Any], ...] = ({}, {"base": "slash"}, {"poll_interval_s": 5.0}, {"poll_interval_s": 30.0})
    return st.sampled_from(plain)


def _takes_a_frame(model: Model) -> bool:
    return model.media is not None and model.media.takes(("first_frame",))


def _plain_model(scope: Scope) -> str | None:
    """Return a model that a prompt is enough for."""
    return next((name for name in scope.models if not models()[name].takes_pictures), None)


def _about(mishaps: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    names = [family_of(row) for row in mishaps]
    return tuple(dict.fromkeys(one for name in names if name is not None for one in FAMILIES[name].about))


def _fits(model: Model, has: frozenset[str]) -> bool:
    if model.service != "video-generation":
        return False  # the requirements are about the one path that all newer models have
    if model.needs_references:
        return "r2v" in has
    return "i2v" in has if model.takes_pictures else True
