"""The media files of the fixtures, served on loopback for conversations whose inputs are fetched."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import hobbyhorse_fixtures

if TYPE_CHECKING:
    from collections.abc import Iterator

MEDIA = Path(hobbyhorse_fixtures.__file__).parent / "media"
NEVER = "/never"


class _Site(SimpleHTTPRequestHandler):
    """Serves the files; what lies under `/never` is not answered before the site is `closing`."""

    closing: threading.Event

    def do_GET(self) -> None:
        if self.path.startswith(NEVER):
            self.closing.wait()
            return
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        pass


@contextmanager
def serving() -> Iterator[str]:
    """Serve the files; yield the base URL."""
    closing = threading.Event()
    handler = type("Site", (_Site,), {"closing": closing})  # its own, where several sites serve at a time
    site = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(MEDIA)))
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_address[1]}"
    finally:
        closing.set()
        site.shutdown()
        site.server_close()
        thread.join()
