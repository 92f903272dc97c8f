"""Starting a server: bind, wire, say what to do next, serve, clean up."""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from . import __version__, logs
from .data import load
from .journal.entry import Origin
from .settings import Settings, SettingsError
from .web.server import Served, run
from .web.sockets import BindError, base_url, listen
from .web.tls import NoTlsError, identity
from .wiring import wire

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from .wiring import Wired

_FAILED = 1
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - names that no certificate has


def serve(settings: Settings) -> int:
    """Serve until a signal; return the exit code. Raises SettingsError for settings that cannot be."""
    logs.configure(settings.log_level)
    token = settings.control_token
    if token is None and not settings.is_local:
        token = secrets.token_urlsafe(24)
    _make_way(settings.ready_file)
    try:
        with opened(settings, token) as (wired, origins):
            run(origins, lambda: _ready(settings, wired, token))
    except BindError as error:
        print(f"hobbyhorse: {error}", file=sys.stderr)
        return _FAILED
    finally:
        if settings.ready_file:
            Path(settings.ready_file).unlink(missing_ok=True)
    return 0


@contextmanager
def opened(settings: Settings, token: str | None) -> Iterator[tuple[Wired, list[Served]]]:
    """Wire a server and bind its sockets: yield its parts, and what `run` takes; free both at the end.

    Raises SettingsError for settings that cannot be and BindError for an address that cannot be listened on.
    """
    _check_url("--public-url", settings.public_url)
    _check_url("--result-url", settings.result_url)
    if settings.port == settings.result_port != 0:
        raise SettingsError(f"--port and --result-port are both {settings.port}; they are two origins")
    with (
        closing(wire(settings, token)) as wired,
        listen(settings.host, settings.port, "--port") as api,
        listen(settings.host, settings.result_port, "--result-port") as results,
        _trusted(settings) as (tls, authority),
    ):
        scheme = "https" if tls else "http"
        wired.origins.api = (settings.public_url or base_url(api, scheme)).rstrip("/")
        wired.origins.results = (settings.result_url or base_url(results, scheme)).rstrip("/")
        wired.origins.authority = authority
        hear, gone = wired.desk.note_noise, wired.desk.note_end
        yield (
            wired,
            [
                Served(wired.api, api, partial(hear, Origin.API), tls, gone, wired.journal.close),
                Served(wired.results, results, partial(hear, Origin.RESULTS), tls, gone),
            ],
        )


@contextmanager
def _trusted(settings: Settings) -> Iterator[tuple[ssl.SSLContext | None, str | None]]:
    """Yield what a server with TLS shows, and a file with what it is trusted by; neither without TLS."""
    if not settings.tls:
        yield None, None
        return
    urls = [settings.public_url, settings.result_url]
    names = [name for name in (urlsplit(url or "").hostname for url in urls) if name]
    if settings.host not in _WILDCARDS:
        names.append(settings.host)
    try:
        shown = identity(names)
    except NoTlsError as error:
        raise SettingsError(f"--tls: {error}") from error
    with tempfile.TemporaryDirectory(prefix="hobbyhorse-tls-") as folder:
        authority = Path(folder, "authority.pem")
        authority.write_bytes(shown.authority)
        yield shown.context, str(authority)


def _check_url(option: str, url: str | None) -> None:
    if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        raise SettingsError(f"{option} is {url!r}; it must be a base URL such as http://fake.example:8700")


def _make_way(ready_file: str | None) -> None:
    """Remove what an earlier server left, so that whoever waits for the file sees this one's. Raises SettingsError."""
    if ready_file is None:
        return
    path = Path(ready_file).absolute()
    try:
        path.unlink(missing_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise SettingsError(f"--ready-file is {ready_file!r}, which cannot be written: {error.strerror}") from error


def _ready(settings: Settings, wired: Wired, token: str | None) -> None:
    """Tell people and programs that the server answers."""
    print(_greeting(settings, wired, token), flush=True)
    if settings.ready_file:
        facts = {
            "api": wired.origins.api,
            "results": wired.origins.results,
            "control": f"{wired.origins.api}/_hobbyhorse",
            "pid": os.getpid(),
            **({"authority": wired.origins.authority} if wired.origins.authority else {}),
        }
        _write_whole(Path(settings.ready_file), json.dumps(facts) + "\n")


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that whoever sees it sees all of it."""
    with tempfile.NamedTemporaryFile("w", dir=path.absolute().parent, delete=False, encoding="utf-8") as file:
        file.write(text)
    temporary = Path(file.name)
    temporary.chmod(0o644)  # whoever waits for it may be another user: the host's of a container
    temporary.replace(path)


def _command() -> str:
    """Return how this program can be started again."""
    return sys.argv[0] if Path(sys.argv[0]).name == "hobbyhorse" else "python -m hobbyhorse"


def _greeting(settings: Settings, wired: Wired, token: str | None) -> str:
    """Return what to print at start: where it is, which key to use, a line to paste."""
    api = wired.origins.api
    key = next(iter(load().keys.values())).key
    lines = [
        f"hobbyhorse {__version__} is ready (pace {settings.pace}, clock {settings.clock}, keys {settings.keys})",
        "",
        f"  API       {api}/api/v1",
        f"  results   {wired.origins.results}",
        f"  control   {api}/_hobbyhorse",
        f"  key       {key}   (more: {_command()} keys)",
        "",
        "Submit a task:",
        "",
        f"  curl {api}/api/v1/services/aigc/video-generation/video-synthesis \\",
        f"    -H 'Authorization: Bearer {key}' \\",
        "    -H 'X-DashScope-Async: enable' -H 'Content-Type: application/json' \\",
        """    -d '{"model":"happyhorse-1.1-t2v","input":{"prompt":"a paper city at night"}}'""",
        "",
        "Ask for it until it is SUCCEEDED or FAILED, then fetch its video_url without the key:",
        "",
        f"  curl -H 'Authorization: Bearer {key}' {api}/api/v1/tasks/TASK_ID",
        "",
        "The official Python SDK comes here with:",
        "",
        f"  export DASHSCOPE_HTTP_BASE_URL={api}/api/v1 DASHSCOPE_API_KEY={key}",
        "",
        "Ctrl-C stops it.",
        "",
    ]
    if token is not None and settings.control_token is None:
        lines.insert(5, f"  token     {token}   (for the control API)")
    authority = wired.origins.authority
    if authority is not None:
        lines[5:5] = [f"  authority {authority}   (curl --cacert, SSL_CERT_FILE, REQUESTS_CA_BUNDLE)"]
    advice = wired.renderer.fonts.advice
    if advice:
        lines += [advice, ""]
    return "\n".join(lines)
