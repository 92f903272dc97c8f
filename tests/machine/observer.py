"""What is done to the world, to emulator and model alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

from .checks import Disagreement, agree, check_poll
from .expected import files
from .expected.files import Link
from .expected.life import NEVER, PENDING, UNKNOWN
from .expected.mishaps import Mishap, armed
from .expected.scenarios import Scenario
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .expected.life import Job
    from .expected.rules import Order


class Observer(Watch):
    """Does one thing at a time."""

    def create(self, order: Order) -> None:
        """Submit: one create makes one task, or none, whatever the answer."""
        expected = self.model.create(order)
        answer = self.client.create(order)
        known = {job.id for job in self.model.jobs}
        views = [view for view in self.client.read("/tasks?limit=1000")["tasks"] if view["id"] not in known]
        job: Job | None = expected.facts.get("job")
        agree("create", "the number of new tasks", int(job is not None), len(views))
        if job is not None:
            view = views[0]
            starts, ends = (NEVER if view[name] is None else view[name] for name in ("starts_at", "ends_at"))
            if not self.model.adopt(job, expected, view["id"], starts, ends):
                late, long = starts - job.submitted, ends - starts
                raise Disagreement("create", f"{expected.facts['plan']} has a task start {late} ms late, run {long} ms")
        made = job.id if job else None
        body = self._end("create", answer, expected, made, made)
        if body is not None and job is not None:
            agree("create", "output", {"task_id": job.id, "task_status": PENDING}, body["output"])

    def poll(self, task: str) -> None:
        """Ask for a task."""
        expected = self.model.poll(task)
        answer = self.client.api("GET", f"tasks/{quote(task)}")
        body = self._end("get", answer, expected, task)
        if body is None:
            return
        job = self.model.job(task)
        url = check_poll(job, task, expected.facts["status"], body)
        if job is not None and url is not None:
            self._note_url(job, url)

    def _note_url(self, job: Job, url: str) -> None:
        """A generation of a URL stays what it is, and no other is like it."""
        agree("url", "Expires", [str(files.expiry(self.model, job))], parse_qs(urlsplit(url).query).get("Expires"))
        # A clock that was set back may let a task end once more, at another instant.
        known = job.urls.setdefault((job.generation, job.ends), url)
        agree("url", "the URL of one generation", known, url)
        if len(set(job.urls.values())) < len(job.urls):
            raise Disagreement("url", f"generation {job.generation} has an earlier one's URL")
        link = Link(url, job.id, job.generation, files.expiry(self.model, job) * 1000)
        if link not in self.links:
            self.links.append(link)

    def cancel(self, task: str) -> None:
        """Cancel a task."""
        expected = self.model.cancel(task)
        self._end("cancel", self.client.api("POST", f"tasks/{quote(task)}/cancel"), expected, task)

    def download(self, link: Link, method: str, headers: Mapping[str, str]) -> None:
        """Fetch a clip, or a part of it, of which the whole is fetched before."""
        if headers and link.task not in self.clips:
            self.download(link, "GET", {})
        expected = files.download(self.model, link, method, is_authorized="authorization" in headers)
        job: Job | None = expected.facts.get("job")
        answer = self.client.download(link, method, headers)
        whole = self.clips.get(link.task) if headers else answer.content
        part = b""
        if job is not None and whole is not None:
            expected.status, part = _part(whole, headers.get("range"), "x-oss-range-behavior" in headers)
        elif job is not None:  # a mishap kept the whole away, so nothing is known of its parts
            expected.status = answer.status
        body = self._end("download", answer, expected, link.task)
        if job is None or whole is None or body is None or expected.status == 416:
            return
        agree("download", "the length of the part", len(part), len(answer.content))
        agree("download", "the beginning of the part", part[:50], answer.content[:50])
        if not headers:
            self._check_clip(job, whole)
            self.clips[job.id] = whole

    def _check_clip(self, job: Job, whole: bytes) -> None:
        """A clip is that of its task: its tags carry the id, and the task view states its length."""
        if job.id.encode() not in whole or whole[4:8] != b"ftyp":
            raise Disagreement("download", f"what came is no clip of task {job.id}")
        clip = self.client.read(f"/tasks/{quote(job.id)}")["clip"]
        if clip is not None:
            agree("download", "the clip's length", clip["bytes"], len(whole))

    def grant(self, model: str) -> None:
        """Ask for a policy for uploads."""
        expected = files.grant(self.model, model)
        body = self._end("uploads", self.client.api("GET", f"uploads?action=getPolicy&model={model}"), expected, None)
        if body is not None and expected.status == 200:
            self.policies.append(files.policy(self.model, model, body["data"]))

    def upload(self, policy: files.Policy, name: str, data: bytes) -> None:
        """Post a file."""
        expected = files.post(self.model, policy, name)
        answer = self.client.upload(policy, name, data)
        self._end("upload", answer, expected, None, expected.facts.get("key"))

    def intrude(self, task: str) -> None:
        """Ask for a task, and for all tasks, from the other world."""
        output = self.other.api("GET", f"tasks/{quote(task)}").json["output"]
        agree("other", "a foreign task", {"task_id": task, "task_status": UNKNOWN}, output)
        agree("other", "a foreign cancel", 400, self.other.api("POST", f"tasks/{quote(task)}/cancel").status)
        agree("other", "its list", 0, self.other.api("GET", "tasks").json["total"])
        self.strangers += 3

    # --- what a test does ---------------------------------------------------------------------------------------

    def advance(self, ms: int) -> None:
        """Advance the clock."""
        if ms:
            self.model.clock.move(self.model.real, self.model.now + ms)
            self.change_clock({"advance": ms / 1000})

    def run(self, rate: float, ms: int) -> None:
        """Let the clock run at a rate from now on, and let so much time really pass."""
        self.model.clock.move(self.model.real, self.model.now, rate)
        self.change_clock({"rate": rate} if rate else {"frozen": True})
        self.model.real += ms
        self.server.real.ms += ms

    def set_clock(self, seconds: int) -> None:
        """Set the clock some seconds on, or back."""
        shown = self.model.now // 1000 + seconds
        if shown * 1000 < self.model.now:
            self.seen.clear()
        self.model.clock.move(self.model.real, shown * 1000)
        self.change_clock({"set": shown})

    def change_clock(self, change: Mapping[str, Any]) -> None:
        """Do to the clock what was done to the model's."""
        agree("clock", "the change", 200, self.client.control("POST", "/clock", change).status)

    def act(self, act: str, job: Job) -> None:
        """Act on a task from outside."""
        failure = ("DataInspectionFailed", "too wild") if act == "fail" else None
        given = {"error": failure[0], "message": failure[1]} if failure else None
        status = self.model.act(act, job, failure)
        agree("act", act, status, self.client.control("POST", f"/tasks/{quote(job.id)}/{act}", given).status)

    def play(self, document: Mapping[str, Any]) -> None:
        """Let a scenario play."""
        answer = self.client.control("POST", "/scenarios", document)
        agree("world", "a scenario", 201, answer.status)
        self.model.play(document, answer.json["mishaps"])

    def put_right(self, what: Scenario | Mishap) -> None:
        """End a scenario or a mishap."""
        if isinstance(what, Scenario):
            self.model.stop(what.name)
            path = f"/scenarios/{what.name}"
        else:
            self.model.mishaps.remove(what)
            path = f"/mishaps/{what.id}"
        agree("world", "the end", 204, self.client.control("DELETE", path).status)

    def add_mishap(self, document: Mapping[str, Any]) -> None:
        """Let something go wrong from now on."""
        answer = self.client.control("POST", "/mishaps", document)
        agree("world", "a mishap", 201, answer.status)
        self.model.mishaps.append(armed(answer.json["id"], document, self.model.now))

    def reset(self, what: list[str]) -> None:
        """Set back what is named."""
        self._look_at_journal()  # what it held until now
        self.model.reset(what)
        self.seen.clear()
        if "all" in what:  # the ids of a world with a seed begin anew
            self.links.clear()
            self.clips.clear()
        answer = self.client.control("POST", "/reset", {"what": what})
        agree("world", "a reset", (200, self.model.generation), (answer.status, answer.json.get("generation")))
        view = self.client.read("/journal")
        if {"journal", "all"} & set(what):
            agree("journal", "what is left", [], view["entries"])
        self.read_to = view["last"]


def _part(whole: bytes, asked: str | None, is_standard: bool) -> tuple[int, bytes]:
    """Return status and bytes that OSS answers to a Range header: what it cannot do in full it ignores."""
    if asked is None:
        return 200, whole
    first, last = asked.removeprefix("bytes=").split("-")
    if not first:
        return 206, whole[-int(last) :]
    start, stop = int(first), int(last) + 1 if last else len(whole)
    if start >= len(whole):
        return (416, b"") if is_standard else (200, whole)
    if stop > len(whole):
        return (206, whole[start:]) if is_standard else (200, whole)
    return 206, whole[start:stop]
