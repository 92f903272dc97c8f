"""Where a server is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """`api` and `results` are origins without a path, `control` ends in `/_hobbyhorse`.

    `pid` is the process that serves, None if it is not known. `authority` is a file with the certificate by which an
    https server is trusted, None for http.
    """

    api: str
    results: str
    control: str
    pid: int | None = None
    authority: str | None = None
