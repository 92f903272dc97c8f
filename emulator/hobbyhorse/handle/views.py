"""What a world shows of itself, as values. Instants are epoch ms on the world's clock, durations seconds.

Each is made from a document of the control API; what a newer server adds beside is left aside.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class _View:
    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the value that a document of the control API describes."""
        return cls(**{row.name: document[row.name] for row in fields(cls) if row.name in document})


@dataclass(frozen=True, slots=True)
class Key(_View):
    """An API key: its name, its text, and what it is bound to. `condition` is `ok`, `revoked`, `arrears` and so on.

    `number` stands for it in journal, log and listings: `<api-key 1234567>`.
    """

    name: str
    key: str
    region: str | None = None
    workspace: str | None = None
    condition: str = "ok"
    number: str = ""


@dataclass(frozen=True, slots=True)
class Reading(_View):
    """What a clock shows: epoch ms, ISO 8601, the text of task times (UTC+8), whether it stands, how fast it runs."""

    now: int
    utc: str
    task_time: str
    frozen: bool
    rate: float = 1.0

    @property
    def moment(self) -> datetime:
        """The instant, in UTC."""
        return datetime.fromtimestamp(self.now / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Task(_View):
    """A task as it truly is, whatever a scenario's odd answers show. An instant that will never come is None.

    `polls` counts those of a task that goes by polls. `error` has the row, code and message of one that fails; `rule`
    names the scenario's rule that decided. Found alone and SUCCEEDED, it has its `video_url`, and `clip` with its
    seconds, width, height, bytes and sha256.
    """

    id: str
    status: str
    model: str
    region: str
    key_id: str
    prompt: str | None
    submitted_at: int
    starts_at: int | None
    ends_at: int | None
    polls: int
    canceled_at: int | None = None
    held: bool = False
    url_generation: int = 0
    error: Mapping[str, str] | None = None
    rule: str | None = None
    video_url: str | None = None
    clip: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Ledger(_View):
    """What the world's tasks would have cost. `currencies` maps a currency to an amount.

    `lines` are the priced sums by model, region and tier, `unknown` those without a price row, `free` counts the
    failed and canceled, `pending` the tasks that have not ended.
    """

    currencies: Mapping[str, float] = field(default_factory=dict)
    lines: tuple[Mapping[str, Any], ...] = ()
    unknown: tuple[Mapping[str, Any], ...] = ()
    free: Mapping[str, int] = field(default_factory=dict)
    pending: int = 0
