"""An adapter in a process of its own, which speaks JSON lines on stdin and stdout."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import subprocess
from queue import Empty, Queue
from threading import Lock, Thread
from typing import IO, TYPE_CHECKING

from ..protocol.messages import Answered, Asleep, Bye, Hello, KitHello, Occurred, ProtocolError, understood, written
from .port import AdapterError, Subject, subject_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..protocol.messages import FromKit, Said

_HELLO_S = 20.0  # a JVM on a busy machine takes seconds
_BYE_S = 3.0  # to finish after bye
_TERM_S = 2.0  # to finish after SIGTERM
_LONGEST_LINE = 8 << 20  # bytes
_MOST_STDERR = 4 << 20  # bytes between two looks at it
_MOST_LINES = 2000  # unread; then the adapter has to wait
_SHOWN = 2000  # characters of stderr in an error


class StdioAdapter:
    """Runs a command. It gets a process group of its own, and no proxy: those of a CI take loopback traffic away.

    `command` is split as a shell would, unless it is a list. `environment` comes on top of this process's. A line that
    is no message ends the run with an AdapterError that has the line. `ending` says what it took to end the last
    process: `bye`, `SIGTERM` or `SIGKILL`.
    """

    def __init__(
        self,
        command: str | Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        hello_s: float = _HELLO_S,
    ) -> None:
        self._command = shlex.split(command) if isinstance(command, str) else list(command)
        self._environment = {**without_proxies(os.environ), **(environment or {})}
        self._folder = folder
        self._hello_s = hello_s
        self._running: _Process | None = None
        self._rest = ""
        self.ending = ""

    def start(self) -> Subject:
        """Start the command; return what it says hello as. Raises AdapterError."""
        self.stop()
        try:
            self._running = _Process(self._command, self._environment, self._folder)
        except (OSError, ValueError, IndexError) as error:
            raise AdapterError(f"the adapter cannot be started: {error}") from error
        try:
            return self._greeted()
        except BaseException:
            self.stop()
            raise

    def send(self, message: FromKit) -> None:
        """Write a line; it never blocks. Raises AdapterError if the adapter does not run."""
        if self._running is None:
            raise AdapterError("the adapter does not run")
        self._running.lines_in.put(written(message).encode())

    def receive(self, timeout_s: float) -> Occurred | Asleep | Answered | None:
        """Return the next message, None after so many seconds without one. Raises AdapterError."""
        said = self._next(timeout_s)
        if isinstance(said, Hello):
            raise AdapterError("the adapter said hello twice")
        return said

    def written(self) -> str:
        """Return what stood on stderr since the last time. Raises AdapterError for a flood."""
        text, lost = self._running.stderr.taken() if self._running else ("", 0)
        text, self._rest = self._rest + text, ""
        if lost:
            raise AdapterError(f"the adapter flooded stderr: {_MOST_STDERR + lost} bytes in one scenario")
        return text

    def stop(self) -> None:
        """Say bye, and see that nothing of its process group is left."""
        if self._running is not None:
            self.ending = self._running.end()
            self._rest += self._running.stderr.taken()[0]
            self._running = None

    @property
    def pid(self) -> int | None:
        """The process, and its group; None while none runs."""
        return self._running.process.pid if self._running else None

    def _greeted(self) -> Subject:
        self.send(KitHello(kit="hobbyhorse"))
        said = self._next(self._hello_s)
        if said is None:
            raise AdapterError(f"the adapter did not say hello within {self._hello_s:g} s{self._last_words()}")
        if not isinstance(said, Hello):
            raise AdapterError(f"the adapter said {said.type} before hello")
        try:
            return subject_of(said)
        except ProtocolError as error:
            raise AdapterError(str(error)) from None

    def _next(self, timeout_s: float) -> Said | None:
        if self._running is None:
            raise AdapterError("the adapter does not run")
        try:
            line = self._running.lines_out.get(timeout=timeout_s)
        except Empty:
            return None
        if line is None:
            raise AdapterError(f"the adapter ended {self._running.fate()} in the middle of a run{self._last_words()}")
        if len(line) >= _LONGEST_LINE:
            raise AdapterError(f"the adapter flooded stdout: {_LONGEST_LINE >> 20} MB without the end of a line")
        try:
            return understood(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise AdapterError(f"stdout has a line that is not UTF-8: {line[:100]!r}") from None
        except ProtocolError as error:
            raise AdapterError(str(error)) from None

    def _last_words(self) -> str:
        if self._running is None:
            return ""
        self._running.stderr.join(0.2)
        self._rest += self._running.stderr.taken()[0]
        tail = self._rest[-_SHOWN:].strip()
        return f"; its stderr ends with:\n{tail}" if tail else "; it wrote nothing to stderr"


def without_proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which no proxy stands between a client and this machine."""
    kept = {name: value for name, value in environment.items() if not name.lower().endswith("_proxy")}
    return {**kept, "NO_PROXY": "*", "no_proxy": "*"}


