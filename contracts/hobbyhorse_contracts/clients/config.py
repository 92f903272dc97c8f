"""How the reference client is set, and what one call of it is about."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a field's type
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Config:
    """Seconds, but for what counts. The defaults follow upstream's advice: polls 15 s apart, 5 creates a second.

    `first_poll_s` is the wait between create and first poll, None for a whole interval. `create_attempts` and
    `download_attempts` include the first one; `poll_errors` polls may fail in a row. `waits_s` and `wait_cap_s` bound
    the waits between attempts, which double. `poll_gap_s` is the least time between two polls of one task;
    `request_gap_s` and `create_gap_s` are between two requests of the process. Timeouts are a socket's. `reuses` keeps
    connections open; `ranges` resumes downloads; `inlines` sends local images as data URIs instead of uploading them.
    """

    poll_interval_s: float = 15.0
    timeout_s: float = 600.0
    first_poll_s: float | None = None
    create_attempts: int = 6
    poll_errors: int = 10
    download_attempts: int = 5
    waits_s: float = 2.0
    poll_waits_s: float = 5.0
    wait_cap_s: float = 60.0
    poll_gap_s: float = 5.0
    request_gap_s: float = 0.1
    create_gap_s: float = 0.25
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 30.0
    page_size: int = 10
    upload_hours: float = 47.0  # uploads live 48 h
    reuses: bool = True
    ranges: bool = True
    inlines: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: where to, with which key, what is wanted. `options` as in a scenario's call."""

    base_url: str
    api_key: str
    id: str = "c1"
    request: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def option(self, name: str, default: Any = None) -> Any:
        """Return an option, or its default where it was not given."""
        found = self.options.get(name)
        return default if found is None else found


@dataclass(frozen=True, slots=True)
class Done:
    """What a call brought: the task, and of a download its bytes, sha-256 (hex), path (None: kept nowhere), URL."""

    task_id: str | None = None
    status: str | None = None
    bytes: int | None = None
    sha256: str | None = None
    path: str | None = None
    url: str | None = None
    tasks: tuple[Mapping[str, Any], ...] | None = None


class Env(Protocol):
    """What surrounds the client: a clock that never goes back (seconds), and an ear for what happens meanwhile."""

    def now(self) -> float:
        """Return the seconds since some moment."""
        ...

    def tell(self, call: str, event: str, task_id: str | None, **data: object) -> None:
        """Hear that something happened in a call."""
        ...
