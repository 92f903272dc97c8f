#!/usr/bin/env python3
"""An adapter for `dashscope.VideoSynthesis`, the first-generation API of Alibaba's own SDK: dashscope 2.0.2.

Its `async_call` and `wait` are called as the SDK's documentation shows; `call` does the same two in one go, but raises
a refused create as a text. Nothing is changed but the module `time` of the SDK's polling. Pointed to a service by
`dashscope.base_http_api_url`. The SDK hands back a URL and downloads nothing; it lists one page a call.
"""

from __future__ import annotations

import copy
import os
import sys
from typing import TYPE_CHECKING, Any

os.environ["DASHSCOPE_LOGGING_LEVEL"] = "debug"  # read while it is imported

import dashscope
import requests
from dashscope.client import base_api

from speaking import Call, Failed, serve, take_time_of, task_created

if TYPE_CHECKING:
    from collections.abc import Callable

ABOUT = {
    "name": "dashscope VideoSynthesis",
    "version": dashscope.version.__version__,
    "language": f"Python {sys.version_info.major}.{sys.version_info.minor}",
    "capabilities": [
        *("generate", "submit", "wait", "cancel", "sleep_hook", "resume", "upload", "i2v", "r2v", "events", "logs"),
        *("passthrough", "tls"),
    ],
    "config": {
        "time": "patch",
        "auto_retry": True,  # `wait` repeats polls, creates are repeated as well
        "additions": ["input.extend_prompt", "input.function"],
    },
}
KINDS = {400: "validation", 401: "auth", 403: "auth", 404: "validation", 429: "quota"}
CODES = {"WaitTaskTimeout": "timeout", "DataInspectionFailed": "moderation", "Arrearage": "quota"}
CODES["AllocationQuota.FreeTierOnly"] = "quota"


def generate(call: Call) -> dict[str, Any]:
    """Create a task and wait for it."""
    said = created(call)
    task = (said.output or {}).get("task_id")
    if task:
        task_created(call, task)
    return waited(call, said, task)


def submit(call: Call) -> dict[str, Any]:
    """Create a task."""
    output = created(call).output or {}
    return {"task_id": output.get("task_id"), "status": output.get("task_status")}


def wait(call: Call) -> dict[str, Any]:
    """Wait for a task that was created before."""
    return waited(call, call.options["task_id"], call.options["task_id"])


def created(call: Call) -> Any:
    """Return what a create was answered."""
    given = copy.deepcopy(call.request)
    inputs = given.get("input", {})
    named = {name: inputs.pop(name) for name in ("prompt", "media", "negative_prompt") if name in inputs}
    return asked(
        call,
        dashscope.VideoSynthesis.async_call,
        model=given.get("model"),
        extra_input=inputs,
        **named,
        **given.get("parameters", {}),
    )


def waited(call: Call, handle: Any, task: str | None) -> dict[str, Any]:
    """Wait for a task, for as long as the caller said. `handle` is its id, or the answer to its create."""
    limit = {"wait_timeout": call.options["timeout_s"]} if "timeout_s" in call.options else {}
    said = asked(call, dashscope.VideoSynthesis.wait, task=handle, about=task, **limit)
    output = said.output or {}
    status = output.get("task_status")
    if status != "SUCCEEDED":
        kind = {"FAILED": "task", "CANCELED": "canceled", "UNKNOWN": "unknown_task"}.get(str(status), "other")
        raise Failed(
            kind,
            str(said),
            code=output.get("code"),
            message=output.get("message"),
            request_id=said.request_id,
            http_status=said.status_code,
            task_id=task,
        )
    return {"task_id": task, "status": status, "url": output.get("video_url")}


def cancel(call: Call) -> dict[str, Any]:
    """Cancel a task."""
    task = str(call.options["task_id"])
    asked(call, dashscope.VideoSynthesis.cancel, task=task, about=task)
    return {"task_id": task}


def asked(call: Call, function: Callable[..., Any], *, about: str | None = None, **arguments: Any) -> Any:
    """Return what a function of the SDK answered, if that is a success. Whatever it raises is the SDK's."""
    dashscope.base_http_api_url = call.base_url
    try:
        said = function(api_key=call.api_key, **arguments)
    except Exception as error:
        kind = "network" if isinstance(error, requests.RequestException | OSError) else "other"
        kind = "other" if isinstance(error, ValueError) else kind  # requests' own JSONDecodeError
        raise Failed(kind, f"{type(error).__name__}: {error}", task_id=about) from error
    if said.status_code == requests.codes.ok:
        return said
    kind = CODES.get(said.code) or KINDS.get(said.status_code, "other")
    fields = {"code": said.code, "message": said.message, "http_status": int(said.status_code), "task_id": about}
    raise Failed(kind, str(said), request_id=said.request_id or None, **fields)


if __name__ == "__main__":
    take_time_of(base_api)
    serve(ABOUT, {"generate": generate, "submit": submit, "wait": wait, "cancel": cancel})
