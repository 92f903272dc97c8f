"""The reference client: keeps every requirement of the kit. Its operations are plans (see effects.py).

Speaker     where, which headers, at what pace
Creating    the create, never twice
Waiting     polls
Fetching    the clip
Uploading   local files
Reference   the operations
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .config import Done
from .effects import Send, Sleep, Steps, Stopped
from .problems import ClientError, refusal
from .uploading import Uploading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .config import Ask

_UPSTREAM = timezone(timedelta(hours=8))  # its naive times, dashscope-api §4
_TIMES = ("gmt_create", "start_time", "end_time", "submit_time", "scheduled_time")
_MILLISECONDS = 1000.0


class Reference(Uploading):
    """The operations: generate, submit, wait, download, cancel, list."""

    def plan(self, op: str, ask: Ask) -> Steps[Done]:
        """Return the plan of an operation, whose errors have no key in them. Raises KeyError for an unknown one."""
        plans: Mapping[str, Callable[[Ask], Steps[Done]]] = {
            "generate": self.generate,
            "submit": self.submit,
            "wait": self.wait,
            "download": self.download,
            "cancel": self.cancel,
            "list": self.listing,
        }
        return self.guarded(ask, plans[op])

    def guarded(self, ask: Ask, plan: Callable[[Ask], Steps[Done]]) -> Steps[Done]:
        """Carry out a plan; take the key out of whatever goes wrong."""
        self.began[ask.id] = self.env.now()
        try:
            done = yield from plan(ask)
        except ClientError as error:
            raise self.redacted(ask, self.hinted(ask, error)) from None
        except Stopped:
            raise ClientError("canceled", "given up by the caller; no task is waited for any more") from None
        return done

    def generate(self, ask: Ask) -> Steps[Done]:
        """Create, wait, download."""
        task = yield from self.create(ask)
        try:
            yield Sleep(self.first_pause(ask))
        except Stopped:
            yield from self.given_up(ask, task)
        return (yield from self.delivered(ask, task))

    def submit(self, ask: Ask) -> Steps[Done]:
        """Create, and leave the waiting for later."""
        task = yield from self.create(ask)
        return Done(task, "PENDING")

    def wait(self, ask: Ask) -> Steps[Done]:
        """Wait for a task that was made before; download it where `out` is given."""
        task = self.task_asked(ask)
        if ask.option("out"):
            return (yield from self.delivered(ask, task))
        output = yield from self.ended(ask, task)
        return Done(task, "SUCCEEDED", url=self.url_of(task, output))

    def download(self, ask: Ask) -> Steps[Done]:
        """Download the clip of a task."""
        return (yield from self.delivered(ask, self.task_asked(ask)))

    def delivered(self, ask: Ask, task: str) -> Steps[Done]:
        """Wait for a task, unless it was just seen to have SUCCEEDED, and download its clip."""
        output = self.just_seen(task)
        if output is None:
            output = yield from self.ended(ask, task)
        return (yield from self.fetched(ask, task, output))

    def cancel(self, ask: Ask) -> Steps[Done]:
        """Cancel a task that is PENDING. Raises ClientError, with the task's id, where that is too late."""
        task = self.task_asked(ask)
        try:
            yield from self.insistent(ask, self.cancel_wish(ask, task), "cancel")
        except ClientError as error:
            error.task_id = task
            error.args = (f"{error}; task {task} goes on and may be billed",)
            raise
        return Done(task, "CANCELED")

    def listing(self, ask: Ask) -> Steps[Done]:
        """Return all tasks of the account, page after page until there are no more."""
        found: dict[str, dict[str, Any]] = {}
        page = 1
        while True:
            reply = yield from self.insistent(ask, self.page_wish(ask, page), "list")
            said = reply.json() or {}
            rows = said.get("data")
            if not isinstance(rows, list):
                raise refusal(reply, "list", kind="other")
            found |= {str(row["task_id"]): self.listed(row) for row in rows if isinstance(row, dict)}
            if self.is_last_page(page, rows, said):
                return Done(tasks=tuple(found.values()))
            page += 1

    def page_wish(self, ask: Ask, page: int) -> Send:
        """Return the request for a page; the first is 1."""
        query = urlencode({"page_no": page, "page_size": self.config.page_size})
        return Send("GET", f"{self.url(ask, '/tasks')}?{query}", self.headers(ask))

    def is_last_page(self, page: int, rows: list[Any], said: Mapping[str, Any]) -> bool:
        """Say whether there is nothing behind a page: it is empty, or the total is reached."""
        total = said.get("total")
        return not rows or (isinstance(total, int) and page * self.config.page_size >= total)

    def listed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a task of the list, its times as epoch seconds."""
        times = {name: self.seconds(row[name]) for name in _TIMES if row.get(name) not in {None, ""}}
        return {"task_id": row.get("task_id"), "status": row.get("status"), "model": row.get("model_name"), **times}

    def seconds(self, value: Any) -> float | None:
        """Return a time of upstream's as epoch seconds: milliseconds, or the clock on the wall in China."""
        if isinstance(value, int | float):
            return value / _MILLISECONDS
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=_UPSTREAM)).timestamp()

    def task_asked(self, ask: Ask) -> str:
        """Return the task that a call is about. Raises ClientError where it names none."""
        task = ask.option("task_id")
        if not isinstance(task, str) or not task:
            raise ClientError("validation", "options.task_id: which task?")
        return task
