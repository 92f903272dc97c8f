"""What the machine found in the emulator, each as the shortest conversation that showed it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .draws import QUOTAS, order_of
from .observer import Observer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .wire import Server

ORDER = order_of("happyhorse-1.1-t2v", "cn-beijing", "a dragon", "720P", 3)


@contextmanager
def world(server: Server, **document: Any) -> Iterator[Observer]:
    """A world with a seed, on a clock that stands still, whose model is held against it at the end."""
    common = {"clock": {"set": 1_767_225_599, "frozen": True}, "media": "stamped", "seed": 7, "url_seconds": 60}
    ways = {"pace": "instant", "validation": "worker", "markers": False, "quotas": "off"}
    observer = Observer(server, common | ways | document)
    try:
        yield observer
        observer.look()
    finally:
        observer.close()


def scenario(**then: Any) -> dict[str, Any]:
    return {"name": "found", "description": "found", "rules": [{"when": {"prompt": "dragon"}, "then": then}]}


def test_two_mishaps_that_compress_compress_once(server: Server) -> None:
    with world(server) as it:
        it.add_mishap({"do": "gzip", "at": "list", "count": 1})
        it.add_mishap({"do": "gzip", "at": "list", "count": 1})
        it.page({}, [])


def test_polls_of_a_held_task_bring_its_end_no_nearer_where_they_are_counted_for_odd_answers(server: Server) -> None:
    with world(server) as it:
        it.play(scenario(polls=[1, 1], odd=[{"polls": 9, "status": "QUEUED"}]))
        it.create(ORDER)
        job = it.model.jobs[0]
        it.act("hold", job)
        for _ in range(4):
            it.poll(job.id)
        it.act("release", job)
        for _ in range(4):
            it.poll(job.id)


def test_a_reset_of_the_worlds_mishaps_revives_none_that_happened_to_a_task(server: Server) -> None:
    with world(server) as it:
        it.play(scenario(mishaps=[{"do": "error", "error": "SystemError", "at": "get", "count": 1}]))
        it.create(ORDER)
        task = it.model.jobs[0].id
        it.poll(task)
        it.reset(["mishaps"])
        it.poll(task)


def test_the_ledger_counts_a_task_that_has_the_id_of_one_it_was_told_to_forget(server: Server) -> None:
    with world(server) as it:
        it.create(ORDER)
        before = it.model.jobs[0].id
        it.reset(["ledger"])
        it.reset(["all"])
        it.create(ORDER)
        assert before == it.model.jobs[0].id
        it.look()


def test_a_task_in_a_lane_ends_when_told_to_also_on_a_clock_that_was_set_back(server: Server) -> None:
    with world(server, pace="realistic", quotas=QUOTAS) as it:
        it.advance(100_000)
        it.create(ORDER)
        it.reset(["clock"])
        it.act("finish", it.model.jobs[0])
