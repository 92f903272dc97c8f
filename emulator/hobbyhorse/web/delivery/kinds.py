"""What each kind of mishap does to a delivery. One function a kind; `KINDS` is their table.

A mishap's options are complete, so an option with a default is always there.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from ...core.moments import http_date
from ...core.ranges import UnsatisfiableError, span_of
from ...dialects.wire import WireReply
from ..link import Ended
from .value import Framing, part, with_header

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ...core.mishaps import Option
    from .value import Circumstances, Delivery

    Options = Mapping[str, Option]

_CONTROLS = dict.fromkeys((*range(32), 127), " ")
_OVERWRITTEN = bytes(octet ^ 0xA5 for octet in range(256))


def retry_after(seconds: int, form: str, now: int) -> tuple[str, str]:
    """Return a Retry-After header, in `seconds` or as a `date` on the world's clock (`now`, ms)."""
    return "retry-after", http_date(now + seconds * 1000) if form == "date" else str(seconds)


def _one_line(value: str) -> str:
    """Return a header's value without what would end it."""
    return value.translate(_CONTROLS)


def _number(options: Options, name: str) -> float:
    return float(options[name])


def _error(plain: Delivery, options: Options, case: Circumstances) -> Delivery:
    message = options.get("message")
    reply = case.refusal(str(options["error"]), None if message is None else str(message))
    if options.get("retry_after") is not None:
        header = retry_after(int(options["retry_after"]), str(options.get("retry_after_form")), case.now)
        reply = replace(reply, headers=(*reply.headers, header))
    return plain.instead(reply)


def _html(plain: Delivery, options: Options, case: Circumstances) -> Delivery:
    # A page as nginx writes it, the proxy met most (general knowledge).
    status = int(options["status"])
    title = f"{status} {_phrase(status)}".rstrip()
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )
    headers = (("server", "nginx"), ("date", http_date(case.now)), ("content-type", "text/html"))
    return plain.instead(WireReply(status, headers, page.encode()))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _redirect(plain: Delivery, options: Options, case: Circumstances) -> Delivery:
    location = _one_line(str(options.get("location") or case.elsewhere))
    headers = (("date", http_date(case.now)), ("location", location), ("content-length", "0"))
    return plain.instead(WireReply(int(options["status"]), headers, b""))


def _range(plain: Delivery, options: Options, case: Circumstances) -> Delivery:
    """Only an object that was asked for with a Range header and would have come is answered otherwise."""
    if case.asked_range is None or case.whole is None or not _is_object(plain):
        return plain
    headers = tuple(header for header in plain.headers if header[0] != "content-range")
    if options["answer"] == "416":
        return plain.instead(case.refusal("invalid-range", None))
    whole = replace(plain, status=HTTPStatus.OK, headers=headers).with_body(case.whole)
    if options["answer"] == "200":
        return whole
    try:
        span = span_of(case.asked_range, len(case.whole), standard=True)
    except UnsatisfiableError:
        return plain
    return _as_part(whole, span.start, span.stop, len(case.whole)) if span.is_part else whole


def _is_object(plain: Delivery) -> bool:
    return plain.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}


def _as_part(whole: Delivery, start: int, stop: int, size: int) -> Delivery:
    headers = with_header(whole.headers, "content-range", f"bytes {start}-{stop - 1}/{size}")
    return replace(whole, status=HTTPStatus.PARTIAL_CONTENT, headers=headers).with_body(whole.body[start:stop])


def _position(plain: Delivery) -> tuple[int, int]:
    """Return where in the object the body begins, and how long the object is."""
    said = dict(plain.headers).get("content-range", "")
    start, _, size = said.removeprefix("bytes ").partition("-")[0], "", said.rpartition("/")[2]
    return (int(start), int(size)) if said else (0, len(plain.body))


def _truncated(plain: Delivery, options: Options, case: Circumstances) -> Delivery:
    # The object is shorter: so are parts of it, and those behind its end are not there.
    if not _is_object(plain):
        return plain
    start, size = _position(plain)
    there = part(_number(options, "keep"), size)
    if plain.status == HTTPStatus.OK:
        return plain.with_body(plain.body[:there])
    if start >= there:
        return plain.instead(case.refusal("invalid-range", None))
    stop = min(start + len(plain.body), there)
    span = with_header(plain.headers, "content-range", f"bytes {start}-{stop - 1}/{there}")
    return replace(plain, headers=span).with_body(plain.body[: stop - start])


