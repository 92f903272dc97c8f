"""Laying mishaps over a reply. Pure: what comes out is carried out by `sending`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.mishaps import Moment
from .kinds import KINDS
from .value import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...core.mishaps import Mishap
    from ...dialects.wire import WireReply
    from .value import Circumstances, Delivery

_ORDER = {kind: number for number, kind in enumerate(KINDS)}


def delivery(reply: WireReply | None, mishaps: Sequence[Mishap], circumstances: Circumstances) -> Delivery:
    """Lay mishaps over a reply, in the order of their kinds. None is the reply that one of them `prevents`."""
    laid = plain(reply, circumstances.method)
    if not mishaps:
        return laid
    ours = [mishap for mishap in mishaps if mishap.kind in KINDS and not _is_early(mishap)]
    for mishap in sorted(ours, key=lambda mishap: _ORDER[mishap.kind]):
        laid = KINDS[mishap.kind](laid, mishap.options, circumstances)
    return laid


def prevents(mishap: Mishap) -> bool:
    """Whether a mishap keeps a request from having its effect.

    A late request has its effect late; an answer that breaks off, or after which the connection ends, was made in
    earnest whatever the mishap's moment says.
    """
    is_whole = mishap.options.get("where", "before-headers") != "before-headers"
    return mishap.moment is Moment.BEFORE and mishap.kind in KINDS and mishap.kind != "delay" and not is_whole


def delay_before(mishaps: Sequence[Mishap]) -> float:
    """Return how many real seconds to wait before a request has its effect."""
    return sum(float(mishap.options["seconds"]) for mishap in mishaps if _is_early(mishap))


def _is_early(mishap: Mishap) -> bool:
    return mishap.kind == "delay" and mishap.moment is Moment.BEFORE
