"""What the object store asks of a result URL, in its order, and what the clip behind it must show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from hobbyhorse.core.clip import Clip, ClipSpec
from hobbyhorse.core.clock import ClockState
from hobbyhorse.core.faults import OssFault
from hobbyhorse.core.task import MediaRef
from hobbyhorse.service.results import ResultService
from hobbyhorse.store.memory import MemoryTasks
from unit.records import CATALOGUE, DAY, FAILURE, SUBMITTED, TASK, TASK_ID, WORLD, a_job, a_task, a_world
from unit.services import Services

if TYPE_CHECKING:
    from hobbyhorse.core.task import Task

pytestmark = pytest.mark.anyio
BUCKET = "dashscope-result-bj"
CLIP = Clip(b"mp4", b"0" * 16, 1)
ENDS = SUBMITTED + 2000
EXPIRES = (ENDS + DAY) // 1000


class Renderer:
    """Remembers what it was asked to make."""

    def __init__(self) -> None:
        self.specs: list[ClipSpec] = []

    async def clip(self, spec: ClipSpec) -> Clip:
        self.specs.append(spec)
        return CLIP


class Origin:
    """The result service over one task, and a clock that can be set."""

    def __init__(self, task: Task = TASK, now: int = ENDS) -> None:
        self.task, self.now, self.renderer, self.store = task, now, Renderer(), MemoryTasks(9 * DAY)
        self.services = Services(a_world(clock=ClockState(0, 0)), tasks=self.store)
        self.service = ResultService(CATALOGUE, self.store, self.renderer, self.services.mishaps)

    def parts(self) -> tuple[str, str, dict[str, str]]:
        """Return bucket, key and query of the task's URL."""
        url = urlsplit(self.service.video_url("http://x", WORLD, self.task))
        _, bucket, key = url.path.split("/", 2)
        return bucket, unquote(key), dict(parse_qsl(url.query, strict_parsing=True))

    async def fetch(self, method: str = "GET", *, authorized: bool = False, **changes: Any) -> tuple[Clip, Task]:
        """Fetch the URL after some of its parts were changed; None takes a part out."""
        await self.store.insert(self.task)
        bucket, key, query = self.parts()
        query = {name: value for name, value in (query | changes).items() if value is not None}
        bucket, key = query.pop("bucket", bucket), query.pop("key", key)
        return await self.get(method, bucket, key, query, authorized=authorized)

    async def get(
        self, method: str, bucket: str, key: str, query: dict[str, str], *, authorized: bool = False
    ) -> tuple[Clip, Task]:
        """Fetch what lies at a URL, as the world finds it that its access key names."""
        self.services.reading = self.now
        visit = await self.services.visits.by_access_key(query.get("OSSAccessKeyId", ""))
        return await self.service.fetch(visit, method, bucket, key, query, authorized=authorized)

    async def refused(self, method: str = "GET", *, authorized: bool = False, **changes: Any) -> OssFault:
        with pytest.raises(OssFault) as found:
            await self.fetch(method, authorized=authorized, **changes)
        assert [] == self.renderer.specs
        return found.value


async def test_a_signed_url_gives_the_clip_again_and_again() -> None:
    origin = Origin()
    assert (CLIP, TASK) == await origin.fetch()
    assert (CLIP, TASK) == await origin.fetch()
    assert BUCKET == origin.parts()[0]


@pytest.mark.parametrize(("now", "is_there"), [(EXPIRES * 1000 - 1, True), (EXPIRES * 1000, False)])
async def test_a_url_lives_until_its_expires(now: int, *, is_there: bool) -> None:
    origin = Origin(now=now)
    if is_there:
        assert CLIP == (await origin.fetch())[0]
    else:
        assert "expired" == (await origin.refused()).row


async def test_an_expired_url_is_told_with_both_its_times() -> None:
    fault = await Origin(now=EXPIRES * 1000 + 5000).refused()
    assert ("2026-04-21T06:01:12.000Z", "2026-04-21T06:01:17.000Z") == (
        fault.elements["Expires"],
        fault.elements["ServerTime"],
    )
    assert "5 s ago" in fault.detail


NO_PARTS: dict[str, Any] = {"Expires": None, "OSSAccessKeyId": None, "Signature": None}


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"bucket": "elsewhere"}, "no-such-bucket"),
        (NO_PARTS, "unsigned"),
        ({"OSSAccessKeyId": None}, "access-key-missing"),
        ({"OSSAccessKeyId": ""}, "access-key-missing"),
        ({"Expires": None}, "expires-missing"),
        ({"Expires": ""}, "expires-empty"),
        ({"Expires": "tomorrow"}, "expires-invalid"),
        ({"Expires": "-1"}, "expires-invalid"),
        ({"Expires": "1e9"}, "expires-invalid"),
        ({"Expires": "\u0661"}, "expires-invalid"),
        ({"Expires": "9" * 11}, "expires-invalid"),
        ({"Expires": "9" * 5000}, "expires-invalid"),
        ({"Signature": None}, "signature-missing"),
        ({"Signature": ""}, "signature-missing"),
        ({"OSSAccessKeyId": "LTAI5tnobody"}, "unknown-access-key"),
        ({"Expires": "1"}, "expired"),
        ({"Signature": "AAAA"}, "signature-mismatch"),
        ({"Signature": "ключ"}, "signature-mismatch"),
        ({"Expires": str(EXPIRES + 1)}, "signature-mismatch"),
        ({"key": f"1d/00/20260420/00000000/{TASK_ID}.mp4"}, "signature-mismatch"),
        ({"bucket": "dashscope-result-sgp"}, "signature-mismatch"),
    ],
)
async def test_every_wrong_part_has_its_own_error(changes: dict[str, Any], row: str) -> None:
    assert row == (await Origin().refused(**changes)).row


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        # Each of these is wrong in all the ways that follow, too.
        ({"bucket": "elsewhere"} | NO_PARTS, "no-such-bucket"),
        ({"OSSAccessKeyId": "", "Expires": "x", "Signature": None}, "access-key-missing"),
        ({"Expires": "x", "Signature": None, "OSSAccessKeyId": "LTAI5tnobody"}, "expires-invalid"),
        ({"Signature": None, "Expires": "1", "OSSAccessKeyId": "LTAI5tnobody"}, "signature-missing"),
        ({"OSSAccessKeyId": "LTAI5tnobody", "Expires": "1", "Signature": "x"}, "unknown-access-key"),
        ({"Expires": "1", "Signature": "x", "key": "nothing"}, "expired"),
        ({"Signature": "x", "key": "nothing"}, "signature-mismatch"),
    ],
)
async def test_the_rules_come_in_oss_order(changes: dict[str, Any], row: str) -> None:
    assert row == (await Origin().refused(**changes)).row


