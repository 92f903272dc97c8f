"""An adapter in this process: a Python class with a method an operation.

    class MyClient:
        name = "my-client"
        capabilities = ("generate", "download", "sleep_hook")

        def generate(self, call, env):      # or: async def
            client = my_client.Client(call.api_key, call.base_url, sleep=env.sleep, clock=env.now)
            try:
                return client.generate(**call.request, out=call.options.get("out"))  # {"task_id": …, "path": …}
            except my_client.Error as error:
                raise Failed("task", str(error), code=error.code) from error

An exception that is not `Failed` counts as trouble of the adapter's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import threading
from itertools import count
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ..protocol.messages import Answered, Asleep, Cancel, Occurred, Run, Wake
from .endings import Aborted, bad, good
from .port import AdapterError, Subject
from .streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..protocol.messages import FromKit


_CLOSE_S = 2.0  # for an async client to close its connections


class _Base:
    """What a call knows of its surroundings."""

    def __init__(self, adapter: InprocAdapter, call: str) -> None:
        self._adapter = adapter
        self._call = call
        self._run = adapter.run

    def now(self) -> float:
        """Return the time as epoch seconds; stands in for `time.time` and `time.monotonic`."""
        return self._adapter.now

    def event(self, event: str, task_id: str | None = None, **data: Any) -> None:
        """Tell something while the call lasts, such as `task_created`."""
        self._check()
        self._adapter.say(Occurred(id=self._call, event=event, task_id=task_id, data=data))

    def _check(self) -> None:
        """Raise Aborted in a call of a run that is over: a client that was given up may wake up much later."""
        if self._adapter.run != self._run:
            raise Aborted


class Env(_Base):
    """For a plain method: stands in for what the client would take from `time`."""

    def sleep(self, seconds: float) -> None:
        """Sleep in virtual time. Raises Aborted when the call is stopped meanwhile."""
        self._check()
        woken = threading.Event()
        token = self._adapter.asleep(self._call, seconds, woken.set)
        woken.wait()
        if self._adapter.is_aborted(self._call, token):
            raise Aborted


class AsyncEnv(_Base):
    """For an `async` method: stands in for what the client would take from `asyncio`."""

    async def sleep(self, seconds: float) -> None:
        """Sleep in virtual time; canceled when the call is stopped meanwhile."""
        self._check()
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        self._adapter.asleep(self._call, seconds, lambda: loop.call_soon_threadsafe(woken.set))
        await woken.wait()


class InprocAdapter:
    """Runs a client class in this process: plain methods in threads, `async` ones in one event loop.

    `client` makes the client: a class, a function, or its name as `package.module:Class`. One is made a start, and
    its `close()`, if it has one, is called in the end.
    """

    def __init__(self, client: Callable[[], Any] | str) -> None:
        self._make = client
        self._client: Any = None
        self._said: SimpleQueue[Occurred | Asleep | Answered] = SimpleQueue()
        self._sleeping: dict[int, tuple[str, Callable[[], object]]] = {}
        self._tokens = count(1)
        self._aborted: set[str] = set()
        self._cut_short: set[int] = (
            set()
        )  # tokens of sleeps that an abort ended: the kit may not have heard of them yet
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turning: threading.Thread | None = None
        self._streams = Streams()
        self.now = 0.0
        self.run = 0

    def start(self) -> Subject:
        """Make the client; return what it says of itself. Raises AdapterError."""
        self.stop()
        try:
            make = _found(self._make) if isinstance(self._make, str) else self._make
            self._client = make()
            subject = Subject(
                str(self._client.name),
                str(getattr(self._client, "version", "")),
                str(getattr(self._client, "language", "python")),
                tuple(self._client.capabilities),
                dict(getattr(self._client, "config", {})),
            )
        except Exception as error:
            raise AdapterError(f"the client cannot be made: {type(error).__name__}: {error}") from error
        self._said = SimpleQueue()
        self._aborted, self._cut_short = set(), set()
        self.run += 1
        self._streams.open(is_verbose="logs" in subject.capabilities)
        return subject

    def send(self, message: FromKit) -> None:
        """Begin a call, wake a sleeper, stop a call. Raises AdapterError."""
        if isinstance(message, Run):
            self.now = message.now  # every scenario begins at the same instant
            self._begin(message)
        elif isinstance(message, Wake):
            self.now = message.now  # every scenario begins at the same instant
            sleeper = self._sleeping.pop(int(message.token), None)
            if sleeper is None and int(message.token) in self._cut_short:
                return
            if sleeper is None:
                raise AdapterError(f"nothing sleeps with token {message.token}")
            sleeper[1]()
        elif isinstance(message, Cancel):
            self._abort(message.id)

    def receive(self, timeout_s: float) -> Occurred | Asleep | Answered | None:
        """Return what the client said next, None after so many seconds."""
        try:
            return self._said.get(timeout=timeout_s)
        except Empty:
            return None

    def written(self) -> str:
        """Return what calls logged and wrote to stderr since the last time."""
        return self._streams.taken()

    def stop(self) -> None:
        """Stop every call: one that sleeps at once, any other when it next sleeps."""
        if self._client is None:
            return
        for call in {call for call, _ in self._sleeping.values()} | set(self._tasks):
            self._abort(call)
        self._said = SimpleQueue()
        self._close()
        if self._loop is not None and self._turning is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._turning.join(_CLOSE_S)
            self._loop = self._turning = None
        self._client = None
        self.run += 1
        self._streams.close()

    def say(self, message: Occurred | Asleep | Answered) -> None:
        """Put a message where the kit hears it."""
        self._said.put(message)

    def asleep(self, call: str, seconds: float, wake: Callable[[], object]) -> int:
        """Note a sleeper and tell the kit; return its token."""
        token = next(self._tokens)
        self._sleeping[token] = (call, wake)
        # A task is canceled once, and sleeps as ever while it cleans up.
        if (call in self._aborted and call not in self._tasks) or self._client is None:
            self._sleeping.pop(token)
            self._aborted.add(call)
            wake()
        else:
            self.say(Asleep(id=call, token=token, seconds=max(0.0, seconds)))
        return token

    def is_aborted(self, call: str, token: int) -> bool:
        """Say whether a sleep ended because its call was stopped."""
        return call in self._aborted and token not in self._sleeping

    def _close(self) -> None:
        """Close the client, if it can be closed; trouble with that is nobody's concern any more."""
        close = getattr(self._client, "close", None)
        if close is None:
            return
        with contextlib.suppress(Exception):
            if inspect.iscoroutinefunction(close):
                asyncio.run_coroutine_threadsafe(close(), self._running_loop()).result(_CLOSE_S)
            else:
                close()

    def _abort(self, call: str) -> None:
        self._aborted.add(call)
        task = self._tasks.get(call)
        if task is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(task.cancel)
        for token, (sleeper, wake) in list(self._sleeping.items()):
            if sleeper == call:
                self._cut_short.add(token)
                self._sleeping.pop(token, None)
                wake()

    def _begin(self, call: Run) -> None:
        self._aborted.discard(call.id)
        method = getattr(self._client, call.op, None)
        if method is None:
            self.say(Answered(id=call.id, harness_error=f"the client has no method {call.op!r}"))
        elif inspect.iscoroutinefunction(method):
            loop = self._running_loop()
            loop.call_soon_threadsafe(self._spawn, loop, method, call)
        else:
            threading.Thread(target=self._run, args=(method, call), daemon=True, name=f"call {call.id}").start()

    def _run(self, method: Callable[[Run, Env], Any], call: Run) -> None:
        said = self._said
        with self._streams.heard():
            try:
                answer = good(call.id, method(call, Env(self, call.id)))
            except BaseException as error:  # noqa: BLE001 - whatever it is, the call is answered
                answer = bad(call.id, error)
        said.put(answer)

    def _spawn(self, loop: asyncio.AbstractEventLoop, method: Callable[[Run, AsyncEnv], Any], call: Run) -> None:
        said = self._said
        if call.id in self._aborted:  # before it began
            said.put(bad(call.id, Aborted()))
            return

        async def run() -> None:
            with self._streams.heard():
                try:
                    answer = good(call.id, await method(call, AsyncEnv(self, call.id)))
                except BaseException as error:  # noqa: BLE001 - same
                    answer = bad(call.id, error)
            self._tasks.pop(call.id, None)
            said.put(answer)

        task = self._tasks[call.id] = loop.create_task(run())
        if call.id in self._aborted:  # meanwhile, by a kit that did not see the task yet
            loop.call_soon(task.cancel)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._turning = threading.Thread(target=_turn, args=(self._loop,), daemon=True, name="client loop")
            self._turning.start()
        return self._loop


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped; cancel what is left, close it."""
    loop.run_forever()
    loop.run_until_complete(_cancel_rest())
    loop.close()


async def _cancel_rest() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


def _found(name: str) -> Callable[[], Any]:
    module, colon, attribute = name.partition(":")
    if not colon:
        raise ValueError(f"{name!r} is not written as package.module:Class")
    found: Callable[[], Any] = getattr(importlib.import_module(module), attribute)
    return found
