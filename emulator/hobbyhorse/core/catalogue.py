"""The shapes of the rows in `data/`: models, fields, media roles, errors, prices, limits, and the whole of them.

Nothing here knows a value; every value is a row with its `Evidence`. Loading is `data`'s job.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .accounts import ApiKey, Region
    from .mishaps import Kind as MishapKind
    from .quota import Limits, RateLimit
    from .tokens import TokenTerms
    from .upload_policy import UploadTerms


class Confidence(StrEnum):
    """How well a row is known, best first."""

    OFFICIAL = "official"
    SDK = "sdk"
    OBSERVED = "observed"
    THIRD_PARTY = "third-party"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a row comes from: keys of `data/sources.toml`, and how sure we are."""

    source: str
    confidence: Confidence


class Kind(StrEnum):
    """What a model makes a video from."""

    T2V = "t2v"
    I2V = "i2v"
    R2V = "r2v"
    VIDEO_EDIT = "video-edit"
    KF2V = "kf2v"
    VACE = "vace"
    GENERAL = "general"


class FieldType(StrEnum):
    """The types a field of `input` or `parameters` can have."""

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    URL = "url"
    URLS = "urls"


class Medium(StrEnum):
    """What a URL given by the caller leads to."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one medium must satisfy. Sides in pixels, aspect is width / height, size in megabytes (2**20).

    `alpha` tells whether a picture may have a channel for what shows through.
    """

    schemes: tuple[str, ...]
    formats: tuple[str, ...] = ()
    max_mb: float | None = None
    min_side: int | None = None
    max_side: int | None = None
    min_short_side: int | None = None
    alpha: bool = True
    aspect: tuple[float, float] | None = None
    duration_s: tuple[float, float] | None = None
    fps: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of `input` or `parameters`.

    `limit` counts characters, a Chinese one as `chinese`; what is over is cut, never refused.
    `also` are values allowed beside the range (`0`, `-1`). `most_with_video` replaces `maximum` where a video is
    among the media. `most` bounds a list of URLs. A ratio that
    `yields_to_first_frame` is ignored where a first frame was sent. `text` is what a watermark says.
    """

    name: str
    type: FieldType
    evidence: Evidence
    required: bool = False
    default: str | int | bool | None = None
    choices: tuple[str, ...] | tuple[int, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    also: tuple[int, ...] = ()
    most_with_video: int | None = None
    limit: int | None = None
    chinese: int = 1
    medium: Medium | None = None
    limits: MediaLimits | None = None
    most: int | None = None
    yields_to_first_frame: bool = False
    text: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MediaRole:
    """One `type` that an item of `input.media` may have, and how often it may stand there.

    `voice` is set where the item may carry a `reference_voice` URL of its own.
    """

    name: str
    medium: Medium
    minimum: int
    maximum: int
    limits: MediaLimits
    voice: MediaLimits | None = None


@dataclass(frozen=True, slots=True)
class MediaForm:
    """What `input.media` must look like as a whole.

    `combinations`, when given, are the only sets of types allowed; `groups` bound the number of items of
    several types together; `exclusive` are pairs of type sets that must not meet.
    """

    name: str
    required: bool
    roles: tuple[MediaRole, ...]
    evidence: Evidence
    combinations: tuple[frozenset[str], ...] = ()
    groups: tuple[tuple[frozenset[str], int, int], ...] = ()
    exclusive: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """Price of one second in one region, by resolution tier (`"720P"`). A tier that is absent is unknown.

    `audio` is None where clips with and without sound cost the same.
    """

    region: str
    currency: str
    per_second: Mapping[str, float]
    evidence: Evidence
    note: str = ""
    audio: bool | None = None


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model. `paths` are the aigc services that take it; `usage` names the fields of a success, in order.

    `silent` models make clips without a sound track. The price is of each second of output, and where
    `bills_input` of input too.
    """

    id: str
    family: str
    kind: Kind
    regions: tuple[str, ...]
    paths: tuple[str, ...]
    input: tuple[FieldRow, ...]
    media: MediaForm | None
    parameters: tuple[FieldRow, ...]
    usage: tuple[str, ...]
    fps: int
    evidence: Evidence
    prompt_or_media: bool = False
    video_ratio: str = "size"
    silent: bool = False
    note: str = ""
    prices: tuple[Price, ...] = ()
    bills_input: bool = False
    rate: RateLimit | None = None

    def parameter(self, name: str) -> FieldRow | None:
        """Return the row of a parameter, or None where the model has no such parameter."""
        return next((row for row in self.parameters if row.name == name), None)


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One upstream error: what is sent, when, and what makes this emulator send it.

    `message` may hold `{names}` filled from the fault. `reached` lists the operations that answer it by themselves;
    `scenario` stands where only scenarios and mishaps do, which can answer every row.
    """

    id: str
    status: int
    code: str
    message: str
    stage: str
    evidence: Evidence
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OssErrorRow:
    """One error of the result origin. `elements` follow Code and Message in the XML body, in order.

    `reached` lists what answers it by itself, `download` or `upload`, or `scenario`; `message` may hold `{names}`.
    """

    id: str
    status: int
    code: str
    message: str
    elements: tuple[str, ...]
    ec: str | None
    evidence: Evidence
    reached: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SizeTables:
    """Picture sizes: `table[tier][ratio]` where published or assumed, and the area of each tier."""

    table: Mapping[str, Mapping[str, tuple[int, int]]]
    area: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Decisions:
    """Choices that evidence does not settle, made once in `data/decisions.toml`."""

    integral_float_is_integer: bool
    null_is_absent: bool
    empty_required_text_is_missing: bool


@dataclass(frozen=True, slots=True)
class Timing:
    """Spans of time in milliseconds; what each one is stands beside it in `data/decisions.toml`."""

    task_retention: int
    url_lifetime: int
    list_window: int
    scheduled_after_low: int
    scheduled_after_high: int
    judged_after: int
    quick_starts_after: int
    quick_ends_after: int
    realistic: Mapping[Kind, int]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rows. Lookups by id; iteration in file order."""

    sources: Mapping[str, str]
    regions: Mapping[str, Region]
    models: Mapping[str, ModelRow]
    errors: Mapping[str, ErrorRow]
    oss_errors: Mapping[str, OssErrorRow]
    keys: Mapping[str, ApiKey]
    workspaces: tuple[str, ...]
    sizes: SizeTables
    decisions: Decisions
    timing: Timing
    limits: Limits
    uploads: UploadTerms
    tokens: TokenTerms
    mishaps: Mapping[str, MishapKind] = field(default_factory=dict)
    tolerated: Mapping[str, Evidence] = field(default_factory=dict)
    plan_hosts: tuple[str, ...] = ()
    not_official: Mapping[str, Evidence] = field(default_factory=dict)

    @property
    def buckets(self) -> frozenset[str]:
        """Return the buckets there are on the result origin: one a region for results, one for uploads."""
        return frozenset({self.uploads.bucket, *(region.result_bucket for region in self.regions.values())})
