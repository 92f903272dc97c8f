"""What a jump of a day costs whoever polls: a world with a million tasks, before and after it.

    python benchmarks/retention.py [TASKS]

Prints, of a create and of a poll's look-up in the store: the median, the 99.9th percentile and the worst, before the
clock jumps and after it, and the ratio of the percentiles. Outlived records go a few at a time, with creates.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time

from hobbyhorse.core.task import Task
from hobbyhorse.store.memory import MemoryTasks

DAY = 86_400_000
NOW = 1_776_664_870_341
LOOKS = 20_000


def task(number: int, at: int) -> Task:
    """Return a task that was submitted at an instant (ms)."""
    return Task(
        id=f"{number:032x}",
        world="default",
        region="cn-beijing",
        key_id="1234567",
        request_id="",
        model="happyhorse-1.1-t2v",
        outcome=None,  # type: ignore[arg-type] - nobody asks
        submitted_at=at,
        scheduled_at=at,
        starts_at=at,
        ends_at=at,
    )


async def measured(store: MemoryTasks, count: int, at: int, first: int) -> dict[str, list[float]]:
    """Return microseconds of creates and look-ups in turn, at an instant."""
    creates, looks = [], []
    for number in range(LOOKS):
        begun = time.perf_counter_ns()
        await store.insert(task(first + number, at))
        created = time.perf_counter_ns()
        await store.find("default", f"{number * 7919 % count:032x}")
        looks.append((time.perf_counter_ns() - created) / 1000)
        creates.append((created - begun) / 1000)
    return {"create": creates, "look-up": looks}


async def main(count: int) -> None:
    """Measure and print."""
    store = MemoryTasks(keeps=2 * DAY + 3_600_000)
    for number in range(count):
        await store.insert(task(number, NOW + number // 100))
    before = await measured(store, count, NOW + count, count)
    after = await measured(store, count, NOW + count + 3 * DAY, count + LOOKS)
    print(f"{count} tasks; microseconds: median, 99.9th percentile, worst")
    for name, figures in before.items():
        percentiles = []
        for when, taken in (("before", figures), ("after", after[name])):
            ranked = sorted(taken)
            percentiles.append(ranked[int(len(ranked) * 0.999)])
            print(f"{name:8} {when:6} {statistics.median(ranked):8.2f} {percentiles[-1]:8.2f} {ranked[-1]:8.2f}")
        print(f"{name:8} ratio of the 99.9th percentiles: {percentiles[1] / percentiles[0]:.2f}")
    print(f"left of them: {await store.count('default')}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
