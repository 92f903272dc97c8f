"""Listening sockets."""

from __future__ import annotations

import socket
from errno import EADDRINUSE


class BindError(OSError):
    """An address cannot be listened on. The message says which, why, and what to do."""


def listen(host: str, port: int, option: str) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. `option` is the setting to name in an error.

    Made with IPPROTO_TCP: for a socket of protocol 0 asyncio leaves Nagle's algorithm on, 40 ms an answer (measured).
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        # Now, not when served: until then another socket of ours could bind to the same port.
        found.listen()
    except OSError as error:
        found.close()
        if error.errno == EADDRINUSE:
            why = f"port {port} on {host} is taken, perhaps by another hobbyhorse"
        else:
            why = f"cannot listen on {host} port {port}: {error.strerror}"
        raise BindError(f"{why}; choose another with {option}, 0 for a free one") from error
    except (TypeError, ValueError) as error:
        found.close()
        raise BindError(f"cannot listen on {host!r}, which is no address: {error}") from error
    return found


def base_url(bound: socket.socket, scheme: str = "http") -> str:
    """Return the URL at which a socket can be reached from this machine. A wildcard address is shown as loopback."""
    host, port = bound.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"{scheme}://[{shown}]:{port}" if ":" in shown else f"{scheme}://{shown}:{port}"
