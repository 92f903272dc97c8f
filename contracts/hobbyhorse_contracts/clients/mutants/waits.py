"""Bugs in waiting: POL."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ..config import Config, Done
from ..effects import Broken, Reply
from ..problems import ClientError, refusal
from ..reference import Reference
from .catalogue import mutant

if TYPE_CHECKING:
    from ..config import Ask
    from ..effects import Steps
    from ..waiting import Output

_THROTTLED = 429
_WORDS = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}


@mutant("POL-01")
class CancelledTwoLs(Reference):
    """Knows CANCELLED, not CANCELED."""

    def status_of(self, output: Output) -> str:
        status = super().status_of(output)
        return "RUNNING" if status == "CANCELED" else status


@mutant("POL-01")
class UnknownForever(Reference):
    """Waits for UNKNOWN to become something."""

    def status_of(self, output: Output) -> str:
        status = super().status_of(output)
        return "PENDING" if status == "UNKNOWN" else status


@mutant("POL-01")
class EndsAreOne(Reference):
    """Reports every bad end as failed."""

    def is_over(self, task: str, output: Output, reply: Reply | Broken) -> bool:
        if self.status_of(output) in {"FAILED", "CANCELED", "UNKNOWN"}:
            raise self.failed(task, output, None)
        return super().is_over(task, output, reply)


@mutant("POL-02")
class NewStatusFatal(Reference):
    """Gives up at a status that it does not know."""

    def status_of(self, output: Output) -> str:
        status = super().status_of(output)
        if status not in _WORDS:
            raise ClientError("other", f"unexpected status {status}", task_id=output.get("task_id"))
        return status


@mutant("POL-02")
class NewStatusSuccess(Reference):
    """Takes whatever is not PENDING or RUNNING for an end."""

    def status_of(self, output: Output) -> str:
        status = super().status_of(output)
        return status if status in _WORDS else "SUCCEEDED"


@mutant("POL-03")
class StrictFields(Reference):
    """Takes only the fields of the docs."""

    known = frozenset(
        ("task_id", "task_status", "submit_time", "scheduled_time", "end_time", "orig_prompt", "actual_prompt")
    ) | {"video_url", "code", "message"}

    def output_of(self, reply: Reply | Broken) -> Output | None:
        output = super().output_of(reply)
        if output is not None and set(output) - self.known:
            raise ClientError("other", f"unexpected fields {sorted(set(output) - self.known)}")
        return output


@mutant("POL-03")
class NeedsTimes(Reference):
    """Reads the time of the submission from every answer."""

    def output_of(self, reply: Reply | Broken) -> Output | None:
        output = super().output_of(reply)
        if output is not None and output["task_status"] != "UNKNOWN" and "submit_time" not in output:
            raise ClientError("other", "KeyError: 'submit_time'")
        return output


@mutant("POL-04", settings=Config(poll_gap_s=0))
class PollTight(Reference):
    """Polls twice a second."""

    def interval(self, ask: Ask) -> float:
        return 0.5


@mutant("POL-04", settings=Config(poll_gap_s=0, poll_waits_s=0.1, wait_cap_s=0.2))
class PollTightErr(Reference):
    """Polls again at once after an error."""


@mutant("POL-05", settings=Config(request_gap_s=0, create_gap_s=0))
class NaiveFanOut(Reference):
    """Has no limit of its own on polls."""


@mutant("POL-06")
class PollNetFatal(Reference):
    """Gives up when a poll's connection breaks."""

    def endured(self, task: str, reply: Reply | Broken, failures: int) -> int:
        if isinstance(reply, Broken):
            raise self.unreachable(task, reply, failures)
        return super().endured(task, reply, failures)


@mutant("POL-06")
class Poll5xxFatal(Reference):
    """Gives up at a 5xx on a poll."""

    def endured(self, task: str, reply: Reply | Broken, failures: int) -> int:
        if isinstance(reply, Reply) and reply.status >= 500:
            raise refusal(reply, "poll", task_id=task)
        return super().endured(task, reply, failures)


