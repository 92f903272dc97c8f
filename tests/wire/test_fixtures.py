"""The fixtures themselves: each can be held, and together they show every model, state, demand and known error.

The tables here are written from the reference; nothing is read from the emulator.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest

from wire.coverage import covered, exchanges, operation
from wire.matching import PLACEHOLDER, SLICE, Memory
from wire.transcript import Conversation, Exchange, Request, Response, conversations, play

if TYPE_CHECKING:
    from collections.abc import Iterator

MP4 = b"\0\0\0\x18ftypisom" + bytes(1000)
BUCKET = "http://127.0.0.1:8701/dashscope-result-bj/1d/8e/20260420/bc34de8b"
SIGNED = "?Expires=1776751350&OSSAccessKeyId=LTAI5tAbC123&Signature=" + "a" * 26 + "%2B%3D"

# fmt: off
MODELS = {
    "happyhorse-1.1-t2v", "happyhorse-1.1-i2v", "happyhorse-1.1-r2v",
    "happyhorse-1.0-t2v", "happyhorse-1.0-i2v", "happyhorse-1.0-r2v", "happyhorse-1.0-video-edit",
    "wan3.0-video", "wan3.0-video-prime",
    "wan2.7-t2v", "wan2.7-t2v-2026-04-25", "wan2.7-t2v-2026-06-12", "wan2.7-i2v", "wan2.7-i2v-2026-04-25",
    "wan2.7-r2v", "wan2.7-r2v-2026-06-12", "wan2.7-videoedit",
    "wan2.6-t2v", "wan2.6-t2v-us", "wan2.6-i2v", "wan2.6-i2v-us", "wan2.6-i2v-flash", "wan2.6-r2v", "wan2.6-r2v-flash",
    "wan2.5-t2v-preview", "wan2.5-i2v-preview",
    "wan2.2-t2v-plus", "wan2.2-i2v-plus", "wan2.2-i2v-flash", "wan2.2-kf2v-flash",
    "wanx2.1-t2v-turbo", "wanx2.1-t2v-plus", "wanx2.1-i2v-turbo", "wanx2.1-i2v-plus", "wanx2.1-kf2v-plus",
    "wanx2.1-vace-plus",
    "wan2.1-t2v-turbo", "wan2.1-t2v-plus", "wan2.1-i2v-turbo", "wan2.1-i2v-plus", "wan2.1-kf2v-plus",
    "wan2.1-vace-plus",
}
# fmt: on
STATES = {"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "UNKNOWN"}
DEMANDS = set(range(1, 27))

# fmt: off
SOURCES = {
    "OD-T2V", "OD-I2V", "OD-R2V", "OD-VE", "OD-W27", "OD-W3", "OD-LEG", "OD-ERR", "OD-TASKS", "OD-TOK", "OD-UP",
    "OD-URL", "OD-RATE", "OD-PRICE", "OD-CAT", "OD-OSS", "OSS-SDK", "SDK-PY", "SDK-JAVA", "RAW", "LIVE-A", "LIVE-B",
    "LIVE-C", "LIVE-D", "assumed",
}
# fmt: on

# Every error that the operations of today can answer, as (operation, status on the wire, code, words of the message).
BAD_KEYS = [
    (asked, 401, "InvalidApiKey", words)
    for asked in ("create", "get", "list", "cancel", "uploads", "tokens")
    for words in ("No API-key provided.", "Invalid API-key provided.")
]
BAD_WORKSPACES = [
    (asked, status, code, words)
    for asked in ("create", "get", "list", "cancel", "uploads", "tokens")
    for status, code, words in (
        (404, "WorkSpaceNotFound", "WorkSpace can not be found."),
        (403, "Workspace.AccessDenied", "Workspace access denied."),
    )
]
RATE = "Requests rate limit exceeded, please try again later."
KNOWN = [
    *BAD_KEYS,
    *BAD_WORKSPACES,
    ("route", 404, "NotFound", "Request path not found."),
    ("route", 400, "InvalidParameter", "Request method 'GET' is not supported."),
    ("create", 403, "AccessDenied", "current user api does not support synchronous calls"),
    ("create", 400, "InvalidParameter", "Required body invalid, "),
    ("create", 400, "BadRequest.TooLarge", "Payload Too Large."),
    ("create", 400, "BadRequest.EmptyModel", 'Required parameter "model" missing'),
    ("create", 400, "InvalidParameter", "Required parameter(model) missing or invalid, "),
    ("create", 400, "InvalidParameter", "Model not exist."),
    ("create", 400, "BadRequest.EmptyInput", "Required input parameter missing"),
    ("create", 400, "BadRequest.IllegalInput", "The input parameter requires json format."),
    ("create", 400, "InvalidParameter", "url error, please check url!"),
    ("create", 400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    ("create", 403, "AccessDenied.Unpurchased", "Access to model denied. "),
    ("create", 403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted. "),
    ("create", 403, "Model.AccessDenied", "Model access denied."),
    ("create", 429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."),
    *((asked, 429, "Throttling.RateQuota", RATE) for asked in ("create", "get", "list", "cancel", "uploads")),
    ("list", 400, "InvalidParameter", "The request is missing required parameters or in a wrong format, "),
    ("list", 400, "InvalidParameter", "The request is missing required parameters or the parameters are out of "),
    ("uploads", 400, "InvalidParameter", "The request is missing required parameters or in a wrong format, "),
    ("uploads", 400, "InvalidParameter", "Model not exist."),
    ("tokens", 400, "InvalidParameter", "The request is missing required parameters or in a wrong format, "),
    ("tokens", 400, "InvalidParameter", "The request is missing required parameters or the parameters are out of "),
    ("tokens", 403, "AccessDenied", "Access denied."),
    ("cancel", 400, "UnsupportedOperation", "Failed to cancel the task, "),
    ("download", 403, "AccessDenied", "Request has expired."),
    ("download", 403, "SignatureDoesNotMatch", "The request signature we calculated does not match "),
    ("download", 404, "NoSuchBucket", "The specified bucket does not exist."),
    ("download", 403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records."),
    ("download", 403, "AccessDenied", "You have no right to access this object because of bucket acl."),
    ("download", 403, "AccessDenied", "Query-string authentication requires the Signature, Expires and "),
    ("download", 403, "AccessDenied", "Invalid date (should be seconds since epoch)."),
    ("download", 400, "InvalidArgument", "Only one auth mechanism is allowed"),
    ("download", 405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
    ("download", 416, "InvalidRange", "The requested range cannot be satisfied"),
    ("upload", 403, "AccessDenied", "Invalid according to Policy: Policy expired."),
    ("upload", 403, "AccessDenied", 'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", '),
    ("upload", 403, "AccessDenied", 'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", '),
    ("upload", 403, "AccessDenied", "You have no right to access this object because of bucket acl."),
    ("upload", 403, "SignatureDoesNotMatch", "The request signature we calculated does not match "),
    ("upload", 403, "InvalidAccessKeyId", "The OSS Access Key Id you provided does not exist in our records."),
    ("upload", 404, "NoSuchBucket", "The specified bucket does not exist."),
    ("upload", 405, "MethodNotAllowed", "The specified method is not allowed against this resource."),
    ("upload", 409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten."),
    ("upload", 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size"),
    ("upload", 400, "InvalidArgument", "Bucket POST must contain a field named 'Signature'."),
    ("upload", 400, "InvalidObjectName", "The specified object is not valid"),
    ("upload", 400, "InvalidObjectName", "The Length of Object name must be less than 1024"),
    ("upload", 400, "RequestIsNotMultiPartContent", "Bucket POST must be of the enclosure-type multipart/form-data"),
    ("upload", 400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data"),
    ("upload", 400, "IncorrectNumberOfFilesInPOSTRequest", "POST requires exactly one file upload per request."),
    ("upload", 400, "MaxPOSTPreDataLengthExceededError", "Your POST request fields preceding the upload file "),
]
# The worker's errors stand in a FAILED task, or with `--validation gateway` in a refused create.
WORKER = [
    ("InvalidParameter", "Field required: "),
    ("InvalidParameter", "Input should be '"),
    ("InvalidParameter", "Input should be a valid string: "),
    ("InvalidParameter", "Input should be a valid integer: "),
    ("InvalidParameter", "Input should be a valid boolean: "),
    ("InvalidParameter", "Input should be greater than or equal to "),
    ("InvalidParameter", "Input should be less than or equal to "),
    ("InvalidParameter", "Input should be an allowed combination of media types: "),
    ("InvalidParameter", "List should have at least 1 item after validation, not 0: "),
    ("InvalidParameter", "List should have at most "),
    ("InvalidParameter", "Failed to find the requested media resource during the data inspection process."),
    ("InvalidParameter", "Failed to decode the image during the data inspection."),
    ("InvalidParameter", "The media format is not supported or incorrect for the data inspection."),
    ("InvalidFile.Size", "Invalid file size. The video/audio/image file size must be less than "),
    ("InvalidFile.Resolution", "The image resolution is invalid, please make sure that the largest length of image "),
    ("InvalidFile.AspectRatio", "Invalid file ratio. The file aspect ratio (height/width) must be between "),
    ("InvalidFile.ImageSize", "The size of image is beyond limit."),
    ("InvalidFile.Resolution", "Invalid video resolution. The height or width of video must be "),
    ("InvalidFile.Duration", "Invalid file duration. The file duration must be "),
    ("InvalidFile.FPS", "Invalid video FPS. The video FPS must be "),
    ("InvalidFile.Openerror", "Invalid file, cannot open file as video/audio/image."),
    ("InvalidFile.Format", "Invalid file format，the request file format is one of the following types: "),
    ("InvalidURL", "Required URL is missing or invalid, please check the request URL."),
    ("InvalidURL.ConnectionRefused", "Connection to "),
    ("InvalidURL.Timeout", "Download "),
    ("InvalidParameter", "Failed to download "),
]


GIVEN = {"media": "http://127.0.0.1:8702"}


def given(conversation: Conversation) -> dict[str, Any]:
    """Return what a conversation may quote from the start; the keys of a world of its own are among it."""
    declared = (conversation.world or {}).get("keys", [{"name": "main"}])
    return GIVEN | {key["name"]: f"sk-{key['name']}" for key in declared}


class Parrot:
    """Answers what a conversation expects, so that a fixture which contradicts itself is found without a server."""

    def __init__(self, conversation: Conversation) -> None:
        asked = [step for step in conversation.steps if isinstance(step, Exchange)]
        self.answers = [step.response for step in asked for _ in range(step.times)]
        self.memory = Memory(given(conversation))
        self.count = itertools.count(1)

    def __call__(self, _: Request) -> Response:
        said = self.answers.pop(0)
        content = b""
        if "body" in said:
            content = json.dumps(self.filled(said["body"])).encode()
        elif "xml" in said:
            rows = [item for row in said["xml"] if row != "..." for item in row.items()]
            texts = "".join(f"<{name}>{escape(str(self.filled(text)))}</{name}>" for name, text in rows)
            content = f"<Error>{texts}</Error>".encode()
        elif "mp4" in said:
            content = self.sliced(said["mp4"])
        headers = {name: str(self.filled(value)) for name, value in said.get("headers", {}).items()}
        return Response(said["status"], headers, content)

    def filled(self, expected: Any) -> Any:
        if isinstance(expected, dict):
            return {name: self.filled(value) for name, value in expected.items()}
        if isinstance(expected, list):
            return [self.filled(value) for value in expected]
        if not isinstance(expected, str):
            return expected
        placeholder = PLACEHOLDER.fullmatch(expected)
        if placeholder is None:
            return self.memory.quote(expected)
        kind, name = placeholder.groups()
        known = self.memory.values.get(name or kind)
        value = self.example(kind) if known is None else known
        assert list(self.memory.json(expected, value, "")) == []
        return value

    def sliced(self, expected: str) -> bytes:
        match = SLICE.fullmatch(expected)
        assert match is not None
        _, first, last = match.groups()
        content = MP4[int(first) if first else None : int(last) if last else None]
        assert list(self.memory.file(expected, content)) == []
        return content

    def example(self, kind: str) -> Any:
        number = next(self.count)
        task = f"{number:08x}-5ff8-4d82-bcb6-1c4d2e8f7a90"
        return {
            "task_id": task,
            "request_id": f"{number:08x}-7b5a-9f92-bfe5-3a1b0c2d4e5f",
            "video_url": f"{BUCKET}/{task}.mp4{SIGNED}",
            "plain_video_url": f"{BUCKET}/{task}.mp4{SIGNED}",
            "marked_video_url": f"{BUCKET}/{task}_watermark.mp4{SIGNED}",
            "time": "2026-04-20 14:01:10.341",
            "epoch_ms": 1776664870341,
            "hex32": f"{number:032x}",
            "http_date": "Mon, 20 Apr 2026 06:01:10 GMT",
            "json_type": "application/json",
            "oss_request_id": f"{number:024X}",
            "oss_time": "2026-04-20T06:01:10.000Z",
            "hex_octets": "47 45 54",
            "upload_dir": f"dashscope-instant/{number:032x}/2026-04-20/{number:08x}-7b5a-9f92-bfe5-3a1b0c2d4e5f",
            "upload_host": "http://127.0.0.1:8701/dashscope-file-mgr",
            "access_key_id": "LTAI5tAbC123",
            "token": f"st-{number}",
            "epoch_s": 1776664870,
        }.get(kind, str(number))


@pytest.mark.parametrize("conversation", conversations(), ids=lambda said: f"{said.file}: {said.name}")
def test_a_conversation_does_not_contradict_itself(conversation: Conversation) -> None:
    play(conversation, Parrot(conversation), lambda _: None, given(conversation))


def test_no_two_conversations_of_a_file_share_a_name() -> None:
    names = Counter((said.file, said.name) for said in conversations())
    assert [name for name, times in names.items() if times > 1] == []


def finished_models() -> Iterator[tuple[str, str]]:
    for said in conversations():
        asked = [step for step in said.steps if isinstance(step, Exchange)]
        for create, poll in itertools.pairwise(asked):
            output = poll.response.get("body", {}).get("output", {})
            if operation(create.request) == "create" and "usage" in poll.response.get("body", {}):
                yield create.request["json"]["model"], output["task_status"]


def test_every_model_is_created_and_polled_to_its_end() -> None:
    assert len(MODELS) == 42
    assert {model for model, state in finished_models() if state == "SUCCEEDED"} == MODELS


def test_every_state_is_shown() -> None:
    outputs = [exchange.response.get("body", {}).get("output", {}) for exchange in exchanges()]
    assert {output["task_status"] for output in outputs if output} == STATES


def test_every_demand_of_a_client_that_applies_now_is_shown() -> None:
    sources = " ".join(said.source for said in conversations())
    assert {int(number) for number in re.findall(r"client demand (\d+)", sources)} == DEMANDS


def test_every_conversation_says_where_it_is_known_from() -> None:
    sources = {source for said in conversations() for source in said.source.split(", ")}
    assert {source for source in sources if not source.startswith("client demand ")} == SOURCES


@pytest.mark.parametrize(("asked", "status", "code", "words"), KNOWN)
def test_every_error_that_can_be_reached_is_shown(asked: str, status: int, code: str, words: str) -> None:
    shown = [seen for seen in covered() if seen[:3] == (asked, status, code) and seen.message.startswith(words)]
    assert shown != []


@pytest.mark.parametrize(("code", "words"), WORKER)
def test_every_error_of_the_worker_is_shown_in_a_failed_task_and_in_a_refused_create(code: str, words: str) -> None:
    shown = [seen for seen in covered() if seen.code == code and seen.message.startswith(words)]
    assert {(seen.operation, seen.status) for seen in shown} == {("task", 200), ("create", 400)}


def test_no_error_is_shown_that_no_table_here_knows() -> None:
    known = {(asked, status, code) for asked, status, code, _ in KNOWN}
    worker = {(asked, status, code) for code, _ in WORKER for asked, status in (("task", 200), ("create", 400))}
    assert {seen[:3] for seen in covered()} - known - worker == set()


@pytest.mark.parametrize("seen", sorted(covered()), ids=lambda seen: f"{seen.operation} {seen.code}: {seen.message}")
def test_a_refusal_has_a_status_of_its_own(seen: tuple[str, int, str, str]) -> None:
    asked, status, _, _ = seen
    assert status == 200 if asked == "task" else status >= 400
