"""S-ERR: what is refused before there is a task, and what only after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..bench import CREATE, OK, Bench, asked, refused, require, same
from ..judging import probes

if TYPE_CHECKING:
    from ..bench import Account

_ROUTES = (
    ("GET", "/tasks/nobody"),
    ("GET", "/tasks/"),
    ("POST", "/tasks/nobody/cancel"),
    ("GET", "/uploads?action=getPolicy&model=happyhorse-1.1-i2v"),
    ("POST", "/tokens"),
)


@probes("S-ERR-01")
def keyless(bench: Bench) -> None:
    """No key, no answer."""
    account = bench.account()
    refused(account.create(key=""), 401, "InvalidApiKey")
    for method, path in _ROUTES:
        refused(account.call(method, path, {}), 401, "InvalidApiKey")


@probes("S-ERR-02")
def unknown_key(bench: Bench) -> None:
    """A stranger's key and one that was taken back open nothing."""
    account = bench.account(keys=[{"name": "mine"}, {"name": "old", "condition": "revoked"}])
    for key in (next(one.key for one in account.world.keys.values() if one.name == "old"), "no-key"):
        refused(account.create(key=key), 401, "InvalidApiKey")
        for method, path in _ROUTES:
            refused(account.call(method, path, {"Authorization": f"Bearer {key}"}), 401, "InvalidApiKey")


@probes("S-ERR-03")
def synchronous(bench: Bench) -> None:
    """Without its header a create is a synchronous call."""
    refused(bench.account().create(is_async=False), 403, "AccessDenied")


@probes("S-ERR-04")
def unknown_model(bench: Bench) -> None:
    """A model that there is not."""
    refused(bench.account().create(asked(model="no-such-model")), 400, "InvalidParameter")


@probes("S-ERR-05")
def malformed(bench: Bench) -> None:
    """Bodies that name no model."""
    account = bench.account()
    for body in (b"{", b"", b"[]", {"input": {"prompt": "x"}}, {"model": 1, "input": {"prompt": "x"}}):
        reply = account.create(body)
        refused(reply, 400, reply.json.get("code"))


@probes("S-ERR-06")
def harmless(bench: Bench) -> None:
    """Refusals leave nothing behind."""
    account = bench.account()
    account.create(is_async=False)
    account.create(asked(model="no-such-model"))
    account.create(b"{")
    account.create(key="")
    account.world.clock.advance(600)
    same("the tasks after refused creates", account.list().json["total"], 0)
    same("the tasks that the server knows", len(account.world.tasks.list()), 0)
    same("the cost of refused creates", account.world.ledger.currencies, {})


@probes("S-ERR-07")
def late(bench: Bench) -> None:
    """Workers find what is wrong inside."""
    account = bench.account()
    for body, path in (
        ({"model": "happyhorse-1.1-t2v", "input": {}}, "input.prompt"),
        ({"model": "happyhorse-1.1-i2v", "input": {"prompt": "x"}}, "input.media"),
        (asked(resolution="8K"), "parameters.resolution"),
        (asked(duration=99), "parameters.duration"),
    ):
        _fails_late(account, body, path)
    same("the cost of tasks that FAILED", account.world.ledger.currencies, {})


@probes("S-ERR-08")
def nowhere(bench: Bench) -> None:
    """Paths and methods that there are not."""
    account = bench.account()
    refused(account.call("GET", "/no/such/path"), 404, "NotFound")
    refused(account.call("GET", CREATE), 400, "InvalidParameter")


def _fails_late(account: Account, body: object, path: str) -> None:
    reply = account.create(body)
    same(f"the status of a create with a wrong {path}", reply.status, OK)
    account.world.clock.advance(600)
    output = account.output(reply.json["output"]["task_id"])
    same("the status of its task", output["task_status"], "FAILED")
    same("the code of its task", output["code"], "InvalidParameter")
    require(path in output["message"], f"the message names no {path}: {output['message']!r}")
