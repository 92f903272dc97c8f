"""Making a task: the only request that costs money, so it is sent again only where it certainly made none."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from .effects import Broken, Reply, Send, Sleep, Steps, Stopped
from .pacing import growing
from .problems import ClientError, refusal
from .speaking import TOO_MANY, Speaker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .config import Ask

CREATE = "/services/aigc/video-generation/video-synthesis"
_PROMPT_UNITS = 5000  # upstream cuts longer prompts silently; a Chinese character counts twice
_OK, _REDIRECTS, _REFUSED, _SERVER = 200, range(300, 400), range(400, 500), 500
_ADVICE = "the task may have been made and may be billed; look at the list of tasks before asking again"


class Creating(Speaker):
    """Sends the create request."""

    def create(self, ask: Ask) -> Steps[str]:
        """Make the task, return its id. Raises ClientError; of kind `ambiguous` where it may have been made."""
        self.warn(ask)
        request, resolves = yield from self.prepared(ask)
        wish = Send(
            "POST",
            self.create_url(ask),
            self.create_headers(ask, resolves=resolves),
            self.encode(self.body(request)),
            fresh=True,  # an idle connection that has died meanwhile would leave us not knowing
        )
        reply = yield from self.posted(ask, wish)
        task = self.task_of(reply)
        self.told(ask, task)
        return task

    def told(self, ask: Ask, task: str) -> None:
        """Tell the caller of the task before anything else can go wrong."""
        self.env.tell(ask.id, "task_created", task)

    def create_url(self, ask: Ask) -> str:
        """Return where creates go."""
        return self.url(ask, CREATE)

    def create_headers(self, ask: Ask, *, resolves: bool) -> dict[str, str]:
        """Return the headers of a create; `resolves` says that it names an upload."""
        more = {"Content-Type": "application/json", "X-DashScope-Async": "enable"}
        if resolves:
            more["X-DashScope-OssResourceResolve"] = "enable"
        return self.headers(ask, more)

    def body(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what is sent for a request: the request itself, nothing added, nothing left out."""
        return request

    @abstractmethod
    def prepared(self, ask: Ask) -> Steps[tuple[Mapping[str, Any], bool]]:
        """Return the request with its local files uploaded, and whether it names an upload."""

    def warn(self, ask: Ask) -> None:
        """Tell of a prompt that upstream would cut."""
        given = ask.request.get("input")
        prompt = given.get("prompt") if isinstance(given, dict) else None
        if isinstance(prompt, str) and units(prompt) > _PROMPT_UNITS:
            text = f"the prompt has {units(prompt)} units (a Chinese character counts as two); upstream cuts it off at"
            self.env.tell(ask.id, "warning", None, text=f"{text} {_PROMPT_UNITS}")

    def posted(self, ask: Ask, wish: Send) -> Steps[Reply]:
        """Send the create until it is answered with a 200. Raises ClientError."""
        attempt = 1
        while True:
            try:
                reply = yield from self.speak(wish, self.create_pacer)
            except Broken as trouble:
                if not self.may_post_again(trouble, attempt):
                    raise self.unanswered(trouble) from trouble
                yield Sleep(growing(attempt, self.config.waits_s, self.config.wait_cap_s, ask.id))
            except Stopped:
                raise ClientError("ambiguous", f"create: given up by the caller; {_ADVICE}") from None
            else:
                if not self.is_throttled(reply, attempt):
                    return self.accepted(reply)
                yield Sleep(self.hold(reply, attempt, ask.id))
            attempt += 1

    def may_post_again(self, trouble: Broken, attempt: int) -> bool:
        """Say whether a create that was not answered may be sent once more: only if not a byte of it had left."""
        return not trouble.sent and attempt < self.config.create_attempts

    def is_throttled(self, reply: Reply, attempt: int) -> bool:
        """Say whether a create was refused for now and is to be sent again."""
        said = reply.json() or {}
        passes = str(said.get("code", "")).startswith("Throttling") or not said  # bills that are overdue are 429 too
        return reply.status == TOO_MANY and passes and attempt < self.config.create_attempts

    def unanswered(self, trouble: Broken) -> ClientError:
        """Return the error for a create without an answer."""
        if not trouble.sent:
            return ClientError("network", f"create: {trouble}; nothing was sent")
        return ClientError("ambiguous", f"create: it is not known what became of it ({trouble}): {_ADVICE}")

    def accepted(self, reply: Reply) -> Reply:
        """Return a 200 as it is. Raises ClientError for anything else."""
        if reply.status == _OK:
            return reply
        if reply.status in _REFUSED:
            raise refusal(reply, "create")
        raise self.unclear(reply)

    def unclear(self, reply: Reply) -> ClientError:
        """Return the error for an answer after which nobody knows whether there is a task."""
        error = refusal(reply, "create", kind="ambiguous")
        error.args = (f"{error}: {_ADVICE}",)
        return error

    def task_of(self, reply: Reply) -> str:
        """Return the id of the task that was made. Raises ClientError where the answer has none."""
        output = (reply.json() or {}).get("output")
        task = output.get("task_id") if isinstance(output, dict) else None
        if not isinstance(task, str) or not task:
            raise self.unclear(reply)
        return task


def units(prompt: str) -> int:
    """Return the length of a prompt as upstream counts: Chinese characters twice."""
    return sum(2 if is_han(char) else 1 for char in prompt)


def is_han(char: str) -> bool:
    """Say whether a character counts twice."""
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or "\U00020000" <= char <= "\U0003ffff"
