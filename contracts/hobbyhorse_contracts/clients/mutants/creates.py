"""Bugs in creating: CRE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import Config, Done
from ..effects import Broken, Reply
from ..problems import ClientError, refusal
from ..reference import Reference
from .catalogue import configured, mutant

if TYPE_CHECKING:
    from ..config import Ask
    from ..effects import Steps
    from ..waiting import Output

_THROTTLED = 429
_WORDS = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}


@mutant("CRE-01")
class RetryCreateReset(Reference):
    """Sends the create again when its connection breaks."""

    def may_post_again(self, trouble: Broken, attempt: int) -> bool:
        return bool(trouble) and attempt < self.config.create_attempts


@mutant("CRE-01")
class RetryCreate500(Reference):
    """Sends the create again after a 5xx."""

    def is_throttled(self, reply: Reply, attempt: int) -> bool:
        return super().is_throttled(reply, attempt) or (reply.status >= 500 and attempt < 3)


@mutant("CRE-01")
class RetryCreateUnread(Reference):
    """Sends the create again when its answer cannot be read."""

    def is_throttled(self, reply: Reply, attempt: int) -> bool:
        return super().is_throttled(reply, attempt) or (reply.json() is None and attempt < 3)


@mutant("CRE-02")
class AmbiguousIsNetwork(Reference):
    """Reports a create without an answer as a network error."""

    def unanswered(self, trouble: Broken) -> ClientError:
        return ClientError("network", f"create failed: {trouble}")


@mutant("CRE-02")
class AmbiguousIsFailed(Reference):
    """Reports a create with a proxy's error page as failed."""

    def unclear(self, reply: Reply) -> ClientError:
        return refusal(reply, "create failed", kind="other")


@mutant("CRE-03")
class RefusedIsAmbiguous(Reference):
    """Reports a connection that never came about as a create that may have been made."""

    def may_post_again(self, trouble: Broken, attempt: int) -> bool:
        return False

    def unanswered(self, trouble: Broken) -> ClientError:
        return super().unanswered(Broken(str(trouble), sent=True))


configured("no_retry_429", "CRE-04", "Does not retry a 429 on create.", Config(create_attempts=1))


@mutant("CRE-04")
class FlatRetry429(Reference):
    """Retries a 429 on create a hundred times."""

    def is_throttled(self, reply: Reply, attempt: int) -> bool:
        return reply.status == _THROTTLED and attempt < 100

    def hold(self, reply: Reply, failures: int, name: str) -> float:
        return max(2.0, self.asked_wait(reply) or 0.0) if name and failures else 0.0


@mutant("CRE-05")
class IgnoreRetryAfter(Reference):
    """Does not read Retry-After."""

    def asked_wait(self, reply: Reply) -> float | None:
        return None


@mutant("CRE-05")
class RetryAfterMilliseconds(Reference):
    """Takes Retry-After for milliseconds."""

    def asked_wait(self, reply: Reply) -> float | None:
        asked = super().asked_wait(reply)
        return None if asked is None else asked / 1000


@mutant("CRE-05")
class RetryAfterNoDate(Reference):
    """Does not read a Retry-After that is a date."""

    def asked_wait(self, reply: Reply) -> float | None:
        return super().asked_wait(reply) if reply.headers.get("retry-after", "").isdigit() else None


@mutant("CRE-06")
class RetryCreateGateway(Reference):
    """Sends the create again after a 502 or 504."""

    def is_throttled(self, reply: Reply, attempt: int) -> bool:
        return super().is_throttled(reply, attempt) or (reply.status in {502, 504} and attempt < 3)


@mutant("CRE-07")
class Retry400(Reference):
    """Retries whatever is refused."""

    def is_throttled(self, reply: Reply, attempt: int) -> bool:
        return super().is_throttled(reply, attempt) or (400 <= reply.status < 500 and attempt < 4)


@mutant("CRE-08")
class FailedRecreates(Reference):
    """Makes a task that failed anew."""

    def generate(self, ask: Ask) -> Steps[Done]:
        try:
            done = yield from super().generate(ask)
        except ClientError as error:
            if error.kind != "task":
                raise
            done = yield from super().generate(ask)
        return done


@mutant("CRE-09")
class NoIdIsSuccess(Reference):
    """Goes on with whatever a 200 has for a task id."""

    def task_of(self, reply: Reply) -> str:
        output = (reply.json() or {}).get("output")
        return str(output.get("task_id") if isinstance(output, dict) else None)


@mutant("CRE-10")
class IdAtTheEnd(Reference):
    """Tells the task id only when the clip is there."""

    def told(self, ask: Ask, task: str) -> None:
        """Say nothing."""

    def fetched(self, ask: Ask, task: str | None, output: Output) -> Steps[Done]:
        done = yield from super().fetched(ask, task, output)
        self.env.tell(ask.id, "task_created", task)
        return done
