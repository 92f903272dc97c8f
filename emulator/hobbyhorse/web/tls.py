"""TLS with a throw-away certificate, by an authority that lives as long as the server and signs nothing else."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ALWAYS = ("localhost", "127.0.0.1", "::1")


class NoTlsError(RuntimeError):
    """No certificate can be made: the library is not installed, or a name is none. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server shows and what it is trusted by. `authority` is a certificate as PEM."""

    context: ssl.SSLContext
    authority: bytes


def identity(names: Iterable[str]) -> Identity:
    """Make a certificate for loopback and more names or addresses. Raises NoTlsError."""
    try:
        import trustme  # noqa: PLC0415 - of the extra `tls`
    except ImportError:
        raise NoTlsError("TLS needs the package trustme: pip install 'hobbyhorse[tls]'") from None
    authority = trustme.CA(organization_name="Hobbyhorse")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    wanted = list(dict.fromkeys([*_ALWAYS, *names]))
    try:
        authority.issue_cert(*wanted).configure_cert(context)
    except ValueError as error:
        raise NoTlsError(f"no certificate can be made for {', '.join(wanted)}: {error}") from error
    return Identity(context, authority.cert_pem.bytes())
