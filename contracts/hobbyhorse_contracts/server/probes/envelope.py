"""S-ENV: what every answer looks like."""

from __future__ import annotations

import re
import uuid
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ..bench import CREATE, HOUR, OK, START, STRANGER, Account, Bench, asked, refused, require, same
from ..judging import probes

if TYPE_CHECKING:
    from ..wire import Reply

_REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_BAD_REQUEST = 400


@probes("S-ENV-01")
def created(bench: Bench) -> None:
    """The answer to a create is these fields and no other."""
    reply = bench.account().create()
    same("the status of a create", reply.status, OK)
    same("the fields of a create's answer", sorted(reply.json), ["output", "request_id"])
    same("the fields of its output", sorted(reply.json["output"]), ["task_id", "task_status"])
    same("its task_status", reply.json["output"]["task_status"], "PENDING")


@probes("S-ENV-02")
def flat(bench: Bench) -> None:
    """Every refusal of a tour through the API is flat."""
    for reply in _tour(bench):
        if reply.status >= _BAD_REQUEST:
            refused(reply, reply.status, reply.json.get("code"))
            require("." in reply.json["message"] or " " in reply.json["message"], "a message is no sentence")


@probes("S-ENV-03")
def quiet(bench: Bench) -> None:
    """No answer with 200 of a tour through the API has a code on top."""
    for reply in _tour(bench):
        if reply.status == OK:
            found = {"code", "message"} & set(reply.json)
            require(not found, f"an answer with 200 has {sorted(found)} on top: {reply.text[:200]}")


@probes("S-ENV-04")
def identified(bench: Bench) -> None:
    """Ids have their form, and no two answers the same."""
    replies = _tour(bench)
    found = [reply.json["request_id"] for reply in replies]
    for one in found:
        require(_REQUEST_ID.fullmatch(one), f"a request_id is {one!r}")
    require(len(set(found)) == len(found), "two answers have one request_id")
    task = replies[0].json["output"]["task_id"]
    require(str(uuid.UUID(task)) == task and uuid.UUID(task).version == 4, f"a task id is {task!r}")


@probes("S-ENV-05")
def typed(bench: Bench) -> None:
    """Content types are those of the two services."""
    account = bench.account()
    same("a create's Content-Type", account.create().headers["content-type"], "application/json")
    for reply in (account.poll("nobody"), account.list(), account.cancel("nobody")):
        same("the Content-Type about tasks", reply.headers["content-type"], "application/json;charset=UTF-8")


@probes("S-ENV-06")
def gateway(bench: Bench) -> None:
    """The gateway's header is where the gateway answers."""
    account = bench.account()
    same("x-dashscope-call-gateway", account.create().headers.get("x-dashscope-call-gateway"), "true")
    require("x-dashscope-call-gateway" not in account.poll("nobody").headers, "a poll has x-dashscope-call-gateway")


@probes("S-ENV-07")
def traced(bench: Bench) -> None:
    """A 401 says its request id in a header too."""
    account = bench.account(keys=[{"name": "mine"}])
    for reply in (account.create(key=""), account.call("GET", "/tasks/nobody", {})):
        same("X-Request-ID", reply.headers.get("x-request-id"), reply.json["request_id"])


@probes("S-ENV-08")
def tolerant(bench: Bench) -> None:
    """Unknown fields do no harm."""
    body = asked(enable_thinking=False, wholly_unknown={"a": 1})
    body["input"]["extend_prompt"] = True
    account = bench.account()
    task = account.task(body | {"another": None})
    account.world.clock.advance(HOUR)
    same("the status of a task with unknown fields", account.output(task)["task_status"], "SUCCEEDED")


@probes("S-ENV-09")
def dated(bench: Bench) -> None:
    """Answers say what time it is, at both origins."""
    account = bench.account()
    url = account.finished()["output"]["video_url"]
    for reply in (account.create(), account.poll("nobody"), account.list(), account.fetch(url)):
        said = parsedate_to_datetime(reply.headers["date"]).timestamp()
        same("the Date of an answer", int(said), START + HOUR)


def _tour(bench: Bench) -> list[Reply]:
    """Return the answers to a bit of everything: each state, each refusal that is free."""
    account = bench.account(keys=[{"name": "mine"}])
    task = account.task()
    account.poll(task)
    _refusals(account)
    account.world.clock.advance(30)
    account.poll(task)
    account.cancel(task)
    account.world.clock.advance(HOUR)
    account.poll(task)
    failed, canceled = account.task({"model": "happyhorse-1.1-t2v", "input": {}}), account.task()
    account.cancel(canceled)
    account.world.clock.advance(HOUR)
    for one in (failed, canceled, "00000000-0000-4000-8000-000000000000"):
        account.poll(one)
    account.list()
    return account.seen


def _refusals(account: Account) -> None:
    account.create(key="")
    account.create(key=STRANGER)
    account.create(is_async=False)
    account.create(asked(model="no-such-model"))
    account.create(b"{")
    account.create({"input": {"prompt": "a paper horse"}})
    account.cancel("00000000-0000-4000-8000-000000000000")
    account.call("GET", CREATE)
    account.call("GET", "/no/such/path")
    account.call("GET", "/tasks/nobody", {"Authorization": f"Bearer {STRANGER}"})
