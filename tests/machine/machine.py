"""The state machine: rules draw what is done to one world; after each of them all is held against the model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import hobbyhorse_fixtures

from . import draws
from .expected.life import NEVER
from .expected.rules import Order
from .expected.tables import BEIJING, HOUR
from .expected.world import OLD
from .observer import Observer

if TYPE_CHECKING:
    from .expected.life import Job
    from .expected.mishaps import Mishap
    from .expected.scenarios import Scenario
    from .wire import Server

PICTURE = (Path(hobbyhorse_fixtures.__file__).parent / "media" / "picture.png").read_bytes()
I2V = "happyhorse-1.1-i2v"
NUMBERS = st.integers(0, 5)
_RESETS = ["clock", "ledger", "journal", "scenarios", "mishaps", "tasks", "all"]


class Machine(RuleBasedStateMachine):
    """Drives one declared world on a server that outlives it."""

    server: ClassVar[Server]
    observer: Observer | None = None

    @initialize(
        document=draws.documents(),
        order=draws.orders(),
        story=st.none() | st.tuples(draws.right_orders(), draws.downloads(), st.booleans()),
    )
    def begin(self, document: dict[str, Any], order: Order, story: tuple[Order, draws.Asked, bool] | None) -> None:
        self.observer = Observer(self.server, document)
        self.observer.create(order)
        if story is not None:
            self._see_through(*story)

    def teardown(self) -> None:
        if self.observer is not None:
            try:
                if sys.exc_info()[0] is None:
                    self.observer.look()
            finally:
                self.observer.close()

    @property
    def _(self) -> Observer:
        assert self.observer is not None
        return self.observer

    def _has_jobs(self) -> bool:
        return bool(self._jobs())

    def _jobs(self) -> list[Job]:
        """Return the tasks whose records are surely there, the newest first."""
        model = self._.model
        return [job for job in reversed(model.jobs) if job.submitted >= model.now - OLD]

    def _job(self, number: int) -> Job:
        jobs = self._jobs()
        return jobs[number % len(jobs)]

    @invariant()
    def both_agree(self) -> None:
        if self.observer is not None:
            self.observer.glance()

    # --- the API ------------------------------------------------------------------------------------------------

    @rule(orders=st.lists(draws.orders(), min_size=1, max_size=3))
    def submit(self, orders: list[Order]) -> None:
        for order in orders:
            self._.create(order)

    @rule(order=draws.orders(), times=st.integers(2, 4), gap=st.sampled_from([0, 0, 400, 1000, 1001]))
    def submit_again(self, order: Order, times: int, gap: int) -> None:
        for _ in range(times):
            self._.create(order)
            self._.advance(gap)

    @rule(order=draws.right_orders(), by_polls=st.booleans(), asked=draws.downloads())
    def see_through(self, order: Order, asked: draws.Asked, *, by_polls: bool) -> None:
        self._see_through(order, asked, by_polls)

    def _see_through(self, order: Order, asked: draws.Asked, by_polls: bool) -> None:
        self._.create(order)
        if self._has_jobs():
            job = self._job(0)
            for _ in range(4):
                self._.poll(job.id)
                if not by_polls and job.ends < NEVER:
                    self._.advance(max(0, job.ends - self._.model.now))
            if self._has_links():
                self._download(0, asked)

    @precondition(_has_jobs)
    @rule(number=NUMBERS, times=st.integers(1, 4), everybody=st.booleans())
    def poll(self, number: int, times: int, *, everybody: bool) -> None:
        for job in self._jobs() if everybody else [self._job(number)] * times:
            self._.poll(job.id)
        if everybody:
            self._.poll(str(UUID(int=0, version=4)))

    @precondition(_has_jobs)
    @rule(number=NUMBERS, late=st.sampled_from(["", "", "before", "started", "ended"]))
    def cancel(self, number: int, late: str) -> None:
        job, now = self._job(number), self._.model.now
        at = {"before": job.starts - 1, "started": job.starts, "ended": job.ends}.get(late, now)
        if now < at < NEVER - 1:
            self._.advance(at - now)
        self._.cancel(job.id)

    @precondition(_has_jobs)
    @rule(
        number=NUMBERS,
        size=st.integers(1, 3),
        page=st.integers(1, 3),
        by=st.sampled_from(["", "model_name", "status", "task_id", "region", "time", "elsewhere"]),
    )
    def list_some(self, number: int, size: int, page: int, by: str) -> None:
        model, like = self._.model, self._job(number)
        found = model.listed()
        query: dict[str, Any] = {"page_size": size, "page_no": page}
        if by == "elsewhere":
            self._.look_at_events()
            self._.intrude(like.id)
            return
        if by == "time":
            window, found = self._.window(like.submitted, like.submitted)
            query |= window
        elif by:

            def value(job: Job) -> str:
                told = {
                    "model_name": job.model,
                    "status": job.status(model.now),
                    "task_id": job.id,
                    "region": job.region,
                }
                return told[by]

            query |= {by: value(like)}
            found = [job for job in found if value(job) == value(like)]
        self._.page(query, found)

    # --- files --------------------------------------------------------------------------------------------------

    def _has_links(self) -> bool:
        return any(self._plain(link.task) for link in self._.links)

    def _plain(self, task: str) -> bool:
        # The clip of a task whose id is longer is not prepared but made, which takes a second.
        return len(task) == len(str(UUID(int=0)))

    @precondition(_has_links)
    @rule(number=NUMBERS, asked=draws.downloads())
    def download(self, number: int, asked: draws.Asked) -> None:
        self._download(number, asked)

    def _download(self, number: int, asked: draws.Asked) -> None:
        links = [link for link in reversed(self._.links) if self._plain(link.task)]
        self._.download(links[number % len(links)], *asked)

    @precondition(_has_links)
    @rule(number=NUMBERS, expire=st.booleans(), gap=st.sampled_from([-1, 0, 0, 1000]))
    def fetch_and_fetch_again(self, number: int, gap: int, *, expire: bool) -> None:
        self._download(number, ("GET", {}))
        links = [link for link in reversed(self._.links) if self._plain(link.task)]
        link = links[number % len(links)]
        job = self._.model.job(link.task)
        if expire and job in self._jobs():
            self._.act("expire", job)
        else:
            self._.advance(max(0, link.expires + gap - self._.model.now))
        self._.download(link, "GET", {})
        self._.poll(link.task)
        self._.download(self._.links[-1], "GET", {})

    @rule(
        model=st.sampled_from([I2V, I2V, "happyhorse-1.0-video-edit", "nobody-1.0"]),
        gap=st.sampled_from([0, 0, 0, 0, 299_999, 300_000, 300_500]),
        number=NUMBERS,
        resolves=st.sampled_from([True, True, True, False]),
        late=st.sampled_from([None, None, None, -1, 0, 1_800_000]),
    )
    def upload(self, model: str, gap: int, number: int, late: int | None, *, resolves: bool) -> None:
        self._.grant(model)
        self._.advance(gap)
        if policies := self._.policies:
            self._.upload(policies[-1], "a.png", PICTURE)
            self._.upload(policies[-1 - number % len(policies)], "b.png" if number % 2 else "a.png", PICTURE)
        if objects := self._.model.objects:
            key = list(objects)[-1 - number % len(objects)]
            if late is not None:
                self._.advance(max(0, objects[key][1] + late - self._.model.now))
            media = [{"type": "first_frame", "url": f"oss://{key}"}]
            body = {"model": I2V, "input": {"media": media}, "parameters": {"resolution": "720P", "duration": 3}}
            self._.create(Order(BEIJING, body, resolves_oss=resolves))

    # --- time ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self._.model.edges())
    @rule(number=st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5, 8]), offset=st.sampled_from([-1, 0, 0, 0, 1, 1000]))
    def advance_to_an_edge(self, number: int, offset: int) -> None:
        edges, now = self._.model.edges(), self._.model.now
        self._.advance(max(0, edges[number % len(edges)] + offset - now))

    @rule(
        way=st.sampled_from(["advance", "advance", "run", "set"]),
        ms=st.sampled_from([1, 400, 1000, 20_001, 100_000, 300_000, HOUR, 7 * HOUR, 47 * HOUR]),
        rate=st.sampled_from([0.5, 1.0, 60.0]),
        stops=st.booleans(),
    )
    def pass_time(self, way: str, ms: int, rate: float, *, stops: bool) -> None:
        if way == "advance":
            self._.advance(ms)
        elif way == "run":
            for speed, real in ((rate, min(ms, 20_001)), (0.0, 333))[: 1 + stops]:
                self._.run(speed, real)
        elif self._may_go_back():
            self._.set_clock(-1 if stops else min(ms, HOUR) // 1000)

    def _may_go_back(self, *, without_tasks: bool = False) -> bool:
        """Tell whether all that the emulator may have dropped is beyond recall, also on a clock that was set back."""
        model = self._.model
        has_old = model.may_be_gone or len(self._jobs()) < len(model.jobs)
        return (without_tasks or not has_old) and all(model.now < expiry for _, expiry in model.objects.values())

    # --- acting -------------------------------------------------------------------------------------------------

    @precondition(_has_jobs)
    @rule(number=NUMBERS, act=st.sampled_from(["finish", "fail", "hold", "release", "expire", "forget"]))
    def act(self, number: int, act: str) -> None:
        self._.act(act, self._job(number))

    @precondition(_has_jobs)
    @rule(
        number=NUMBERS,
        ms=st.sampled_from([0, 1, 1000, 100_000]),
        polls=st.integers(0, 3),
        act=st.sampled_from(["release", "release", "finish", "fail", "forget"]),
    )
    def hold_for_a_while(self, number: int, ms: int, polls: int, act: str) -> None:
        job = self._job(number)
        self._.act("hold", job)
        self._.advance(ms)
        for _ in range(polls):
            self._.poll(job.id)
        self._.look()
        self._.act(act, job)

    @rule(document=draws.scenarios(), orders=st.lists(draws.right_orders(), max_size=3))
    def play(self, document: dict[str, Any], orders: list[Order]) -> None:
        self._.play(document)
        for order in orders:
            self._.create(order)

    @rule(document=draws.mishaps("create"), order=draws.right_orders(), ms=st.sampled_from([0, 59_999, 60_000, 60_000]))
    def create_amiss(self, document: dict[str, Any], order: Order, ms: int) -> None:
        self._let_go_wrong(document, ms)
        for _ in range(document.get("count", 0) + 1):
            self._.create(order)

    @rule(document=draws.mishaps(), bound=st.booleans(), ms=st.sampled_from([0, 59_999, 60_000, 60_000]))
    def let_go_wrong(self, document: dict[str, Any], ms: int, *, bound: bool) -> None:
        if bound and self._has_jobs() and document["at"] in {"get", "cancel", "download"}:
            document = document | {"on": {"task": self._job(0).id}}
        self._let_go_wrong(document, ms)
        for job in self._jobs()[:3]:
            self._.poll(job.id)

    def _let_go_wrong(self, document: dict[str, Any], ms: int) -> None:
        self._.add_mishap(document)
        if "seconds_alive" in document:
            self._.advance(ms)

    @rule(number=NUMBERS, what=st.none() | st.lists(st.sampled_from(_RESETS), min_size=1, max_size=2, unique=True))
    def clear(self, number: int, what: list[str] | None) -> None:
        model = self._.model
        ways: list[Scenario | Mishap] = [*model.scenarios, *model.mishaps]
        if what is None:
            if ways:
                self._.put_right(ways[number % len(ways)])
        elif "all" in what or "clock" not in what or self._may_go_back(without_tasks=what[0] == "tasks"):
            self._.reset(what)
