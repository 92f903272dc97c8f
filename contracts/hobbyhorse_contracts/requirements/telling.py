"""Steps of an example, made the rows, answers and files of a history. What a step leaves out is as usual.

```yaml
- create: {lost: reset}            # a request; the number of its row is one more than that of the last
- sleep: 15                        # the world's clock goes on
- poll: RUNNING
- fetch: {cut: 700}                # 700 bytes of the clip arrive
- answer: {kind: ambiguous}        # or `ok`
```
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..scenario import Call, Scenario

Document = dict[str, Any]
KEY = "<api-key 0000000>"
CLIP = {"sha256": hashlib.sha256(b"the clip").hexdigest(), "size": 2072}
_CREATE = "/api/v1/services/aigc/video-generation/video-synthesis"
_API_HEADERS = {"host": "127.0.0.1:8700", "authorization": f"Bearer {KEY}", "user-agent": "paper-horse/1.0"}
_JSON = {"content-type": "application/json"}
_TIMES = {"submit_time": "2026-11-20 14:01:10.341", "scheduled_time": "2026-11-20 14:01:10.382"}
_FINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"})
_GONE: Document = {"status": None, "reply_headers": {}, "reply": "", "closed": "reset by mishap"}


class Told:
    """Takes steps, one after the other; `document` is the part of a history that they tell."""

    def __init__(self, scenario: Scenario, bases: Mapping[str, str], results: str) -> None:
        self._scenario = scenario
        self._bases = bases
        self._results = results
        self._at = 0.0
        self._lists: dict[str, list[Document]] = {
            name: [] for name in ("rows", "answers", "events", "sleeps", "files", "leaks", "tasks")
        }
        self._stderr: list[str] = []
        self._silent: list[str] = []
        self._task = "T"

    def take(self, step: Mapping[str, Any]) -> None:
        """Take one step: a mapping of its kind to what is said of it. Raises KeyError for no such kind."""
        (kind, given), *_ = step.items()
        kinds: dict[str, Callable[[Any], None]] = {
            "create": self._create,
            "poll": self._poll,
            "fetch": self._fetch,
            "policy": self._policy,
            "upload": self._upload,
            "list": self._list,
            "cancel": self._cancel,
            "request": self._request,
            "answer": self._answer,
            "at": self._go_to,
            "sleep": self._sleep,
            "event": self._event,
            "file": self._file,
            "leak": self._leak,
            "truth": self._truth,
            "stderr": self._stderr.append,
            "silent": self._silent.append,
        }
        kinds[kind](given)

    def document(self) -> Document:
        """Return what was told."""
        ended = round(self._at * 1000)
        return {**self._lists, "stderr": "\n".join(self._stderr), "silent": self._silent, "ended_ms": ended}

    def _create(self, given: Mapping[str, Any]) -> None:
        given = {"makes": self._next_task(given), **given}
        call = self._call(given.pop("call", None))
        task = given.pop("makes")
        self._task = task or self._task
        status = "PENDING" if task else None
        usual = {
            "route": "create",
            "method": "POST",
            "path": _CREATE,
            "task": task,
            "committed": task,
            "headers": {**_API_HEADERS, **_JSON, "x-dashscope-async": "enable"},
            "body": call.request,
            "reply": {"output": {"task_status": status, "task_id": task}},
        }
        self._row(usual, given)
        if task and not any(truth["id"] == task for truth in self._lists["tasks"]):
            self._lists["tasks"].append({"id": task, "status": "RUNNING", "submitted_ms": round(self._at * 1000)})

    def _poll(self, given: str | Mapping[str, Any]) -> None:
        given = dict(given) if isinstance(given, Mapping) else {"says": given}
        task, word = given.pop("task", self._task), given.pop("says", "RUNNING")
        output = {"task_id": task, "task_status": word, **(_TIMES if word != "PENDING" else {})}
        reply: Document = {"output": output}
        if word == "SUCCEEDED":
            output |= {"end_time": "2026-11-20 14:02:30.110", "orig_prompt": "a paper horse"}
            output["video_url"] = f"{self._results}/clip/{task}.mp4?Expires=1&Signature=<signature 00000>"
            reply["usage"] = {"duration": 5, "SR": 1080}
        if word == "FAILED":
            output |= {"code": "InternalError", "message": "An internal error has occured."}
        output |= given.pop("extra", {})
        for name in given.pop("without", ()):
            output.pop(name, None)
            reply.pop(name, None)
            given["anonymous"] = given.get("anonymous", name == "request_id")
        usual = {"route": "get", "path": f"/api/v1/tasks/{task}", "headers": _API_HEADERS, "task": task, "reply": reply}
        self._row(usual, given)
        self._settle(task, word)

    def _fetch(self, given: Mapping[str, Any]) -> None:
        given = dict(given)
        task = given.pop("task", self._task)
        usual: Document = {
            "route": "download",
            "origin": "results",
            "path": f"/clip/{task}.mp4",
            "task": task,
            "query": "Expires=1&Signature=<signature 00000>",
            "headers": {"host": "127.0.0.1:8701", "user-agent": "paper-horse/1.0"},
            "reply_headers": {"content-type": "video/mp4", "content-length": "2072"},
            "reply_body": {**CLIP, "text": None},
        }
        if "cut" in given:
            size = given.pop("cut")
            usual["reply_body"] = {"sha256": digest(f"first {size}"), "size": size, "text": None}
            usual |= {"mishaps": ["short-body"], "closed": "closed by mishap"}
        if "error" in given or "reply" in given:
            del usual["reply_body"]
        self._row(usual, given)

    def _policy(self, given: Mapping[str, Any]) -> None:
        query = "action=getPolicy&model=happyhorse-1.1-i2v"
        reply = {"data": {"upload_dir": "dir", "policy": "<policy 00000>", "signature": "<signature 00000>"}}
        self._row(
            {"route": "uploads", "path": "/api/v1/uploads", "query": query, "headers": _API_HEADERS, "reply": reply},
            given,
        )

    def _upload(self, given: Mapping[str, Any]) -> None:
        given = dict(given)
        names = ["OSSAccessKeyId", "policy", "Signature", "key", "x-oss-object-acl", "x-oss-forbid-overwrite"]
        names = given.pop("fields", [*names, "success_action_status", "file"])
        values = {"key": given.pop("key", "dir/frame.png"), "success_action_status": "200", "file": "<24 bytes>"}
        parts = [f'Content-Disposition: form-data; name="{n}"\r\n\r\n{values.get(n, "<x>")}' for n in names]
        usual = {
            "route": "upload",
            "origin": "results",
            "method": "POST",
            "path": "/",
            "reply": "",
            "headers": {"host": "127.0.0.1:8701", "content-type": "multipart/form-data; boundary=mark"},
            "body": "".join(f"--mark\r\n{part}\r\n" for part in parts) + "--mark--\r\n",
        }
        self._row(usual, given)

    def _list(self, given: Mapping[str, Any]) -> None:
        given = {"page": 1, "tasks": ["T"], "total": 1, "size": 10, **given}
        page, tasks = given.pop("page"), given.pop("tasks")
        data = [{"task_id": task, "status": "SUCCEEDED", "gmt_create": 1776664870341} for task in tasks]
        reply = {"data": data, "total": given.pop("total"), "page_no": page, "page_size": given.pop("size")}
        usual = {"route": "list", "path": "/api/v1/tasks/", "query": f"page_no={page}&page_size=10"}
        self._row({**usual, "headers": _API_HEADERS, "reply": reply}, given)

    def _cancel(self, given: Mapping[str, Any]) -> None:
        path = f"/api/v1/tasks/{self._task}/cancel"
        usual = {"route": "cancel", "method": "POST", "path": path, "task": self._task, "headers": _API_HEADERS}
        self._row({**usual, "reply": {}}, given)
        if given.get("status", 200) == 200:  # noqa: PLR2004 - HTTP's word for yes
            self._settle(self._task, "CANCELED")

    def _request(self, given: Mapping[str, Any]) -> None:
        self._row({"route": "route", "path": "/", "headers": _API_HEADERS, "reply": ""}, given)

    def _row(self, usual: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        """Write a row. `lost` is the mishap that ate its answer, `error` an envelope, `anonymous` has no request id."""
        number = len(self._lists["rows"]) + 1
        row: Document = {"method": "GET", **usual}
        given = dict(given)
        if "lost" in given:
            row |= {**_GONE, "mishaps": [given.pop("lost")], "reply_body": {}}
        anonymous = given.pop("anonymous", False)
        if "error" in given:
            code, message = given.pop("error")
            row["reply"] = {"code": code, "message": message}
        headers = {**row.get("headers", {}), **given.pop("headers", {})}
        replies = {**row.pop("reply_headers", {}), **given.pop("reply_headers", {})}
        row |= given
        reply = row.pop("reply", "")
        if isinstance(reply, Mapping) and not anonymous:
            reply = {"request_id": f"R{number}", **reply}
        row.setdefault("reply_body", _body(reply))
        row["body"] = _body(row.get("body", ""))
        row["headers"] = [[name, value] for name, value in headers.items() if value is not None]
        row["reply_headers"] = [[name, value] for name, value in replies.items() if value is not None]
        row |= {"number": number, "at_ms": round(self._at * 1000), "monotonic_s": number / 100}
        self._lists["rows"].append(row)

    def _answer(self, given: str | Mapping[str, Any]) -> None:
        given = {} if given == "ok" else dict(given)  # type: ignore[arg-type]
        answer = {"call": given.pop("call", self._scenario.calls[0].id), "at_ms": round(self._at * 1000)}
        if "kind" in given:
            answer |= {"ok": False, "error": {"text": "it went wrong", **given}}
        elif "harness_error" in given:
            answer |= given
        else:
            result = {"task_id": self._task, "bytes": CLIP["size"], "sha256": CLIP["sha256"], **given}
            answer |= {"ok": True, "result": {**result, **_named(given)}}
        self._lists["answers"].append(answer)

    def _go_to(self, given: float) -> None:
        self._at = float(given)

    def _sleep(self, given: float) -> None:
        sleep = {"at_ms": round(self._at * 1000), "seconds": given, "call": self._scenario.calls[0].id}
        self._lists["sleeps"].append(sleep)
        self._at += given

    def _event(self, given: Mapping[str, Any]) -> None:
        usual = {"call": self._scenario.calls[0].id, "event": "task_created", "task_id": self._task}
        self._lists["events"].append({**usual, "at_ms": round(self._at * 1000), **given})

    def _file(self, given: Mapping[str, Any]) -> None:
        usual = {"name": "clip.mp4", "bytes": CLIP["size"], "sha256": CLIP["sha256"]}
        self._lists["files"].append({**usual, "at_ms": round(self._at * 1000), **given, **_named(given)})

    def _leak(self, given: Mapping[str, Any]) -> None:
        self._lists["leaks"].append(dict(given))

    def _truth(self, given: Mapping[str, Any]) -> None:
        self._settle(given["id"], given["status"])
        self._lists["tasks"][-1 if len(self._lists["tasks"]) == 1 else self._index(given["id"])] |= given

    def _settle(self, task: str, word: str) -> None:
        """Let a task be what was said of it, if that is its end."""
        if task not in [truth["id"] for truth in self._lists["tasks"]]:
            if word == "UNKNOWN":
                return
            self._lists["tasks"].append({"id": task, "status": word})
        if word in _FINAL:
            clip = {"clip_sha256": CLIP["sha256"], "clip_bytes": CLIP["size"]} if word == "SUCCEEDED" else {}
            self._lists["tasks"][self._index(task)] |= {"status": word, "ends_ms": round(self._at * 1000), **clip}

    def _index(self, task: str) -> int:
        return [truth["id"] for truth in self._lists["tasks"]].index(task)

    def _next_task(self, given: Mapping[str, Any]) -> str | None:
        """Return the task that a create makes where it does not say: none if it was refused."""
        status = given.get("status", 200)
        if "error" in given or (status is not None and status >= 300):  # noqa: PLR2004 - no success
            return None
        made = sum(row["route"] == "create" and bool(row.get("committed")) for row in self._lists["rows"])
        return "T" if not made else f"T{made + 1}"

    def _call(self, name: str | None) -> Call:
        return self._scenario.call(name) if name else self._scenario.calls[0]


def digest(text: str) -> str:
    """Return the sha-256 (hex) of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _named(given: Mapping[str, Any]) -> Document:
    """Return the digest that stands for a word such as `first 700`: the clip's first 700 bytes."""
    name = given.get("sha256")
    return {"sha256": digest(name)} if isinstance(name, str) and " " in name else {}


def _body(content: Any) -> Document:
    """Return a body as the journal shows it, from a text, a JSON value, or its fields (`text`, `size`, …)."""
    if isinstance(content, Mapping) and content and set(content) <= {"text", "size", "sha256", "is_cut"}:
        return dict(content)
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return {"sha256": digest(text), "size": len(text.encode("utf-8", "replace")), "text": text}
