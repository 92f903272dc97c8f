"""Canaries: keys, tokens, signatures and passwords sent in every place there is come out nowhere."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

import httpx
import pytest

from hobbyhorse import Emulator
from hobbyhorse.core.ids import key_id
from web.raw import Wire

from .conftest import MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse.handle.world import World

WORD = "canary"
KEY = f"sk-{WORD}0000000000000000000000001"
STRANGER = f"sk-{WORD}0000000000000000000000002"
ODD = f"{WORD}-is-no-key-at-all"
PASSWORD = f"{WORD}word"
SIGNATURE = base64.b64encode(f"{WORD} in a coal mine".encode()[:20].ljust(20)).decode()
_CREATE = "/services/aigc/video-generation/video-synthesis"


class Singer:
    """Sends requests in which secrets stand where they should and where they should not."""

    def __init__(self, world: World, http: httpx.Client, api: str, results: str) -> None:
        self.world, self.http, self.api, self.results = world, http, f"{api}/api/v1", results
        self.secrets = {KEY, STRANGER, ODD, PASSWORD, SIGNATURE}
        self.key = KEY

    def send(self, method: str, url: str, **more: Any) -> httpx.Response:
        """Send one request with the key."""
        sent = {"Authorization": f"Bearer {self.key}", "X-DashScope-Async": "enable", **more.pop("headers", {})}
        return self.http.request(method, url, headers=sent, **more)

    def create(self, **body: Any) -> httpx.Response:
        """Submit a task."""
        return self.send("POST", self.api + _CREATE, json={"model": MODEL, "input": {"prompt": "x"}, **body})

    def sing(self) -> None:
        """Send everything. What looks like no secret is known as one only in the request that has it as its key."""
        for self.key, secret in ((KEY, KEY), (KEY, STRANGER), (KEY, SIGNATURE), (ODD, ODD), (STRANGER, STRANGER)):
            self.everywhere(secret)
        self.key = KEY
        token = self.send("POST", f"{self.api}/tokens?expire_in_seconds=60").json()["token"]
        self.secrets.add(token)
        for self.key in (token, KEY):
            self.everywhere(token)
        self.send("GET", f"{self.api}/tasks/a", headers={"Authorization": KEY})
        self.send("GET", f"{self.api}/tasks/a", headers={"Cookie": f"session={PASSWORD}"})
        self.clips()
        self.forms()
        self.raw()

    def everywhere(self, secret: str) -> None:
        """Send a secret in headers, paths, queries and bodies."""
        self.in_headers(secret)
        self.in_paths(quote(secret, safe=""))
        self.in_fields(secret)
        self.in_media(secret)
        self.in_texts(secret)

    def in_headers(self, secret: str) -> None:
        for name in ("X-Note", "User-Agent", "X-DashScope-WorkSpace", "Cookie", "X-Oss-Security-Token", "Referer"):
            self.send("GET", f"{self.api}/tasks/a", headers={name: secret})
        self.send("GET", f"{self.api}/tasks/a", headers={"Proxy-Authorization": f"Basic {secret}"})
        self.send("POST", self.api + _CREATE, headers={"Content-Type": secret}, content=b"{}")

    def in_paths(self, secret: str) -> None:
        for path in ("tasks/{}", "tasks/{}/cancel", "tasks?task_id={}", "tasks?start_time={}", "{}/x", "tokens?a={}"):
            self.send("GET", f"{self.api}/{path.format(secret)}")
            if not path.startswith("tokens"):
                self.send("POST", f"{self.api}/{path.format(secret)}")
        self.send("GET", f"{self.api}/uploads?action={secret}&model={secret}")
        self.send("GET", f"{self.api}/uploads?action=getPolicy&model={secret}")
        self.send("GET", self.api.replace("/api", f"/{secret}/api") + "/tasks/a")
        for method in ("GET", "HEAD", "PUT"):
            signed = f"Expires=1&OSSAccessKeyId={secret}&Signature={secret}"
            self.send(method, f"{self.results}/dashscope-result-bj/{secret}.mp4?{signed}")
            self.send(method, f"{self.results}/{secret}/{secret}?security-token={secret}&%53ignature={secret}")

    def in_fields(self, secret: str) -> None:
        self.create(input={"prompt": f"say {secret} aloud"})
        self.create(model=secret)
        self.create(parameters={secret: 1, "resolution": secret, "api_key": secret})
        self.create(**{secret: {"signature": secret, "password": PASSWORD}})

    def in_media(self, secret: str) -> None:
        for url in (
            f"https://user:{PASSWORD}@127.0.0.1/a.png?Signature={quote(secret)}&token={secret}",
            f"http://127.0.0.1:9/{secret}.png",
            f"oss://dashscope-instant/{secret}/a.png",
            f"data:image/png;base64,{base64.b64encode(secret.encode() * 9).decode()}",
        ):
            media = [{"type": "first_frame", "url": url}]
            self.create(model="happyhorse-1.1-i2v", input={"prompt": secret, "media": media})

    def in_texts(self, secret: str) -> None:
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in secret)
        text = json.dumps({"model": MODEL, "input": {"prompt": "ESCAPED"}}).replace("ESCAPED", escaped)
        for content in (text, secret, f'{{"a": "{secret}', f'"{secret}"'):
            self.send("POST", self.api + _CREATE, headers={"Content-Type": "application/json"}, content=content)

    def clips(self) -> None:
        """Ask for a clip rightly and wrongly, and send its URL elsewhere."""
        task = self.create().json()["output"]["task_id"]
        url = self.send("GET", f"{self.api}/tasks/{task}").json()["output"]["video_url"]
        self.secrets.add(unquote(url.partition("Signature=")[2]))
        for method in ("GET", "HEAD", "PUT"):
            self.http.request(method, url)
            self.send(method, url)
            self.send(method, f"{url}x")
        self.create(input={"prompt": url})
        self.world.mishap("redirect", at="get", count=1)
        self.send("GET", f"{self.api}/tasks/{STRANGER}?next={quote(url)}", follow_redirects=False)

    def forms(self) -> None:
        """Upload rightly and wrongly."""
        policy = self.send("GET", f"{self.api}/uploads?action=getPolicy&model={MODEL}").json()["data"]
        self.secrets |= {policy["signature"], policy["policy"]}
        fields = {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": f"{policy['upload_dir']}/{STRANGER}.png",
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "201",
            "x-oss-security-token": PASSWORD,
        }
        file = {"file": (f"{STRANGER}.png", f"{KEY} {SIGNATURE}".encode())}
        host = policy["upload_host"]
        for wrong in ({}, {"Signature": SIGNATURE}, {"policy": KEY}, {"key": KEY}, {"OSSAccessKeyId": KEY}, {KEY: "x"}):
            self.http.post(host, data={**fields, **wrong}, files=file)
        self.http.post(host, data={**fields, "x": KEY})
        boundary = f"multipart/form-data; boundary={KEY}"
        self.http.post(host, content=f"--{KEY} {SIGNATURE}", headers={"Content-Type": boundary})

    def raw(self) -> None:
        """Send what is no HTTP, and what barely is."""
        head = f"X-Note: {KEY}\r\nAuthorization: Bearer {ODD}\r\n\r\n"
        hosted = f"GET /{KEY} HTTP/1.1\r\nHost: {KEY}\r\n{head}"
        for text in (f"GET /{KEY} HTTP/9.9\r\n{head}", f"{KEY}\r\n{head}", hosted):
            with Wire(urlsplit(self.api).port or 0) as wire:
                wire.send(text.encode())
                wire.read(0.2)


def forms(secret: str) -> Iterator[str]:
    """Yield what a secret may look like. Case is looked away from."""
    yield secret
    yield quote(secret, safe="")
    yield quote(quote(secret, safe=""), safe="")
    yield json.dumps(secret)[1:-1].replace("/", "\\/")
    yield "".join(f"\\u{ord(letter):04x}" for letter in secret)
    yield secret.encode().hex()
    yield secret.encode().hex(" ")
    for shift in range(3):
        inside = base64.b64encode(b" " * shift + secret.encode() + b"  ").decode().rstrip("=")
        yield inside[4:-4]


def outputs(emulator: Emulator, world: str, http: httpx.Client) -> Iterator[tuple[str, str]]:
    """Yield everything that can be read of a world: what it is, and its text."""
    base = f"{emulator.control}/worlds/{world}"
    journal = http.get(f"{base}/journal?limit=10000")
    yield "journal", journal.text
    numbers = [entry["number"] for entry in journal.json()["entries"]]
    yield "story", http.get(f"{base}/journal/story?limit=10000").text
    for number in numbers:
        yield f"entry {number}", http.get(f"{base}/journal/{number}").text
        yield f"explain {number}", http.get(f"{base}/journal/{number}/explain").text
    with http.stream("GET", f"{base}/journal/stream?after=0") as answer:
        lines = answer.iter_lines()
        yield "stream", "\n".join(next(lines) for _ in numbers)
    for what in ("ledger", "events", "tasks?limit=1000"):
        yield what, http.get(f"{base}/{what}").raise_for_status().text


@pytest.fixture(scope="module")
def sung() -> Iterator[tuple[Singer, dict[str, str]]]:
    with Emulator(log_level="debug") as emulator, httpx.Client(trust_env=False, timeout=30) as http:
        world = emulator.world(keys=[{"name": "main", "key": KEY}], pace="instant", media="stamped")
        singer = Singer(world, http, emulator.api, emulator.results)
        singer.sing()
        found = {
            f"{name}: {what}": text for name in ("default", world.id) for what, text in outputs(emulator, name, http)
        }
        found["log"] = emulator.log()
        yield singer, found


def near(text: str, needle: str) -> str:
    at = text.index(needle)
    return text[max(0, at - 80) : at + 80]


def test_no_secret_comes_out_anywhere(sung: tuple[Singer, dict[str, str]]) -> None:
    singer, found = sung
    needles = {form.lower() for secret in singer.secrets for form in forms(secret)} | {WORD}
    low = {what: text.lower().replace("\\\\", "\\") for what, text in found.items()}
    # The log knows no request: what looks like no key is hidden where the request that had it as one is written down.
    low["log"] = low["log"].replace(ODD, "")
    leaks = [(what, near(text, needle)) for what, text in low.items() for needle in needles if needle in text]

    assert leaks == []


def test_the_canaries_were_seen_and_what_stands_for_them_is_stable(sung: tuple[Singer, dict[str, str]]) -> None:
    singer, found = sung
    journals = "".join(text for what, text in found.items() if what.endswith("journal"))
    token = next(secret for secret in singer.secrets if secret.startswith("st-"))

    assert journals.count(f"<api-key {key_id(KEY)}>") > 100
    assert journals.count(f"<api-key {key_id(STRANGER)}>") > 20
    assert journals.count(f"<token {key_id(token)}>") > 20
    assert journals.count("<signature ") > 20
    assert journals.count("<policy ") > 5
    assert journals.count("<credentials ") > 5
    assert f"<api-key {key_id(STRANGER)}>" in found["log"]
    assert len(found) > 300


def test_the_search_finds_what_is_there() -> None:
    text = f"a {base64.b64encode(f'say {KEY} aloud'.encode()).decode()}".lower()

    assert any(form.lower() in text for form in forms(KEY))
