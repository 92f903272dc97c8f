"""Lays odd answers over rendered ones. The task stays what it is; list, ledger and cancel see the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...core.scenario import Odd
    from ...core.task import Task
    from ...core.timeline import Status

Body = dict[str, Any]

# The number of the answer to the create; polls are counted from 1.
CREATE = 0


def oddly(body: Body, task: Task, number: int, status: Status) -> Body:
    """Return the answer to poll `number` of a task (0: to its create) as the task's script shows it.

    `status` is the true one. What is added comes before what is left out, in the order of the script.
    """
    odds = task.script.odd if task.script else ()
    shown = [odd for odd in odds if _is_meant(odd, number, status)]
    if not shown:
        return body
    body = {**body, "output": dict(body["output"])}
    for odd in shown:
        _lay(odd, body)
    return body


def _is_meant(odd: Odd, number: int, status: Status) -> bool:
    meant = number != CREATE if odd.polls is None else number in odd.polls
    return meant and odd.when in {None, status}


def _lay(odd: Odd, body: Body) -> None:
    output = body.get("output", {})
    if odd.status is not None:
        output["task_status"] = odd.status
    if odd.video_url is not None and "video_url" in output:
        output["video_url"] = odd.video_url
    output.update(odd.extra)
    for name in odd.without:
        part, _, field = name.rpartition(".")
        if part in body:
            body[part] = {key: value for key, value in body[part].items() if key != field}
        else:
            body.pop(name, None)
            output.pop(name, None)
