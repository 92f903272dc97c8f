"""Clients side by side: so many drivers, each with a client of its own. One scenario at a time for each."""

from __future__ import annotations

import queue
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from .adapters.port import Subject
    from .history import History
    from .scenario import Scenario

Item = TypeVar("Item")
Made = TypeVar("Made")


class Stand(Protocol):
    """What runs a scenario against a client: the driver."""

    starts: int

    @property
    def subject(self) -> Subject:
        """Who is under test; started if need be. Raises AdapterError."""

    def run(self, scenario: Scenario) -> History:
        """Run a scenario; return what was seen. Raises NotOfferedError, AdapterError, DocumentError."""

    def stop(self) -> None:
        """Stop the client."""


class Pool:
    """So many stands. `with` stops every client at the end, whatever happens."""

    def __init__(self, make: Callable[[], Stand], jobs: int = 1) -> None:
        self.jobs = max(1, jobs)
        self._stands = [make() for _ in range(self.jobs)]
        self._free: queue.SimpleQueue[Stand] = queue.SimpleQueue()
        for stand in self._stands:
            self._free.put(stand)

    @property
    def subject(self) -> Subject:
        """Who is under test. Raises AdapterError."""
        return self._stands[0].subject

    @property
    def restarts(self) -> int:
        """How often a client had to be started again."""
        return sum(max(0, stand.starts - 1) for stand in self._stands)

    def run(self, scenario: Scenario) -> History:
        """Run a scenario on the next stand that is free. Raises what a stand raises."""
        with self._taken() as stand:
            return stand.run(scenario)

    def each(
        self, items: Iterable[Item], do: Callable[[Item], Made], *, goes_on: Callable[[], bool] = lambda: True
    ) -> Iterator[tuple[Item, Made]]:
        """Do something for each item, as many at once as there are stands; yield what comes of it, as it comes.

        No further item is begun once `goes_on` is false. What `do` raises is raised here.
        """
        waiting = iter(items)
        with ThreadPoolExecutor(self.jobs, thread_name_prefix="certify") as threads:
            under_way: dict[Future[Made], Item] = {}
            while True:
                while len(under_way) < self.jobs and goes_on():
                    try:
                        item = next(waiting)
                    except StopIteration:
                        break
                    under_way[threads.submit(do, item)] = item
                if not under_way:
                    return
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    yield under_way.pop(future), future.result()

    def stop(self) -> None:
        """Stop every client."""
        for stand in self._stands:
            stand.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @contextmanager
    def _taken(self) -> Iterator[Stand]:
        stand = self._free.get()
        try:
            yield stand
        finally:
            self._free.put(stand)
