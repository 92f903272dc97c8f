"""Fetching callers' URLs, within bounds: only where it is allowed, so many bytes, and never an address unchecked.

The address that was checked is the one connected to, at every redirect: a name is resolved once, here, and httpcore is
handed the address. A name is not even looked up where outside fetches are off.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from ..core.faults import Fault
from ..core.media_url import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpcore

log = logging.getLogger(__name__)

_MB = 1 << 20
_REDIRECTS = 5
_OK = 200
_MOVED = frozenset({301, 302, 303, 307, 308})
_AT_ONCE = 8
_KEPT = "%/:=&?~#+!$,;'@()*[]"
Address = IPv4Address | IPv6Address
_UNICAST = IPv6Network("2000::/3")


class Reach(StrEnum):
    """How far a fetch may go: nowhere, this machine, or this machine and public addresses (never private ones)."""

    NEVER = "never"
    LOOPBACK = "loopback"
    ANY = "any"


class Fetcher:
    """Fetches what its reach allows."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def fetch(self, url: str, max_mb: float) -> bytes | None:
        """Return the body under a URL, or None where the reach does not allow to ask.

        Raises Fault: refused, not there, over `max_mb` (2**20 bytes), redirected too often. Waits as long as it is
        let: the caller sets the time-out.
        """
        if self._reach is Reach.NEVER:
            return None
        async with self._slots:
            return await self._follow(url, max_mb)

    async def _follow(self, url: str, max_mb: float) -> bytes | None:
        import httpcore  # noqa: PLC0415 - not needed before the first fetch

        here = url
        for _ in range(_REDIRECTS + 1):
            address = await self._allowed_address(here)
            if address is None:
                log.info("%s is not fetched (media_fetch is %s; any fetches public URLs)", shown(url), self._reach)
                return None
            try:
                async with httpcore.AsyncConnectionPool(network_backend=_pinned(address)) as pool:
                    found = await _get(pool, here, max_mb)
            except httpcore.ConnectError as error:
                raise Fault("url-refused", url=url, detail=f"{shown(here)}: {error}") from None
            except (httpcore.NetworkError, httpcore.ProtocolError, UnicodeError, ValueError) as error:
                raise Fault("download-failed", url=url, detail=f"{shown(here)}: {error!r}") from None
            if isinstance(found, bytes):
                return found
            here = urljoin(here, found)
        raise Fault("download-failed", url=url, detail=f"redirected more than {_REDIRECTS} times")

    async def _allowed_address(self, url: str) -> Address | None:
        """Return an address of the URL's host that may be connected to, or None."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"}:
            return None
        with suppress(ValueError):
            return next(self._allowed([ip_address(host)]), None)
        if host == "localhost" or host.endswith(".localhost"):
            return IPv4Address("127.0.0.1")
        if self._reach is not Reach.ANY:
            return None
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, parts.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Fault("download-failed", url=url, detail=f"{host} has no address: {error}") from None
        return next(self._allowed(ip_address(entry[4][0]) for entry in found), None)

    def _allowed(self, addresses: Iterable[Address]) -> Iterator[Address]:
        for address in addresses:
            plain = getattr(address, "ipv4_mapped", None) or address
            if plain.is_loopback or (self._reach is Reach.ANY and _is_public(plain)):
                yield plain


def _is_public(address: Address) -> bool:
    """Whether an address is public and hides no other: IPv6 can carry private IPv4 inside (6to4, Teredo, NAT64)."""
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return True
    return address in _UNICAST and address.sixtofour is None and address.teredo is None


async def _get(pool: httpcore.AsyncConnectionPool, url: str, max_mb: float) -> bytes | str:
    """Return the body, or where it moved to."""
    async with pool.stream("GET", _in_ascii(url), headers={"User-Agent": "hobbyhorse", "Accept": "*/*"}) as response:
        headers = {name.lower(): value for name, value in response.headers}
        if response.status in _MOVED and b"location" in headers:
            return headers[b"location"].decode("latin-1")
        if response.status != _OK:
            raise Fault("download-failed", url=url, detail=f"{shown(url)} answered {response.status}")
        chunks, size = [], 0
        async for chunk in response.aiter_stream():
            size += len(chunk)
            if size > max_mb * _MB:
                raise Fault("file-size", limit=f"{max_mb:g}", detail=f"{shown(url)} is over {max_mb:g} MB")
            chunks.append(chunk)
        return b"".join(chunks)


def _in_ascii(url: str) -> str:
    """Return a URL as it goes on the wire: raw non-ASCII letters and spaces escaped, what is escaped left alone."""
    scheme, host, path, query, _ = urlsplit(url)
    return urlunsplit((scheme, host, quote(path, safe=_KEPT), quote(query, safe=_KEPT), ""))


def _pinned(address: Address) -> httpcore.AsyncNetworkBackend:
    """Return a network backend that connects to one address, whatever name it is given. TLS still checks the name."""
    import httpcore  # noqa: PLC0415 - see above

    class Pinned(httpcore.AnyIOBackend):
        async def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> Any:  # noqa: ARG002
            return await super().connect_tcp(str(address), port, *arguments, **options)

    return Pinned()
