"""Headers: what a request says in them, and what upstream's replies carry (captured, RAW)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core import ids
from ...core.faults import Fault
from ...core.moments import http_date
from ...service.admission import Approach
from ..wire import Operation

if TYPE_CHECKING:
    from random import Random

    from ..wire import WireRequest

_UNAUTHORIZED = 401


def approach(request: WireRequest) -> Approach:
    """Read who sends. Raises Fault for an Authorization that is not of the Bearer scheme (in any case of letters)."""
    scheme, _, key = request.headers.get("authorization", "").strip().partition(" ")
    if scheme and scheme.lower() != "bearer":
        raise Fault("invalid-api-key", detail="Authorization does not read `Bearer <key>`")
    return Approach(
        api_key=key.strip(),
        host=request.headers.get("host", ""),
        prefix=request.prefix,
        workspace=request.headers.get("x-dashscope-workspace"),
    )


def is_enabled(request: WireRequest, name: str) -> bool:
    """Whether a switch header says `enable`."""
    return request.headers.get(name, "").strip().lower() == "enable"


def reply_headers(
    operation: Operation, status: int, request_id: str, arrived: int, left: int, random: Random
) -> tuple[tuple[str, str], ...]:
    """Return the headers of a reply that arrived and left at two instants (ms).

    Captured differences: task answers name the charset in capitals and lack the gateway's mark; authentication
    errors repeat the request id (RAW). Upstream compresses on request; here bodies are identity.
    """
    on_tasks = operation in {Operation.GET, Operation.LIST, Operation.CANCEL}
    headers = [
        ("content-type", "application/json;charset=UTF-8" if on_tasks else "application/json"),
        ("vary", "Accept-Encoding"),
        ("eagleeye-traceid", ids.trace_id(random)),
        ("req-cost-time", str(left - arrived)),
        ("req-arrive-time", str(arrived)),
        ("resp-start-time", str(left)),
        ("x-envoy-upstream-service-time", str(left - arrived)),
        ("date", http_date(left)),
        ("server", "istio-envoy"),
    ]
    if not on_tasks:
        headers.insert(1, ("x-dashscope-call-gateway", "true"))
    if status == _UNAUTHORIZED:
        headers.append(("x-request-id", request_id))
    return tuple(headers)