async def test_an_authorization_header_beside_a_signature_is_refused_before_anything_is_read() -> None:
    assert "two-authentications" == (await Origin().refused(authorized=True)).row
    assert "two-authentications" == (await Origin().refused(authorized=True, Expires="1", Signature=None)).row
    assert "unsigned" == (await Origin().refused(authorized=True, **NO_PARTS)).row
    assert "no-such-bucket" == (await Origin().refused(authorized=True, bucket="elsewhere")).row


async def test_head_is_not_what_was_signed() -> None:
    origin = Origin()
    fault = await origin.refused("HEAD")
    bucket, key, query = origin.parts()
    text = f"HEAD\n\n\n{EXPIRES}\n/{bucket}/{key}"
    assert "signature-mismatch" == fault.row
    assert {
        "OSSAccessKeyId": WORLD.access_key_id,
        "SignatureProvided": query["Signature"],
        "StringToSign": text,
        "StringToSignBytes": " ".join(f"{byte:02X}" for byte in text.encode()),
    } == fault.elements
    assert "signed for GET, not HEAD" in fault.detail


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"outcome": FAILURE}, "no clip"),
        ({"canceled_at": SUBMITTED + 1}, "no clip"),
        ({"ends_at": ENDS + 1}, "no clip"),
    ],
)
async def test_a_task_that_made_no_clip_yet_has_none(changes: dict[str, Any], why: str) -> None:
    fault = await Origin(a_task(**changes)).refused()
    assert "no-such-key" == fault.row
    assert why in fault.detail


async def test_a_signed_url_of_an_older_generation_or_a_freed_task_leads_nowhere() -> None:
    origin = Origin()
    bucket, key, query = origin.parts()
    await origin.store.insert(replace(TASK, generation=1))
    for store in (origin.store, MemoryTasks(DAY)):
        origin.service._tasks = store
        with pytest.raises(OssFault) as found:
            await origin.get("GET", bucket, key, query)
        assert ("no-such-key", {"Key": key}) == (found.value.row, found.value.elements)


async def test_the_url_outlives_the_tasks_retention() -> None:
    late = a_task(ends_at=SUBMITTED + 3_600_000)
    assert CLIP == (await Origin(late, now=SUBMITTED + DAY + 1000).fetch())[0]


async def spec_of(**changes: Any) -> ClipSpec:
    origin = Origin(a_task(**changes))
    await origin.fetch()
    return origin.renderer.specs[0]


async def test_the_clip_shows_what_was_asked_for() -> None:
    spec = await spec_of()
    assert (1280, 720, 24, 120, "happyhorse-1.1-t2v", TASK_ID, "a paper city at night", 7, "Happy Horse", True) == (
        spec.width,
        spec.height,
        spec.fps,
        spec.frames,
        spec.model,
        spec.task_id,
        spec.prompt,
        spec.seed,
        spec.watermark,
        spec.audio,
    )


async def test_frames_follow_length_and_rate() -> None:
    assert 450 == (await spec_of(model="wan2.7-t2v", outcome=a_job(seconds=15))).frames
    assert 159 == (await spec_of(model="happyhorse-1.0-video-edit", outcome=a_job(seconds=6.62))).frames


async def test_the_watermark_is_the_models_own_where_it_is_asked_for() -> None:
    assert "AI生成" == (await spec_of(model="wan2.7-t2v")).watermark
    assert (await spec_of(outcome=a_job(watermark=False))).watermark is None


async def test_the_prompt_is_cut_where_it_is_drawn_and_nowhere_else() -> None:
    prompt = "城" * 2501
    assert "城" * 2500 == (await spec_of(outcome=a_job(prompt=prompt))).prompt
    assert "" == (await spec_of(outcome=a_job(prompt=None))).prompt


async def test_callers_media_are_named() -> None:
    job = a_job(media=(MediaRef("reference_image", "https://example.com/a.png"),))
    assert ("reference_image: https://example.com/a.png",) == (await spec_of(outcome=job)).inputs


async def test_two_tasks_never_share_a_clip() -> None:
    one, other = await spec_of(), await spec_of(id=TASK_ID[:-1] + "1")
    assert one.digest() == (await spec_of()).digest()
    assert one.digest() != other.digest()
