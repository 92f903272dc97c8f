"""What the machine draws: requests, scenarios, mishaps. Few values, so that they meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from .expected.rules import Order
from .expected.tables import BEIJING, MODELS, SINGAPORE, TOKYO, VIRGINIA

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

WORDS = ("a dragon", "a cat", "a paper city")
MARKS = ("", "", "", " [[fail:DataInspectionFailed]]", " [[pending:30s]] [[run:2m]]", " [[stuck]]", " [[polls:1,2]]")
FRAME, CLIP = "https://example.com/frame.png", "https://example.com/clip.mp4"
_FLAWS = ("3 s too few", "too long", "no such tier", "no prompt", "no such medium")
_REFUSED = ("no such model", "not sold", "synchronous", "not JSON", "no model", "no input")


def order_of(model: str, region: str, prompt: str, tier: str, seconds: int, flaw: str = "") -> Order:
    """Return a create request, with a flaw where one is named."""
    row = MODELS[model]
    given: dict[str, Any] = {"resolution": tier}
    body: dict[str, Any] = {"model": model, "input": {"prompt": prompt}, "parameters": given}
    if row.durations:
        given["duration"] = {"3 s too few": row.durations[0] - 3, "too long": row.durations[1] + 1}.get(flaw, seconds)
    if row.media:
        url = "ftp://example.com/x" if flaw == "no such medium" else CLIP if row.media == "video" else FRAME
        body["input"]["media"] = [{"type": row.media, "url": url}]
    if flaw == "no such tier":
        given["resolution"] = "4K"
    if flaw == "no prompt":
        del body["input"]["prompt"]
    return Order(region, body)


def _refused(flaw: str) -> Order:
    """Return a request that the gateway refuses. No rule that is drawn is for it."""
    order = order_of("wan2.7-t2v", VIRGINIA if flaw == "not sold" else BEIJING, "nothing", "720P", 5)
    match flaw:
        case "no such model":
            order.body["model"] = "nobody-1.0"
        case "synchronous":
            return Order(order.region, order.body, is_async=False)
        case "not JSON":
            return Order(order.region, order.body, raw=b'{"model": ')
        case "no model":
            del order.body["model"]
        case "no input":
            del order.body["input"]
    return order


_PLACES = [
    ("happyhorse-1.1-t2v", BEIJING),
    ("happyhorse-1.1-t2v", SINGAPORE),
    ("happyhorse-1.0-t2v", BEIJING),
    ("happyhorse-1.1-i2v", TOKYO),
    ("happyhorse-1.0-video-edit", BEIJING),
    ("happyhorse-1.0-video-edit", SINGAPORE),
    ("wan2.7-t2v", SINGAPORE),
    ("wan3.0-video", BEIJING),
    ("wan3.0-video", VIRGINIA),
]


def _prompts() -> SearchStrategy[str]:
    return st.builds(str.__add__, st.sampled_from(WORDS), st.sampled_from(MARKS))


def right_orders() -> SearchStrategy[Order]:
    """Draw a right create request."""
    return st.builds(
        lambda place, prompt, seconds: order_of(place[0], place[1], prompt, "720P", seconds),
        st.sampled_from(_PLACES),
        _prompts(),
        st.sampled_from([3, 5]),
    )


def orders() -> SearchStrategy[Order]:
    """Draw a create request: mostly a right one."""
    wrong = st.builds(
        lambda model, prompt, flaw: order_of(model, BEIJING, prompt, "720P", 5, flaw),
        st.sampled_from(["happyhorse-1.1-t2v", "happyhorse-1.1-i2v"]),
        _prompts(),
        st.sampled_from(_FLAWS),
    )
    return right_orders() | right_orders() | wrong | st.sampled_from(_REFUSED).map(_refused)


# So many that only submissions are too many.
QUOTAS = {"submit_rps": 2, "running": 1000, "queue": 1000, "qps": 1000, "policy_qps": 1000}


Asked = tuple[str, dict[str, str]]
_RANGES = ["bytes=0-99", "bytes=100-", "bytes=-100", "bytes=0-99999999", "bytes=99999999-"]


def downloads() -> SearchStrategy[Asked]:
    """Draw method and headers of a download."""
    ranges = st.sampled_from(_RANGES)
    return st.one_of(
        st.just(("GET", dict[str, str]())),
        ranges.map(lambda text: ("GET", {"range": text})),
        ranges.map(lambda text: ("GET", {"range": text, "x-oss-range-behavior": "standard"})),
        st.just(("HEAD", dict[str, str]())),
        st.just(("GET", {"authorization": "Bearer sk-leaked"})),
    )


def documents() -> SearchStrategy[dict[str, Any]]:
    """Draw a world document."""
    return st.fixed_dictionaries(
        {
            "pace": st.sampled_from(["quick", "quick", "realistic", "realistic", "instant"]),
            "validation": st.sampled_from(["worker", "worker", "worker", "gateway"]),
            "url_seconds": st.sampled_from([60, 3600, 86_400]),
            "markers": st.booleans(),
            "quotas": st.sampled_from(["off", "off", QUOTAS]),
        }
    ).map(lambda drawn: {"clock": {"set": 1_767_225_599, "frozen": True}, "media": "stamped", "seed": 7} | drawn)


_WHENS: list[dict[str, Any]] = [
    {"prompt": "dragon"},
    {"prompt": "*cat*"},
    {"model": "happyhorse-1.1-*"},
    {"model": "wan*"},
    {"region": SINGAPORE},
    {"body": {"parameters.duration": 3}},
]
_THENS: list[dict[str, Any]] = [
    {"fail": "DataInspectionFailed"},
    {"running": "90s", "fail": {"error": "InternalError.Timeout", "message": "too long"}},
    {"refuse": "Throttling.RateQuota"},
    {"refuse": {"error": "SystemError", "retry_after": 7}},
    {"polls": [2, 1]},
    {"polls": [0, 2]},
    {"pending": "30s", "running": "2m"},
    {"pending": "40m"},
    {"stuck": "RUNNING"},
    {"stuck": "PENDING"},
    {"odd": [{"polls": [1, 2], "status": "QUEUED", "extra": {"progress": 40}}]},
    {"odd": [{"polls": 3, "status": "PENDING"}, {"when": "SUCCEEDED", "polls": 4, "no_url": True}]},
    {"polls": [1, 1], "odd": [{"when": "RUNNING", "without": ["submit_time"]}]},
    {"task_id": "dotted"},
    {"task_id": "underscored"},
    {"task_id": "hex64"},
    {"mishaps": [{"do": "error", "error": "SystemError", "at": "create", "moment": "after"}]},
    {"mishaps": [{"do": "error", "error": "SystemError", "at": "get", "moment": "after", "count": 1}]},
    {"mishaps": [{"do": "html", "at": "get", "skip": 1, "count": 1}]},
    {"mishaps": [{"do": "dead-url", "at": "download", "count": 1}]},
]


def scenarios() -> SearchStrategy[dict[str, Any]]:
    """Draw a scenario of one rule or two, under one of three names."""
    whens = st.builds(
        lambda when, nth: when | nth,
        st.sampled_from(_WHENS),
        st.sampled_from([{}, {}, {"nth": 1}, {"nth": 2}, {"nth": [1, 3]}]),
    )
    rule = st.fixed_dictionaries({"when": whens, "then": st.sampled_from(_THENS)})
    world = st.sampled_from([{}, {}, {"mishaps": [{"do": "html", "at": "get", "skip": 1, "count": 1}]}])
    return st.builds(
        lambda name, rules, mishaps: {"name": name, "description": name, "rules": rules} | mishaps,
        st.sampled_from(["first", "second", "third"]),
        st.lists(rule, min_size=1, max_size=2),
        world,
    )


_MISHAPS: list[dict[str, Any]] = [
    {"do": "error", "error": "SystemError", "at": "create"},
    {"do": "error", "error": "ModelUnavailable", "at": "create", "moment": "after"},
    {"do": "error", "error": "SystemError", "at": "get"},
    {"do": "error", "error": "Throttling.RateQuota", "at": "get", "moment": "after", "retry_after": 3},
    {"do": "error", "error": "SystemError", "at": "cancel"},
    {"do": "html", "at": "cancel", "moment": "after"},
    {"do": "html", "at": "create", "moment": "after", "status": 503},
    {"do": "redirect", "at": "get", "status": 307},
    {"do": "empty-body", "at": "create"},
    {"do": "malformed-json", "at": "get"},
    {"do": "gzip", "at": "list"},
    {"do": "date-skew", "at": "get", "seconds": -3600},
    {"do": "content-type", "at": "get", "value": "text/plain"},
    {"do": "dead-url", "at": "download"},
    {"do": "html", "at": "download"},
    {"do": "html", "at": "upload", "moment": "after"},
    {"do": "error", "error": "SystemError", "at": "uploads"},
]
_BOUNDS: list[dict[str, Any]] = [
    {"count": 1},
    {"count": 1},
    {"count": 2},
    {"skip": 1, "count": 1},
    {"seconds_alive": 60, "count": 3},
    {"seconds_alive": 60, "count": 3},
    {"on": {"key": "main"}, "count": 1},
    {"on": {"task": "no-such-task"}},
]


def mishaps(at: str = "") -> SearchStrategy[dict[str, Any]]:
    """Draw a mishap that ends soon, at a route or any."""
    there = [one for one in _MISHAPS if at in {"", one["at"]}]
    return st.builds(dict.__or__, st.sampled_from(there), st.sampled_from(_BOUNDS))
