#!/usr/bin/env python3
"""An adapter in Python, as a template: copy it, put your client where `generate` is, change NAME and ABOUT.

It needs nothing but Python. Try it: hobbyhorse certify adapter "python3 client.py"
"""

from __future__ import annotations

import hashlib
import http.client
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

NAME, VERSION = "template-python", "1"
ABOUT = {
    "language": "python",
    "capabilities": ["generate", "download", "sleep_hook", "events"],
    "config": {"auto_retry": False},  # what fails is mostly left to the user
}
now = 0.0  # epoch seconds, as the kit told last


def main() -> None:
    """Read a line, answer it, until there is no more."""
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "hello":
            say(type="hello", protocol=1, name=NAME, version=VERSION, **ABOUT)
        elif message["type"] == "call":
            answer(message)
        elif message["type"] == "bye":
            return


def answer(call: dict[str, Any]) -> None:
    """Make the call; say how it ended. What is wrong with this adapter itself is a harness_error."""
    global now
    now = call["now"]
    try:
        say(type="answer", id=call["id"], ok=True, result=generate(call))
    except ClientError as error:
        say(type="answer", id=call["id"], ok=False, error={"text": str(error), **error.fields})
    except Exception as error:
        say(type="answer", id=call["id"], harness_error=f"{type(error).__name__}: {error}")


def sleep(call: dict[str, Any], seconds: float) -> None:
    """Stand in for time.sleep: tell the kit, go on when it says so."""
    global now
    say(type="sleep", id=call["id"], token=call["id"], seconds=seconds)
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "wake":
            now = message["now"]
            return
    raise SystemExit  # stdin ended: nobody waits for an answer


def say(**message: object) -> None:
    """Write a line, at once. Nothing else may go to stdout."""
    print(json.dumps(message), flush=True)


# ---- What follows is the client. Yours goes in its place. -----------------------------------------------------------


# What urllib raises, and what reading an answer that is not as it should be does.
BROKEN = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError, KeyError, TypeError)


class ClientError(Exception):
    """A call failed. `fields` has its `kind`, and whatever else is known: code, message, request_id and so on."""

    def __init__(self, text: str, **fields: object) -> None:
        super().__init__(text)
        self.fields = fields


def generate(call: dict[str, Any]) -> dict[str, Any]:
    """Create a task, wait for it, save its clip."""
    options = call["options"]
    task = create(call)
    say(type="event", id=call["id"], event="task_created", task_id=task)
    ends = now + options.get("timeout_s", 600)
    while True:
        sleep(call, options.get("poll_interval_s", 15))
        output = poll(call, task)
        status = output.get("task_status")
        if status == "SUCCEEDED":
            return {"task_id": task, "status": status, **saved(output.get("video_url"), task, options.get("out"))}
        if status in {"FAILED", "CANCELED", "UNKNOWN"}:
            kind = {"FAILED": "task", "CANCELED": "canceled", "UNKNOWN": "unknown_task"}[status]
            code, message = output.get("code"), output.get("message")
            text = f"task {task} is {status}: {code} {message}"
            raise ClientError(
                text, kind=kind, code=code, message=message, task_id=task, request_id=output["request_id"]
            )
        if now >= ends:
            text = f"task {task} is {status} after {options.get('timeout_s', 600)} s; it may still finish"
            raise ClientError(text, kind="timeout", task_id=task)


def create(call: dict[str, Any]) -> str:
    """Send the one request that costs money, once: whoever sends it again may pay twice."""
    url = call["base_url"].rstrip("/") + "/services/aigc/video-generation/video-synthesis"
    headers = {"Content-Type": "application/json", "X-DashScope-Async": "enable"}
    body = json.dumps(call["request"], ensure_ascii=False).encode()
    try:
        return str(json.loads(fetched(url, call["api_key"], headers, body))["output"]["task_id"])
    except BROKEN as error:
        raise refused(error, "the request may have been accepted: look before you send it again") from error


def poll(call: dict[str, Any], task: str) -> dict[str, Any]:
    """Ask how a task is; a few failures in a row do not end the wait."""
    url = call["base_url"].rstrip("/") + "/tasks/" + urllib.parse.quote(task, safe="")
    for wait in (5, 10, 20, 40, None):
        try:
            body = json.loads(fetched(url, call["api_key"]))
            return {**body["output"], "request_id": body.get("request_id")}
        except BROKEN as error:
            status = getattr(error, "code", 0)
            if wait is None or status in {400, 401, 403, 404}:
                raise refused(error, f"task {task} may still finish", task_id=task) from error
            after = getattr(error, "headers", None)
            sleep(call, max(wait, int((after and after.get("Retry-After")) or 0)))
    raise AssertionError


def saved(url: str | None, task: str, out: str | None) -> dict[str, Any]:
    """Download the clip, without the API key, and save it under its name once it is whole."""
    if not url:
        raise ClientError(f"task {task} succeeded without a video_url", kind="integrity", task_id=task)
    try:
        clip = fetched(url, None)
    except BROKEN as error:
        raise refused(error, f"the clip of task {task} was not saved", task_id=task) from error
    if clip[4:8] != b"ftyp":
        raise ClientError(f"what came for task {task} is no MP4", kind="integrity", task_id=task)
    if out:
        part = Path(out + ".part")
        part.write_bytes(clip)
        part.rename(out)
    return {"bytes": len(clip), "sha256": hashlib.sha256(clip).hexdigest(), "path": out}


def fetched(url: str, key: str | None, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
    """Return the body of an answer."""
    headers = {**(headers or {}), "User-Agent": f"{NAME}/{VERSION}"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=30) as reply:
        found: bytes = reply.read()
    return found


def refused(error: Exception, hint: str, **fields: object) -> ClientError:
    """Return a client's error for what urllib raised."""
    if not isinstance(error, urllib.error.HTTPError):
        kind = "network" if "task_id" in fields else "ambiguous"
        return ClientError(f"{type(error).__name__}: {error}; {hint}", kind=kind, **fields)
    text = error.read().decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = {"message": text[:200]}
    kind = {400: "validation", 401: "auth", 403: "auth", 429: "quota"}.get(error.code, "other")
    if error.code >= 500 and "task_id" not in fields:
        kind = "ambiguous"
    known = {name: said.get(name) for name in ("code", "message", "request_id")}
    return ClientError(
        f"HTTP {error.code} {known['code']}: {known['message']}; {hint}",
        **{"kind": kind, "http_status": error.code, **known, **fields},
    )


if __name__ == "__main__":
    main()
