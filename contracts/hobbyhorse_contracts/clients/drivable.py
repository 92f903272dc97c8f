"""The reference client as the kit's in-process adapter drives it: synchronous in threads, or in asyncio."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from ..adapters import Aborted, AsyncEnv, Env, Failed
from .asyncwire import AsyncWire
from .config import Ask, Config, Done
from .effects import Reply, Send, Steps, Stopped, aplay, play
from .problems import ClientError
from .reference import Reference
from .wire import Wire

if TYPE_CHECKING:
    from ..protocol.messages import Run

CAPABILITIES = (
    *("generate", "submit", "wait", "download", "cancel", "list", "abort", "sleep_hook", "resume", "batch"),
    *("upload", "i2v", "r2v", "events", "logs", "range", "passthrough", "tls", "times"),
)
_CLOSE_S = 5.0
_FIELDS = ("task_id", "status", "bytes", "sha256", "path", "url", "tasks")


class _Surroundings:
    """What the plans of one key hear and tell, whichever call they belong to."""

    def __init__(self) -> None:
        self.envs: dict[str, Env | AsyncEnv] = {}
        self._latest: Env | AsyncEnv | None = None

    def enter(self, call: str, env: Env | AsyncEnv) -> None:
        """Take a call's surroundings."""
        self.envs[call] = self._latest = env

    def now(self) -> float:
        """Return the time as epoch seconds."""
        return self._latest.now() if self._latest is not None else 0.0

    def tell(self, call: str, event: str, task_id: str | None, **data: object) -> None:
        """Pass on what happened in a call."""
        self.envs[call].event(event, task_id, **data)


class _Drivable:
    """What both kinds share. One client a key: that is what a process of a user's has."""

    version = "1.0"
    language = "python"
    name = "reference"
    capabilities: tuple[str, ...] = CAPABILITIES
    settings = Config()
    reference: type[Reference] = Reference
    auto_retry = True

    def __init__(self) -> None:
        self._key = ""
        self._lock = threading.Lock()  # calls that begin at once are of one client
        self._client = self._made()

    @property
    def config(self) -> dict[str, Any]:
        """What the client says of its ways."""
        return {"auto_retry": self.auto_retry, "poll_interval_s": self.settings.poll_interval_s}

    def planned(self, op: str, call: Run, env: Env | AsyncEnv) -> Steps[Done]:
        """Return the plan of a call; the first one of a key begins with a new client."""
        with self._lock:
            if call.api_key != self._key:
                self._key, self._client = call.api_key, self._made()
                self.forget()
        reference, around = self._client
        around.enter(call.id, env)
        return reference.plan(op, Ask(call.base_url, call.api_key, call.id, call.request, call.options))

    def forget(self) -> None:
        """Drop what belonged to the last key."""

    def _made(self) -> tuple[Reference, _Surroundings]:
        around = _Surroundings()
        return self.reference(self.settings, around), around


class SyncClient(_Drivable):
    """The reference client in threads, over http.client."""

    wire: type[Wire] = Wire

    def __init__(self) -> None:
        super().__init__()
        self._wire = self.wire(self.settings)

    def forget(self) -> None:
        """Close the connections of the last key."""
        self._wire.close()
        self._wire = self.wire(self.settings)

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def _do(self, op: str, call: Run, env: Env) -> dict[str, Any]:
        def sleep(seconds: float) -> None:
            try:
                env.sleep(seconds)
            except Aborted:
                raise Stopped from None

        try:
            steps = self.planned(op, call, env)
            return _result(play(steps, self._wire.send, sleep))
        except ClientError as error:
            raise _failure(error) from error

    def generate(self, call: Run, env: Env) -> dict[str, Any]:
        """Create, wait, download."""
        return self._do("generate", call, env)

    def submit(self, call: Run, env: Env) -> dict[str, Any]:
        """Create."""
        return self._do("submit", call, env)

    def wait(self, call: Run, env: Env) -> dict[str, Any]:
        """Wait for a task."""
        return self._do("wait", call, env)

    def download(self, call: Run, env: Env) -> dict[str, Any]:
        """Download the clip of a task."""
        return self._do("download", call, env)

    def cancel(self, call: Run, env: Env) -> dict[str, Any]:
        """Cancel a task."""
        return self._do("cancel", call, env)

    def list(self, call: Run, env: Env) -> dict[str, Any]:
        """List all tasks."""
        return self._do("list", call, env)


class AsyncClient(_Drivable):
    """The reference client in asyncio, over httpcore."""

    name = "reference-async"

    def __init__(self) -> None:
        super().__init__()
        self._wire = AsyncWire(self.settings)
        self._old: list[AsyncWire] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def forget(self) -> None:
        """Leave the connections of the last key to be closed."""
        self._old.append(self._wire)
        self._wire = AsyncWire(self.settings)

    def close(self) -> None:
        """Close every connection, in the loop that they belong to."""
        self.forget()
        if self._loop is not None and self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._close_old(), self._loop).result(_CLOSE_S)

    async def _close_old(self) -> None:
        while self._old:
            await self._old.pop().close()

    async def _do(self, op: str, call: Run, env: AsyncEnv) -> dict[str, Any]:
        self._loop = asyncio.get_running_loop()
        steps = self.planned(op, call, env)
        await self._close_old()
        wire = self._wire

        async def sleep(seconds: float) -> None:
            try:
                await env.sleep(seconds)
            except asyncio.CancelledError:
                raise Stopped from None

        async def send(wish: Send) -> Reply:
            try:
                return await wire.send(wish)
            except asyncio.CancelledError:
                raise Stopped from None

        try:
            return _result(await aplay(steps, send, sleep))
        except ClientError as error:
            raise _failure(error) from error

    async def generate(self, call: Run, env: AsyncEnv) -> dict[str, Any]:
        """Create, wait, download."""
        return await self._do("generate", call, env)

    async def submit(self, call: Run, env: AsyncEnv) -> dict[str, Any]:
        """Create."""
        return await self._do("submit", call, env)

    async def wait(self, call: Run, env: AsyncEnv) -> dict[str, Any]:
        """Wait for a task."""
        return await self._do("wait", call, env)

    async def download(self, call: Run, env: AsyncEnv) -> dict[str, Any]:
        """Download the clip of a task."""
        return await self._do("download", call, env)

    async def cancel(self, call: Run, env: AsyncEnv) -> dict[str, Any]:
        """Cancel a task."""
        return await self._do("cancel", call, env)

    async def list(self, call: Run, env: AsyncEnv) -> dict[str, Any]:
        """List all tasks."""
        return await self._do("list", call, env)


def _result(done: Done) -> dict[str, Any]:
    return {name: value for name in _FIELDS if (value := getattr(done, name)) is not None}


def _failure(error: ClientError) -> Failed:
    return Failed(
        error.kind,
        str(error),
        code=error.code,
        message=error.message,
        request_id=error.request_id,
        http_status=error.http_status,
        task_id=error.task_id,
    )
