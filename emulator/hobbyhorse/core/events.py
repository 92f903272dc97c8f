"""Completion events, as the upstream reports them to EventBridge: CloudEvents 1.0 in JSON (OD-CB)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from . import ids
from .moments import iso_time, task_time

if TYPE_CHECKING:
    from .catalogue import Catalogue
    from .task import Task

_SOURCE = "acs.dashscope"
_TYPE = "dashscope:System:AsyncTaskFinish"
_BUS = "default"
_SECONDS = len("yyyy-MM-dd HH:mm:ss")

# EventBridge tries three more times, 10 to 20 s apart (its BACKOFF_RETRY; that this is what it does here is assumed).
RETRIES = 3
RETRY_AFTER = 15_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand an event over: when (ms, the world's clock), the status that came back, or what went wrong."""

    at: int
    status: int | None = None
    error: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers


def is_sink(url: str) -> bool:
    """Whether a URL may hear of events: http to `localhost` or a loopback address, so to this machine only."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    try:
        is_local = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_local = False
    return parts.scheme == "http" and is_local and not parts.username


def completion(task: Task, status: str, catalogue: Catalogue) -> dict[str, Any]:
    """Return the event of a task that SUCCEEDED or FAILED; a canceled one has none (assumed: the page names two).

    It holds no result: the receiver has to ask for it once. `id` is the same whenever it is computed (assumed).
    """
    return {
        "specversion": "1.0",
        "id": ids.event_id(task.world, task.id),
        "source": _SOURCE,
        "type": _TYPE,
        "datacontenttype": "application/json;charset=utf-8",
        "time": iso_time(task.ends_at),
        "subject": f"acs:dashscope:{task.region}:{ids.account_id(task.world)}:{task.id}",
        "data": {
            "start_time": task_time(task.starts_at)[:_SECONDS],
            "end_time": task_time(task.ends_at)[:_SECONDS],
            "user_api_unique_key": ids.unique_key(task.model, catalogue.models[task.model].paths[0]),
            "task_status": status,
            "contain_result": False,
            "task_id": task.id,
            "region": task.region,
            "request_id": task.request_id,
            "api_key_id": task.key_id,
        },
        "aliyunaccountid": ids.account_id(task.world),
        "aliyunpublishtime": iso_time(task.ends_at),
        "aliyunregionid": task.region,
        "aliyuneventbusname": _BUS,
    }


def next_try(ended_at: int, attempts: tuple[Attempt, ...]) -> int | None:
    """Return when (ms, the world's clock) an event is to be handed over, or None where it was, or never will be."""
    if not attempts:
        return ended_at
    if attempts[-1].succeeded or len(attempts) > RETRIES:
        return None
    return attempts[-1].at + RETRY_AFTER
