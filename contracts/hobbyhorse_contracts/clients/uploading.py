"""Local files: sent to upstream's temporary store, or put into the request as data URIs."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode, urlsplit

from .effects import Broken, Reply, Send, Sleep, Steps
from .fetching import Fetching
from .pacing import growing
from .problems import ClientError, refusal
from .speaking import AGENT, TOO_MANY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .config import Ask

_OK = 200
_AGAIN = 500
_FIELDS = (
    ("OSSAccessKeyId", "oss_access_key_id"),
    ("Signature", "signature"),
    ("policy", "policy"),
    ("x-oss-object-acl", "x_oss_object_acl"),
    ("x-oss-forbid-overwrite", "x_oss_forbid_overwrite"),
)
_BOUNDARY = "hobbyhorse-reference-form"
_HOUR_S = 3600.0


class Uploading(Fetching):
    """Uploads local files before the create."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._uploads: dict[tuple[str, str, str], tuple[str, float]] = {}

    def prepared(self, ask: Ask) -> Steps[tuple[Mapping[str, Any], bool]]:
        """Return the request with URLs in place of local files, and whether any of them is an upload."""
        given = ask.request.get("input")
        media = given.get("media") if isinstance(given, dict) else None
        if not isinstance(given, dict) or not isinstance(media, list):
            return ask.request, False
        sent = []
        for item in media:
            path = local_path(item.get("url")) if isinstance(item, dict) else None
            sent.append(item if path is None else {**item, "url": (yield from self.url_for(ask, path))})
        resolves = any(isinstance(row, dict) and str(row.get("url")).startswith("oss://") for row in sent)
        return {**ask.request, "input": {**given, "media": self.arranged(sent)}}, resolves

    def arranged(self, media: list[Any]) -> Any:
        """Return the media in the order in which they were given: it has a meaning."""
        return media

    def url_for(self, ask: Ask, path: Path) -> Steps[str]:
        """Return a URL for a file: of an upload that is young enough, of a new one, or with the file in it."""
        data = path.read_bytes()
        if self.config.inlines:
            return data_uri(path, data)
        mark = (hashlib.sha256(data).hexdigest(), self.base(ask), str(ask.request.get("model")))
        url, at = self._uploads.get(mark, ("", 0.0))
        if url and self.is_fresh(at):
            return url
        url = yield from self.uploaded(ask, path.name, data)
        self._uploads[mark] = (url, self.env.now())
        return url

    def is_fresh(self, at: float) -> bool:
        """Say whether an upload of that instant is still there: upstream keeps them for 48 h."""
        return self.env.now() - at < self.config.upload_hours * _HOUR_S

    def uploaded(self, ask: Ask, name: str, data: bytes) -> Steps[str]:
        """Upload bytes under a fresh policy; return their oss:// URL. Raises ClientError."""
        policy_wish = Send("GET", self.policy_url(ask), self.headers(ask))
        reply = yield from self.insistent(ask, policy_wish, "upload policy")
        policy = (reply.json() or {}).get("data")
        if not isinstance(policy, dict):
            raise refusal(reply, "upload policy", kind="other")
        key = self.upload_key(str(policy["upload_dir"]), name, data)
        form = self.form(policy, key, data)
        wish = Send("POST", str(policy["upload_host"]), self.form_headers(ask), form)
        yield from self.insistent(ask, wish, "upload")
        return f"oss://{key}"

    def upload_key(self, folder: str, name: str, data: bytes) -> str:
        """Return the key of an upload: below the policy's folder, whatever the file is called."""
        return f"{folder}/{safe_name(name, data)}"

    def policy_url(self, ask: Ask) -> str:
        """Return where the policy is asked for, for the model of the create."""
        asked = {"action": "getPolicy", "model": str(ask.request.get("model"))}
        return f"{self.url(ask, '/uploads')}?{urlencode(asked)}"

    def form_headers(self, ask: Ask) -> dict[str, str]:  # noqa: ARG002 - a form has no key of its account
        """Return the headers of the form: the policy in it is what opens the store, the key is not shown."""
        return {"User-Agent": AGENT, "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}

    def form(self, policy: Mapping[str, Any], key: str, data: bytes) -> bytes:
        """Return the form. The store ignores whatever stands behind the file, so the file comes last."""
        fields = [(name, str(policy[field])) for name, field in _FIELDS]
        fields += [("key", key), ("success_action_status", "200")]
        return self.encoded_form(fields, key.rsplit("/", 1)[-1], data)

    def encoded_form(self, fields: list[tuple[str, str]], name: str, data: bytes) -> bytes:
        """Return a multipart body: fields, then the file."""
        lines = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields
        ]
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        return b"".join([
            "".join(lines).encode(),
            f"{head}Content-Type: {kind}\r\n\r\n".encode(),
            data,
            f"\r\n--{_BOUNDARY}--\r\n".encode(),
        ])  # fmt: skip

    def insistent(self, ask: Ask, wish: Send, doing: str) -> Steps[Reply]:
        """Send what may be sent again until it is answered with a 200. Raises ClientError."""
        for attempt in range(1, self.config.download_attempts + 1):
            is_last = attempt == self.config.download_attempts
            wait = growing(attempt, self.config.waits_s, self.config.wait_cap_s, ask.id)
            try:
                reply = yield from self.speak(wish)
            except Broken as trouble:
                if is_last:
                    raise ClientError("network", f"{doing}: {trouble}") from trouble
            else:
                if reply.status == _OK and self.is_readable(wish, reply):
                    return reply
                if is_last or (reply.status not in {_OK, TOO_MANY} and reply.status < _AGAIN):
                    raise refusal(reply, doing)
                wait = self.hold(reply, attempt, ask.id) if reply.status == TOO_MANY else wait
            yield Sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def is_readable(self, wish: Send, reply: Reply) -> bool:
        """Say whether a 200 has the JSON that a question is answered with."""
        return wish.method != "GET" or reply.json() is not None


def local_path(url: Any) -> Path | None:
    """Return the file that a medium names, None for a URL."""
    if not isinstance(url, str) or url.startswith(("http://", "https://", "oss://", "data:")):
        return None
    path = Path(unquote(urlsplit(url).path) if url.startswith("file://") else url)
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def safe_name(name: str, data: bytes) -> str:
    """Return a name for an upload: its hash, and the ending if it is a plain one."""
    ending = name.rpartition(".")[2].lower()
    plain = ending.isascii() and ending.isalnum() and ending != name.lower()
    return hashlib.sha256(data).hexdigest()[:16] + (f".{ending}" if plain else "")


def data_uri(path: Path, data: bytes) -> str:
    """Return the bytes of a file as a URI, with the type that its ending says."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
