"""What a client in this process logs and writes to stderr: kept apart from what anybody else does."""

from __future__ import annotations

import contextlib
import logging
import sys
from contextvars import ContextVar
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST = 4 << 20  # characters
_hearer: ContextVar[Streams | None] = ContextVar("hearer", default=None)


class Streams:
    """Hears logging and stderr of the calls that run under `heard`, wherever else they go too."""

    def __init__(self) -> None:
        self._kept: list[str] = []
        self._length = 0
        self._lock = Lock()
        self._handler = _Handler(self)
        self._level: int | None = None
        self._is_open = False

    def open(self, *, is_verbose: bool) -> None:
        """Begin to listen; to debug messages too where the client says that it `logs`."""
        root = logging.getLogger()
        root.addHandler(self._handler)
        if is_verbose:
            self._level = root.level
            root.setLevel(logging.DEBUG)
        self._is_open = True

    def close(self) -> None:
        """Stop listening."""
        if not self._is_open:
            return
        root = logging.getLogger()
        root.removeHandler(self._handler)
        if self._level is not None:
            root.setLevel(self._level)
            self._level = None
        self._is_open = False

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Hear what this thread or task says."""
        token = _hearer.set(self)
        _Stderr.install()
        try:
            yield
        finally:
            _Stderr.remove()
            _hearer.reset(token)

    def hear(self, text: str) -> None:
        """Keep a text, up to a bound."""
        with self._lock:
            self._kept.append(text[: max(0, _MOST - self._length)])
            self._length += len(text)

    def taken(self) -> str:
        """Return what was heard since the last time."""
        with self._lock:
            text = "".join(self._kept)
            self._kept.clear()
            self._length = 0
        return text

    @property
    def is_current(self) -> bool:
        """Whether what is said now is said under this one."""
        return _hearer.get() is self


class _Handler(logging.Handler):
    def __init__(self, streams: Streams) -> None:
        super().__init__(logging.DEBUG)
        self._streams = streams
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record of a call."""
        if self._streams.is_current:
            with contextlib.suppress(Exception):
                self._streams.hear(self.format(record) + "\n")


class _Stderr:
    """Stands before sys.stderr while any call lasts; what no call wrote goes on to the real one."""

    _lock = Lock()
    _calls = 0

    def __init__(self, real: IO[str]) -> None:
        self.real = real

    @classmethod
    def install(cls) -> None:
        """Begin with a call. Test runners put streams of their own there now and then, so each call looks anew."""
        with cls._lock:
            cls._calls += 1
            if not isinstance(sys.stderr, cls):
                sys.stderr = cls(sys.stderr)

    @classmethod
    def remove(cls) -> None:
        """End with a call; the last one puts back what was there."""
        with cls._lock:
            cls._calls -= 1
            if not cls._calls and isinstance(sys.stderr, cls):
                sys.stderr = sys.stderr.real

    def write(self, text: str) -> int:
        """Keep what a call wrote; pass on the rest."""
        hearer = _hearer.get()
        if hearer is not None:
            hearer.hear(text)
        else:
            self.real.write(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)
