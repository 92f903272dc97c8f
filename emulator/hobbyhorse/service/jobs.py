"""From a valid request to the job it asks for: media judged, defaults filled, size and length found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.catalogue import Kind, Medium
from ..core.clip import Footage, Picture, Reference
from ..core.faults import Fault
from ..core.media_url import shown
from ..core.sizing import DEFAULT_RATIO, following, nearest_ratio, parsed, tabulated, tier_of
from ..core.task import Job, MediaRef

if TYPE_CHECKING:
    from random import Random

    from ..core.catalogue import Catalogue, ModelRow
    from ..core.validation import ValidRequest
    from .media import Judged, MediaJudge, Owner

# Footage that is not fetched is taken to be this long (seconds; DESIGN decision 9).
ASSUMED_FOOTAGE = 5
# Characters of a prompt that are kept and answered as `orig_prompt`: three times the longest that is read (assumed).
LONGEST_PROMPT = 65_536
_FIRST_FRAMES = frozenset({"first_frame", "img_url", "first_frame_url", "first_clip"})
_LAST_FRAMES = frozenset({"last_frame", "last_frame_url"})
_REFERENCES = frozenset({"reference_image", "reference_video", "reference_urls"})
_FOOTAGE = "video"
# wan2.7 r2v counts at most 5 s of its input (OD-PRICE); wan3.0 takes at most 15 s of references together (OD-W3).
_COUNTED_INPUT = {Kind.R2V: 5, Kind.GENERAL: 15}
_LONGEST_TOGETHER = {Kind.GENERAL: 15}
_MODEL_CHOOSES = -1
_KEEP_LENGTH = 0


class JobMaker:
    """The worker's first look at a request."""

    def __init__(self, catalogue: Catalogue, judge: MediaJudge) -> None:
        self._catalogue = catalogue
        self._judge = judge

    async def make(
        self, model: ModelRow, request: ValidRequest, owner: Owner, random: Random, *, resolves_oss: bool
    ) -> Job:
        """Return the job; a seed that was not sent is drawn. Raises Fault where a medium is none that is taken."""
        judged = await self._judge.judge(model, request.media, owner, resolves_oss=resolves_oss)
        parameters = request.parameters
        first = next((one.kept for one in judged if one.item.role in _FIRST_FRAMES), None)
        last = next((one.kept for one in judged if one.item.role in _LAST_FRAMES), None)
        footage = next((one.kept for one in judged if one.item.role == _FOOTAGE), None)
        tier, ratio, (width, height) = self._size(model, request, first or footage)
        counted = _counted_seconds(model, judged)
        seed = parameters.get("seed")
        return Job(
            prompt=_bounded(request.input.get("prompt")),
            seed=random.getrandbits(31) if seed is None else seed,
            tier=tier,
            ratio=ratio,
            width=width,
            height=height,
            seconds=_seconds(request, counted),
            watermark=bool(parameters.get("watermark")),
            audio=not model.silent and parameters.get("audio", True) is not False,
            extends_prompt=bool(parameters.get("prompt_extend")),
            input_seconds=counted,
            first_frame=first,
            last_frame=last if isinstance(last, Picture) else None,
            footage=footage if isinstance(footage, Footage) else None,
            keeps_sound=parameters.get("audio_setting") == "origin",
            references=tuple(_references(judged)),
            media=tuple(_unseen(judged)),
        )

    def _size(
        self, model: ModelRow, request: ValidRequest, leading: Picture | Footage | None
    ) -> tuple[str, str, tuple[int, int]]:
        """Return tier, ratio and size. First frame or footage decides the ratio; unseen ones are 16:9 (assumed)."""
        tables = self._catalogue.sizes
        if "size" in request.parameters:
            size = parsed(request.parameters["size"])
            tier = tier_of(tables, *size)
            return tier, nearest_ratio(tables.table[tier], *size), size
        tier = request.parameters["resolution"]
        row, ratio = model.parameter("ratio"), request.parameters.get("ratio")
        is_open = row is None or row.yields_to_first_frame or ratio in {None, "adaptive"}
        if leading and is_open:
            size = following(tables, tier, leading.width, leading.height)
            return tier, nearest_ratio(tables.table[tier], *size), size
        if ratio in {None, "adaptive"}:
            ratio = DEFAULT_RATIO
        return tier, ratio, tabulated(tables, tier, ratio)


def _bounded(prompt: str | None) -> str | None:
    """Return a prompt as it is kept: as sent, but no longer than any model could read."""
    return prompt if prompt is None else prompt[:LONGEST_PROMPT]


def _counted_seconds(model: ModelRow, judged: list[Judged]) -> float:
    """Return the seconds of input that count. Raises Fault where videos together are longer than the model takes."""
    videos = [one for one in judged if one.medium is Medium.VIDEO and one.item.role not in _FIRST_FRAMES]
    lengths = [one.kept.seconds if isinstance(one.kept, Footage) else ASSUMED_FOOTAGE for one in videos]
    together = _LONGEST_TOGETHER.get(model.kind)
    # Judged by what was seen: an assumed length refuses nobody.
    seen = sum(one.kept.seconds for one in videos if isinstance(one.kept, Footage))
    if together is not None and seen > together:
        raise Fault("file-duration", low=1, high=together, detail=f"the videos last {seen:g} s together")
    return round(min(sum(lengths), _COUNTED_INPUT.get(model.kind, sum(lengths))), 2)


def _seconds(request: ValidRequest, footage: float) -> float:
    """Return the length of the output: as asked, as the footage, or 5 where the model may choose (assumed)."""
    duration = request.parameters.get("duration", _KEEP_LENGTH)
    if duration == _MODEL_CHOOSES:
        return ASSUMED_FOOTAGE
    if duration == _KEEP_LENGTH:
        return footage or ASSUMED_FOOTAGE
    return int(duration)


def _references(judged: list[Judged]) -> list[Reference]:
    """Return the references as prompts name them: `[Image 1]`, `[Video 1]`, or `character1` for old models."""
    counts = {Medium.IMAGE: 0, Medium.VIDEO: 0, Medium.ANY: 0}
    found: list[Reference] = []
    for one in judged:
        if one.item.role not in _REFERENCES:
            continue
        counts[one.medium] += 1
        if one.item.role == "reference_urls":
            label = f"character{len(found) + 1}"
        else:
            label = f"[{one.medium.value.capitalize()} {counts[one.medium]}]"
        found.append(Reference(label, _note(one), one.kept))
    return found


def _note(one: Judged) -> str:
    """Return what stands beside a reference's label: the file's name under its picture, the URL where there is none."""
    url = shown(one.item.url)
    return url if one.kept is None or url.startswith("data:") else url.rpartition("/")[2]


def _unseen(judged: list[Judged]) -> list[MediaRef]:
    """Return the media that a clip can only name: sounds, and frames and footage that were not fetched."""
    return [
        MediaRef(one.item.role, shown(one.item.url))
        for one in judged
        if one.kept is None and one.item.role not in _REFERENCES
    ]
