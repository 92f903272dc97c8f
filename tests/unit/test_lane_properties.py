"""A lane against a simulation that knows no instants to come: it ticks, and looks at servers and queue each time."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hobbyhorse.core import lane as lanes
from hobbyhorse.core.lane import Lane, Ticket
from hobbyhorse.core.timeline import NEVER

LIFE = 200


@dataclass
class Work:
    """One task of the simulation. `left` counts down while it runs."""

    name: str
    queued_at: int
    ready: int
    left: int
    gone_at: int
    started: int | None = None
    ended: int | None = None
    held: bool = False


@dataclass
class Servers:
    """A queue before some servers, one tick of 1 ms after another."""

    number: int
    now: int = 0
    queue: list[Work] = field(default_factory=list)

    def tick(self) -> None:
        """Let one ms pass for those who run, then let servers take who is next."""
        for work in self.queue:
            if work.started is not None and not work.held:
                work.left -= 1
        self.now += 1
        self.serve()

    def serve(self) -> None:
        for work in self.queue:
            if work.started is not None and work.left <= 0:
                work.ended = self.now
        self.queue = [work for work in self.queue if work.ended is None and work.gone_at > self.now]
        free = self.number - sum(work.started is not None for work in self.queue)
        for work in sorted(self.queue, key=lambda work: work.queued_at):
            if work.started is None and not work.held and free > 0 and work.queued_at <= self.now:
                free -= 1  # a server waits for the one whose turn it is
                if work.ready <= self.now:
                    work.started = self.now


class LaneMachine(RuleBasedStateMachine):
    """Both live through the same events; at every instant they must agree on who runs and who is there."""

    @initialize(servers=st.integers(1, 4))
    def begin(self, servers: int) -> None:
        self.lane = Lane("w", "r", "m", servers)
        self.servers = Servers(servers)
        self.works: list[Work] = []

    @property
    def now(self) -> int:
        return self.servers.now

    @rule(late=st.sampled_from([0, 0, 0, 5, 40]), after=st.integers(0, 12), runs=st.integers(1, 30) | st.just(NEVER))
    def submit(self, late: int, after: int, runs: int) -> None:
        name = str(len(self.works))
        work = Work(name, self.now + late, self.now + late + after, runs, self.now + LIFE)
        self.works.append(work)
        self.servers.queue.append(work)
        self.lane = lanes.join(self.lane, Ticket(name, work.queued_at, work.ready, runs, work.gone_at), self.now)
        self.servers.serve()

    @rule(pick=st.integers(0, 99))
    def end(self, pick: int) -> None:
        if self.servers.queue:
            work = self.servers.queue[pick % len(self.servers.queue)]
            self.lane = lanes.leave(self.lane, [work.name], self.now)
            work.ended = self.now
            self.servers.serve()

    @rule(pick=st.integers(0, 99), held=st.booleans())
    def hold_or_release(self, pick: int, *, held: bool) -> None:
        if self.servers.queue:
            work = self.servers.queue[pick % len(self.servers.queue)]
            act = lanes.hold if held else lanes.release
            self.lane = act(self.lane, work.name, self.now)
            work.held = held
            self.servers.serve()

    @rule(ticks=st.integers(1, 40))
    def wait(self, ticks: int) -> None:
        for _ in range(ticks):
            self.servers.tick()
            self.agree()

    @invariant()
    def agree(self) -> None:
        seen = [one for one in self.lane.tickets if min(one.ends_at, one.gone_at) > self.now]
        assert [one.task for one in seen] == [work.name for work in self.servers.queue]
        assert [one.starts_at <= self.now for one in seen] == [work.started is not None for work in self.servers.queue]
        starts = [work.started for work in self.servers.queue if work.started is not None]
        assert [one.starts_at for one in seen if one.starts_at <= self.now] == starts
        assert len(starts) <= self.servers.number

    @invariant()
    def nothing_happens_to_it_by_being_looked_at(self) -> None:
        again = lanes.leave(self.lane, [], self.now)
        assert () == lanes.moved(self.lane, again)


TestLane = LaneMachine.TestCase
TestLane.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)


@given(st.integers(1, 5), st.lists(st.tuples(st.integers(0, 50), st.integers(1, 100)), max_size=20))
@settings(deadline=None)
def test_never_more_run_than_there_are_servers_and_no_server_idles_while_one_could_run(
    servers: int, tasks: list[tuple[int, int]]
) -> None:
    lane = Lane("w", "r", "m", servers)
    for number, (ready, runs) in enumerate(tasks):
        lane = lanes.join(lane, Ticket(str(number), ready, ready, runs, NEVER), 0)
    for instant in {one.starts_at for one in lane.tickets} | {one.ends_at for one in lane.tickets}:
        running = sum(one.starts_at <= instant < one.ends_at for one in lane.tickets)
        could = any(one.ready <= instant < one.starts_at for one in lane.tickets)
        assert running <= servers
        assert running == servers or not could
