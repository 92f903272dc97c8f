"""One world: an account of its own, with its keys, its clock, its tasks and what shall go wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from ..core.hints import did_you_mean
from .clock import Clock
from .journal import Journal
from .placed import Placed, unless_gone
from .tasks import Tasks
from .views import Key, Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from .address import Address
    from .aio import AsyncWorld
    from .client import Client


_FILES = (".yaml", ".yml", ".json")


class World:
    """A world on a running server. `with` deletes it at the end.

    `keys` are its API keys by name, `key` is the text of the first. `api` maps a region to its base URL, which ends in
    `/api/v1`; `results` is the origin where its clips lie.
    """

    id: str
    name: str
    keys: Mapping[str, Key]
    api: Mapping[str, str]
    results: str
    access_key_id: str
    clock: Clock
    tasks: Tasks
    journal: Journal

    def __init__(self, client: Client, address: Address, document: Mapping[str, Any]) -> None:
        self._client = client
        self._address = address
        self.id = document["id"]
        self.name = document["name"]
        self.keys = {row["name"]: Key.of(row) for row in document["keys"]}
        self.api = document["api"]
        self.results = document["results"]
        self.access_key_id = document["access_key_id"]
        self.clock = Clock(client, self.id)
        self.tasks = Tasks(client, self.id)
        self.journal = Journal(client, self.id)

    @property
    def aio(self) -> AsyncWorld:
        """The same world for asyncio."""
        from .aio import AsyncWorld  # noqa: PLC0415 - it is made of this class

        return AsyncWorld(self)

    @property
    def key(self) -> str:
        """The text of the world's first key."""
        return next(iter(self.keys.values())).key

    @property
    def ledger(self) -> Ledger:
        """What the world's tasks would have cost up to now."""
        return Ledger.of(self._client.get("worlds", self.id, "ledger"))

    @property
    def events(self) -> list[dict[str, Any]]:
        """The completion events of the finished tasks, each with the attempts to deliver it."""
        found: list[dict[str, Any]] = self._client.get("worlds", self.id, "events")["events"]
        return found

    @property
    def mishaps(self) -> list[dict[str, Any]]:
        """The mishaps in force, each with how often it `happened`."""
        found: list[dict[str, Any]] = self._client.get("worlds", self.id, "mishaps")["mishaps"]
        return found

    def view(self) -> dict[str, Any]:
        """Return the world's document as the control API has it now: settings, counts, scenarios and so on."""
        found: dict[str, Any] = self._client.get("worlds", self.id)
        return found

    def base_url(self, region: str | None = None) -> str:
        """Return the base URL of a region; without one, that of the server's default region. Ends in `/api/v1`.

        Raises LookupError for a region that there is not.
        """
        if region is None:
            return f"{self._address.api}/api/v1"
        if region not in self.api:
            raise LookupError(f"there is no region {region!r}{did_you_mean(region, self.api)}")
        return self.api[region]

    def env(self, region: str | None = None, key: str | None = None) -> dict[str, str]:
        """Return the environment variables that bring DashScope's SDKs here, past any proxy.

        `key` is the name or text of a key, by default the first that works in the region; `region` is by default the
        one that the key is bound to. Raises LookupError for a region or a name of a key that there is not.
        """
        chosen = self._chosen(region, key)
        url = self.base_url(region or chosen.region)
        hosts = {urlsplit(origin).hostname or "" for origin in (self._address.api, self.results)}
        beside = [name for name in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if name]
        past = ",".join(dict.fromkeys([*beside, *sorted(hosts)]))
        trusted = self._address.authority
        return {
            **({"SSL_CERT_FILE": trusted, "REQUESTS_CA_BUNDLE": trusted} if trusted else {}),
            "DASHSCOPE_HTTP_BASE_URL": url,
            "DASHSCOPE_BASE_URL": url,  # what the second generation of the SDK looks at first
            "DASHSCOPE_API_KEY": chosen.key,
            "NO_PROXY": past,
            "no_proxy": past,
        }

    def scenario(
        self,
        given: Mapping[str, Any] | Path | str | None = None,
        *,
        when: Mapping[str, Any] | None = None,
        then: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Placed:
        """Add a scenario: a document, a file, a text of YAML, a name in the library; or one rule by `when` and `then`.

        A text that ends in .yaml, .yml or .json is the path of a file, one of several lines YAML. Rules of scenarios
        that are there come first; one of the same name goes. Raises ControlError, with the lines, for one that is
        wrong, and OSError for a file that cannot be read.
        """
        if (given is None) is (then is None):
            raise TypeError("give a scenario, or `then` and perhaps `when` of a rule")
        path = ("worlds", self.id, "scenarios")
        if given is None:
            rule = {"then": dict(then or {}), **({"when": dict(when)} if when else {})}
            given = {"rules": [rule], **({"name": name} if name else {})}
        elif when is not None or name is not None:
            raise TypeError("`when` and `name` go with `then`: a scenario has its own")
        if isinstance(given, Path) or (isinstance(given, str) and given.endswith(_FILES)):
            added = self._client.post_yaml(*path, text=Path(given).read_text("utf-8"), source=str(given))
        elif isinstance(given, str) and "\n" in given:
            added = self._client.post_yaml(*path, text=given)
        else:
            added = self._client.post(*path, body=given)
        return Placed(self._client, (*path, added["name"]), added)

    def mishap(self, /, do: str, *, at: str | Sequence[str] | None = None, **options: Any) -> Placed:
        """Let something go wrong on the way: `do` is a kind (`hobbyhorse mishaps` lists them), `at` one route or more.

        `options` are `moment`, `on`, `skip`, `count`, `probability`, `seconds_alive` and the kind's own. Raises
        ControlError for a kind, route or option that there is not.
        """
        document = {"do": do, **options}
        if at is not None:
            document["at"] = at if isinstance(at, str) else list(at)
        added = self._client.post("worlds", self.id, "mishaps", body=document)
        return Placed(self._client, ("worlds", self.id, "mishaps", added["id"]), added)

    def reset(self, *what: str) -> None:
        """Forget `journal`, `tasks`, `scenarios`, `mishaps`, `clock`, `ledger`; or `all`, which nothing means too."""
        self._client.post("worlds", self.id, "reset", body={"what": list(what) or ["all"]})

    def delete(self) -> None:
        """Delete the world. Its keys and URLs open nothing from then on. Raises ControlError if it is gone already."""
        self._client.delete("worlds", self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        unless_gone(self.delete)

    def __repr__(self) -> str:
        return f"<World {self.id} at {self._address.api}>"

    def _chosen(self, region: str | None, key: str | None) -> Key:
        if key is None:
            usable = [row for row in self.keys.values() if region is None or row.region in {None, region}]
            return next((row for row in usable if row.condition == "ok"), next(iter(self.keys.values())))
        if key in self.keys:
            return self.keys[key]
        found = next((row for row in self.keys.values() if row.key == key), None)
        if found is not None:
            return found
        if key.startswith(("sk-", "st-")):
            return Key("", key)
        raise LookupError(f"the world has no key {key!r}{did_you_mean(key, self.keys)}")
