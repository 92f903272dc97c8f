"""From a valid request to the job it asks for: media judged, defaults filled, picture size found."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

from ..core.catalogue import FieldType, Kind, MediaLimits, Medium
from ..core.faults import Fault
from ..core.media_url import check_scheme, shown
from ..core.sizing import DEFAULT_RATIO, following, nearest_ratio, parsed, tabulated, tier_of
from ..core.task import Job, MediaRef

if TYPE_CHECKING:
    from random import Random

    from ..core.catalogue import Catalogue, ModelRow
    from ..core.clip import Picture
    from ..core.validation import MediaItem, ValidRequest
    from .ports import Pictures

# Footage that is not fetched is taken to be this long (seconds; DESIGN decision 9).
ASSUMED_FOOTAGE = 5
_FIRST_FRAMES = ("first_frame", "img_url", "first_frame_url")
# wan2.7 r2v counts at most 5 s of its input (OD-PRICE); wan3.0 takes at most 15 s of references together (OD-W3).
_COUNTED_INPUT = {Kind.R2V: 5, Kind.GENERAL: 15}
_MODEL_CHOOSES = -1
_KEEP_LENGTH = 0


class JobMaker:
    """The worker's first look at a request."""

    def __init__(self, catalogue: Catalogue, pictures: Pictures, random: Random) -> None:
        self._catalogue = catalogue
        self._pictures = pictures
        self._random = random

    async def make(self, model: ModelRow, request: ValidRequest, *, resolves_oss: bool) -> Job:
        """Return the job. Raises Fault where a medium is none that the upstream takes."""
        media = _media_rows(model)
        first_frame: Picture | None = None
        for item in request.media:
            medium, limits = media[item.role]
            picture = await self._judge(item, medium, limits, resolves_oss=resolves_oss)
            if item.role in _FIRST_FRAMES:
                first_frame = picture
        tier, ratio, (width, height) = self._size(model, request, first_frame)
        footage = sum(media[item.role][0] is Medium.VIDEO for item in request.media) * ASSUMED_FOOTAGE
        footage = min(footage, _COUNTED_INPUT.get(model.kind, footage))
        seed = request.parameters.get("seed")
        return Job(
            prompt=request.input.get("prompt"),
            seed=self._random.getrandbits(31) if seed is None else seed,
            tier=tier,
            ratio=ratio,
            width=width,
            height=height,
            seconds=_seconds(request, footage),
            watermark=bool(request.parameters.get("watermark")),
            audio=not model.silent and request.parameters.get("audio", True) is not False,
            extends_prompt=bool(request.parameters.get("prompt_extend")),
            input_seconds=footage,
            first_frame=first_frame,
            media=tuple(MediaRef(item.role, shown(item.url)) for item in request.media),
        )

    async def _judge(
        self, item: MediaItem, medium: Medium, limits: MediaLimits, *, resolves_oss: bool
    ) -> Picture | None:
        """Judge one URL by its form, and a `data:` picture by its content. An outside URL stays unseen (None)."""
        scheme = check_scheme(item.url, item.path, limits, resolves_oss=resolves_oss)
        if scheme == "oss":
            raise Fault("media-not-found", detail=f"{item.path}: nothing was uploaded as {shown(item.url)!r}")
        if scheme != "data" or medium not in {Medium.IMAGE, Medium.ANY}:
            return None
        _, _, text = item.url.partition(",")
        try:
            data = await asyncio.to_thread(base64.b64decode, text, validate=True)
        except ValueError as error:  # binascii's own, or of letters that are not ASCII
            raise Fault("image-undecodable", detail=f"{item.path} is no base64: {error}") from None
        return await self._pictures.keep(data, limits)

    def _size(
        self, model: ModelRow, request: ValidRequest, first_frame: Picture | None
    ) -> tuple[str, str, tuple[int, int]]:
        """Return tier, ratio and size. The first frame decides the ratio; without a known one it is 16:9 (assumed)."""
        tables = self._catalogue.sizes
        if "size" in request.parameters:
            size = parsed(request.parameters["size"])
            tier = tier_of(tables, *size)
            return tier, nearest_ratio(tables.table[tier], *size), size
        tier = request.parameters["resolution"]
        row, ratio = model.parameter("ratio"), request.parameters.get("ratio")
        is_open = row is None or row.yields_to_first_frame or ratio in {None, "adaptive"}
        if first_frame and is_open:
            size = following(tables, tier, first_frame.width, first_frame.height)
            return tier, nearest_ratio(tables.table[tier], *size), size
        if ratio in {None, "adaptive"}:
            ratio = DEFAULT_RATIO
        return tier, ratio, tabulated(tables, tier, ratio)


def _seconds(request: ValidRequest, footage: int) -> int:
    """Return the length of the output: as asked, as the footage, or 5 where the model may choose (assumed)."""
    duration = request.parameters.get("duration", _KEEP_LENGTH)
    if duration == _MODEL_CHOOSES:
        return ASSUMED_FOOTAGE
    if duration == _KEEP_LENGTH:
        return footage or ASSUMED_FOOTAGE
    return int(duration)


def _media_rows(model: ModelRow) -> dict[str, tuple[Medium, MediaLimits]]:
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
