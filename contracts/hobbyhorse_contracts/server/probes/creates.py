"""S-CRE: what a create makes, costs and means."""

from __future__ import annotations

import re

from ..bench import DAY, OK, Bench, asked, refused, require, same
from ..judging import probes
from ..wire import WireError

_LIMIT = 5  # creates a second, of each HappyHorse model
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
_COST_CNY = 6.0  # five seconds of 1080P at 1.2, by list price


@probes("S-CRE-01")
def once(bench: Bench) -> None:
    """One create, one task, one bill."""
    account = bench.account()
    task = account.finished()["output"]["task_id"]
    same("the tasks after one create", [row["task_id"] for row in account.list().json["data"]], [task])
    same("the tasks that the server knows", len(account.world.tasks.list()), 1)
    same("what one clip costs", account.world.ledger.currencies, {"CNY": _COST_CNY})
    account.world.clock.advance(2 * DAY)
    same("what it costs when its task is forgotten", account.world.ledger.currencies, {"CNY": _COST_CNY})


@probes("S-CRE-02")
def never_the_same(bench: Bench) -> None:
    """Equal creates are two."""
    account = bench.account()
    require(account.task() != account.task(), "two equal creates have one task id")
    same("the tasks after two equal creates", account.list().json["total"], 2)


@probes("S-CRE-03")
def committed(bench: Bench) -> None:
    """A lost answer changes nothing about its task; an answer lost before the effect means that there is none."""
    for moment, expected in (("after", 1), ("before", 0)):
        account = bench.account()
        with account.world.mishap("reset", at="create", moment=moment, count=1):
            try:
                account.create()
            except WireError:
                pass
            else:
                require(condition=False, says="a connection that was to be lost was not")
        same(f"the tasks after an answer lost {moment} the effect", account.list().json["total"], expected)
        account = bench.account()
        with account.world.mishap("error", error="InternalError", at="create", moment=moment, count=1):
            require(account.create().status >= 500, "an error that was planned is none")
        same(f"the tasks after an error {moment} the effect", account.list().json["total"], expected)


@probes("S-CRE-04")
def defaults(bench: Bench) -> None:
    """What is not said is as documented."""
    found = bench.account().finished()
    usage = found["usage"]
    same("usage.SR by default", usage["SR"], 1080)
    same("usage.ratio by default", usage["ratio"], "16:9")
    same("usage.duration by default", usage["duration"], 5)
    require("_watermark.mp4?" in found["output"]["video_url"], "by default the clip has no watermark")


@probes("S-CRE-05")
def unmarked(bench: Bench) -> None:
    """No watermark where none is wanted, and one where it is."""
    account = bench.account()
    for wanted in (False, True):
        url = account.finished(asked(watermark=wanted))["output"]["video_url"]
        require(("_watermark.mp4?" in url) == wanted, f"watermark {wanted} makes the clip {url.partition('?')[0]}")


@probes("S-CRE-06")
def throttled(bench: Bench) -> None:
    """So many in a second, and no more."""
    account = bench.account(quotas="on")
    same("creates within the limit", [account.create().status for _ in range(_LIMIT)], [OK] * _LIMIT)
    refused(account.create(), 429, "Throttling.RateQuota")
    account.world.clock.advance(1)
    same("a create a second later", account.create().status, OK)


@probes("S-CRE-07")
def retry_after(bench: Bench) -> None:
    """Retry-After has one of its two forms, and is there only where it was asked for."""
    account = bench.account(quotas="on")
    for _ in range(_LIMIT + 1):
        reply = account.create()
        require("retry-after" not in reply.headers, "an answer carries Retry-After, which upstream does not send")
    for form in ("seconds", "date"):
        refusal = {"error": "Throttling.RateQuota", "retry_after": 3, "retry_after_form": form}
        account = bench.account(then={"refuse": refusal})
        found = account.create().headers.get("retry-after", "")
        if form == "seconds":
            same("Retry-After of 3 s", found, "3")
        else:
            require(_DATE.fullmatch(found), f"Retry-After is {found!r}, no date")
