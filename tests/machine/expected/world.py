"""The model: one account, what a client and a test do to it, and what they should see. Knows nothing of hobbyhorse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .bills import Bill
from .clock import Clock
from .life import FINAL, NEVER, SUCCEEDED, UNKNOWN, Job
from .mishaps import Expected, Mishap, armed, taken
from .plans import planned
from .rules import fault, unreadable
from .scenarios import Scenario, failure_of, marked
from .tables import (
    HOUR,
    LISTED,
    MODELS,
    NO_INPUT,
    NO_SUCH_MODEL,
    NOT_CANCELED,
    RETENTION,
    SECOND,
    TOO_OFTEN,
    UNSEEN_FOOTAGE,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .rules import Order
    from .tables import Answer

# From this age on a record may be gone.
OLD = 48 * HOUR


@dataclass(frozen=True)
class Line:
    """What the journal should hold of a request. `facts` are those that it must tell."""

    route: str
    status: int
    task: str | None
    made: str | None
    rule: str | None
    mishaps: tuple[str, ...]


@dataclass
class World:
    """All that a world has. `real` are the ms that have really passed; `jobs` are in the order of their creation."""

    document: Mapping[str, Any]
    clock: Clock
    real: int = 0
    generation: int = 0
    jobs: list[Job] = field(default_factory=list)
    scenarios: list[Scenario] = field(default_factory=list)
    mishaps: list[Mishap] = field(default_factory=list)
    journal: list[Line] = field(default_factory=list)
    gone: Bill = field(default_factory=Bill)
    apart: set[str] = field(default_factory=set)
    submitted: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    objects: dict[str, tuple[str, int]] = field(default_factory=dict)
    may_be_gone: bool = False

    @property
    def now(self) -> int:
        """What the clock shows."""
        return self.clock.at(self.real)

    @property
    def url_life(self) -> int:
        """How long a result URL lives (ms)."""
        return int(self.document["url_seconds"]) * SECOND

    def job(self, task: str) -> Job | None:
        """Return the record of a task."""
        return next((job for job in self.jobs if job.id == task), None)

    # --- what a client does -------------------------------------------------------------------------------------

    def begin(self, place: str, task: str | None = None, key: str = "main") -> Expected:
        """Let the world's mishaps happen to a request; return an answer that is fine but for them."""
        found = taken(self.mishaps, place, self.now, task, key)
        return Expected(200, mishaps=found, is_prevented=any(one.prevents for one in found))

    def bind(self, expected: Expected, job: Job, place: str) -> bool:
        """Let a task's own mishaps happen to a request; tell whether it goes on."""
        found = taken(job.mishaps, place, self.now, job.id or None, "main")
        first = next((one for one in found if one.prevents), None)
        expected.mishaps += found
        expected.is_prevented |= first is not None
        return first is None

    def create(self, order: Order) -> Expected:
        """Submit. `facts["job"]` is the task that there should be one more of."""
        expected = self.begin("create")
        if expected.is_prevented:
            return expected
        if answer := unreadable(order):
            return _refused(expected, answer)
        expected.rule, then = self._fate(order)
        if "refuse" in then:
            refusal = {"do": "error", "error": failure_of(then["refuse"])[0], "at": "create"}
            expected.mishaps.append(Mishap("refuse", refusal))
            expected.is_prevented = True
            return expected
        answer = self._gate(order)
        failure = fault(order, lambda key: self._has(key, order.body["model"])) if answer is None else None
        if failure and self.document["validation"] == "gateway":
            answer = (400, *failure)
        if answer is not None:
            return _refused(expected, answer)
        if failure is None and "fail" in then:
            failure = failure_of(then["fail"])
        job = self._job(order, failure, expected.rule, then)
        kind = MODELS[job.model].kind
        expected.facts["plan"] = planned(self.document["pace"], kind, then, fails=failure is not None)
        if self.bind(expected, job, "create"):
            expected.facts["job"] = job
        return expected

    def _gate(self, order: Order) -> Answer | None:
        """Return why the gateway refuses a create that names a model."""
        row = MODELS.get(order.body["model"])
        if row is None or order.region not in row.regions:
            return NO_SUCH_MODEL
        if not self._admits(order):
            return TOO_OFTEN
        return None if "input" in order.body else NO_INPUT

    def adopt(self, job: Job, expected: Expected, task: str, starts: int, ends: int) -> bool:
        """Keep a task that was made, with the instants that were left to chance; tell whether they are in bounds."""
        plan = expected.facts["plan"]
        job.id, job.starts, job.ends, job.waits, job.runs = task, starts, ends, plan.waits, plan.runs
        self.jobs.append(job)
        self.may_be_gone |= any(one.submitted < self.now - OLD for one in self.jobs)
        return bool(plan.holds(job.submitted, starts, ends))

    def poll(self, task: str) -> Expected:
        """Ask for a task: `facts["status"]` is the true one."""
        expected = self.begin("get", task)
        job = self.job(task)
        if expected.is_prevented or (job is not None and not self.bind(expected, job, "get")):
            return expected
        expected.facts["status"] = UNKNOWN if job is None else job.poll(self.now)
        return expected

    def cancel(self, task: str) -> Expected:
        """Cancel a task: only a PENDING one can be."""
        expected = self.begin("cancel", task)
        job = self.job(task)
        if expected.is_prevented or (job is not None and not self.bind(expected, job, "cancel")):
            return expected
        if job is None or job.status(self.now) != "PENDING":
            return _refused(expected, NOT_CANCELED)
        job.canceled = self.now
        return expected

    def listed(self, since: int | None = None, until: int | None = None) -> list[Job]:
        """Return the tasks that a listing may show, newest first. Both ends in ms and included."""
        last = self.now if until is None else until
        first = last - LISTED if since is None else since
        seen = (job for job in reversed(self.jobs) if first <= job.submitted <= last)
        return [job for job in seen if job.status(self.now) != UNKNOWN]

    # --- what a test does ---------------------------------------------------------------------------------------

    def act(self, act: str, job: Job, failure: tuple[str, str | None] | None = None) -> int:
        """Act on one task; return the status of the control API."""
        status = job.status(self.now)
        refused = {"release": job.held is None, "expire": status != SUCCEEDED, "forget": False}
        # A cancel stands, also on a clock that was set back before it.
        if refused.get(act, status in FINAL or job.canceled is not None):
            return 409
        match act:
            case "finish" | "fail":
                job.end(self.now, failure)
            case "hold":
                job.held = self.now if job.held is None else job.held
            case "release":
                job.release(self.now, in_lane=self.document["quotas"] != "off")
            case "expire":
                job.is_dead = True
            case "forget":
                self._settle([job])
                self.jobs.remove(job)
        return 200

    def play(self, document: Mapping[str, Any], mishaps: Sequence[str]) -> None:
        """Let a scenario play, in place of one of its name. `mishaps` are the ids of those it brings to the world."""
        self.stop(document["name"])
        self.scenarios.append(Scenario(document))
        brought = document.get("mishaps", [])
        self.mishaps += [armed(name, one, self.now) for name, one in zip(mishaps, brought, strict=True)]

    def stop(self, name: str) -> None:
        """End a scenario. What it decided for the tasks that are there stays."""
        self.scenarios = [one for one in self.scenarios if one.name != name]
        self.mishaps = [one for one in self.mishaps if not one.id.startswith(f"{name}/")]

    def reset(self, what: Sequence[str]) -> None:
        """Set back what is named, in that order."""
        self.generation += 1
        for name in ["journal", "tasks", "scenarios", "mishaps", "clock", "ledger"] if "all" in what else what:
            match name:
                case "journal":
                    self.journal.clear()
                case "tasks":
                    self._settle(self.jobs)
                    self.jobs, self.apart, self.may_be_gone = [], set(), False
                case "scenarios":
                    for scenario in list(self.scenarios):
                        self.stop(scenario.name)
                case "mishaps":
                    self.mishaps = []
                case "clock":
                    self.clock = Clock(self.document["clock"]["set"] * SECOND, self.real)
                case "ledger":
                    self.gone = Bill()
                    self.apart |= {job.id for job in self.jobs if job.truly(self.now) in FINAL}
        if "all" in what:
            self.objects, self.submitted = {}, {}

    def bill(self) -> Bill:
        """Return the ledger: what is gone, and what has become of the tasks that are kept."""
        kept = Bill()
        for job in self.jobs:
            if job.id not in self.apart:
                kept.add(job, self.now, is_old=job.submitted < self.now - OLD)
        return self.gone.plus(kept)

    def edges(self) -> list[int]:
        """Return the instants ahead at which something changes by the clock."""
        found = {instant for job in self.jobs for instant in (job.starts, job.ends, job.submitted + RETENTION)}
        found |= {(job.ends + self.url_life) // SECOND * SECOND for job in self.jobs if job.urls}
        found |= {expiry for _, expiry in self.objects.values()} | {one.until or 0 for one in self.mishaps}
        return sorted(instant for instant in found if self.now < instant < NEVER)

    # --- inside -------------------------------------------------------------------------------------------------

    def _fate(self, order: Order) -> tuple[str | None, Mapping[str, Any]]:
        """Return the rule that a create falls under, and what it says. Markers win over rules."""
        matched = [found for one in self.scenarios for found in one.matches(order.region, order.body)]
        given = order.body.get("input", {}).get("prompt") or ""
        said = marked(given) if self.document["markers"] else {}
        if said:
            return "markers", said
        return matched[0] if matched else (None, {})

    def _admits(self, order: Order) -> bool:
        """Whether no more are submitted within a second than may be. What is refused does not count."""
        quotas = self.document["quotas"]
        if quotas == "off":
            return True
        recent = self.submitted.setdefault((order.region, order.body["model"]), [])
        if sum(self.now - SECOND < instant <= self.now for instant in recent) >= quotas["submit_rps"]:
            return False
        recent.append(self.now)
        return True

    def _has(self, key: str, model: str) -> bool:
        owner, expiry = self.objects.get(key, ("", 0))
        return owner == model and self.now < expiry

    def _job(
        self, order: Order, failure: tuple[str, str | None] | None, rule: str | None, then: Mapping[str, Any]
    ) -> Job:
        row, given = MODELS[order.body["model"]], order.body.get("parameters", {})
        return Job(
            model=order.body["model"],
            region=order.region,
            prompt=order.body["input"].get("prompt"),
            submitted=self.now,
            tier=given.get("resolution", "1080P"),
            ratio=given.get("ratio", "16:9"),
            seconds=UNSEEN_FOOTAGE if row.has_input else given.get("duration", 5),
            input_seconds=UNSEEN_FOOTAGE if row.has_input else 0,
            failure=failure,
            rule=rule,
            odd=list(then.get("odd", [])),
            mishaps=[armed(f"own/{number}", one, self.now) for number, one in enumerate(then.get("mishaps", []))],
            plain_id="task_id" not in then,
        )

    def _settle(self, jobs: Sequence[Job]) -> None:
        """Keep in the books what ended of tasks whose records go."""
        ended = Bill()
        for job in jobs:
            if job.id not in self.apart:
                ended.add(job, self.now)
        self.gone = self.gone.plus(ended.settled())


def _refused(expected: Expected, answer: Answer) -> Expected:
    expected.status, expected.code, expected.message = answer
    return expected
