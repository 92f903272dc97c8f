"""S-STA: what becomes of a task, and what a poll says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from ..bench import DAY, OK, START, Bench, asked, require, same
from ..judging import probes

_NOBODY = "00000000-0000-4000-8000-000000000000"
_SHANGHAI = timezone(timedelta(hours=8))
_TIME = "%Y-%m-%d %H:%M:%S.%f"
_AT_SUCCESS = {"video_url", "orig_prompt"}
_PROMPT = '一匹纸马 🐎  galloping\n\ttwice — «quoted» \\ "and" e\u0301'


@probes("S-STA-01")
def always_200(bench: Bench) -> None:
    """Each state is shown with 200."""
    account = bench.account()
    task, canceled = account.task(), account.task()
    account.cancel(canceled)
    found = {}
    for seconds in (0, 30, 100):
        account.world.clock.advance(seconds)
        reply = account.poll(task)
        found[reply.json["output"]["task_status"]] = reply.status
    failed = account.task({"model": "happyhorse-1.1-t2v", "input": {}})
    account.world.clock.advance(600)
    for one in (failed, canceled, _NOBODY):
        reply = account.poll(one)
        found[reply.json["output"]["task_status"]] = reply.status
    words = ("PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN")
    same("the HTTP status by state", found, dict.fromkeys(words, OK))


@probes("S-STA-02")
def failed(bench: Bench) -> None:
    """A failure is told inside `output`."""
    account = bench.account(then={"pending": 1, "running": 5, "fail": "InternalError.Algo"})
    task = account.task()
    account.world.clock.advance(60)
    reply = account.poll(task)
    same("the status of the poll", reply.status, OK)
    body = reply.json
    same("output.task_status", body["output"]["task_status"], "FAILED")
    same("output.code", body["output"]["code"], "InternalError.Algo")
    require(body["output"]["message"], "a FAILED task has no message")
    require(not _AT_SUCCESS & set(body["output"]) and "usage" not in body, "a FAILED task shows a clip or usage")
    same("the cost of a FAILED task", account.world.ledger.currencies, {})


@probes("S-STA-03")
def unknown(bench: Bench) -> None:
    """Nobody's id."""
    reply = bench.account().poll(_NOBODY)
    same("the status of the poll", reply.status, OK)
    same("the fields of the answer", sorted(reply.json), ["output", "request_id"])
    same("its output", reply.json["output"], {"task_id": _NOBODY, "task_status": "UNKNOWN"})


@probes("S-STA-04")
def forgotten(bench: Bench) -> None:
    """24 h, to the second."""
    account = bench.account()
    task = account.task()
    account.world.clock.advance(DAY - 1)
    same("the status a second before 24 h", account.output(task)["task_status"], "SUCCEEDED")
    account.world.clock.advance(1)
    same("the output after 24 h", account.output(task), {"task_id": task, "task_status": "UNKNOWN"})


@probes("S-STA-05")
def in_order(bench: Bench) -> None:
    """One way, and then it stays; polls do not move what goes by time."""
    account = bench.account()
    task = account.task()
    found: list[str] = []
    answers = set()
    for seconds in (0, 0, 5, 10, 0, 30, 30, 600, 3600):
        account.world.clock.advance(seconds)
        output = account.output(task)
        found.append(output["task_status"])
        if output["task_status"] == "SUCCEEDED":
            answers.add((output["end_time"], output["video_url"]))
    ways = ["PENDING"] * 3 + ["RUNNING"] * 3 + ["SUCCEEDED"] * 3
    same("the states that polls see", found, ways)
    same("the number of different ends of one task", len(answers), 1)


@probes("S-STA-06")
def timed(bench: Bench) -> None:
    """Times are Shanghai's, to the millisecond, and in order."""
    account = bench.account()
    task = account.task()
    fields = ("submit_time", "scheduled_time", "end_time")
    account.world.clock.advance(600)
    output = account.output(task)
    found = [datetime.strptime(output[name], _TIME).replace(tzinfo=_SHANGHAI) for name in fields]
    for name in fields:
        same(f"the length of {name}", len(output[name]), len("2026-11-20 08:00:00.000"))
    began = datetime.fromtimestamp(START, UTC)
    same("the time from the create to submit_time", (found[0] - began).total_seconds(), 0.0)
    require(found[0] <= found[1] <= found[2], f"times are not in order: {output}")
    same("how long it was PENDING and RUNNING", (found[2] - found[0]).total_seconds(), 70.0)


@probes("S-STA-07")
def shown_at_last(bench: Bench) -> None:
    """A clip is shown when there is one."""
    account = bench.account()
    task = account.task()
    for status, wait in (("PENDING", 30), ("RUNNING", 600)):
        body = account.poll(task).json
        same("the status", body["output"]["task_status"], status)
        require(not _AT_SUCCESS & set(body["output"]) and "usage" not in body, f"a {status} task shows a clip or usage")
        account.world.clock.advance(wait)
    body = account.poll(task).json
    require(
        set(body["output"]) >= _AT_SUCCESS and "usage" in body, f"a success lacks a field: {sorted(body['output'])}"
    )


@probes("S-STA-08")
def used(bench: Bench) -> None:
    """What a clip has used up."""
    usage = bench.account().finished(asked(resolution="720P", ratio="9:16", duration=7))["usage"]
    expected = {"duration": 7, "input_video_duration": 0, "output_video_duration": 7, "video_count": 1, "SR": 720}
    same("usage", usage, {**expected, "ratio": "9:16"})
    require(all(type(usage[name]) is int for name in expected), f"a number in usage is no whole one: {usage}")


@probes("S-STA-09")
def verbatim(bench: Bench) -> None:
    """A prompt comes back as it went."""
    same("orig_prompt", bench.account().finished(asked(prompt=_PROMPT))["output"]["orig_prompt"], _PROMPT)


@probes("S-STA-10")
def ours(bench: Bench) -> None:
    """An account's tasks are all its keys', and nobody else's."""
    account, other = bench.account(keys=[{"name": "one"}, {"name": "two"}]), bench.account()
    task = account.task()
    second = next(one.key for one in account.world.keys.values() if one.name == "two")
    same("what a second key sees", account.poll(task, key=second).json["output"]["task_status"], "PENDING")
    same("what another account sees", other.output(task), {"task_id": task, "task_status": "UNKNOWN"})
    same("what another account lists", other.list().json["total"], 0)
    other.cancel(task)
    same("the task after another account's cancel", account.output(task)["task_status"], "PENDING")
