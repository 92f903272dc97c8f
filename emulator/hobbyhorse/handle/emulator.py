"""A server of one's own, from Python: started, used, stopped."""

from __future__ import annotations

import atexit
import secrets
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from ..core.hints import did_you_mean
from ..settings import Settings, SettingsError, resolve
from .address import Address
from .client import Client
from .errors import ControlError, StartError
from .process import ProcessServer
from .thread import ThreadServer
from .world import World

if TYPE_CHECKING:
    from types import TracebackType

    from .aio import AsyncEmulator

DEFAULTS = {"port": 0, "result_port": 0}
_DEFAULT_WORLD = "default"


class Emulator:
    """A server that runs from the beginning of a `with` block (or `async with`) to its end, on free ports.

    `process=True` runs it in a process of its own, which ends with this one however it ends; `process=False` in a
    thread of this process, which starts sooner and whose log is this process's. `settings` are those of `hobbyhorse
    serve`; nothing else sets it, neither environment nor file. Raises SettingsError for one that there is not.

    Both ways the same holds inside the block: it answers, and `api`, `results` and `control` are its base URLs.
    """

    def __init__(self, *, process: bool = True, **settings: str | int | bool) -> None:
        if "ready_file" in settings:
            raise SettingsError("ready_file: the emulator is ready when `with` has begun; there is no file to wait for")
        wanted = {**DEFAULTS, **settings}
        _check_names(wanted)
        self._settings: Settings = resolve(wanted, {}, None)
        self._token = self._settings.control_token
        if self._token is None and not self._settings.is_local:
            wanted["control_token"] = self._token = secrets.token_urlsafe(24)
        self._server: ProcessServer | ThreadServer | None = (
            ProcessServer(wanted) if process else ThreadServer(self._settings, self._token)
        )
        self._address: Address | None = None
        self._client: Client | None = None

    @classmethod
    def at(cls, url: str, *, token: str | None = None, authority: str | None = None) -> Self:
        """Return a handle of a server that somebody else runs, such as a container; it is neither started nor stopped.

        `url` is the base URL of its API, `token` its control token, `authority` the certificate file of an https one.
        """
        handle = cls()
        origin = url.rstrip("/").removesuffix("/api/v1").removesuffix("/_hobbyhorse")
        handle._server = None
        handle._token = token
        handle._address = Address(origin, "", f"{origin}/_hobbyhorse", None, authority)
        return handle

    def start(self) -> Self:
        """Start the server; return once it answers. `with` does it. Raises StartError with the server's own words."""
        if self._client is not None:
            raise RuntimeError("the emulator runs already")
        if self._server is not None:
            self._address = self._server.start()
            atexit.register(self.stop)
        if self._address is not None:
            self._client = Client(self._address.control, self._token, self._address.authority)
        if self._server is None:
            self._greet()
        return self

    def stop(self) -> None:
        """Stop the server, its answers in flight first. `with` does it; a second time is none. Raises StartError."""
        if self._client is None:
            return
        self._client.close()
        self._client = None
        if self._server is not None:
            atexit.unregister(self.stop)
            self._address = None
            self._server.stop()

    @property
    def api(self) -> str:
        """The origin of the API; its base URL is this with `/api/v1`."""
        return self._running.api

    @property
    def results(self) -> str:
        """The origin where clips lie."""
        return self._running.results or self.default.results

    @property
    def control(self) -> str:
        """The base URL of the control API, which ends in `/_hobbyhorse`."""
        return self._running.control

    @property
    def pid(self) -> int | None:
        """The process that serves; None where somebody else runs it."""
        return self._running.pid

    @property
    def authority(self) -> str | None:
        """The file with the certificate by which an https server is trusted; None for http."""
        return self._running.authority

    @property
    def default(self) -> World:
        """The world that is always there: it takes the ready-made keys and, unless `keys="declared"`, any other."""
        return self.find(_DEFAULT_WORLD)

    def world(self, /, **document: Any) -> World:
        """Make a world. `document` is the control API's (`name`, `keys`, `clock`, `pace`, `quotas`, `scenarios`, …).

        Raises ControlError for a document that is wrong, with the nearest valid word.
        """
        return self._world(self._control.post("worlds", body=document))

    def find(self, world: str) -> World:
        """Return the world with an id. Raises ControlError (404) if there is none."""
        return self._world(self._control.get("worlds", world))

    def worlds(self) -> list[World]:
        """Return all worlds, the default one among them."""
        return [self._world(document) for document in self._control.get("worlds")["worlds"]]

    def health(self) -> dict[str, Any]:
        """Return that the server answers, its version, and how it is set. Raises ControlError if it does not answer."""
        found: dict[str, Any] = self._control.get("health")
        return found

    def log(self) -> str:
        """Return what a server in its own process has printed and logged up to now; nothing for another."""
        return self._server.log() if self._server is not None else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    async def __aenter__(self) -> AsyncEmulator:
        from .aio import AsyncEmulator  # noqa: PLC0415 - most callers are synchronous

        return await AsyncEmulator(self).start()

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        from .aio import AsyncEmulator  # noqa: PLC0415 - as above

        await AsyncEmulator(self).stop()

    def _greet(self) -> None:
        """See that a server that somebody else runs is there. Raises StartError."""
        try:
            self.health()
        except ControlError as error:
            where = self._running.api
            self.stop()
            raise StartError(f"no emulator answers at {where}: {error}") from error

    def _world(self, document: dict[str, Any]) -> World:
        return World(self._control, self._running, document)

    @property
    def _running(self) -> Address:
        if self._client is None or self._address is None:
            raise RuntimeError("the emulator does not run: use it inside `with Emulator() as emulator:`")
        return self._address

    @property
    def _control(self) -> Client:
        if self._client is None:
            raise RuntimeError("the emulator does not run: use it inside `with Emulator() as emulator:`")
        return self._client


def _check_names(settings: dict[str, Any]) -> None:
    known = [row.name for row in fields(Settings)]
    for name in settings:
        if name not in known:
            raise SettingsError(f"there is no setting {name!r}{did_you_mean(name, known)}")
