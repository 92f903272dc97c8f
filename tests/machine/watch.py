"""One declared world, the model of it, and another that must stay empty: what can be seen of them, held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .checks import LISTED_FIELDS, Disagreement, agree, judged, query_time, row_of
from .client import Client
from .expected.clock import Clock
from .expected.life import CANCELED, FAILED, FINAL, NEVER, PENDING, RUNNING, SUCCEEDED, UNKNOWN
from .expected.world import OLD, Line, World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .expected.files import Link, Policy
    from .expected.life import Job
    from .expected.mishaps import Expected
    from .wire import Answer, Server

_ORDER = {PENDING: 0, RUNNING: 1, SUCCEEDED: 2, FAILED: 2, CANCELED: 2, UNKNOWN: 3}
_OTHER_NOW = 1_700_000_000


class Watch:
    """Looks, and raises Disagreement where emulator and model differ."""

    def __init__(self, server: Server, document: Mapping[str, Any]) -> None:
        self.server = server
        self.client, self.other = (
            Client(server, document),
            Client(server, {"name": "the other", "clock": {"set": _OTHER_NOW, "frozen": True}}),
        )
        self.model = World(document, Clock(document["clock"]["set"] * 1000, server.real.ms), server.real.ms)
        self.links: list[Link] = []
        self.clips: dict[str, bytes] = {}
        self.policies: list[Policy] = []
        # Statuses as last seen, to see that none goes back; the journal's last number; what strangers asked.
        self.seen: dict[str, str] = {}
        self.read_to = 0
        self.strangers = 0
        self.turn = 0

    def close(self) -> None:
        """Do away with both worlds."""
        self.client.close()
        self.other.close()

    def _end(self, route: str, answer: Answer, expected: Expected, task: str | None, made: str | None = None) -> Any:
        """Hold an answer against the model, and note what the journal should say of it."""
        kinds = tuple(sorted(one.kind for one in expected.mishaps))
        self.model.journal.append(Line(route, answer.status, task, made, expected.rule, kinds))
        return judged(route, expected, answer, self.model.now)

    def page(self, query: Mapping[str, Any], jobs: list[Job]) -> None:
        """Ask for a page of a listing that should show these tasks."""
        expected = self.model.begin("list")
        text = "&".join(f"{name}={quote(str(value))}" for name, value in query.items())
        body = self._end("list", self.client.api("GET", f"tasks?{text}"), expected, None)
        if body is None:
            return
        size, number = query.get("page_size", 10), query.get("page_no", 1)
        shown = jobs[(number - 1) * size : number * size]
        rows = [{name: row[name] for name in LISTED_FIELDS if name in row} for row in body["data"]]
        agree("list", "the rows", [row_of(job, job.status(self.model.now)) for job in shown], rows)
        counts = {"total": len(jobs), "total_page": -(-len(jobs) // size), "page_no": number, "page_size": size}
        agree("list", "the counts", counts, {name: body[name] for name in counts})

    # --- what is seen after every step --------------------------------------------------------------------------

    def glance(self) -> None:
        """Look at the tasks, and in turn at the rest."""
        self._look_at_tasks()
        turns = (self._look_at_world, self._look_at_list, self._look_at_ledger, self._look_at_other)
        turns[self.turn % len(turns)]()
        self.turn += 1
        self._look_at_journal()

    def look(self) -> None:
        """Hold all that can be seen of both worlds against the model."""
        self._look_at_world()
        self._look_at_tasks()
        self._look_at_list()
        self._look_at_ledger()
        self._look_at_journal()
        self._look_at_other()

    def _look_at_list(self) -> None:
        self.page({"page_size": 100}, self.model.listed())

    def _look_at_world(self) -> None:
        model, view = self.model, self.client.read()
        agree("clock", "the clock", (model.now, model.clock.rate), (view["clock"]["now"], view["clock"]["rate"]))
        wanted = {
            "generation": model.generation,
            "scenarios": [one.name for one in model.scenarios],
            "mishaps": [one.id for one in model.mishaps],
        }
        agree("world", "the world", wanted, {name: view[name] for name in wanted})

    def _look_at_tasks(self) -> None:
        model = self.model
        views = self.client.read("/tasks?limit=1000")["tasks"]
        young = [view for view in views if view["submitted_at"] >= model.now - OLD]
        wanted = [job for job in reversed(model.jobs) if job.submitted >= model.now - OLD]
        agree("tasks", "the tasks", [job.id for job in wanted], [view["id"] for view in young])
        for job, view in zip(wanted, young, strict=True):
            status = job.status(model.now)
            told = {
                "status": status,
                "starts_at": None if job.starts == NEVER else job.starts,
                "ends_at": None if job.ends == NEVER else job.ends,
                "held": job.held is not None,
                "url_generation": job.generation,
                "canceled_at": job.canceled,
                "rule": job.rule,
            }
            agree("tasks", f"task {job.id}", told, {name: view[name] for name in told})
            before = self.seen.get(job.id, PENDING)
            if _ORDER[status] < _ORDER[before] or (before in FINAL and status not in {before, UNKNOWN}):
                raise Disagreement("tasks", f"{before} became {status}")
            self.seen[job.id] = status

    def _look_at_ledger(self) -> None:
        view, bill = self.client.read("/ledger"), self.model.bill()
        lines = bill.lines()
        priced = {
            (line["model"], line["region"], line["tier"]): (line["tasks"], line["seconds"], round(line["cost"], 6))
            for line in view["lines"]
        }
        agree("ledger", "lines", {s: (t, n, round(c, 6)) for s, (t, n, c) in lines.items() if c is not None}, priced)
        unknown = {(line["model"], line["region"], line["tier"]): line["tasks"] for line in view["unknown"]}
        agree("ledger", "unknown prices", {s: t for s, (t, _, c) in lines.items() if c is None}, unknown)
        agree("ledger", "free", {"failed": bill.failed, "canceled": bill.canceled}, view["free"])
        total = sum(cost for _, _, cost in lines.values() if cost is not None)
        agree("ledger", "the total", round(total, 4), round(view["currencies"].get("CNY", 0.0), 4))
        if not bill.pending - bill.old <= view["pending"] <= bill.pending:
            raise Disagreement("ledger", f"pending should be {bill.pending}, is {view['pending']}")

    def _look_at_journal(self) -> None:
        view = self.client.read(f"/journal?after={self.read_to}&limit=1000")
        lines = [
            Line(
                entry["route"],
                entry["status"],
                entry["task"],
                entry["committed"] if entry["route"] in {"create", "upload"} else None,
                entry["rule"],
                tuple(sorted(one["kind"] for one in entry["mishaps"])),
            )
            for entry in view["entries"]
        ]
        agree("journal", "the new entries", self.model.journal, lines)
        self.model.journal.clear()
        self.read_to = view["last"]

    def _look_at_other(self) -> None:
        view = self.other.read()
        other = {"tasks": 0, "scenarios": [], "mishaps": [], "generation": 0}
        agree("other", "the other world", other, {name: view[name] for name in other})
        agree("other", "the other world's clock", _OTHER_NOW * 1000, view["clock"]["now"])
        agree("other", "its journal", self.strangers, self.other.read("/journal?limit=1")["last"])

    def look_at_events(self) -> None:
        """Every task that ended well or badly is told of once."""
        model = self.model
        young = {job.id: job.truly(model.now) for job in model.jobs if job.submitted >= model.now - OLD}
        wanted = sorted((task, status) for task, status in young.items() if status in {SUCCEEDED, FAILED})
        events = [one["event"]["data"] for one in self.client.read("/events")["events"]]
        told = sorted((data["task_id"], data["task_status"]) for data in events if data["task_id"] in young)
        agree("events", "the events", wanted, told)

    def window(self, since: int, until: int) -> tuple[dict[str, Any], list[Job]]:
        """Return the query and the tasks of a listing between two instants, in whole seconds."""
        query = {"start_time": query_time(since), "end_time": query_time(until), "page_size": 100}
        return query, self.model.listed(since // 1000 * 1000, until // 1000 * 1000 + 999)
