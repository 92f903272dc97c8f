"""Sending the probes to both sides."""

from __future__ import annotations

import json
import os
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..bench import CREATE, STRANGER, asked
from ..wire import Reply, Request, WireError
from ..wire import send as send_one
from . import guard, table
from .comparing import Finding, compare
from .shapes import Shape, shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hobbyhorse import Emulator

    from ..wire import Send
    from . import Probe

_KEY = re.compile(r"[!-~]{8,400}")
_LOCAL = {"127.0.0.1", "localhost", "::1"}
_REGION = re.compile(r"(?:^|\.)([a-z]+-[a-z]+(?:-\d)?)\.maas\.aliyuncs\.com$")
_HOSTS = {"dashscope-intl.aliyuncs.com": "ap-southeast-1", "dashscope-us.aliyuncs.com": "us-east-1"}
_OK, _UNAUTHORIZED = 200, 401
_PASSING = {408, 429, 502, 503, 504}  # they say that there is much to do, not what the API is like
# The third task waits for ever: not every row of a list has an end.
_WAITS = {"name": "waits", "rules": [{"when": {"nth": 3}, "then": {"stuck": "PENDING"}}]}
_WORLD: Mapping[str, Any] = {
    "name": "drift", "media": "stamped", "quotas": "off", "pace": "instant", "scenarios": [_WAITS],
}  # fmt: skip


class DriftError(Exception):
    """Nothing can be said about drift; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service to be looked at. `base` ends in `/api/v1`."""

    base: str
    key: str
    region: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What one probe saw. `trouble` says why it is not judged; then there is no finding."""

    probe: Probe
    real: Shape | None
    emulated: Shape | None
    findings: tuple[Finding, ...] = ()
    trouble: str = ""


def target(url: str, key_name: str, environment: Mapping[str, str] = os.environ, region: str | None = None) -> Target:
    """Return the target that a URL names, with the key from the environment. Raises DriftError; never tells the key."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise DriftError(f"--target: {url!r} is no URL such as https://dashscope.aliyuncs.com/api/v1")
    if parts.username or parts.query or parts.fragment:
        raise DriftError("--target: a base URL has no user, no query and no fragment")
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise DriftError(f"--target: the key would go to {parts.hostname} in the clear; use https")
    path = parts.path.rstrip("/") or "/api/v1"
    if not path.endswith("/api/v1"):
        raise DriftError(f"--target: a base URL ends in /api/v1, this one in {path!r}")
    key = environment.get(key_name, "")
    if not key:
        raise DriftError(f"the environment variable {key_name} has no API key; set it, or name another with --key-env")
    if not _KEY.fullmatch(key):
        raise DriftError(f"what is in {key_name} is no API key: it is too short, or has spaces or line ends in it")
    named = _REGION.search(parts.hostname)
    found = region or _HOSTS.get(parts.hostname) or (named[1] if named else "cn-beijing")
    return Target(f"{parts.scheme}://{parts.netloc}{path}", key, found)


def look(where: Target, emulator: Emulator, probes: Sequence[Probe], *, send: Send = send_one) -> list[Seen]:
    """Send the probes to the target and to the emulator; return what each saw.

    After a create that was taken no other create is sent, and what was made is canceled: a service that takes it is not
    the one that the probes are known to be free at. Raises DriftError where the target does not take the key, and
    NotFreeError where a request could cost money.
    """
    nobody = str(uuid.uuid4())
    found: list[Seen] = []
    with emulator.world(**_WORLD) as world:
        try:
            own = Target(world.base_url(where.region), world.key, where.region)
        except LookupError as error:
            raise DriftError(f"--region: {error.args[0]}") from None
        _some_tasks(own, send)
        is_taken = False
        for probe in probes:
            if is_taken and probe.path == CREATE:
                found.append(Seen(probe, None, None, trouble="not sent: the service took an earlier create"))
                continue
            seen = _look(probe, where, own, nobody, send)
            found.append(seen)
            is_taken = is_taken or any(finding.what == "taken" for finding in seen.findings)
    return found


def request(probe: Probe, where: Target, nobody: str) -> Request:
    """Return the request of a probe."""
    keys = {"good": where.key, "bad": STRANGER}
    headers = {"Authorization": f"Bearer {keys[probe.key]}"} if probe.key in keys else {}
    headers |= {"X-DashScope-Async": "enable"} if probe.is_async else {}
    headers |= {"Content-Type": "application/json"} if probe.body is not None else {}
    body = b"" if probe.body is None else json.dumps(probe.body).encode()
    return Request(probe.method, where.base + probe.path.replace("{nobody}", nobody), headers, body)


def _look(probe: Probe, where: Target, own: Target, nobody: str, send: Send) -> Seen:
    wanted = request(probe, where, nobody)
    guard.check(wanted, where.base, where.key, nobody)
    try:
        real = send(wanted)
    except WireError as error:
        return Seen(probe, None, None, trouble=str(error))
    if probe.name == "list" and real.status == _UNAUTHORIZED:
        raise DriftError("the target does not let the key in (401): is it of another region, or was it taken back?")
    one, other = shape(real, table()), shape(send(request(probe, own, nobody)), table())
    if real.status in _PASSING:
        return Seen(probe, one, other, trouble=f"the target was busy ({real.status})")
    taken = _taken(probe, real, where, send)
    return Seen(probe, one, other, (*taken, *compare(probe.name, one, other)))


def _taken(probe: Probe, real: Reply, where: Target, send: Send) -> list[Finding]:
    """Return a finding for a create that was taken, after its task was canceled."""
    if probe.path != CREATE or real.status != _OK:
        return []
    output = real.json.get("output") if isinstance(real.json, dict) else None
    task = str(output.get("task_id", "")) if isinstance(output, dict) else ""
    if not re.fullmatch(r"[\w.-]{1,128}", task):
        return [Finding(probe.name, "drift", "taken", "", "refused", "a task whose id cannot be read")]
    keys = {"good": where.key, "bad": STRANGER, "none": where.key}
    cancel = Request("POST", f"{where.base}/tasks/{task}/cancel", {"Authorization": f"Bearer {keys[probe.key]}"})
    try:
        said = f"cancel answered {send(cancel).status}"
    except WireError as error:
        said = f"cancel failed: {error}"
    return [Finding(probe.name, "drift", "taken", "", "refused", f"task {task} was made; {said}")]


def _some_tasks(own: Target, send: Send) -> None:
    """Give the emulator's account tasks to list: one that has SUCCEEDED, one that FAILED, one that waits."""
    headers = {"Authorization": f"Bearer {own.key}", "X-DashScope-Async": "enable", "Content-Type": "application/json"}
    for body in (asked(), {"model": "happyhorse-1.1-t2v", "input": {}}, asked()):
        send(Request("POST", own.base + CREATE, headers, json.dumps(body).encode()))
