"""The ledger's sums, by hand from the published prices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse.core.billing import Count, Line, counted, priced, used_ms
from hobbyhorse.core.task import Task
from hobbyhorse.core.timeline import NEVER
from unit.records import CATALOGUE, DAY, FAILURE, SUBMITTED, a_job, a_task

DONE = SUBMITTED + 10_000
BEIJING, SINGAPORE = "cn-beijing", "ap-southeast-1"


def done(model: str = "happyhorse-1.1-t2v", region: str = BEIJING, **job: Any) -> Task:
    return a_task(model=model, region=region, outcome=a_job(**job))


def lines(*tasks: Task) -> tuple[Line, ...]:
    return priced(counted(tasks, DONE), CATALOGUE.models).lines


@pytest.mark.parametrize(
    ("task", "seconds", "per_second", "cost"),
    [
        (done(tier="720P", seconds=5), 5, 0.9, 4.5),
        (done(tier="1080P", seconds=15), 15, 1.2, 18),
        (done(tier="480P", seconds=3), 3, 0.45, 1.35),
        (done(region=SINGAPORE, tier="480P", seconds=5), 5, 0.524594, 2.62297),
        (done("happyhorse-1.0-t2v", tier="1080P", seconds=5), 5, 1.6, 8),
        # In and out, the sample of the reference: 6.62 s each.
        (done("happyhorse-1.0-video-edit", tier="720P", input_seconds=6.62, seconds=6.62), 13.24, 0.9, 11.916),
        (done("wan2.7-videoedit", tier="720P", input_seconds=4, seconds=4), 8, 0.6, 4.8),
        (done("wan2.7-r2v", tier="1080P", input_seconds=5, seconds=10), 15, 1.0, 15),
        # Output only, whatever came in.
        (done("wan2.6-r2v", tier="720P", input_seconds=5, seconds=10), 10, 0.6, 6),
        (done("happyhorse-1.1-r2v", tier="720P", input_seconds=5, seconds=10), 10, 0.9, 9),
        (done("wan2.6-i2v-flash", tier="720P", seconds=5, audio=True), 5, 0.3, 1.5),
        (done("wan2.6-i2v-flash", tier="720P", seconds=5, audio=False), 5, 0.15, 0.75),
    ],
    ids=lambda value: value.model if isinstance(value, Task) else None,
)
def test_a_task_costs_its_billed_seconds(task: Task, seconds: float, per_second: float, cost: float) -> None:
    (line,) = lines(task)

    assert (line.seconds, line.per_second, line.cost) == (seconds, per_second, cost)
    assert line.price
    assert line.price.currency == "CNY"


@pytest.mark.parametrize(
    "task",
    [
        done("wan2.6-r2v-flash", tier="720P"),
        done("happyhorse-1.0-t2v", tier="480P"),
        done("wan3.0-video", region="us-east-1", tier="720P"),
        done("wan2.5-t2v-preview", region=SINGAPORE, tier="720P"),
    ],
    ids=lambda task: f"{task.model} {task.region}",
)
def test_where_no_price_is_known_there_is_none_and_not_zero(task: Task) -> None:
    said = priced(counted([task], DONE), CATALOGUE.models)

    assert [(line.price, line.cost, line.seconds) for line in said.lines] == [(None, None, 5)]
    assert said.totals == {}


def test_failed_and_canceled_tasks_cost_nothing_and_unended_ones_nothing_yet() -> None:
    tasks = [
        a_task(outcome=FAILURE),
        a_task(canceled_at=SUBMITTED + 1),
        a_task(ends_at=NEVER),
        a_task(held_at=SUBMITTED + 600),
        a_task(starts_at=NEVER, ends_at=NEVER),
        done(),
    ]
    said = priced(counted(tasks, DONE), CATALOGUE.models)

    assert (said.count.failed, said.count.canceled, said.count.pending) == (1, 1, 3)
    assert said.totals == {"CNY": 4.5}


def test_a_task_is_billed_from_the_instant_it_ends_and_still_when_its_record_is_forgotten() -> None:
    task = done()

    assert [counted([task], at).pending for at in (task.ends_at - 1, task.ends_at)] == [1, 0]
    assert len(counted([task], SUBMITTED + 3 * DAY).made) == 1


def test_lines_are_by_model_region_and_tier_and_sorted() -> None:
    tasks = [done(tier="1080P"), done("happyhorse-1.0-t2v"), done(tier="480P"), done(region=SINGAPORE), done(), done()]

    assert [(line.model, line.region, line.tier, line.tasks) for line in lines(*tasks)] == [
        ("happyhorse-1.0-t2v", BEIJING, "720P", 1),
        ("happyhorse-1.1-t2v", SINGAPORE, "720P", 1),
        ("happyhorse-1.1-t2v", BEIJING, "480P", 1),
        ("happyhorse-1.1-t2v", BEIJING, "720P", 2),
        ("happyhorse-1.1-t2v", BEIJING, "1080P", 1),
    ]


def test_sound_makes_a_line_of_its_own_only_where_it_changes_the_price() -> None:
    flash = [done("wan2.6-i2v-flash", audio=sound) for sound in (True, False, True)]
    general = [done("wan3.0-video", audio=sound) for sound in (True, False, True)]

    assert [(line.tasks, line.per_second) for line in lines(*flash)] == [(1, 0.15), (2, 0.3)]
    assert [(line.tasks, line.per_second) for line in lines(*general)] == [(3, 0.6)]


def test_sums_of_many_are_exact() -> None:
    tasks = [done(region=SINGAPORE, tier="480P", seconds=3) for _ in range(1000)]
    said = priced(counted(tasks, DONE), CATALOGUE.models)

    assert said.totals == {"CNY": 1573.782}


def test_the_free_tier_is_used_by_what_ended_well_or_is_under_way() -> None:
    model = CATALOGUE.models["happyhorse-1.1-t2v"]
    tasks = [
        done(seconds=3),
        a_task(ends_at=NEVER, outcome=a_job(seconds=4)),
        a_task(outcome=FAILURE),
        a_task(canceled_at=SUBMITTED + 1),
        done("happyhorse-1.0-t2v"),
        done(region=SINGAPORE),
    ]

    assert used_ms(tasks, model, BEIJING, DONE) == 7000
    edit = CATALOGUE.models["happyhorse-1.0-video-edit"]
    assert used_ms([done(edit.id, input_seconds=3.5, seconds=3.5)], edit, BEIJING, DONE) == 7000


some_tasks = st.lists(
    st.builds(
        lambda model, region, tier, ms, ends: replace(
            done(model, region, tier=tier, seconds=ms / 100, input_seconds=ms / 200), ends_at=ends
        ),
        st.sampled_from(["happyhorse-1.1-t2v", "happyhorse-1.0-video-edit", "wan2.6-i2v-flash", "wan2.6-r2v-flash"]),
        st.sampled_from([BEIJING, SINGAPORE]),
        st.sampled_from(["480P", "720P", "1080P"]),
        st.integers(200, 3000),
        st.sampled_from([SUBMITTED + 2000, NEVER]),
    ),
    max_size=20,
)


@given(some_tasks, some_tasks)
@settings(deadline=None)
def test_counting_apart_and_adding_is_counting_together(some: list[Task], others: list[Task]) -> None:
    assert counted(some, DONE) + counted(others, DONE) == counted([*some, *others], DONE)
    assert counted(some, DONE) + Count() == counted(some, DONE)


@given(some_tasks)
@settings(deadline=None)
def test_the_totals_are_those_of_the_lines(tasks: list[Task]) -> None:
    said = priced(counted(tasks, DONE), CATALOGUE.models)

    assert sum(line.tasks for line in said.lines) + said.count.pending == len(tasks)
    cost = sum(line.cost or 0 for line in said.lines)
    assert said.totals.get("CNY", 0) == pytest.approx(cost, abs=1e-6 * (len(said.lines) + 1))
