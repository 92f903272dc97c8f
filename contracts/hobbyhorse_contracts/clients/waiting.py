"""Waiting for a task: one poll after the other until it has ended or the time is over. Polls are free to repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .creating import Creating
from .effects import Broken, Reply, Send, Sleep, Steps, Stopped
from .pacing import growing
from .problems import ClientError, refusal, text_of
from .speaking import TOO_MANY

if TYPE_CHECKING:
    from .config import Ask

_LEAST_S = 1.0  # two polls are never closer than this, not even at the deadline
_RECENT_S = 60.0
_OK = 200
_LATER = {408, 425, TOO_MANY}
_REFUSED = range(400, 500)
Output = dict[str, Any]


class Waiting(Creating):
    """Polls a task."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._polled: dict[str, float] = {}
        self._seen: dict[str, tuple[Output, float]] = {}

    def ended(self, ask: Ask, task: str) -> Steps[Output]:
        """Wait until a task has SUCCEEDED; return its output. Raises ClientError for every other end.

        Where the caller gives up, a task that is PENDING is canceled; one that runs goes on and is billed.
        """
        try:
            found = yield from self.watched(ask, task)
        except Stopped:
            yield from self.given_up(ask, task)
            raise AssertionError("giving up is an error") from None
        self._seen[task] = (found, self.env.now())
        return found

    def just_seen(self, task: str) -> Output | None:
        """Return the output of a task that was seen to have SUCCEEDED less than a minute ago."""
        output, at = self._seen.get(task, (None, 0.0))
        return output if self.env.now() - at < _RECENT_S else None

    def watched(self, ask: Ask, task: str) -> Steps[Output]:
        """Poll until the task has ended or the time is over."""
        until = self.deadline(ask)
        failures = 0
        while True:
            reply = yield from self.tried_poll(ask, task)
            output = self.output_of(reply)
            if output is not None:
                failures = 0
                if self.is_over(task, output, reply):
                    return output
            else:
                failures = self.endured(task, reply, failures + 1)
            if self.env.now() >= until:
                raise self.late(ask, task)
            yield Sleep(self.pause(ask, task, until, reply, failures))

    def deadline(self, ask: Ask) -> float:
        """Return when the waiting ends: so long after the call began, on the clock that never goes back."""
        return self.began.get(ask.id, self.env.now()) + float(ask.option("timeout_s", self.config.timeout_s))

    def interval(self, ask: Ask) -> float:
        """Return the seconds between two polls."""
        return max(_LEAST_S, float(ask.option("poll_interval_s", self.config.poll_interval_s)))

    def first_pause(self, ask: Ask) -> float:
        """Return the seconds between create and first poll."""
        return self.interval(ask) if self.config.first_poll_s is None else self.config.first_poll_s

    def tried_poll(self, ask: Ask, task: str) -> Steps[Reply | Broken]:
        """Poll once, not too soon after the last time; return the answer or what became of it."""
        gap = self._polled.get(task, float("-inf")) + self.poll_gap() - self.env.now()
        if gap > 0:
            yield Sleep(gap)
        try:
            reply = yield from self.speak(self.poll_wish(ask, task))
        except Broken as trouble:
            return trouble
        finally:
            self._polled[task] = self.env.now()
        return reply

    def poll_gap(self) -> float:
        """Return the least seconds between two polls of one task."""
        return self.config.poll_gap_s

    def poll_wish(self, ask: Ask, task: str) -> Send:
        """Return the request of a poll."""
        return Send("GET", self.url(ask, f"/tasks/{quote(task, safe='')}"), self.headers(ask))

    def output_of(self, reply: Reply | Broken) -> Output | None:
        """Return the output of an answered poll, None where there is none to be read."""
        if isinstance(reply, Broken) or reply.status != _OK:
            return None
        output = (reply.json() or {}).get("output")
        return output if isinstance(output, dict) and isinstance(output.get("task_status"), str) else None

    def endured(self, task: str, reply: Reply | Broken, failures: int) -> int:
        """Return how many polls have failed in a row, if that can be endured. Raises ClientError if not.

        A refusal is final, but for those that say "later"; a 429 is never too many.
        """
        if isinstance(reply, Reply):
            if reply.status == TOO_MANY:
                self.hold(reply, failures, task)
                return failures
            if reply.status in _REFUSED and reply.status not in _LATER:
                raise refusal(reply, "poll", task_id=task)
        if failures >= self.config.poll_errors:
            raise self.unreachable(task, reply, failures)
        return failures

    def unreachable(self, task: str, reply: Reply | Broken, failures: int) -> ClientError:
        """Return the error after too many failed polls in a row."""
        error = ClientError("network", "", task_id=task)
        why = str(reply)
        if isinstance(reply, Reply):
            error = refusal(reply, "the last", kind="network", task_id=task)
            why = str(error)
        text = f"{failures} polls failed in a row ({why}); task {task} may still finish: wait for it again later"
        error.args = (text,)
        return error

    def pause(self, ask: Ask, task: str, until: float, reply: Reply | Broken, failures: int) -> float:
        """Return the seconds until the next poll, not past the deadline by more than the least gap."""
        wait = self.interval(ask)
        if failures:
            wait = growing(failures, self.config.poll_waits_s, self.config.wait_cap_s, task)
        asked = self.asked_wait(reply) if isinstance(reply, Reply) and failures else None
        return max(asked or 0.0, min(wait, max(_LEAST_S, until - self.env.now())))

    def is_over(self, task: str, output: Output, reply: Reply | Broken) -> bool:
        """Say whether the task has SUCCEEDED. Raises ClientError where it has ended otherwise.

        A word that nobody knows means that the task has not ended.
        """
        status = self.status_of(output)
        if status == "SUCCEEDED":
            return True
        said = (reply.json() or {}) if isinstance(reply, Reply) else {}
        request_id = text_of(said.get("request_id"))
        if status == "FAILED":
            raise self.failed(task, output, request_id)
        if status == "CANCELED":
            raise ClientError(
                "canceled", f"task {task} was canceled", task_id=task, request_id=request_id, http_status=_OK
            )
        if status == "UNKNOWN":
            text = f"task {task} is not known: it is older than 24 h, or belongs to another account or region"
            raise ClientError("unknown_task", text, task_id=task, request_id=request_id, http_status=_OK)
        return False

    def status_of(self, output: Output) -> str:
        """Return the word for a task's status."""
        return str(output["task_status"])

    def failed(self, task: str, output: Output, request_id: str | None) -> ClientError:
        """Return the error for a task that FAILED: its reasons are inside `output`, HTTP says 200."""
        code, message = text_of(output.get("code")), text_of(output.get("message"))
        text = f"task {task} failed: {code or 'no code'}: {message or 'upstream gave no reason'}; request {request_id}"
        return ClientError(
            "task", text, code=code, message=message, request_id=request_id, http_status=_OK, task_id=task
        )

    def late(self, ask: Ask, task: str) -> ClientError:
        """Return the error for a task that has not ended in time."""
        seconds = float(ask.option("timeout_s", self.config.timeout_s))
        text = f"task {task} has not ended within {seconds:g} s; it may still finish and be billed: wait for it again"
        return ClientError("timeout", text, task_id=task)

    def given_up(self, ask: Ask, task: str) -> Steps[None]:
        """Cancel a task that nobody waits for any more, and raise the ClientError that says so."""
        error = ClientError("canceled", "", task_id=task)
        what = "not canceled: it may still finish and be billed"
        try:
            reply: Reply = yield self.cancel_wish(ask, task)
        except Broken as trouble:
            what += f" ({trouble})"
        else:
            if reply.status == _OK:
                what = "canceled"
            else:
                error = refusal(reply, "cancel", kind="canceled", task_id=task)
                what += f" ({error})"
        error.args = (f"given up by the caller; task {task} was {what}",)
        raise error from None

    def cancel_wish(self, ask: Ask, task: str) -> Send:
        """Return the request that cancels a task."""
        return Send("POST", self.url(ask, f"/tasks/{quote(task, safe='')}/cancel"), self.headers(ask))
