"""Judging a request's media: by the form of their URLs first, then, where they can be had, by what they are."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.catalogue import FieldType, MediaLimits, Medium
from ..core.faults import Fault
from ..core.media_url import check_scheme, shown

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..core.catalogue import ModelRow
    from ..core.clip import Footage, Picture
    from ..core.validation import MediaItem
    from .ports import Fetch, Inputs, Uploads

# What is used of a caller's video, in seconds: longer footage is cut (OD-VE).
LONGEST_FOOTAGE = 15
_AT_ONCE = 8
_UNBOUNDED_MB = 100  # for media whose row names no size


@dataclass(frozen=True, slots=True)
class Owner:
    """On whose behalf media are looked at: uploads are bound to account and model. `now` is in ms."""

    world: str
    model: str
    now: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A medium that passed. `kept` is None for a sound, and for what was not fetched (an outside URL)."""

    item: MediaItem
    medium: Medium
    kept: Picture | Footage | None


class Patience:
    """The seconds that are left for what one request has fetched."""

    def __init__(self, seconds: float) -> None:
        self._seconds = self._left = seconds

    async def wait(self, fetch: Coroutine[None, None, bytes | None], item: MediaItem) -> bytes | None:
        """Return what was fetched. Raises Fault once the seconds are gone."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        try:
            return await asyncio.wait_for(fetch, self._left)
        except TimeoutError:
            detail = f"{item.path} was not there within {self._seconds:g} s (setting input_seconds)"
            raise Fault("url-timeout", url=shown(item.url), detail=detail) from None
        finally:
            self._left = max(0.0, self._left - (clock() - begun))


class MediaJudge:
    """Fetches, opens and judges callers' media, for a few requests at a time: each holds whole files meanwhile.

    What is fetched for one request must be there within `seconds` in all; decoding has a limit of its own, in `Inputs`.
    Waiting for a turn counts for neither.
    """

    def __init__(self, inputs: Inputs, fetcher: Fetch, uploads: Uploads, seconds: float) -> None:
        self._inputs = inputs
        self._fetcher = fetcher
        self._uploads = uploads
        self._seconds = seconds
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def judge(
        self, model: ModelRow, items: tuple[MediaItem, ...], owner: Owner, *, resolves_oss: bool
    ) -> list[Judged]:
        """Return every medium, in order. Raises Fault for the first that the upstream refuses."""
        rows = _rows(model)
        for item in items:
            check_scheme(item.url, item.path, rows[item.role][1], resolves_oss=resolves_oss)
        if not items:
            return []
        async with self._slots:
            patience = Patience(self._seconds)
            return [await self._look(item, *rows[item.role], owner, patience) for item in items]

    async def _look(
        self, item: MediaItem, medium: Medium, limits: MediaLimits, owner: Owner, patience: Patience
    ) -> Judged:
        if medium is Medium.ANY and not limits.formats:
            # A file or link of any kind: nothing is known to judge it by, but what was uploaded must be there.
            if item.url.lower().startswith("oss:"):
                await self._open(item, limits, owner, patience)
            return Judged(item, medium, None)
        data = await self._open(item, limits, owner, patience)
        if data is None:
            return Judged(item, medium, None)
        name = shown(item.url)
        if medium is Medium.AUDIO:
            await self._inputs.judge_sound(data, limits, name)
            return Judged(item, medium, None)
        if medium is Medium.VIDEO or (medium is Medium.ANY and _is_video(data)):
            return Judged(item, Medium.VIDEO, await self._inputs.keep_footage(data, limits, LONGEST_FOOTAGE, name))
        return Judged(item, Medium.IMAGE, await self._inputs.keep(data, limits, name))

    async def _open(self, item: MediaItem, limits: MediaLimits, owner: Owner, patience: Patience) -> bytes | None:
        """Return a medium's bytes, or None where it lies outside and is not fetched."""
        scheme, _, rest = item.url.partition(":")
        max_mb = limits.max_mb or _UNBOUNDED_MB
        if scheme.lower() == "data":
            return await asyncio.to_thread(_decoded, rest.partition(",")[2], item.path)
        if scheme.lower() != "oss":
            return await patience.wait(self._fetcher.fetch(item.url, max_mb), item)
        data = await self._uploads.open(owner.world, rest.removeprefix("//"), owner.model, owner.now, max_mb)
        if data is None:
            detail = f"{item.path}: {shown(item.url)!r} was not uploaded for {owner.model} within the last 48 h"
            raise Fault("media-not-found", detail=detail)
        return data


def _decoded(text: str, path: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii's own, or of letters that are not ASCII
        raise Fault("image-undecodable", detail=f"{path} is no base64: {error}") from None


def _is_video(data: bytes) -> bool:
    """Whether data are an MP4 or MOV: such a file begins with a box named `ftyp`."""
    return data[4:8] == b"ftyp"


def _rows(model: ModelRow) -> dict[str, tuple[Medium, MediaLimits]]:
    """Return medium and limits of every role and URL field that a request of this model can name."""
    rows: dict[str, tuple[Medium, MediaLimits]] = {}
    for row in model.input:
        if row.type in {FieldType.URL, FieldType.URLS} and row.medium and row.limits:
            rows[row.name] = (row.medium, row.limits)
    for role in model.media.roles if model.media else ():
        rows[role.name] = (role.medium, role.limits)
        if role.voice:
            rows["reference_voice"] = (Medium.AUDIO, role.voice)
    return rows
