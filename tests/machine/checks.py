"""Where the emulator and the model disagree."""

from __future__ import annotations

import base64
import gzip
import json
import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from .expected.life import CANCELED, FAILED, RUNNING, SUCCEEDED, UNKNOWN
from .expected.mishaps import INSTEAD, status_of
from .expected.tables import MODELS

if TYPE_CHECKING:
    from .expected.life import Job
    from .expected.mishaps import Expected
    from .wire import Answer

_BEIJING_TIME = timezone(timedelta(hours=8))
_RESULTS = frozenset({"download", "upload"})


class Disagreement(AssertionError):  # noqa: N818 - it is one
    """The emulator did not what the model did. `area` says where it showed."""

    def __init__(self, area: str, what: str) -> None:
        super().__init__(f"{area}: {what}")
        self.area = area


def agree(area: str, what: str, expected: object, got: object) -> None:
    """Raise Disagreement unless both are the same."""
    if expected != got:
        raise Disagreement(area, f"{what} should be {expected!r}, is {got!r}")


def judged(area: str, expected: Expected, answer: Answer, now: int) -> Any:
    """Hold an answer against the model; return its JSON (or True), or None where a mishap left nothing to read."""
    kinds = {one.kind for one in expected.mishaps}
    skews = [round(one.document["seconds"] * 1000) for one in expected.mishaps if one.kind == "date-skew"]
    if answer.headers.get("date") not in {http_date(now + skew) for skew in skews or [0]}:
        raise Disagreement(area, f"at {http_date(now)} the Date is {answer.headers.get('date')}")
    instead = [one for one in expected.mishaps if one.kind in INSTEAD]
    if instead:
        statuses = {status_of(one) for one in instead}
        if answer.status not in statuses:
            raise Disagreement(area, f"a mishap should answer {statuses}, it is {answer.status}")
        return None
    agree(area, "the status", expected.status, answer.status)
    content = gzip.decompress(answer.content) if "gzip" in kinds and answer.content else answer.content
    if "empty-body" in kinds:
        agree(area, "the body", b"", content)
        return None
    if "malformed-json" in kinds:
        if _json(content) is not None:
            raise Disagreement(area, "the body is JSON in spite of a mishap")
        return None
    if area in _RESULTS:
        _check_xml(area, expected, answer)
        return True
    body = _json(content)
    if not isinstance(body, dict):
        raise Disagreement(area, f"the body is no JSON object: {content[:100]!r}")
    agree(area, "the code", expected.code, body.get("code"))
    if expected.message is not None:
        agree(area, "the message", expected.message, body.get("message"))
    return body


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _check_xml(area: str, expected: Expected, answer: Answer) -> None:
    if expected.code is None:
        return
    hidden = answer.headers.get("x-oss-err")
    text = (base64.b64decode(hidden) if hidden else answer.content).decode()
    found = dict(re.findall(r"<(Code|Message)>([^<]*)</", text))
    agree(area, "the code", expected.code, found.get("Code"))
    if expected.message is not None:
        agree(area, "the message", expected.message, found.get("Message"))


def check_poll(job: Job | None, task: str, status: str, body: dict[str, Any]) -> str | None:
    """Hold the body of a poll against the model; return the signed URL, or None where none is shown."""
    output = dict(body["output"])
    wanted: dict[str, Any] = {"task_id": task, "task_status": status}
    usage: dict[str, Any] | None = None
    if job is not None and status != UNKNOWN:
        wanted |= _told(job, status)
        usage = _usage(job) if status == SUCCEEDED else None
        changes = job.shown(status)
        _alter(wanted, changes)
        _check_scheduled(job, status, output.pop("scheduled_time", None))
    url = output.get("video_url")
    for name, value in wanted.items():
        if value is ...:
            wanted[name] = output.get(name)
    agree("poll", "output", wanted, output)
    if usage is not None:
        agree("poll", "usage", usage, body.get("usage"))
    elif status != SUCCEEDED and "usage" in body:
        raise Disagreement("poll", f"a {status} task has a usage")
    return url if wanted.get("video_url") is not None and status == SUCCEEDED else None


def _told(job: Job, status: str) -> dict[str, Any]:
    """Return what `output` tells beside id and status. An ellipsis stands for any value."""
    told: dict[str, Any] = {"submit_time": task_time(job.submitted)}
    if status == CANCELED:
        told["end_time"] = task_time(job.canceled or 0)
    if status in {SUCCEEDED, FAILED}:
        told["end_time"] = task_time(job.ends)
    if status == FAILED and job.failure is not None:
        code, message = job.failure
        told |= {"code": code, "message": ... if message is None else message}
    if status == SUCCEEDED:
        told["video_url"] = ...
        if job.prompt is not None:
            told["orig_prompt"] = job.prompt
    return told


def _alter(wanted: dict[str, Any], changes: dict[str, Any]) -> None:
    """Change what is expected as odd answers do."""
    if "status" in changes:
        wanted["task_status"] = changes["status"]
    wanted |= changes.get("extra", {})
    for name in changes.get("without", []):
        wanted.pop(name, None)
    if changes.get("no_url"):
        wanted.pop("video_url", None)


def _check_scheduled(job: Job, status: str, text: str | None) -> None:
    """A task that has started was scheduled, between its submission and its start."""
    if text is None:
        if status in {RUNNING, SUCCEEDED, FAILED}:
            raise Disagreement("poll", f"a {status} task has no scheduled_time")
        return
    if not task_time(job.submitted) <= text <= task_time(min(job.starts, job.submitted + 10**10)):
        raise Disagreement("poll", f"scheduled_time is {text}")


def _usage(job: Job) -> dict[str, Any] | None:
    shape, tier = MODELS[job.model].usage, int(job.tier.removesuffix("P"))
    if shape is None:
        return None
    number = float if shape == "floats" else int
    usage = {
        "duration": number(job.input_seconds + job.seconds),
        "input_video_duration": number(job.input_seconds),
        "output_video_duration": number(job.seconds),
        "video_count": 1,
        "SR": tier,
    }
    return usage | ({"ratio": job.ratio} if shape == "ratio" else {})


def row_of(job: Job, status: str) -> dict[str, Any]:
    """Return what a listing tells of a task."""
    row: dict[str, Any] = {
        "task_id": job.id,
        "status": status,
        "gmt_create": job.submitted,
        "model_name": job.model,
        "region": job.region,
    }
    if status in {RUNNING, SUCCEEDED, FAILED}:
        row["start_time"] = job.starts
    if status in {SUCCEEDED, FAILED, CANCELED}:
        row["end_time"] = job.canceled if status == CANCELED else job.ends
    return row


LISTED_FIELDS = ("task_id", "status", "gmt_create", "model_name", "region", "start_time", "end_time")


def task_time(instant: int) -> str:
    """Return an instant as tasks show it."""
    moment = datetime.fromtimestamp(instant // 1000, _BEIJING_TIME)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{instant % 1000:03d}"


def query_time(instant: int) -> str:
    """Return an instant as a listing's query has it."""
    return f"{datetime.fromtimestamp(instant // 1000, _BEIJING_TIME):%Y%m%d%H%M%S}"


def http_date(instant: int) -> str:
    """Return an instant as the Date header shows it."""
    return format_datetime(datetime.fromtimestamp(instant // 1000, UTC), usegmt=True)
