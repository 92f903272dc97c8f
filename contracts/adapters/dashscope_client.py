#!/usr/bin/env python3
"""An adapter for `dashscope.Client().videos`, the second-generation API of Alibaba's own SDK: dashscope 2.0.2.

Its `jobs.create` and `jobs.wait` are called, which are what `generate` is made of, so that the id of the task is there
in time. Nothing is changed but the module `time` of the SDK's polling and of its pauses between attempts. The SDK
hands back a URL and downloads nothing; it lists one page a call.
"""

from __future__ import annotations

import copy
import os
import sys
from typing import TYPE_CHECKING, Any

os.environ["DASHSCOPE_LOG"] = "debug"  # read while it is imported

import dashscope
from dashscope.v2 import errors
from dashscope.v2.resources import _jobs as jobs
from dashscope.v2.transport import _retry as retrying
from dashscope.v2.transport import http as transport

from speaking import Call, Failed, serve, take_time_of, task_created

if TYPE_CHECKING:
    from collections.abc import Callable

ABOUT = {
    "name": "dashscope Client().videos",
    "version": dashscope.version.__version__,
    "language": f"Python {sys.version_info.major}.{sys.version_info.minor}",
    "capabilities": [
        *("generate", "submit", "wait", "cancel", "sleep_hook", "resume", "upload", "i2v", "r2v", "events", "logs"),
        *("passthrough", "tls"),
    ],
    "config": {"time": "patch", "auto_retry": True},  # two more attempts a request, says `max_retries`
}
KINDS = {400: "validation", 401: "auth", 403: "auth", 404: "validation", 429: "quota"}
CODES = {"DataInspectionFailed": "moderation", "Arrearage": "quota"}
CODES["AllocationQuota.FreeTierOnly"] = "quota"
clients: dict[tuple[str, str], dashscope.Client] = {}


def generate(call: Call) -> dict[str, Any]:
    """Create a task and wait for it."""
    job = created(call)
    if job.task_id:
        task_created(call, job.task_id)
    return waited(call, job, job.task_id or None)


def submit(call: Call) -> dict[str, Any]:
    """Create a task."""
    job = created(call)
    return {"task_id": job.task_id or None, "status": job.status}


def wait(call: Call) -> dict[str, Any]:
    """Wait for a task that was created before."""
    return waited(call, call.options["task_id"], call.options["task_id"])


def created(call: Call) -> Any:
    """Return the job that a create made."""
    given = copy.deepcopy(call.request)
    inputs = given.get("input", {})
    named = {name: inputs.pop(name) for name in ("prompt", "media") if name in inputs}
    extra = {"extra_input": inputs} if inputs else {}
    parameters = {"parameters": given["parameters"]} if given.get("parameters") else {}
    return asked(client(call).videos.jobs.create, model=given.get("model"), **named, **extra, **parameters)


def waited(call: Call, handle: Any, task: str | None) -> dict[str, Any]:
    """Wait for a task, as often and as long as the caller said. `handle` is its id, or its job."""
    given = {}
    if "timeout_s" in call.options:
        given["timeout"] = call.options["timeout_s"]
    if "poll_interval_s" in call.options:
        given["poll_interval"] = given["max_interval"] = call.options["poll_interval_s"]
    job = asked(client(call).videos.jobs.wait, about=task, job=handle, **given)
    if not job.succeeded:  # of the endings only UNKNOWN is returned, the others are raised
        kind = "unknown_task" if job.status == "UNKNOWN" else "other"
        raise Failed(kind, repr(job), request_id=job.request_id, task_id=task)
    return {"task_id": task, "status": job.status, "url": job.video_url}


def cancel(call: Call) -> dict[str, Any]:
    """Cancel a task."""
    task = str(call.options["task_id"])
    asked(client(call).videos.jobs.cancel, about=task, task_id=task)
    return {"task_id": task}


def client(call: Call) -> dashscope.Client:
    """Return the client for a service and a key; one is made for each, as a program would."""
    name = (call.base_url, call.api_key)
    if name not in clients:
        for old in [old for old in clients if old[1] != call.api_key]:
            clients.pop(old).close()  # of an earlier scenario
        clients[name] = dashscope.Client(api_key=call.api_key, base_url=call.base_url)
    return clients[name]


def asked(function: Callable[..., Any], *, about: str | None = None, **arguments: Any) -> Any:
    """Return what a function of the SDK returned. Whatever it raises is the SDK's."""
    try:
        return function(**arguments)
    except errors.DashScopeError as error:
        fields = {"code": error.code, "message": error.message, "http_status": error.status_code}
        raise Failed(kind_of(error), str(error), request_id=error.request_id, task_id=about, **fields) from error
    except Exception as error:
        raise Failed("other", f"{type(error).__name__}: {error}", task_id=about) from error


def kind_of(error: errors.DashScopeError) -> str:
    """Return the protocol's word for an error: by its class, where there is one; else by what it says."""
    if isinstance(error, errors.APIConnectionError):
        return "network"
    if isinstance(error.body, dict) and "FAILED" in {error.body.get("task_status"), status_in(error.body)}:
        return "task"
    if error.status_code is None and error.message.startswith("timed out after"):
        return "timeout"
    if error.status_code is None and error.message.endswith("was canceled while waiting"):
        return "canceled"
    return CODES.get(error.code or "") or KINDS.get(error.status_code or 0, "other")


def status_in(body: dict[str, Any]) -> str | None:
    """Return the status of the task in an answer of the service."""
    output = body.get("output")
    return output.get("task_status") if isinstance(output, dict) else None


if __name__ == "__main__":
    take_time_of(jobs, transport, retrying)
    serve(ABOUT, {"generate": generate, "submit": submit, "wait": wait, "cancel": cancel})
