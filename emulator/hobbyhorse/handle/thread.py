"""The server in a thread of this process, with an event loop of its own."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from .address import Address
from .errors import StartError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..settings import Settings

_START_S = 60.0
_STOP_S = 10.0


class ThreadServer:
    """A server with these settings in a thread. It logs to this process's `logging`, under `hobbyhorse`."""

    def __init__(self, settings: Settings, token: str | None) -> None:
        self._settings = settings
        self._token = token
        self._answers = threading.Event()
        self._address: Address | None = None
        self._error: BaseException | None = None
        self._stop: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Address:
        """Start it; return where it is once it answers. Raises StartError."""
        self._answers.clear()
        self._thread = threading.Thread(target=self._serve, name="hobbyhorse", daemon=True)
        self._thread.start()
        in_time = self._answers.wait(_START_S)
        address, error = self._outcome()
        if address is None:
            self.stop()
            why = str(error) if in_time else f"it was not ready after {_START_S:.0f} s"
            raise StartError(f"the emulator did not start: {why}") from error
        return address

    def stop(self) -> None:
        """Stop it, with its answers in flight given their time. Raises StartError if it does not."""
        if self._thread is None:
            return
        if self._stop is not None:
            self._stop()
        self._thread.join(_STOP_S)
        if self._thread.is_alive():
            raise StartError(f"the emulator did not stop within {_STOP_S:.0f} s")
        self._thread = None

    def log(self) -> str:
        """Return nothing: the log is this process's own."""
        return ""

    def end(self) -> int | None:
        """Return 1 if the server has ended by itself, else None."""
        return 1 if self._thread is not None and not self._thread.is_alive() else None

    def _outcome(self) -> tuple[Address | None, BaseException | None]:
        """Return what the thread has said by now: where it serves, or why it does not."""
        return self._address, self._error

    def _serve(self) -> None:
        try:
            # The web framework takes half a second to import; who runs the server elsewhere need not wait for it.
            from ..serve import opened  # noqa: PLC0415
            from ..web.server import run  # noqa: PLC0415

            with opened(self._settings, self._token) as (wired, origins):
                found = wired.origins
                control = f"{found.api}/_hobbyhorse"
                address = Address(found.api, found.results, control, os.getpid(), found.authority)

                def ready() -> None:
                    self._address = address
                    self._answers.set()

                run(origins, ready, self._take_stop)
        except BaseException as error:  # noqa: BLE001 - told to whoever started the thread
            self._error = error
        finally:
            self._answers.set()

    def _take_stop(self, stop: Callable[[], None]) -> None:
        self._stop = stop
