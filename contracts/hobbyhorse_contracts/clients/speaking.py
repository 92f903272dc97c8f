"""What every request of the reference client has in common: where it goes, its headers, its pace, its log line."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .effects import Broken, Reply, Send, Sleep, Steps
from .pacing import Pacer, growing, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .config import Ask, Config, Env
    from .problems import ClientError

AGENT = "hobbyhorse-reference/1.0 (python)"
TOO_MANY = 429
_UNAUTHORIZED = 401
_LOG = logging.getLogger(__name__)
_TICK_S = 0.001  # clocks are read in milliseconds


class Speaker:
    """Speaks with the API for one process: paces, signs, logs, waits out 429. Everything else is built on this."""

    def __init__(self, config: Config, env: Env) -> None:
        self.config = config
        self.env = env
        self.pacer = Pacer(config.request_gap_s)
        self.create_pacer = Pacer(config.create_gap_s)
        self.began: dict[str, float] = {}  # calls

    def base(self, ask: Ask) -> str:
        """Return the base URL without a slash at its end."""
        return ask.base_url.rstrip("/")

    def url(self, ask: Ask, path: str) -> str:
        """Return the URL of a path of the API."""
        return f"{self.base(ask)}{path}"

    def headers(self, ask: Ask, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the headers of a request to the API."""
        return {
            "Authorization": f"Bearer {ask.api_key}",
            "User-Agent": AGENT,
            "Accept": "application/json",
            **(more or {}),
        }

    def encode(self, document: Mapping[str, Any]) -> bytes:
        """Return a document as the bytes of a JSON body."""
        return json.dumps(document, ensure_ascii=False).encode()

    def speak(self, wish: Send, pacer: Pacer | None = None) -> Steps[Reply]:
        """Send a request when it is its turn; tell the log, without query and headers, how it went."""
        yield from self.turn(pacer or self.pacer)
        try:
            reply: Reply = yield wish
        except Broken as trouble:
            _LOG.debug("%s %s: %s", wish.method, urlsplit(wish.url).path, trouble)
            raise
        _LOG.debug("%s %s: HTTP %d", wish.method, urlsplit(wish.url).path, reply.status)
        return reply

    def turn(self, pacer: Pacer) -> Steps[None]:
        """Sleep until this request may go. A hold that came meanwhile sends it back to the end of the line."""
        at = pacer.reserve(self.env.now())
        while at > self.env.now() + _TICK_S:
            yield Sleep(at - self.env.now())
            if pacer.is_held(self.env.now()):
                at = pacer.reserve(self.env.now())

    def hold(self, reply: Reply, failures: int, name: str) -> float:
        """Hold the whole process back after a 429; return for how long: Retry-After, or longer with each failure."""
        asked = self.asked_wait(reply)
        wait = max(asked or 0.0, growing(failures, self.config.waits_s, self.config.wait_cap_s, name))
        for pacer in (self.pacer, self.create_pacer):
            pacer.hold(self.env.now() + wait)
        return wait

    def asked_wait(self, reply: Reply) -> float | None:
        """Return how long an answer asks to wait, None where it does not."""
        return retry_after(reply, self.env.now())

    def hinted(self, ask: Ask, error: ClientError) -> ClientError:
        """Add what upstream does not say: keys are valid in one region only."""
        if error.http_status == _UNAUTHORIZED:
            host = self.base(ask)
            error.args = (f"{error}. A key works in its own region only: is {host} the base URL of the key's region?",)
        return error

    def redacted(self, ask: Ask, error: ClientError) -> ClientError:
        """Return the error with the key taken out, should upstream or a library have repeated it."""
        for field in ("code", "message", "request_id", "task_id"):
            value = getattr(error, field)
            if isinstance(value, str):
                setattr(error, field, value.replace(ask.api_key, "<api-key>"))
        error.args = (str(error).replace(ask.api_key, "<api-key>"),)
        return error
