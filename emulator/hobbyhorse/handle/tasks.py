"""The tasks of a world: looking at them, and acting on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .views import Task

if TYPE_CHECKING:
    from .client import Client


class Tasks:
    """The tasks of a world. Where a task is asked for, its id will do."""

    def __init__(self, client: Client, world: str) -> None:
        self._client = client
        self._path = ("worlds", world, "tasks")

    def list(self, status: str | None = None, limit: int | None = None) -> list[Task]:
        """Return the newest tasks first: those with a status, if it is said, and at most `limit` of them (100)."""
        found = self._client.get(*self._path, status=status, limit=limit)
        return [Task.of(document) for document in found["tasks"]]

    def find(self, task: Task | str) -> Task:
        """Return a task as it is now. Raises ControlError (404) for one that the world does not have."""
        return Task.of(self._client.get(*self._path, _id(task)))

    def only(self) -> Task:
        """Return the one task there is. Raises LookupError if there is none, or more."""
        found = self.list()
        if len(found) != 1:
            raise LookupError(f"the world has {len(found)} tasks, not one: {', '.join(task.id for task in found[:5])}")
        return found[0]

    def finish(self, task: Task | str) -> Task:
        """Let a task succeed now."""
        return self._act(task, "finish")

    def fail(self, task: Task | str, error: str, message: str | None = None) -> Task:
        """Let a task fail now, with an error's code or row. Raises ControlError for an error that does not exist."""
        body = {"error": error} if message is None else {"error": error, "message": message}
        return self._act(task, "fail", body)

    def hold(self, task: Task | str) -> Task:
        """Keep a task in the state it is in, whatever the clock and the polls say."""
        return self._act(task, "hold")

    def release(self, task: Task | str) -> Task:
        """Let a held task go on from where it stood."""
        return self._act(task, "release")

    def expire(self, task: Task | str) -> Task:
        """Let the clip's URL be dead; the next poll gives another one."""
        return self._act(task, "expire")

    def forget(self, task: Task | str) -> None:
        """Let a task be unknown from now on, as it is after 24 hours."""
        self._client.post(*self._path, _id(task), "forget", body={})

    def _act(self, task: Task | str, action: str, body: dict[str, str] | None = None) -> Task:
        return Task.of(self._client.post(*self._path, _id(task), action, body=body or {}))


def _id(task: Task | str) -> str:
    return task if isinstance(task, str) else task.id
