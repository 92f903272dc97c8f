"""A whole campaign from its plan: handshake, smoke, probes, corpus, drawn scenarios, sequences, results, levels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from . import levels
from .abilities import abilities, endings, probes
from .adapters.port import AdapterError
from .campaign import Campaign, Plan, Progress, Subject, Trouble
from .documents import DocumentError
from .generation import machine
from .generation.corpus import corpus, smoke
from .generation.scenarios import Scope, drawn, tally
from .generation.table import models
from .known_failures import held
from .pool import Pool
from .requirements import requirements
from .running import Run
from .selection import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .abilities import Probe
    from .adapters.port import Subject as Introduced
    from .campaign import KnownFailure
    from .history import History
    from .pool import Stand
    from .requirements import Requirements
    from .scenario import Scenario
    from .verdict import Verdict

_ENOUGH_FOR_SMOKE = "smoke"


@dataclass(frozen=True, slots=True)
class Order:
    """What to certify, and against what. `tell` may be called from several threads.

    `command` says how the client is started. `judge`, `rows` and `scenarios` are the kit's own unless given.
    """

    plan: Plan
    make: Callable[[], Stand]
    command: str = ""
    in_process: bool = False
    known: Sequence[KnownFailure] = ()
    tell: Callable[[Progress], None] = lambda _: None
    judge: Callable[[Scenario, History], tuple[Verdict, ...]] | None = None
    rows: Requirements | None = None
    scenarios: Sequence[Scenario] | None = None
    today: date | None = None


def certify(order: Order) -> Campaign:
    """Run a campaign. It always ends with one, whatever the adapter does."""
    began = datetime.now(UTC)
    rows = order.rows or requirements()
    with Pool(order.make, order.plan.jobs) as pool:
        run = Run(order.plan, pool, rows.rows, order.judge or _judge(), order.tell)
        empty = Campaign(Subject("", command=order.command, in_process=order.in_process), rows.name, order.plan, ())
        try:
            order.tell(Progress("handshake"))
            introduced = pool.subject
        except AdapterError as error:
            run.trouble.append(Trouble("handshake", str(error)))
            made = replace(empty, trouble=tuple(run.trouble), exit_code=levels.Exit.HARNESS)
        else:
            made = _played(replace(empty, subject=_subject(introduced, order)), order, run, rows)
        order.tell(Progress("done", failing=run.failing, seconds=run.seconds))
        return replace(
            made,
            began=began.isoformat(timespec="seconds"),
            ended=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(run.seconds, 3),
            restarts=pool.restarts,
            kit=_version(),
        )


def _played(empty: Campaign, order: Order, run: Run, rows: Requirements) -> Campaign:
    plan = order.plan
    subject = empty.subject
    run.capabilities = subject.capabilities
    scope = Scope.of(subject.capabilities, subject.config, plan.only)
    tries = probes(subject.capabilities, _plain_model(scope))
    unanswered, families = _play(order, run, scope, tries)
    results, baseline = held(
        run.results(), order.known, order.today or datetime.now(UTC).date(), is_whole=_is_whole(plan, run)
    )
    facts = levels.Facts(
        requirements=rows.rows,
        results=results,
        abilities=abilities(subject.capabilities, run.histories, tries),
        trouble=run.trouble,
        ran={name: count for name, count in run.ran.items() if name not in {"shrinking", "reruns"}},
        plan=plan,
        is_whole=_is_whole(plan, run),
        smoke=sorted(run.smoke),
        unanswered=unanswered,
        has_machine=machine.fits(scope),
        baseline=baseline,
    )
    standings = levels.standings(facts)
    level = levels.highest(standings)
    return replace(
        empty,
        results=results,
        levels=standings,
        level=level,
        abilities=tuple(facts.abilities),
        trouble=tuple(run.trouble),
        baseline=baseline,
        ran=dict(run.ran),
        families=families,
        complete=run.complete,
        exit_code=levels.exit_code(facts, level),
    )


def _play(order: Order, run: Run, scope: Scope, tries: Sequence[Probe]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Run everything; return for which endings of a task there was no answer, and how often each family was drawn."""
    plan = order.plan
    try:
        whole = tuple(order.scenarios) if order.scenarios is not None else corpus() if plan.corpus else ()
    except DocumentError as error:
        run.trouble.append(Trouble("corpus", str(error)))
        whole = ()
    chosen = tuple(row for row in whole if not plan.only or any(matches(plan.only, one) for one in row.about))
    first = smoke(chosen, tuple(scope.capabilities))
    run.play("smoke", first)
    if plan.level == _ENOUGH_FOR_SMOKE:
        return (), {}
    ends: tuple[Scenario, ...] = ()
    if not plan.only:
        ends = endings(_plain_model(scope), downloads="download" in scope.capabilities)
        run.play("probe", [*(row.scenario for row in tries), *ends])
    run.play("corpus", [row for row in chosen if row not in first])
    families: Counter[str] = Counter()
    for seed, count in zip(plan.seeds, _shares(plan.examples, len(plan.seeds)), strict=True):
        made = drawn(scope, count, seed)
        families.update(tally(made))
        run.play("generated", made, may_stop=True)
        run.play("machine", machine.written(scope, plan.machine, seed), may_stop=True)
    return _unanswered(run, ends), dict(families)


def _unanswered(run: Run, ends: Sequence[Scenario]) -> tuple[str, ...]:
    histories = [run.histories.get(row.name) for row in ends]
    return tuple(
        row.timeline.outcome
        for row, history in zip(ends, histories, strict=True)
        if history is None or not history.answers
    )


def _is_whole(plan: Plan, run: Run) -> bool:
    return plan.corpus and plan.level != _ENOUGH_FOR_SMOKE and not plan.only and run.complete


def _shares(count: int, parts: int) -> list[int]:
    return [count // parts + (part < count % parts) for part in range(parts)]


def _plain_model(scope: Scope) -> str:
    plain = (name for name in scope.models if not models()[name].takes_pictures)
    return next(plain, "happyhorse-1.1-t2v")


def _judge() -> Callable[[Scenario, History], tuple[Verdict, ...]]:
    from .checkers import judge  # noqa: PLC0415 - the checkers are many, and not everybody wants these

    return judge


def _subject(introduced: Introduced, order: Order) -> Subject:
    return Subject(
        introduced.name,
        introduced.version,
        introduced.language,
        order.command,
        order.in_process,
        tuple(introduced.capabilities),
        dict(introduced.config),
    )


def _version() -> str:
    try:
        return version("hobbyhorse")
    except PackageNotFoundError:  # a checkout that was not installed
        return "0"
