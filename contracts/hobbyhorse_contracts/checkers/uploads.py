"""UPL: local files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from .calls import creates, makers
from .reading import OK, cut, has_key, in_order, part, said, sent
from .registry import Found, broken, checks, kept, unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..history import History, Row
    from ..scenario import Scenario

FIELDS = (
    *("ossaccesskeyid", "policy", "signature", "key", "x-oss-object-acl", "x-oss-forbid-overwrite"),
    "success_action_status",
)
_AGE_MS = 48 * 3600 * 1000
_NAME = re.compile(r"(?<![a-z*])name=\"?([^\";\r\n]*)", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]")
_OSS = "oss://"


@checks("UPL-01")
def policy(scenario: Scenario, history: History) -> Found:
    """Hold the requests for upload policies against the creates that use their files."""
    rows = in_order(history.on("uploads"))
    if not rows:
        return unseen("no upload policy was asked for")
    asked = [parse_qs(row.query) for row in rows]
    bad = [row for row, query in zip(rows, asked, strict=True) if query.get("action") != ["getPolicy"]]
    if bad:
        return broken("an upload policy was asked for without `action=getPolicy`", bad)
    models = {model for query in asked for model in query.get("model", [])}
    wrong = [row for row in creates(history) if _refs(row) and sent(row).get("model") not in models]
    wanted = {str(call.request.get("model")) for call in makers(scenario)}
    if wrong or not models or models - wanted:
        return broken(f"the policies are for {sorted(models)}, the create is not", [*rows, *wrong])
    roots = {row.path.rpartition("/uploads")[0] for row in rows}
    away = [row for row in creates(history) if _refs(row) and not any(row.path.startswith(root) for root in roots)]
    return (
        broken("policy and create went to different base URLs", [*rows, *away]) if away else kept("as the create", rows)
    )


@checks("UPL-02")
def form(_: Scenario, history: History) -> Found:
    """Hold the form of every upload."""
    rows = _uploads(history)
    for row in rows:
        names = [name.lower() for name, _ in _parts(row)]
        missing = [name for name in FIELDS if name not in names]
        if missing:
            return broken(f"the form has no {missing[0]!r}", [row])
        if names[-1] != "file":
            return broken(f"the last part is {names[-1]!r}, not the file", [row])
        if dict(_parts(row)).get("success_action_status") not in {"200", None}:
            return broken("`success_action_status` is not 200", [row])
    return kept("complete, the file last", rows) if rows else unseen("nothing was uploaded")


@checks("UPL-03")
def keyless(_: Scenario, history: History) -> Found:
    """Look for the key in uploads."""
    rows = _uploads(history)
    bad = [
        row for row in rows if row.header("authorization") or any(has_key(history, value) for _, value in row.headers)
    ]
    if bad:
        return broken("the upload carried an Authorization or the key", bad)
    return kept("no key in uploads", rows) if rows else unseen("nothing was uploaded")


@checks("UPL-04")
def resolve(_: Scenario, history: History) -> Found:
    """Hold the header of creates that name `oss://` URLs."""
    rows = [row for row in creates(history) if _refs(row)]
    bad = [row for row in rows if (row.header("x-dashscope-ossresourceresolve") or "").lower() != "enable"]
    if bad:
        return broken("`X-DashScope-OssResourceResolve: enable` is missing", bad)
    return kept("with the header", rows) if rows else unseen("no create named an `oss://` URL")


@checks("UPL-05")
def fresh(_: Scenario, history: History) -> Found:
    """Hold the age of uploaded files when they are used."""
    uploaded = {f"{_OSS}{key}": row for row in in_order(history.on("upload")) if (key := _key(row))}
    used = [(row, uploaded[ref]) for row in creates(history) for ref in _refs(row) if ref in uploaded]
    stale = [row for row, upload in used if row.at_ms - upload.at_ms > _AGE_MS]
    if stale:
        return broken("a file was used more than 48 hours after its upload", stale)
    first = min((upload.at_ms for _, upload in used), default=0)
    late = [row for row, _ in used if row.at_ms - first > _AGE_MS]
    return kept("uploaded again", late) if late else unseen("no file was wanted 48 hours after its upload")


@checks("UPL-06")
def safe_key(scenario: Scenario, history: History) -> Found:
    """Hold the object keys of files with awkward names."""
    if all(_PLAIN_NAME.fullmatch(name) for name in scenario.files):
        return unseen("no file had an awkward name")
    folders = [str(part(said(row).body or {}, "data").get("upload_dir", "")) for row in history.on("uploads")]
    rows = in_order(history.on("upload"))
    for row in rows:
        key = _key(row)
        below = next(
            (key.removeprefix(f"{folder}/") for folder in folders if folder and key.startswith(f"{folder}/")), ""
        )
        if not below or below in {".", ".."} or _UNSAFE.search(below):
            return broken(f"the object key is {key!r}", [row])
        if (row.status or OK) >= OK + 100 and not cut(row):
            return broken(f"the upload under {key!r} was refused", [row])
    return kept("keys below the policy's folder", rows) if rows else unseen("nothing was uploaded")


def _uploads(history: History) -> list[Row]:
    """Return the uploads; what a redirect led there is none, and SEC-04's and SEC-05's matter."""
    led = {row.path for row in history.rows if "redirect" in row.mishaps}
    return in_order(row for row in history.on("upload") if row.path not in led)


def _refs(row: Row) -> list[str]:
    """Return the `oss://` URLs in a create."""
    return list(_texts(sent(row)))


def _texts(value: Any) -> Iterator[str]:
    """Yield `oss://` URLs in a document. A stack, not recursion: a client decides how deep it is."""
    stack = [value]
    while stack:
        top = stack.pop()
        if isinstance(top, str) and top.startswith(_OSS):
            yield top
        elif isinstance(top, dict):
            stack += reversed(top.values())
        elif isinstance(top, list):
            stack += reversed(top)


def _parts(row: Row) -> list[tuple[str, str]]:
    """Return names and values of a form's parts, in order."""
    text = row.body.text or ""
    mark = text.split("\r\n", 1)[0].rstrip("-") or "--"
    pieces = [piece.partition("\r\n\r\n") for piece in text.split(mark)]
    found = [(_NAME.search(head), value) for head, blank, value in pieces if blank]
    return [(name[1], value.removesuffix("\r\n")) for name, value in found if name]


def _key(row: Row) -> str:
    return dict(_parts(row)).get("key", "")
