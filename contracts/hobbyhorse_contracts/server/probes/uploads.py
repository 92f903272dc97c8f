"""S-UPL: a policy, and the form upload that it allows."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from ..bench import CREATE, DAY, OK, START, Bench, picture, require, same
from ..judging import probes
from ..wire import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..bench import Account

_BOUNDARY = "hobbyhorse-form"
_RESOLVE: Mapping[str, str] = {"X-DashScope-OssResourceResolve": "enable"}
_EXPECTED = {
    "policy": str, "signature": str, "upload_dir": str, "upload_host": str, "expire_in_seconds": int,
    "max_file_size_mb": int, "capacity_limit_mb": int, "oss_access_key_id": str, "x_oss_object_acl": str,
    "x_oss_forbid_overwrite": str,
}  # fmt: skip


@probes("S-UPL-01")
def policy(bench: Bench) -> None:
    """All that a form upload needs."""
    account = bench.account()
    reply = account.call("GET", "/uploads?action=getPolicy&model=happyhorse-1.1-i2v")
    same("the status of getPolicy", reply.status, OK)
    same("the fields of its answer", sorted(reply.json), ["data", "request_id"])
    data = reply.json["data"]
    same("the types of its data", {name: type(value) for name, value in data.items()}, _EXPECTED)
    same("expire_in_seconds", data["expire_in_seconds"], 300)
    conditions = json.loads(base64.b64decode(data["policy"]))["conditions"]
    require(["starts-with", "$key", data["upload_dir"]] in conditions, "the policy does not bind the key to upload_dir")


@probes("S-UPL-02")
def uploaded(bench: Bench) -> None:
    """One key, one file."""
    account = bench.account()
    data = _policy(account)
    first = _post(account, data)
    same("the status of an upload", first.status, OK)
    same("its body", first.body, b"")
    again = _post(account, data)
    same("the status of the same upload again", again.status, 409)
    require("<Code>FileAlreadyExists</Code>" in again.text, f"its body is {again.text[:200]!r}")


@probes("S-UPL-03")
def too_late(bench: Bench) -> None:
    """A policy is for five minutes."""
    account = bench.account()
    data = _policy(account)
    account.world.clock.advance(data["expire_in_seconds"] - 1)
    same("the status of an upload in the last second", _post(account, data).status, OK)
    account.world.clock.advance(1.5)
    reply = _post(account, data, "late.png")
    same("the status of an upload after it", reply.status, 403)
    require("<Code>AccessDenied</Code>" in reply.text, f"its body is {reply.text[:200]!r}")


@probes("S-UPL-04")
def bound(bench: Bench) -> None:
    """An uploaded file is its model's, for two days."""
    account = bench.account(pending=1, running=1)
    data = _policy(account)
    same("the status of an upload", _post(account, data, content=picture()).status, OK)
    url = f"oss://{data['upload_dir']}/horse.png"
    same("the task of its model", _made_of(account, url, "happyhorse-1.1-i2v"), "SUCCEEDED")
    same("the task of another model", _made_of(account, url, "happyhorse-1.0-i2v"), "FAILED")
    same("the task without the header that resolves it", _made_of(account, url, "happyhorse-1.1-i2v", {}), "FAILED")
    account.world.clock.set(START + 2 * DAY - 1)
    same("the task in the last second of 48 h", _made_of(account, url, "happyhorse-1.1-i2v"), "SUCCEEDED")
    account.world.clock.set(START + 2 * DAY + 0.5)
    same("the task after 48 h", _made_of(account, url, "happyhorse-1.1-i2v"), "FAILED")


def _made_of(account: Account, url: str, model: str, resolve: Mapping[str, str] = _RESOLVE) -> str:
    """Return what becomes of a task with an uploaded first frame; its clock is set back afterwards."""
    now = account.world.clock.now()
    body = {"model": model, "input": {"prompt": "x", "media": [{"type": "first_frame", "url": url}]}}
    headers = {"Authorization": f"Bearer {account.world.key}", "X-DashScope-Async": "enable", **resolve}
    raw = json.dumps(body).encode()
    reply = account.call("POST", CREATE, {**headers, "Content-Type": "application/json"}, raw)
    account.world.clock.advance(10)
    status: str = account.output(reply.json["output"]["task_id"])["task_status"]
    account.world.clock.set(now)
    return status


def _policy(account: Account) -> dict[str, Any]:
    reply = account.call("GET", "/uploads?action=getPolicy&model=happyhorse-1.1-i2v")
    found: dict[str, Any] = reply.json["data"]
    return found


def _post(account: Account, data: dict[str, Any], name: str = "horse.png", content: bytes = b"no picture") -> Reply:
    """Upload a file of a few bytes as the documentation has it: the file last."""
    fields = {
        "OSSAccessKeyId": data["oss_access_key_id"],
        "policy": data["policy"],
        "Signature": data["signature"],
        "key": f"{data['upload_dir']}/{name}",
        "x-oss-object-acl": data["x_oss_object_acl"],
        "x-oss-forbid-overwrite": data["x_oss_forbid_overwrite"],
        "success_action_status": "200",
    }
    parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in fields.items()]
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png'
    before = "".join(f"--{_BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{_BOUNDARY}\r\n{head}\r\n\r\n"
    raw = before.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
    return account.send(Request("POST", data["upload_host"], headers, raw))
