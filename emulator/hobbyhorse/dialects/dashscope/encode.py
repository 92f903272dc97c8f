"""From tasks and faults to JSON bodies: field names, order and types as captured.

A 200 never has a top-level `code`: six known clients take its mere presence for a failure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...core import ids
from ...core.faults import Failure
from ...core.moments import task_time
from ...core.timeline import Status
from ...core.usage import usage_of

if TYPE_CHECKING:
    from ...core.catalogue import Catalogue, ModelRow
    from ...core.task import Job, Task
    from ...service.tasks import SeenTask, TaskPage, TaskQuery
    from ...service.tokens import IssuedToken
    from ...service.uploads import Grant

Body = dict[str, Any]

# Old models answer the extended prompt beside the sent one; wan2.6 and HappyHorse never do (OD-T2V, OD-LEG).
_ANSWERS_ACTUAL_PROMPT = frozenset({"wan2.5", "wan2.2", "wanx2.1", "wan2.1"})


def error(failure: Failure, request_id: str) -> Body:
    """Return the flat envelope of an HTTP error, in the gateway's order (RAW)."""
    return {"code": failure.code, "message": failure.message, "request_id": request_id}


def refused_cancel(failure: Failure, request_id: str) -> Body:
    """Return the envelope of the task service, whose order differs (OD-TASKS)."""
    return {"request_id": request_id, "code": failure.code, "message": failure.message}


def created(task: Task) -> Body:
    """Return the answer to a create: always PENDING, whatever will become of it."""
    return {"output": {"task_status": Status.PENDING, "task_id": task.id}, "request_id": task.request_id}


def unknown(task_id: str, request_id: str) -> Body:
    """Return the answer for a task that is unknown, expired or foreign: a 200 (RAW, LIVE-B)."""
    return {"request_id": request_id, "output": {"task_id": task_id, "task_status": Status.UNKNOWN}}


def polled(seen: SeenTask, model: ModelRow, now: int, video_url: str | None, request_id: str) -> Body:
    """Return the answer to a GET. `video_url` is given for a success."""
    task, status = seen.task, seen.status
    output: Body = {"task_id": task.id, "task_status": status, "submit_time": task_time(task.submitted_at)}
    if status is not Status.CANCELED and task.scheduled_at <= now:
        output["scheduled_time"] = task_time(task.scheduled_at)
    if status is Status.CANCELED and task.canceled_at is not None:
        output["end_time"] = task_time(task.canceled_at)
    if status in {Status.SUCCEEDED, Status.FAILED}:
        output["end_time"] = task_time(task.ends_at)
    body: Body = {"request_id": request_id, "output": output}
    if status is Status.FAILED and isinstance(task.outcome, Failure):
        output |= {"code": task.outcome.code, "message": task.outcome.message}
    if status is Status.SUCCEEDED and not isinstance(task.outcome, Failure):
        output |= _prompts(model, task.outcome) | {"video_url": video_url}
        body["usage"] = usage_of(model, task.outcome)
    return body


def _prompts(model: ModelRow, job: Job) -> Body:
    if job.prompt is None:
        return {}
    if job.extends_prompt and model.family in _ANSWERS_ACTUAL_PROMPT:
        return {"orig_prompt": job.prompt, "actual_prompt": job.prompt}
    return {"orig_prompt": job.prompt}


def listed(page: TaskPage, query: TaskQuery, catalogue: Catalogue, request_id: str) -> Body:
    """Return a page of tasks. Times are epoch milliseconds here, and absent while they are not there (assumed)."""
    return {
        "total": page.total,
        "data": [_row(seen, catalogue) for seen in page.rows],
        "total_page": math.ceil(page.total / query.page_size),
        "page_no": query.page_no,
        "request_id": request_id,
        "page_size": query.page_size,
    }


def granted(grant: Grant, request_id: str) -> Body:
    """Return a policy for one upload (OD-UP, RAW)."""
    terms = grant.terms
    data = {
        "policy": grant.policy,
        "signature": grant.signature,
        "upload_dir": grant.folder,
        "upload_host": grant.host,
        "expire_in_seconds": terms.policy_lifetime // 1000,
        "max_file_size_mb": terms.max_file_size_mb,
        "capacity_limit_mb": terms.capacity_limit_mb,
        "oss_access_key_id": grant.access_key_id,
        "x_oss_object_acl": terms.acl,
        "x_oss_forbid_overwrite": terms.forbid_overwrite,
    }
    return {"data": data, "request_id": request_id}


def issued(token: IssuedToken) -> Body:
    """Return a temporary token (OD-TOK). It has no request id."""
    return {"token": token.text, "expires_at": token.expires_at}


def _row(seen: SeenTask, catalogue: Catalogue) -> Body:
    task, status = seen.task, seen.status
    account = ids.account_id(task.world)
    times: Body = {"gmt_create": task.submitted_at}
    if status in {Status.RUNNING, Status.SUCCEEDED, Status.FAILED}:
        times["start_time"] = task.starts_at
    if status in {Status.SUCCEEDED, Status.FAILED}:
        times["end_time"] = task.ends_at
    if status is Status.CANCELED:
        times["end_time"] = task.canceled_at
    return {
        "api_key_id": task.key_id,
        "caller_parent_id": account,
        "caller_uid": account,
        **times,
        "model_name": task.model,
        "region": task.region,
        "request_id": task.request_id,
        "status": status,
        "task_id": task.id,
        "user_api_unique_key": ids.unique_key(task.model, catalogue.models[task.model].paths[0]),
    }