class _Process:
    """A process group, the threads that feed and read it, and its end."""

    def __init__(self, command: list[str], environment: Mapping[str, str], folder: str | None) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - the command that the user gave
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
        )
        if self.process.stdin is None or self.process.stdout is None or self.process.stderr is None:
            raise ValueError("no pipes")
        self.lines_in: Queue[bytes | None] = Queue()
        self.lines_out: Queue[bytes | None] = Queue(_MOST_LINES)
        self.stderr = _Stderr(self.process.stderr)
        self._ending = False
        self._writer = Thread(target=self._feed, args=(self.process.stdin,), daemon=True, name="adapter stdin")
        self._reader = Thread(target=self._read, args=(self.process.stdout,), daemon=True, name="adapter stdout")
        self._writer.start()
        self._reader.start()

    def fate(self) -> str:
        """Say how it ended."""
        try:
            code = self.process.wait(_TERM_S)
        except subprocess.TimeoutExpired:
            return "its stdout"
        return f"with exit code {code}" if code >= 0 else f"by signal {signal.Signals(-code).name}"

    def end(self) -> str:
        """Say bye and wait; then end the group, whatever is left of it. Return what it took."""
        self._ending = True
        self.lines_in.put(written(Bye()).encode())
        self.lines_in.put(None)
        took = "bye"
        try:
            if not self._wait(_BYE_S):
                took = "SIGTERM"
                self._signal(signal.SIGTERM)
                took = "SIGTERM" if self._wait(_TERM_S) else "SIGKILL"
        finally:
            self._signal(signal.SIGKILL)
            self.process.wait()
        for thread, pipe in ((self._reader, self.process.stdout), (self._writer, self.process.stdin)):
            thread.join(1)
            if pipe is not None and not thread.is_alive():
                with contextlib.suppress(OSError):
                    pipe.close()
        self.stderr.close()
        return took

    def _wait(self, seconds: float) -> bool:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def _feed(self, stdin: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (line := self.lines_in.get()) is not None:
                stdin.write(line)
                stdin.flush()
        with contextlib.suppress(OSError):
            stdin.close()

    def _read(self, stdout: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := stdout.readline(_LONGEST_LINE):
                if not self._ending:
                    self._put(line)
        self._put(None)

    def _put(self, line: bytes | None) -> None:
        """Hand a line over; an adapter that is ahead waits, one that ends is not waited for."""
        while not self._ending:
            with contextlib.suppress(Exception):
                self.lines_out.put(line, timeout=0.1)
                return


class _Stderr:
    """Reads stderr, so that its pipe never fills; keeps a bounded part until it is taken."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self._lost = 0
        self._lock = Lock()
        self._thread = Thread(target=self._read, daemon=True, name="adapter stderr")
        self._thread.start()

    def taken(self) -> tuple[str, int]:
        """Return the text since the last time, and how many bytes of it were too many to keep.

        All that was written before this is in it, also what the thread has not read yet: a client writes to stderr
        first and answers then.
        """
        with self._lock:
            while _is_readable(self._pipe) and self._read_block():
                pass
            text, lost = self._kept.decode("utf-8", "replace"), self._lost
            self._kept.clear()
            self._lost = 0
        return text, lost

    def join(self, seconds: float) -> None:
        """Wait for the end of it."""
        self._thread.join(seconds)

    def close(self) -> None:
        """Close it, unless somebody who left the group still holds it."""
        self._thread.join(1)
        if not self._thread.is_alive():
            self._pipe.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while True:
                select.select([self._pipe], [], [])
                with self._lock:
                    if _is_readable(self._pipe) and not self._read_block():
                        return

    def _read_block(self) -> bool:
        """Read what is there; say whether there may be more. The lock is held."""
        block = os.read(self._pipe.fileno(), 1 << 16)
        room = max(0, _MOST_STDERR - len(self._kept))
        self._kept += block[:room]
        self._lost += len(block) - len(block[:room])
        return bool(block)


def _is_readable(pipe: IO[bytes]) -> bool:
    """Say whether a read would not wait; False once it is closed."""
    return not pipe.closed and bool(select.select([pipe], [], [], 0)[0])