def _corrupt(plain: Delivery, _options: Options, _case: Circumstances) -> Delivery:
    # The middle third of the object is overwritten, each byte with another; in parts of it what lies in them.
    if not _is_object(plain):
        return plain
    start, size = _position(plain)
    body = plain.body
    first, last = (min(max(at - start, 0), len(body)) for at in (size // 3, size - size // 3))
    return replace(plain, body=body[:first] + body[first:last].translate(_OVERWRITTEN) + body[last:])


def _empty(plain: Delivery, _options: Options, _case: Circumstances) -> Delivery:
    return plain.with_body(b"") if plain.body else plain


def _malformed(plain: Delivery, _options: Options, _case: Circumstances) -> Delivery:
    """No beginning of a JSON object or list is JSON itself."""
    body = plain.body.rstrip()
    return plain.with_body(body[: part(2 / 3, len(body))]) if body else plain


def _gzip(plain: Delivery, _options: Options, _case: Circumstances) -> Delivery:
    # The time in the gzip header is zero, so that an answer repeats. Two such mishaps compress it once.
    if not plain.body or "content-encoding" in dict(plain.headers):
        return plain
    headers = with_header(plain.headers, "content-encoding", "gzip")
    return replace(plain, headers=headers).with_body(gzip.compress(plain.body, mtime=0))


def _content_type(plain: Delivery, options: Options, _case: Circumstances) -> Delivery:
    value = _one_line(str(options["value"]))
    return replace(plain, headers=with_header(plain.headers, "content-type", value))


def _date_skew(plain: Delivery, options: Options, case: Circumstances) -> Delivery:
    skewed = http_date(case.now + round(_number(options, "seconds") * 1000))
    return replace(plain, headers=with_header(plain.headers, "date", skewed))


def _delay(plain: Delivery, options: Options, _case: Circumstances) -> Delivery:
    return replace(plain, delay=plain.delay + _number(options, "seconds"))


def _slow(plain: Delivery, options: Options, _case: Circumstances) -> Delivery:
    return replace(plain, rate=int(options["bytes_per_second"]))


def _short_body(plain: Delivery, options: Options, _case: Circumstances) -> Delivery:
    return replace(plain, keep=_number(options, "keep"), ending=Ended.CLOSED)


def _short_length(plain: Delivery, options: Options, _case: Circumstances) -> Delivery:
    return replace(plain, admitted=_number(options, "keep"))


def _unfinished(plain: Delivery, _options: Options, _case: Circumstances) -> Delivery:
    return replace(plain, framing=Framing.CHUNKS, ending=Ended.CLOSED)


def _delimited(plain: Delivery, _options: Options, _case: Circumstances) -> Delivery:
    return replace(plain, framing=Framing.CONNECTION, ending=Ended.CLOSED)


def _reset(plain: Delivery, options: Options, _case: Circumstances) -> Delivery:
    return _ended(plain, options, Ended.RESET)


def _close(plain: Delivery, options: Options, _case: Circumstances) -> Delivery:
    return _ended(plain, options, Ended.CLOSED)


def _ended(plain: Delivery, options: Options, how: Ended) -> Delivery:
    match options["where"]:
        case "mid-body":
            return replace(plain, ending=how, keep=_number(options, "keep"))
        case "idle":
            return replace(plain, ending=how, idle=_number(options, "seconds"))
    return replace(plain, ending=how, has_head=False)


# In the order in which they are laid over: what comes instead, what is in it, how it is framed, when, and how it ends.
KINDS: Mapping[str, Callable[[Delivery, Options, Circumstances], Delivery]] = {
    "error": _error,
    "html": _html,
    "redirect": _redirect,
    "range": _range,
    "truncated-mp4": _truncated,
    "corrupt-mp4": _corrupt,
    "empty-body": _empty,
    "malformed-json": _malformed,
    "gzip": _gzip,
    "content-type": _content_type,
    "date-skew": _date_skew,
    "short-length": _short_length,
    "short-body": _short_body,
    "missing-last-chunk": _unfinished,
    "close-delimited": _delimited,
    "delay": _delay,
    "slow-body": _slow,
    "close": _close,
    "reset": _reset,
}
