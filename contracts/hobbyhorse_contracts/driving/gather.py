"""What the world, the file system and the client said, as the values of a history."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..history import Body, File, Row, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hobbyhorse import World

_PAGE = 10_000  # rows; the most that the journal gives at once
_MOST_TASKS = 1000


def rows_of(world: World, started_ms: int) -> tuple[tuple[Row, ...], bool, float]:
    """Return the journal's rows, whether it is complete, and the server's clock at the first."""
    entries: list[Any] = []
    while True:
        page = world.journal.page(after=entries[-1].number if entries else 0, limit=_PAGE)
        entries += page.entries
        if not page.more or not page.entries:
            break
    first = min((entry.monotonic for entry in entries), default=0.0)
    return tuple(row_of(entry, started_ms, first) for entry in entries), page.dropped == 0, first


def truths_of(world: World, started_ms: int, *, with_clips: bool) -> tuple[Truth, ...]:
    """Return the tasks as they are, oldest first; of those that SUCCEEDED the clip, if that is wanted."""
    tasks = world.tasks.list(limit=_MOST_TASKS)
    return tuple(_truth(world, task, started_ms, with_clip=with_clips) for task in reversed(tasks))


def row_of(entry: Any, started_ms: int, first: float) -> Row:
    """Return an entry of a journal as a row."""
    return Row(
        number=entry.number,
        at_ms=entry.at - started_ms,
        route=entry.route.value,
        method=entry.method,
        path=entry.path,
        origin=entry.origin.value,
        query=entry.query,
        headers=entry.headers,
        body=_body(entry.body),
        status=entry.status,
        reply_headers=entry.reply_headers,
        reply_body=_body(entry.reply_body),
        monotonic_s=round(entry.monotonic - first, 6),
        seconds=round(entry.seconds, 6),
        mishaps=tuple(acted.kind for acted in entry.mishaps),
        written=entry.written,
        task=entry.task,
        committed=entry.committed,
        error_row=entry.row,
        connection_id=entry.connection.id,
        request_on_connection=entry.connection.request,
        closed=entry.connection.closed,
        quarantined=entry.quarantined,
    )


def _body(content: Any) -> Body:
    return Body(content.sha256, content.size, content.text, content.is_cut)


def _truth(world: World, task: Any, started_ms: int, *, with_clip: bool) -> Truth:
    clip = None
    if with_clip and task.status == "SUCCEEDED":
        clip = world.tasks.find(task.id).clip

    def since(instant: int | None) -> int | None:
        return None if instant is None else instant - started_ms

    return Truth(
        id=task.id,
        status=task.status,
        model=task.model,
        submitted_ms=task.submitted_at - started_ms,
        ends_ms=since(task.ends_at),
        canceled_ms=since(task.canceled_at),
        clip_sha256=clip["sha256"] if clip else None,
        clip_bytes=clip["bytes"] if clip else None,
    )


@dataclass(slots=True)
class Folder:
    """Where clients save clips: what lies there, looked at whenever time moves on."""

    path: Path
    seen: list[File] = field(default_factory=list)
    _known: dict[str, tuple[int, int]] = field(default_factory=dict)

    def look(self, at_ms: int) -> None:
        """Note what has changed since the last look."""
        there = {}
        for path in _files(self.path):
            try:
                stat = path.stat()
                there[path.relative_to(self.path).as_posix()] = (stat.st_size, stat.st_mtime_ns)
            except FileNotFoundError:  # renamed meanwhile
                continue
        for name, state in there.items():
            if self._known.get(name) != state:
                self.seen.append(self._file(name, at_ms))
        self.seen += [File(name, at_ms, None) for name in self._known if name not in there]
        self._known = there

    def _file(self, name: str, at_ms: int) -> File:
        try:
            content = (self.path / name).read_bytes()
        except FileNotFoundError:
            return File(name, at_ms, None)
        return File(name, at_ms, len(content), hashlib.sha256(content).hexdigest())


def _files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
