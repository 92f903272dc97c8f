"""S-LST: the list of an account's tasks."""

from __future__ import annotations

from ..bench import OK, START, Account, Bench, asked, require, same
from ..judging import probes

_TASKS = 12
_FIELDS = {
    "api_key_id": str, "caller_parent_id": str, "caller_uid": str, "gmt_create": int, "start_time": int,
    "end_time": int, "model_name": str, "region": str, "request_id": str, "status": str, "task_id": str,
    "user_api_unique_key": str,
}  # fmt: skip


@probes("S-LST-01")
def paged(bench: Bench) -> None:
    """The frame of a list, and its defaults."""
    account = bench.account()
    _several(account)
    reply = account.list()
    body = reply.json
    same("the status of a list", reply.status, OK)
    expected = ["data", "page_no", "page_size", "request_id", "total", "total_page"]
    same("the fields of a list", sorted(body), expected)
    found = [body[name] for name in ("total", "total_page", "page_no", "page_size")] + [len(body["data"])]
    same("total, total_page, page_no, page_size and rows", found, [_TASKS, 2, 1, 10, 10])


@probes("S-LST-02")
def whole(bench: Bench) -> None:
    """Pages leave out none and repeat none."""
    account = bench.account()
    made = _several(account)
    pages = [account.list(page_no=number, page_size=5).json for number in (1, 2, 3, 4)]
    same("the rows of each page", [len(page["data"]) for page in pages], [5, 5, 2, 0])
    found = [row["task_id"] for page in pages for row in page["data"]]
    require(len(set(found)) == len(found), "a task is on two pages")
    same("the tasks of all pages", sorted(found), sorted(made))


@probes("S-LST-03")
def rows(bench: Bench) -> None:
    """What a row says of its task."""
    account = bench.account()
    created = account.create().json
    account.world.clock.advance(600)
    row = account.list().json["data"][0]
    same("the types of a row's fields", {name: type(value) for name, value in row.items()}, _FIELDS)
    expected = (created["output"]["task_id"], created["request_id"], "happyhorse-1.1-t2v", "SUCCEEDED", START * 1000)
    found = (row["task_id"], row["request_id"], row["model_name"], row["status"], row["gmt_create"])
    same("task_id, request_id, model_name, status and gmt_create", found, expected)
    require(row["gmt_create"] <= row["start_time"] <= row["end_time"], f"times are not in order: {row}")


@probes("S-LST-04")
def filtered(bench: Bench) -> None:
    """Each filter leaves what it names."""
    account = bench.account()
    done, other = account.task(), account.task(asked(model="wan2.7-t2v"))
    account.world.clock.advance(600)
    waits = account.task()
    for query, expected in (
        ({"status": "PENDING"}, [waits]),
        ({"status": "FAILED"}, []),
        ({"model_name": "wan2.7-t2v"}, [other]),
        ({"task_id": done}, [done]),
    ):
        body = account.list(**query).json
        same(f"the tasks of {query}", [row["task_id"] for row in body["data"]], expected)
        same(f"the total of {query}", body["total"], len(expected))


@probes("S-LST-05")
def newest_first(bench: Bench) -> None:
    """What was made last comes first."""
    account = bench.account()
    made = _several(account)
    found = [row["task_id"] for row in account.list(page_size=_TASKS).json["data"]]
    same("the tasks of a list, the newest first", found, made[::-1])


def _several(account: Account) -> list[str]:
    """Return the ids of tasks made one second after the other."""
    found = []
    for _ in range(_TASKS):
        found.append(account.task())
        account.world.clock.advance(1)
    return found
