"""S-URL: signed URLs of clips."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ..bench import DAY, OK, Bench, require, same
from ..judging import probes

if TYPE_CHECKING:
    from ..wire import Reply

_CODE = re.compile(r"<Code>(\w+)</Code>")
_FORBIDDEN, _PARTIAL = 403, 206


@probes("S-URL-01")
def fetched(bench: Bench) -> None:
    """A clip is what its headers say."""
    account = bench.account()
    reply = account.fetch(account.finished()["output"]["video_url"])
    same("the status of a fetch", reply.status, OK)
    same("its Content-Type", reply.headers["content-type"], "video/mp4")
    same("its Content-Length", reply.headers["content-length"], str(len(reply.body)))
    digest = hashlib.md5(reply.body, usedforsecurity=False).hexdigest().upper()
    same("its ETag", reply.headers["etag"], f'"{digest}"')
    same("its Accept-Ranges", reply.headers["accept-ranges"], "bytes")
    require(reply.body[4:8] == b"ftyp", "the clip is no MP4")


@probes("S-URL-02")
def expiring(bench: Bench) -> None:
    """A URL lives until the second that it names."""
    account = bench.account()
    task = account.task()
    account.world.clock.advance(70)
    url = account.output(task)["video_url"]
    expires = int(parse_qs(urlsplit(url).query)["Expires"][0])
    left = expires - account.world.clock.now()
    require(DAY - 120 <= left <= DAY, f"Expires is {left} s ahead as the task ends, not about 24 h")
    account.world.clock.set(expires - 1)
    same("the status of a fetch in the last second", account.fetch(url).status, OK)
    account.world.clock.set(expires + 0.5)
    _denied(account.fetch(url), "AccessDenied")


@probes("S-URL-03")
def for_get_alone(bench: Bench) -> None:
    """A HEAD is another request than the one that was signed."""
    account = bench.account()
    reply = account.fetch(account.finished()["output"]["video_url"], "HEAD")
    same("the status of a HEAD", reply.status, _FORBIDDEN)
    same("the body of a HEAD", reply.body, b"")
    require(reply.headers["x-oss-ec"], "a refused HEAD has no x-oss-ec")
    said = base64.b64decode(reply.headers["x-oss-err"]).decode()
    same("the code in x-oss-err", _CODE.findall(said), ["SignatureDoesNotMatch"])


@probes("S-URL-04")
def tampered(bench: Bench) -> None:
    """What is signed cannot be changed."""
    account = bench.account()
    url = account.finished()["output"]["video_url"]
    expires = parse_qs(urlsplit(url).query)["Expires"][0]
    later = url.replace(f"Expires={expires}", f"Expires={int(expires) + DAY}")
    signature = url.rpartition("Signature=")[2]
    other = url.replace(signature, ("B" if signature[0] == "A" else "A") + signature[1:])
    for changed in (later, other, url.replace(".mp4?", "x.mp4?")):
        _denied(account.fetch(changed), "SignatureDoesNotMatch")


@probes("S-URL-05")
def two_ways_in(bench: Bench) -> None:
    """A key and a signature are one too many."""
    account = bench.account()
    url = account.finished()["output"]["video_url"]
    reply = account.fetch(url, Authorization=f"Bearer {account.world.key}")
    require(400 <= reply.status < 500, f"a fetch with a key is answered with {reply.status}")
    require(_CODE.findall(reply.text), "its body is no XML error")


@probes("S-URL-06")
def ranged(bench: Bench) -> None:
    """Parts of a clip."""
    account = bench.account()
    url = account.finished()["output"]["video_url"]
    clip = account.fetch(url).body
    size = len(clip)
    for asked, start, stop in ((f"{10}-{19}", 10, 20), (f"{size - 5}-", size - 5, size), ("-7", size - 7, size)):
        reply = account.fetch(url, Range=f"bytes={asked}")
        same(f"the status of range {asked}", reply.status, _PARTIAL)
        same(f"the Content-Range of {asked}", reply.headers["content-range"], f"bytes {start}-{stop - 1}/{size}")
        require(reply.body == clip[start:stop], f"range {asked} has other bytes")
    beyond = account.fetch(url, Range=f"bytes={size}-")
    same("the status of a range beyond the end", beyond.status, OK)
    require(beyond.body == clip, "a range beyond the end is not the whole file")


def _denied(reply: Reply, code: str) -> None:
    same("the status of a refused fetch", reply.status, _FORBIDDEN)
    same("its Content-Type", reply.headers["content-type"], "application/xml")
    same("its code", _CODE.findall(reply.text), [code])
    require(reply.headers.get("x-oss-ec"), "a refused fetch has no x-oss-ec")
