"""S-CAN: cancel."""

from __future__ import annotations

from ..bench import OK, Bench, refused, same
from ..judging import probes

_CODE = "UnsupportedOperation"


@probes("S-CAN-01")
def pending(bench: Bench) -> None:
    """What waits can be called off."""
    account = bench.account()
    task = account.task()
    reply = account.cancel(task)
    same("the status of a cancel", reply.status, OK)
    same("the fields of its answer", sorted(reply.json), ["request_id"])
    same("the task after it", account.output(task)["task_status"], "CANCELED")
    account.world.clock.advance(3600)
    output = account.output(task)
    same("the task an hour later", output["task_status"], "CANCELED")
    same("whether it has a clip", "video_url" in output, expected=False)
    same("the cost of a canceled task", account.world.ledger.currencies, {})


@probes("S-CAN-02")
def too_late(bench: Bench) -> None:
    """What runs goes on, and what ended stays."""
    account = bench.account()
    task, canceled = account.task(), account.task()
    account.cancel(canceled)
    refused(account.cancel(canceled), 400, _CODE)
    account.world.clock.advance(30)
    refused(account.cancel(task), 400, _CODE)
    same("a RUNNING task after a cancel", account.output(task)["task_status"], "RUNNING")
    account.world.clock.advance(600)
    refused(account.cancel(task), 400, _CODE)
    same("a SUCCEEDED task after a cancel", account.output(task)["task_status"], "SUCCEEDED")


@probes("S-CAN-03")
def nobody(bench: Bench) -> None:
    """An id that there is not."""
    refused(bench.account().cancel("00000000-0000-4000-8000-000000000000"), 400, _CODE)
