"""Send a fixture's request to a running server as it stands: no header added, no redirect followed, no path mended."""

from __future__ import annotations

import http.client
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .matching import FixtureError
from .transcript import Request, Response

if TYPE_CHECKING:
    from .transcript import Send

TIMEOUT_S = 60.0


def sender(api: str, results: str) -> Send:
    """Return a `send` that talks to these two origins, one connection a request."""
    origins = {"api": api, "results": results}

    def send(request: Request) -> Response:
        origin = urlsplit(origins[request.origin])
        path = request.path
        if not path.startswith("/"):
            if not path.startswith(f"{origins[request.origin]}/"):
                raise FixtureError(f"{path} is not on the {request.origin} origin {origins[request.origin]}")
            path = path.removeprefix(origins[request.origin])
        connection = http.client.HTTPConnection(origin.hostname or "", origin.port, timeout=TIMEOUT_S)
        try:
            return _exchange(connection, request, path)
        finally:
            connection.close()

    return send


def _exchange(connection: http.client.HTTPConnection, request: Request, path: str) -> Response:
    names = {name.lower() for name in request.headers}
    connection.putrequest(request.method, path, skip_host="host" in names, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    if "content-length" in names:
        pass  # the fixture's own, true or not
    elif request.method in {"POST", "PUT"} or request.content is not None:
        connection.putheader("Content-Length", str(len(request.content or b"")))
    # A server may answer an oversize body before it has read it; its answer is then still there to be read.
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.endheaders(request.content)
    answer = connection.getresponse()
    headers: dict[str, str] = {}
    for name, value in answer.getheaders():
        headers[name.lower()] = f"{headers[name.lower()]}, {value}" if name.lower() in headers else value
    return Response(answer.status, headers, answer.read())
