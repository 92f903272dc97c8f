"""Result URLs and what lies behind them: the object store's rules, in OSS's order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.clip import Clip, ClipSpec
from ..core.faults import OssFault
from ..core.mishaps import Place
from ..core.moments import oss_time
from ..core.prompt import cut
from ..core.signing import is_signed, mismatch, object_key, signed_url, string_to_sign, task_id_in
from ..core.task import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.catalogue import Catalogue
    from ..core.task import Task
    from .mishaps import Mishaps
    from .ports import Renderer, Tasks
    from .visit import Visit
    from .worlds import World

_SIGNATURE_PARTS = ("Expires", "OSSAccessKeyId", "Signature")


class ResultService:
    """Signs result URLs and answers them."""

    def __init__(self, catalogue: Catalogue, tasks: Tasks, renderer: Renderer, mishaps: Mishaps) -> None:
        self._catalogue = catalogue
        self._tasks = tasks
        self._renderer = renderer
        self._mishaps = mishaps
        # What was uploaded lies here too, but nobody has a URL to get it with.
        self._buckets = catalogue.buckets

    def video_url(self, base: str, world: World, task: Task) -> str:
        """Return the signed URL of a task's clip below `base` (scheme, host and port of the result origin)."""
        bucket = self._catalogue.regions[task.region].result_bucket
        return signed_url(base, bucket, task, world.url_lifetime, world.access_key_id, world.secret)

    async def fetch(
        self, visit: Visit, method: str, bucket: str, key: str, query: Mapping[str, str], *, authorized: bool
    ) -> tuple[Clip, Task]:
        """Return the clip under a URL, rendering it if need be. `authorized` tells of an Authorization header.

        `visit` was found by the access key of the query.

        Raises OssFault. Order: bucket, two authentications, parts of the signature, access key, expiry, signature
        (expired beats badly signed), key.
        """
        if bucket not in self._buckets:
            raise OssFault(
                "no-such-bucket", BucketName=bucket, detail=f"buckets here: {', '.join(sorted(self._buckets))}"
            )
        _check_parts(query, authorized=authorized)
        access_key_id, expires = query["OSSAccessKeyId"], query["Expires"]
        if not visit.is_known:
            raise OssFault("unknown-access-key", OSSAccessKeyId=access_key_id)
        world, now = visit.world, visit.arrived
        if now >= int(expires) * 1000:
            raise _expired(expires, now, f"expired {(now - int(expires) * 1000) / 1000:.0f} s ago")
        _check_signature(world, method, bucket, key, query)
        task = await self._find(world, bucket, key, now)
        visit.task = task.id
        await self._mishaps.lay(visit, Place.DOWNLOAD, task, url=key)
        await self._check_alive(visit, task)
        return await self.clip(world, task), task

    async def clip(self, world: World, task: Task) -> Clip:
        """Return the clip of a task that makes one, rendering it if need be."""
        return await self._renderer.clip(self._spec(task, stamped=world.stamped))

    async def _check_alive(self, visit: Visit, task: Task) -> None:
        """Raise OssFault for a URL that a mishap kills now or has killed; the task's next poll gives another."""
        dying = await self._mishaps.dead_url(visit, task)
        if dying is None and not task.url_is_dead:
            return
        if dying is not None:
            await self._tasks.swap(task, replace(task, url_is_dead=True, version=task.version + 1))
        raise _expired(str(visit.arrived // 1000), visit.arrived, f"dead until task {task.id} is polled again")

    async def _find(self, world: World, bucket: str, key: str, now: int) -> Task:
        """Return the task whose clip lies at a key. The record outlives the task's retention as long as its URL."""
        task = await self._tasks.find(world.id, task_id_in(key) or "")
        if task is None or object_key(task) != key or self._catalogue.regions[task.region].result_bucket != bucket:
            raise OssFault("no-such-key", Key=key, detail="no task of this world has its clip there")
        if task.fails or task.canceled_at is not None or task.ends_at > now:
            raise OssFault("no-such-key", Key=key, detail=f"task {task.id} has no clip (yet)")
        return task

    def _spec(self, task: Task, *, stamped: bool) -> ClipSpec:
        """Return what a task's clip must show."""
        job = task.outcome
        if not isinstance(job, Job):
            raise TypeError(f"task {task.id} made no clip")
        model = self._catalogue.models[task.model]
        prompt = next((row for row in model.input if row.name == "prompt"), None)
        watermark = model.parameter("watermark")
        return ClipSpec(
            width=job.width,
            height=job.height,
            fps=model.fps,
            frames=round(job.seconds * model.fps),
            model=task.model,
            task_id=task.id,
            prompt=cut(job.prompt or "", prompt.limit, prompt.chinese) if prompt else "",
            seed=job.seed,
            watermark=watermark.text if watermark and job.watermark else None,
            audio=job.audio,
            first_frame=job.first_frame,
            last_frame=job.last_frame,
            references=job.references,
            footage=job.footage,
            sound_of=job.footage if job.keeps_sound else None,
            stamped=stamped,
            inputs=tuple(f"{ref.role}: {ref.label}" for ref in job.media),
        )


def _expired(expires: str, now: int, detail: str) -> OssFault:
    times = {"Expires": oss_time(int(expires) * 1000), "ServerTime": oss_time(now)}
    return OssFault("expired", **times, detail=detail)


def _check_parts(query: Mapping[str, str], *, authorized: bool) -> None:
    given = [part for part in _SIGNATURE_PARTS if part in query]
    if given and authorized:
        raise OssFault("two-authentications", detail="a client must not send its API key to the result origin")
    if not given:
        raise OssFault("unsigned", detail="the URL has no Signature: use video_url as it is, query and all")
    if "OSSAccessKeyId" not in given or not query["OSSAccessKeyId"]:
        raise OssFault("access-key-missing")
    if "Expires" not in given:
        raise OssFault("expires-missing")
    if not query["Expires"]:
        raise OssFault("expires-empty")
    if not (query["Expires"].isascii() and query["Expires"].isdigit() and len(query["Expires"]) <= len("9999999999")):
        raise OssFault("expires-invalid", detail=f"Expires is {query['Expires'][:40]!r}")
    if "Signature" not in given or not query["Signature"]:
        raise OssFault("signature-missing")


def _check_signature(world: World, method: str, bucket: str, key: str, query: Mapping[str, str]) -> None:
    text = string_to_sign(method, query["Expires"], bucket, key)
    if is_signed(world.secret, text, query["Signature"]):
        return
    is_get_url = is_signed(world.secret, string_to_sign("GET", query["Expires"], bucket, key), query["Signature"])
    detail = f"the URL is signed for GET, not {method}" if is_get_url else "key, expiry or signature was changed"
    raise mismatch(query["OSSAccessKeyId"], query["Signature"], text, detail)
