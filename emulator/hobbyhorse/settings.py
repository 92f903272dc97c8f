"""What can be set, in one table: command line, environment and configuration file all read it.

Precedence: command line, then environment (`HOBBYHORSE_…`), then the file, then the default.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from .core.hints import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from dataclasses import Field
    from pathlib import Path

ENVIRONMENT_PREFIX = "HOBBYHORSE_"
_SERVICE_LINK = re.compile(r"service_(host|port)|port_\d+_")
_AT_LEAST_ONE = frozenset({"MB", "SECONDS"})
_HIGHEST_PORT = 65535
_MOST_DIGITS = 18


class SettingsError(ValueError):
    """A setting has a value it cannot have, or there is no such setting. The message says which, where, what may be."""


def _setting(default: Any, says: str, *choices: str, metavar: str | None = None) -> Any:
    return field(default=default, metadata={"help": says, "choices": choices, "metavar": metavar})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a server. Each field is an option, an environment variable and a key of the file."""

    host: str = _setting("127.0.0.1", "address to listen on; any but loopback needs a control token", metavar="ADDRESS")
    port: int = _setting(8700, "port of the API and the control API; 0 takes a free one", metavar="PORT")
    result_port: int = _setting(8701, "port of the result origin, where clips lie; 0 takes a free one", metavar="PORT")
    ready_file: str | None = _setting(
        None, "JSON file with api, results, control and pid, written once the server answers", metavar="FILE"
    )
    pace: str = _setting(
        "quick",
        "when tasks start and end: instant is final on the first poll; quick is PENDING, RUNNING, final poll by poll, "
        "or within 2 s; realistic takes a minute or so",
        "instant",
        "quick",
        "realistic",
    )
    keys: str = _setting(
        "open",
        "which API keys get in: open takes any that looks like one, declared only the ready-made",
        "open",
        "declared",
    )
    quotas: str = _setting(
        "auto",
        "whether the default world has upstream's rate limits, concurrency and queue; auto: with the pace realistic",
        "auto",
        "on",
        "off",
    )
    scenario: str | None = _setting(
        None,
        "scenarios that play in the default world from the start: names (`hobbyhorse scenarios`) or files, with commas "
        "between them",
        metavar="NAME|FILE",
    )
    validation: str = _setting(
        "worker",
        "where a wrong parameter shows: worker makes a FAILED task as upstream does, gateway refuses with HTTP 400",
        "worker",
        "gateway",
    )
    region: str = _setting("cn-beijing", "region of requests whose host and path name none", metavar="REGION")
    public_url: str | None = _setting(None, "base URL under which clients reach the API, if another", metavar="URL")
    result_url: str | None = _setting(None, "base URL under which clients reach the clips, if another", metavar="URL")
    clock: str = _setting("real", "the world's clock runs, or stands still until it is advanced", "real", "frozen")
    seed: int | None = _setting(None, "makes ids and drawn seeds repeat from run to run", metavar="NUMBER")
    control_token: str | None = _setting(
        None, "token the control API asks for; made and printed if a wide bind has none", metavar="TOKEN"
    )
    media_fetch: str | None = _setting(
        None,
        "which of the callers' URLs are fetched: none, those of this machine, or public ones too (never private "
        "addresses); default loopback, or never where the bind is wide",
        "never",
        "loopback",
        "any",
    )
    input_seconds: int = _setting(
        5,
        "how long the media of one request may take to arrive and be judged; past it InvalidURL.Timeout",
        metavar="SECONDS",
    )
    media: str = _setting(
        "cards",
        "what clips show: cards that say what was asked for, or a prepared clip per size with the task id stamped into "
        "its tags, for thousands of cheap tasks",
        "cards",
        "stamped",
    )
    font: str | None = _setting(
        None, "font file for the clips' text; default: an installed one with Chinese", metavar="FILE"
    )
    max_body_mb: int = _setting(32, "largest request body taken, in MB; more is BadRequest.TooLarge", metavar="MB")
    cache_mb: int = _setting(256, "memory for finished clips, in MB", metavar="MB")
    upload_mb: int = _setting(
        2048, "room for uploaded files, in MB, nearly all of it on disk; the oldest are dropped", metavar="MB"
    )
    journal_entries: int = _setting(
        10_000, "most requests that the journal of one world holds; 0 keeps none", metavar="NUMBER"
    )
    journal_mb: int = _setting(
        256, "memory for the journals of all worlds, in MB; one world takes a quarter at most", metavar="MB"
    )
    tls: bool = _setting(
        False,  # noqa: FBT003 - the default
        "serve https with a throw-away certificate; the file with the authority to trust is printed, and in the ready "
        "file (needs the extra tls)",
        metavar="on|off",
    )
    log_level: str = _setting("info", "how much the log says", "debug", "info", "warning", "error")

    @property
    def has_quotas(self) -> bool:
        """Whether the default world is limited as upstream limits an account."""
        return self.quotas == "on" or (self.quotas == "auto" and self.pace == "realistic")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def resolve(arguments: Mapping[str, Any], environment: Mapping[str, str], file: Path | None) -> Settings:
    """Return the settings that hold. `arguments` are those given on the command line, by field name.

    Raises SettingsError.
    """
    values = _from_file(file) if file else {}
    values |= _from_environment(environment)
    values |= {name: _checked(_BY_NAME[name], value, _option(name)) for name, value in arguments.items()}
    return Settings(**values)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"the configuration file {file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the configuration file {file} is no TOML: {error}") from error
    values = {}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in _BY_NAME:
            raise SettingsError(f"{file}: there is no setting {key!r}{did_you_mean(name, _BY_NAME)}")
        values[name] = _checked(_BY_NAME[name], value, f"{file}: {key}")
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read `HOBBYHORSE_…`. `HOBBYHORSE_CONFIG` names the file and is no setting of its own."""
    values = {}
    for variable, value in environment.items():
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower()
        if not variable.startswith(ENVIRONMENT_PREFIX) or name == "config" or _is_service_link(name, value):
            continue
        if name not in _BY_NAME:
            known = [f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in _BY_NAME]
            raise SettingsError(f"there is no setting {variable}{did_you_mean(variable, known)}")
        values[name] = _checked(_BY_NAME[name], value, variable)
    return values


def _is_service_link(name: str, value: str) -> bool:
    """Whether a variable is not ours but one that Kubernetes sets in every pod beside a Service named `hobbyhorse`."""
    return _SERVICE_LINK.match(name) is not None or (name == "port" and value.startswith("tcp://"))


def _checked(row: Field[Any], value: Any, where: str) -> Any:
    """Return a value as the field's type. `where` names it in an error."""
    choices = row.metadata["choices"]
    if choices and value not in choices:
        allowed = f"{', '.join(choices[:-1])} or {choices[-1]}"
        raise SettingsError(f"{where} is {value!r}{did_you_mean(str(value), choices)}; it may be {allowed}")
    if row.type == "bool":
        return _switch(value, where)
    if "int" not in str(row.type):
        if not isinstance(value, str) or not value:
            raise SettingsError(f"{where} is {value!r}; it must be a text")
        return value
    text = "" if isinstance(value, bool) else str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise SettingsError(f"{where} is {value!r}; it must be a whole number")
    number = int(text)
    if row.name.endswith("port") and number > _HIGHEST_PORT:
        raise SettingsError(f"{where} is {number}; a port is at most {_HIGHEST_PORT}")
    if number == 0 and row.metadata["metavar"] in _AT_LEAST_ONE:
        raise SettingsError(f"{where} is 0; it must be at least 1")
    return number


def _switch(value: Any, where: str) -> bool:
    known = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    found = value if isinstance(value, bool) else known.get(value) if isinstance(value, str) else None
    if found is None:
        raise SettingsError(f"{where} is {value!r}; it may be on or off")
    return found


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


_BY_NAME = {row.name: row for row in fields(Settings)}
