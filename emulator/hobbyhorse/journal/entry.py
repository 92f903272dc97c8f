"""One line of the journal: a request and its answer, as values, already redacted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..core.mishaps import Place  # noqa: TC001 - pydantic reads the fields' types when the control API shows them

Headers = tuple[tuple[str, str], ...]
_OVERHEAD = 1500  # bytes that an entry takes beside its texts (with tracemalloc: creates 1490, polls 1240)


class Origin(StrEnum):
    """Which of the two origins was asked."""

    API = "api"
    RESULTS = "results"


@dataclass(frozen=True, slots=True)
class Content:
    """A body: sha-256 (hex) and number of its bytes, and its text.

    `text` is redacted, its `data:` URIs and files are shortened, and what is over the bound `is_cut`. It is None where
    there is no text to show: pictures, videos, compressed bytes.
    """

    sha256: str
    size: int
    text: str | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection that a request came on. `request` is its number there, 1 being the first.

    `closed` says how the connection ended; None while it is open. `id` is None where no server counts them.
    """

    id: int | None = None
    request: int | None = None
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """A mishap that acted on a request: its id and its kind."""

    id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its answer.

    `number` counts a world's requests in the order in which they ended, from 1; 0 until it is written. `at` is the
    world's clock (ms), `monotonic` the server's (seconds), both when the request came; `seconds` is how long it took.
    `quarantined` came with no key that a world knows. `path` and `query` are as sent. `status` is None where nothing
    was answered. `row` is the error row that was answered and `detail` what the developer should know of it; `rule` is
    the scenario rule that decided. `written` counts the bytes that left, headers included; None where nobody counts.
    `task` is the task that was asked for or made, `committed` what the request made or changed, although its answer
    may have been lost. `unknown` are the fields of the body that the model does not know.
    """

    world: str
    at: int
    monotonic: float
    origin: Origin
    route: Place
    method: str
    path: str
    query: str
    headers: Headers
    body: Content
    status: int | None
    reply_headers: Headers
    reply_body: Content
    connection: Connection = Connection()
    seconds: float = 0.0
    quarantined: bool = False
    row: str | None = None
    detail: str = ""
    rule: str | None = None
    mishaps: tuple[Acted, ...] = ()
    written: int | None = None
    task: str | None = None
    committed: str | None = None
    unknown: tuple[str, ...] = ()
    number: int = 0

    @property
    def weight(self) -> int:
        """Return roughly how many bytes of memory the entry holds."""
        headers = sum([len(value) for _, value in self.headers]) + sum([len(value) for _, value in self.reply_headers])
        bodies = _memory(self.body.text) + _memory(self.reply_body.text)
        return _OVERHEAD + len(self.path) + len(self.query) + 4 * len(self.detail) + headers + bodies


def _memory(text: str | None) -> int:
    return 0 if text is None else len(text) if text.isascii() else 4 * len(text)