@mutant("POL-06")
class PollParseBlind(Reference):
    """Gives up at a 200 that is no JSON."""

    def endured(self, task: str, reply: Reply | Broken, failures: int) -> int:
        if isinstance(reply, Reply) and reply.status == 200:
            raise ClientError("other", "Expecting value: line 1 column 1 (char 0)", task_id=task)
        return super().endured(task, reply, failures)


@mutant("POL-06")
class BudgetNeverResets(Reference):
    """Counts failed polls over the whole wait."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.failed_polls = 0

    def endured(self, task: str, reply: Reply | Broken, failures: int) -> int:
        self.failed_polls += 1
        if self.failed_polls > 4:
            raise self.unreachable(task, reply, failures)
        return super().endured(task, reply, failures)


@mutant("POL-07")
class Poll429Fatal(Reference):
    """Gives up at a 429 on a poll."""

    def endured(self, task: str, reply: Reply | Broken, failures: int) -> int:
        if isinstance(reply, Reply) and reply.status == _THROTTLED:
            raise refusal(reply, "poll", task_id=task)
        return super().endured(task, reply, failures)


@mutant("POL-08")
class RefusedPollRetried(Reference):
    """Polls on after a 401, 403 or 404."""

    def endured(self, task: str, reply: Reply | Broken, failures: int) -> int:
        if isinstance(reply, Reply) and reply.status in {401, 403, 404}:
            return min(failures, 5)
        return super().endured(task, reply, failures)


@mutant("POL-09")
class NoTimeout(Reference):
    """Has no deadline."""

    def deadline(self, ask: Ask) -> float:
        return super().deadline(ask) + 3600


@mutant("POL-10")
class TimeoutNoTask(Reference):
    """Forgets the task at the deadline."""

    def late(self, ask: Ask, task: str) -> ClientError:
        return ClientError("timeout", "the video has not come in time")


@mutant("POL-11")
class SuccessOnTimeout(Reference):
    """Calls the deadline a success."""

    def generate(self, ask: Ask) -> Steps[Done]:
        try:
            done = yield from super().generate(ask)
        except ClientError as error:
            if error.kind != "timeout":
                raise
            return Done(error.task_id, "SUCCEEDED")
        return done


@mutant("POL-12")
class ResumeCreates(Reference):
    """Makes the task anew to take its wait up again."""

    def wait(self, ask: Ask) -> Steps[Done]:
        request = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "again"}}
        return (yield from self.generate(replace(ask, request=request)))


@mutant("POL-13")
class SpinsWithoutUrl(Reference):
    """Takes SUCCEEDED without a URL for not finished."""

    def status_of(self, output: Output) -> str:
        status = super().status_of(output)
        return "RUNNING" if status == "SUCCEEDED" and not output.get("video_url") else status


@mutant("POL-14")
class LockStep(Reference):
    """Polls again after the same short wait, however often that failed."""

    def pause(self, ask: Ask, task: str, until: float, reply: Reply | Broken, failures: int) -> float:
        wait = super().pause(ask, task, until, reply, 0)
        return self.config.poll_gap_s if failures else wait


@mutant("POL-15")
class WallClockDeadline(Reference):
    """Goes by the Date of the answers."""

    _shown = 0.0

    def deadline(self, ask: Ask) -> float:
        self._until = super().deadline(ask)
        return self._until

    def output_of(self, reply: Reply | Broken) -> Output | None:
        if isinstance(reply, Reply) and "date" in reply.headers:
            shown = parsedate_to_datetime(reply.headers["date"]).timestamp()
            if shown > self._until:
                raise ClientError("timeout", "the video has not come in time")
        return super().output_of(reply)


@mutant("POL-16")
class NeverBackwards(Reference):
    """Asserts that a status never goes back."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._last: dict[str, str] = {}

    def is_over(self, task: str, output: Output, reply: Reply | Broken) -> bool:
        status = self.status_of(output)
        if status == "PENDING" and self._last.get(task) == "RUNNING":
            raise ClientError("other", "a running task cannot be pending", task_id=task)
        self._last[task] = status
        return super().is_over(task, output, reply)
