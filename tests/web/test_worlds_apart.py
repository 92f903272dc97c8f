"""Worlds in one process never see each other, whatever is done in them.

The measure is the world alone: what happens in two worlds (and, as noise, in the default one) in any order is played
again, for each world by itself, in a fresh world made alike. Every answer must be the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse.core.ids import account_id, key_id
from web.api import TASKS, Answer, Api
from web.forms import BOUNDARY, form
from web.requests import picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CREATE = "/api/v1/services/aigc/video-generation/video-synthesis"
OWN = "its own"
I2V = "happyhorse-1.1-i2v"
FROZEN = {"clock": {"set": "2026-11-21T08:00:00Z", "frozen": True}, "media": "stamped", "pace": "instant"}
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}", "host": "127.0.0.1:8701"}
STRANGER = {"authorization": "Bearer sk-stranger", "content-type": "application/json", "x-dashscope-async": "enable"}
# Rules and mishaps that count, so that one world's counting on would show in the other.
COUNTING = {
    "name": "counting",
    "rules": [
        {"when": {"nth": [2]}, "then": {"fail": "SystemError"}},
        {"when": {"nth": [3]}, "then": {"odd": [{"polls": [2], "status": "QUEUED"}]}},
    ],
    "mishaps": [
        {"do": "html", "at": "list", "skip": 1, "count": 1},
        {"do": "error", "error": "Throttling.RateQuota", "at": "get", "probability": 0.2},
        {"do": "dead-url", "skip": 1, "count": 1},
    ],
}


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Api() as api:
        origins = {"api": "http://127.0.0.1:8700", "results": "http://127.0.0.1:8701"}
        assert 200 == api.control("PUT", "/origins", origins).status
        yield api


class Place:
    """One world as its client sees it: what it asks, and what it was given so far."""

    def __init__(self, api: Api, document: dict[str, Any]) -> None:
        self.api = api
        made = api.control("POST", "/worlds", document)
        assert 201 == made.status, made.content
        view = made.json
        self.id, self.key = view["id"], view["keys"][0]["key"]
        self.headers = STRANGER | {"authorization": f"Bearer {self.key}"}
        self.tasks: list[str] = []
        self.urls: list[str] = []
        self.uploads: list[str] = []
        # What is drawn when a world is made, and what follows from it: the same in no two worlds.
        self._own = {
            self.id: "WORLD",
            self.key: "KEY",
            view["access_key_id"]: "ACCESS",
            account_id(self.id): "ACCOUNT",
            key_id(self.key): "NUMBER",
        }

    def told(self, answer: Answer) -> tuple[int, tuple[tuple[str, str], ...], str]:
        """Return an answer without what differs between two worlds that are alike."""
        text = answer.content.decode("latin-1")
        for own, name in self._own.items():
            text = text.replace(own, name)
        text = re.sub(r"(Signature=|\"signature\":\"|\"policy\":\")[^&\"]+", r"\1…", text)
        text = re.sub(r"1d/[0-9a-f]{2}/(\d{8})/[0-9a-f]{8}/", r"1d/\1/", text)
        text = re.sub(r"dashscope-instant/[0-9a-f]{32}/", "dashscope-instant/", text)
        text = re.sub(r"\"token\":\"st-[0-9a-f]{64}", '"token":"st-…', text)
        # A signature has more or fewer letters that a URL must escape.
        return answer.status, tuple(row for row in answer.headers if row[0] != "content-length"), text

    def journal(self) -> Answer:
        """Return the journal without what real time and the content of headers and bodies put in it."""
        answer = self.api.control("GET", f"/worlds/{self.id}/journal")
        kept = ("number", "at", "origin", "route", "method", "status", "row", "rule", "mishaps", "task", "committed")
        rows = [{name: row[name] for name in (*kept, "quarantined")} for row in answer.json["entries"]]
        return Answer(answer.status, (), repr((rows, answer.json["last"])).encode())

    def upload(self) -> Answer:
        """Upload a picture; return the grant's answer, or the upload's once there is a grant."""
        granted = self.api.send("GET", f"/api/v1/uploads?action=getPolicy&model={I2V}", self.headers)
        if granted.status != 200:
            return granted
        data = granted.json["data"]
        fields = {
            "OSSAccessKeyId": data["oss_access_key_id"],
            "Signature": data["signature"],
            "policy": data["policy"],
            "key": f"{data['upload_dir']}/a.jpg",
            "x-oss-object-acl": data["x_oss_object_acl"],
            "x-oss-forbid-overwrite": data["x_oss_forbid_overwrite"],
            "success_action_status": "200",
        }
        bucket = data["upload_host"].rpartition("/")[2]
        answer = self.api.fetch("POST", f"/{bucket}", FORM, form(fields, picture(), "a.jpg"))
        if answer.status == 200:
            self.uploads.append(fields["key"])
        return answer

    def create(self, prompt: str, upload: str | None = None) -> Answer:
        """Create a task, of an upload if one is named."""
        given: dict[str, Any] = {"prompt": prompt}
        headers = self.headers
        if upload is not None:
            given["media"] = [{"type": "first_frame", "url": f"oss://{upload}"}]
            headers = headers | {"x-dashscope-ossresourceresolve": "enable"}
        body = {"model": "happyhorse-1.1-t2v" if upload is None else I2V, "input": given, "parameters": {"seed": 7}}
        answer = self.api.send("POST", CREATE, headers, _json(body))
        if answer.status == 200:
            self.tasks.append(answer.json["output"]["task_id"])
        return answer

    def poll(self, task: str) -> Answer:
        """Poll a task; keep the URL it may have."""
        answer = self.api.send("GET", f"{TASKS}/{task}", self.headers)
        url = answer.json["output"].get("video_url") if answer.status == 200 else None
        if url and url not in self.urls:
            self.urls.append(url)
        return answer

    def download(self, url: str) -> Answer:
        """Get what lies under a URL of its own, if it has one: the answer to any other is nobody's."""
        return self.api.fetch("GET", url.removeprefix("http://127.0.0.1:8701")) if url else Answer(0, (), b"")


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done in world `where`: to the `which`-th thing of `whose` world; `much` is how much of it."""

    where: int
    act: str
    whose: int = 0
    which: int = 0
    much: int = 0


def picked(things: Sequence[str], which: int, nothing: str) -> str:
    return things[which % len(things)] if things else nothing


ACTS: dict[str, Callable[[Place, Step, Callable[[str, str], str]], Answer]] = {
    "create": lambda here, step, _: here.create(f"scene {step.much}"),
    "upload": lambda here, _, __: here.upload(),
    "use an upload": lambda here, _, pick: here.create("a frame", pick("uploads", "dashscope-instant/none")),
    "poll": lambda here, _, pick: here.poll(pick("tasks", "none")),
    "cancel": lambda here, _, pick: here.api.send("POST", f"{TASKS}/{pick('tasks', 'none')}/cancel", here.headers),
    "list": lambda here, _, __: here.api.send("GET", f"{TASKS}?page_size=100", here.headers),
    "download": lambda here, _, pick: here.download(pick("urls", "")),
    "issue a token": lambda here, _, __: here.api.send("POST", "/api/v1/tokens", here.headers),
    "advance": lambda here, step, _: _clock(here, {"advance": step.much / 4}),
    "read the clock": lambda here, _, __: here.api.control("GET", f"/worlds/{here.id}/clock"),
    "journal": lambda here, _, __: here.journal(),
    "list from outside": lambda here, _, __: here.api.control("GET", f"/worlds/{here.id}/tasks"),
    "ledger": lambda here, _, __: here.api.control("GET", f"/worlds/{here.id}/ledger"),
    "mishaps": lambda here, _, __: here.api.control("GET", f"/worlds/{here.id}/mishaps"),
}
RESETS = ("journal", "tasks", "scenarios", "mishaps", "clock", "ledger")
ACTS |= {
    name: lambda here, _, pick, name=name: here.api.control(  # type: ignore[misc]
        "POST",
        f"/worlds/{here.id}/tasks/{pick('tasks', 'none')}/{name}",
        {"error": "SystemError"} if name == "fail" else None,
    )
    for name in ("finish", "fail", "hold", "release", "expire", "forget")
}
ACTS |= {
    f"reset {name}": lambda here, _, __, name=name: here.api.control(  # type: ignore[misc]
        "POST", f"/worlds/{here.id}/reset", {"what": [name]}
    )
    for name in RESETS
}


def _clock(here: Place, change: dict[str, Any]) -> Answer:
    return here.api.control("POST", f"/worlds/{here.id}/clock", change)


def noise(api: Api, step: Step, foreign: str) -> None:
    """Do something as a stranger, in the default world."""
    match step.much % 4:
        case 0:
            body = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "noise"}}
            assert 200 == api.send("POST", CREATE, STRANGER, _json(body)).status
        case 1:
            assert "UNKNOWN" == api.send("GET", f"{TASKS}/{foreign}", STRANGER).json["output"]["task_status"]
        case 2:
            assert 200 == api.send("GET", TASKS, STRANGER).status
        case _:
            api.fetch("GET", "/dashscope-result-bj/x.mp4?OSSAccessKeyId=LTAI5tnobody&Expires=1&Signature=x")


def played_together(api: Api, places: list[Place], steps: list[Step]) -> tuple[list[list[Any]], list[list[Any]]]:
    """Play steps in the order they are in; return for each world what it was told, and what each step meant."""
    told: list[list[Any]] = [[] for _ in places]
    meant: list[list[Any]] = [[] for _ in places]
    for step in steps:
        if step.where == len(places):
            noise(api, step, picked(places[step.whose].tasks, step.which, "none"))
            continue
        here, owner = places[step.where], places[step.whose]
        chosen: dict[str, str] = {}

        def pick(
            kind: str, nothing: str, here: Place = here, owner: Place = owner, step: Step = step, chosen: Any = chosen
        ) -> str:
            # A foreign URL is not asked for in one's own name: it says itself whose it is.
            things = getattr(here if kind == "urls" else owner, kind)
            found = picked(things, step.which, nothing)
            chosen["name"] = OWN if owner is here or kind == "urls" else found
            return found

        told[step.where].append(here.told(ACTS[step.act](here, step, pick)))
        meant[step.where].append((step, chosen.get("name", OWN)))
    return told, meant


def played_alone(here: Place, meant: list[Any]) -> list[Any]:
    """Play one world's steps; what was another world's is called by the name it had there."""
    told = []
    for step, name in meant:

        def pick(kind: str, nothing: str, step: Step = step, name: str = name) -> str:
            return picked(getattr(here, kind), step.which, nothing) if name == OWN else name

        told.append(here.told(ACTS[step.act](here, step, pick)))
    return told


steps = st.builds(
    Step,
    where=st.sampled_from([0, 0, 0, 1, 1, 1, 2]),
    act=st.sampled_from([*ACTS, *(["create"] * 6), *(["poll"] * 8), *(["download", "advance", "list"] * 2)]),
    whose=st.integers(0, 1),
    which=st.integers(0, 5),
    much=st.integers(0, 20),
)
# Half of the worlds have a lane that is soon full; nothing but time moves a task in it.
WAYS = (
    *(({"pace": "realistic", "quotas": {"running": 1, "queue": 3, "submit_rps": 10, "qps": 30}},) * 3),
    {"pace": "instant", "quotas": "off"},
    {"pace": "quick", "quotas": "off"},
    {"pace": "quick", "quotas": {"submit_rps": 2, "qps": 3}},
)
documents = st.builds(
    lambda way, scenarios, markers, seed: FROZEN | way | {"scenarios": scenarios, "markers": markers, "seed": seed},
    st.sampled_from(WAYS),
    st.sampled_from([[], [COUNTING]]),
    st.booleans(),
    st.integers(1, 3),
)


@settings(max_examples=80, deadline=None)
@given(st.tuples(documents, documents), st.lists(steps, min_size=20, max_size=60))
def test_what_happens_in_a_world_is_what_happens_in_it_alone(
    api: Api, pair: tuple[dict[str, Any], dict[str, Any]], moves: list[Step]
) -> None:
    made: list[Place] = []

    def place(document: dict[str, Any]) -> Place:
        made.append(Place(api, document))
        return made[-1]

    try:
        told, meant = played_together(api, [place(document) for document in pair], moves)
        for number, document in enumerate(pair):
            alone = played_alone(place(document), meant[number])
            for step, together, by_itself in zip(meant[number], told[number], alone, strict=True):
                assert together == by_itself, f"world {number}: {step}"
    finally:
        for one in made:
            assert 204 == api.control("DELETE", f"/worlds/{one.id}").status


@pytest.fixture
def pair(api: Api) -> Iterator[tuple[Place, Place]]:
    """Two worlds made alike, each with a task that made a clip, and an upload."""
    places = Place(api, FROZEN | {"seed": 1}), Place(api, FROZEN | {"seed": 2})
    for place in places:
        assert 200 == place.upload().status
        place.create("its own")
        assert "SUCCEEDED" == place.poll(place.tasks[0]).json["output"]["task_status"]
    yield places
    for place in places:
        api.control("DELETE", f"/worlds/{place.id}")


def test_a_task_of_another_world_is_unknown(pair: tuple[Place, Place]) -> None:
    one, other = pair
    foreign = other.tasks[0]
    assert {"task_id": foreign, "task_status": "UNKNOWN"} == one.poll(foreign).json["output"]
    canceled = one.api.send("POST", f"{TASKS}/{foreign}/cancel", one.headers)
    assert (400, "UnsupportedOperation") == canceled.fault[:2]
    for query in ("", f"?task_id={foreign}"):
        listed = one.api.send("GET", f"{TASKS}{query}", one.headers).json
        assert (one.tasks if not query else []) == [row["task_id"] for row in listed["data"]]
    for path in ("", "/finish", "/forget"):
        method = "POST" if path else "GET"
        assert 404 == one.api.control(method, f"/worlds/{one.id}/tasks/{foreign}{path}").status
    assert "SUCCEEDED" == other.poll(foreign).json["output"]["task_status"]


def test_an_upload_is_its_own_worlds_alone(pair: tuple[Place, Place]) -> None:
    one, other = pair
    found = []
    for upload in (one.uploads[0], other.uploads[0], "dashscope-instant/none"):
        task = one.create("a frame", upload).json["output"]["task_id"]
        found.append(one.poll(task).json["output"])
    assert ["SUCCEEDED", "FAILED", "FAILED"] == [output["task_status"] for output in found]
    # A foreign one is told no differently from one that never was.
    assert 1 == len({(output["code"], output["message"]) for output in found[1:]})


def test_a_policy_opens_no_folder_of_another_world(pair: tuple[Place, Place]) -> None:
    one, other = pair
    granted = one.api.send("GET", f"/api/v1/uploads?action=getPolicy&model={I2V}", one.headers).json["data"]
    fields = {
        "OSSAccessKeyId": granted["oss_access_key_id"],
        "Signature": granted["signature"],
        "policy": granted["policy"],
        "key": f"{granted['upload_dir']}/b.jpg",
        "x-oss-object-acl": granted["x_oss_object_acl"],
        "x-oss-forbid-overwrite": granted["x_oss_forbid_overwrite"],
    }
    bucket = granted["upload_host"].rpartition("/")[2]
    access = one.api.control("GET", f"/worlds/{other.id}").json["access_key_id"]
    wrong = (
        ({"key": f"{other.uploads[0].rpartition('/')[0]}/b.jpg"}, b"AccessDenied"),
        ({"OSSAccessKeyId": access}, b"SignatureDoesNotMatch"),
    )
    for change, code in wrong:
        answer = one.api.fetch("POST", f"/{bucket}", FORM, form(fields | change, picture(), "b.jpg"))
        assert 403 == answer.status
        assert b"<Code>" + code in answer.content


def test_a_url_gives_its_own_worlds_clip_and_no_other(pair: tuple[Place, Place]) -> None:
    one, other = pair
    clips = [place.download(place.urls[0]) for place in pair]
    assert [200, 200] == [clip.status for clip in clips]
    assert clips[0].content != clips[1].content
    (path, query), (foreign_path, foreign_query) = (place.urls[0].split("?") for place in pair)
    access = {name: re.search(r"OSSAccessKeyId=(\w+)", text) for name, text in (("a", query), ("b", foreign_query))}
    assert access["a"]
    assert access["b"]
    swapped = query.replace(access["a"][1], access["b"][1])
    for url in (f"{foreign_path}?{query}", f"{path}?{foreign_query}", f"{path}?{swapped}"):
        answer = one.download(url)
        assert 403 == answer.status
        assert b"<Code>SignatureDoesNotMatch" in answer.content
    one.api.control("POST", f"/worlds/{one.id}/tasks/{one.tasks[0]}/expire")
    assert [403, 200] == [place.download(place.urls[0]).status for place in pair]
    assert one.urls[0] != one.poll(one.tasks[0]).json["output"]["video_url"]
    assert other.urls[0] == other.poll(other.tasks[0]).json["output"]["video_url"]


def test_the_clock_of_one_world_expires_nothing_in_another(pair: tuple[Place, Place]) -> None:
    one, other = pair
    _clock(one, {"advance": 2 * 86_400})
    assert [403, 200] == [place.download(place.urls[0]).status for place in pair]
    assert "UNKNOWN" == one.poll(one.tasks[0]).json["output"]["task_status"]
    assert "SUCCEEDED" == other.poll(other.tasks[0]).json["output"]["task_status"]
    shown = [place.api.control("GET", f"/worlds/{place.id}/clock").json["now"] for place in pair]
    assert 2 * 86_400_000 == shown[0] - shown[1]


def test_a_token_opens_its_own_world(pair: tuple[Place, Place]) -> None:
    for place in pair:
        token = place.api.send("POST", "/api/v1/tokens", place.headers).json["token"]
        headers = place.headers | {"authorization": f"Bearer {token}"}
        listed = place.api.send("GET", TASKS, headers).json
        assert place.tasks == [row["task_id"] for row in listed["data"]]


def test_the_journal_of_a_world_tells_of_no_other(pair: tuple[Place, Place]) -> None:
    one, other = pair
    other.poll(one.tasks[0])
    one.api.send("GET", TASKS, STRANGER)
    journals = [place.api.control("GET", f"/worlds/{place.id}/journal").json["entries"] for place in pair]
    # The policy, the form, the create and the poll; the poll of what is not its own is in the journal of who asked.
    assert [["uploads", "upload", "create", "get"], ["uploads", "upload", "create", "get", "get"]] == [
        [row["route"] for row in entries] for entries in journals
    ]
    assert [{one.id}, {other.id}] == [{row["world"] for row in entries} for entries in journals]
    assert [1, 2, 3, 4] == [row["number"] for row in journals[0]]
    default = one.api.control("GET", "/worlds/default/journal").json["entries"]
    assert not {one.id, other.id} & {row["world"] for row in default}


def test_a_reset_or_the_end_of_one_world_leaves_the_other(pair: tuple[Place, Place]) -> None:
    one, other = pair
    before = other.told(other.api.control("GET", f"/worlds/{other.id}")), other.journal()
    assert 200 == one.api.control("POST", f"/worlds/{one.id}/reset", {"what": ["all"]}).status
    assert 204 == one.api.control("DELETE", f"/worlds/{one.id}").status
    assert before == (other.told(other.api.control("GET", f"/worlds/{other.id}")), other.journal())
    assert 200 == other.download(other.urls[0]).status
    task = other.create("a frame", other.uploads[0]).json["output"]["task_id"]
    assert "SUCCEEDED" == other.poll(task).json["output"]["task_status"]


def test_nothing_is_left_of_a_world_that_was_deleted(pair: tuple[Place, Place]) -> None:
    one, _ = pair
    token = one.api.send("POST", "/api/v1/tokens", one.headers).json["token"]
    one.api.control("DELETE", f"/worlds/{one.id}")
    assert b"<Code>InvalidAccessKeyId" in one.download(one.urls[0]).content
    # Its key and token are like any other that was never declared: the default world takes them, and knows nothing.
    for key in (one.key, token):
        headers = one.headers | {"authorization": f"Bearer {key}"}
        polled = one.api.send("GET", f"{TASKS}/{one.tasks[0]}", headers).json
        assert "UNKNOWN" == polled["output"]["task_status"]
    parts = ("", "/clock", "/tasks", "/journal", "/ledger", "/events", "/mishaps", "/scenarios")
    assert {404} == {one.api.control("GET", f"/worlds/{one.id}{part}").status for part in parts}
