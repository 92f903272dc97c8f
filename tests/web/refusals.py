"""Requests that the gateway refuses at create, each with its own row (§1.3, §2.1, §3.1, §7)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .defects import NOT_AN_OBJECT, Defect
from .models import BEIJING, REGIONS, SERVICES, SINGAPORE
from .requests import ABSENT, KEYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .requests import Json, Request
    from .shapes import Model

PARAMETER = "InvalidParameter"
NO_KEY = (401, "InvalidApiKey", "No API-key provided.")
BAD_KEY = (401, "InvalidApiKey", "Invalid API-key provided.")
SYNCHRONOUS = (403, "AccessDenied", "current user api does not support synchronous calls")
BAD_BODY = (400, PARAMETER, "Required body invalid, please check the request body format.")
NO_MODEL = (400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
ODD_MODEL = (400, PARAMETER, "Required parameter(model) missing or invalid, please check the request parameters.")
UNKNOWN_MODEL = (400, PARAMETER, "Model not exist.")
NO_INPUT = (400, "BadRequest.EmptyInput", "Required input parameter missing from request.")
ODD_INPUT = (400, "BadRequest.IllegalInput", "The input parameter requires json format.")
WRONG_PATH = (400, PARAMETER, "url error, please check url!")
NO_WORKSPACE = (404, "WorkSpaceNotFound", "WorkSpace can not be found.")
OTHER_WORKSPACE = (403, "Workspace.AccessDenied", "Workspace access denied.")
# The ready-made keys that are no good, by what is the matter with each.
CONDITIONS = {
    "01": BAD_KEY,
    "02": (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    "03": (
        403,
        "AccessDenied.Unpurchased",
        "Access to model denied. Please make sure you are eligible for using the model.",
    ),
    "04": (
        403,
        "AllocationQuota.FreeTierOnly",
        (
            "The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, "
            'please disable the "use free tier only" mode in the management console.'
        ),
    ),
    "05": (403, "Model.AccessDenied", "Model access denied."),
}
NOT_JSON = (
    b"",
    b" ",
    b"model=happyhorse-1.1-t2v",
    b"{",
    b'{"model": "happyhorse-1.1-t2v",}',
    b"{'model': 'happyhorse-1.1-t2v'}",
    b'{"model": "happyhorse-1.1-t2v"} {}',
    b"[]",
    b"null",
    b"5",
    b'"happyhorse-1.1-t2v"',
)
NOT_JSON_TYPES = (
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonp",
)


def refusals(model: Model) -> list[Defect]:
    """Return every way in which a create of this model is refused before its fields are looked at."""
    return [*_doors(), *_bodies(), *_shells(), *_places(model)]


def _refusal(name: str, row: tuple[int, str, str], spoil: Callable[[Request], Request]) -> Defect:
    return Defect(name, spoil, *row, late=False)


def _changed(row: tuple[int, str, str], **change: Any) -> Defect:
    """Say that one attribute of the request is another."""
    return _refusal(f"{change}"[:80], row, lambda request: replace(request, **change))


def _header(name: str, value: str, row: tuple[int, str, str]) -> Defect:
    return _refusal(f"{name}: {value}", row, lambda request: replace(request, headers={**request.headers, name: value}))


def _doors() -> Iterator[Defect]:
    """Key, workspace, async header."""
    yield from (_changed(NO_KEY, authorization=text) for text in (None, "Bearer", "Bearer ", " "))
    for text in ("sk-sp-0123456789abcdef0123456789abcdef", "nonsense", "sk-", "sk-a b", "sk-é"):
        yield _changed(BAD_KEY, authorization=f"Bearer {text}")
    yield _changed(BAD_KEY, authorization="Basic c2s6")
    for tail, row in CONDITIONS.items():
        yield _changed(row, authorization=f"Bearer sk-facade{tail:0>26}")
    for region in REGIONS:
        yield _refusal(f"a key of {region}, or another", BAD_KEY, _with_foreign_key(region))
    yield from (_header("x-dashscope-async", value, SYNCHRONOUS) for value in ("", "disable", "true"))
    yield _header("x-dashscope-workspace", "ws-nckitja1d28cec5v", NO_WORKSPACE)
    yield _header("x-dashscope-workspace", "ws-facade00000000002", OTHER_WORKSPACE)


def _with_foreign_key(region: str) -> Callable[[Request], Request]:
    """Make a spoiler that sends the key of `region`, or of its neighbour where the request is for `region`."""

    def spoil(request: Request) -> Request:
        other = region if region != request.region else (SINGAPORE if region == BEIJING else BEIJING)
        return replace(request, authorization=f"Bearer {KEYS[other]}")

    return spoil


def _bodies() -> Iterator[Defect]:
    """Form of the body and its content type."""
    yield from (_changed(BAD_BODY, raw=raw) for raw in NOT_JSON)
    yield from (_header("content-type", kind, BAD_BODY) for kind in NOT_JSON_TYPES)


def _shells() -> Iterator[Defect]:
    """Model and input, as members of the body."""

    def member(name: str, value: Json, row: tuple[int, str, str]) -> Defect:
        shown = "absent" if value is ABSENT else repr(value)
        return _refusal(f"{name} is {shown}", row, lambda request: request.put(name, value))

    nothing: tuple[Json, ...] = (ABSENT, None, "")
    odd: tuple[Json, ...] = (5, 1.5, True, False, [], ["wan2.7-t2v"], {})
    yield from (member("model", value, NO_MODEL) for value in nothing)
    yield from (member("model", value, ODD_MODEL) for value in odd)
    for name in (
        "wan9.9-t2v",
        "HappyHorse-1.1-t2v",
        "happyhorse-1.1-t2v ",
        "happyhorse-1.1-video-edit",
        "夜",
        "\x00",
        "a" * 10_000,
    ):
        yield member("model", name, UNKNOWN_MODEL)
    yield from (member("input", value, NO_INPUT) for value in (ABSENT, None))
    yield from (member("input", value, ODD_INPUT) for value in (*NOT_AN_OBJECT, False, 0, ""))


def _places(model: Model) -> Iterator[Defect]:
    """Region, path and host: where the model is not sold or not served, or the key is not known."""
    for region in REGIONS:
        if region not in model.regions:
            yield _changed(UNKNOWN_MODEL, region=region, where="path")
    yield from (_changed(WRONG_PATH, service=service) for service in SERVICES if service not in model.services)
    yield _header("host", f"ws-facade00000000002.{model.regions[0]}.maas.aliyuncs.com", BAD_KEY)
    yield _header("host", "token-plan.cn-beijing.maas.aliyuncs.com", BAD_KEY)
    yield _header("host", "coding.dashscope.aliyuncs.com", BAD_KEY)
