"""What the upstream sells and says, copied by hand from the reference (its sections in brackets): an own table, so that
one that agrees with it is evidence. Times in milliseconds, prices in CNY a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BEIJING, SINGAPORE, VIRGINIA, TOKYO = "cn-beijing", "ap-southeast-1", "us-east-1", "ap-northeast-1"

SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
DAY = 24 * HOUR
RETENTION = DAY  # [4]
LISTED = DAY  # [5]
POLICY_LIFE = 300 * SECOND  # [6]
OBJECT_LIFE = 48 * HOUR  # [6]
SCHEDULED = (30, 50)  # after the submission, without a queue [4]
JUDGED = 100  # a worker-stage fault shows [3.1]
QUICK = (500, 2000)  # our own: started and ended by the clock (design, decision 4)
# Documented sample runs [4]; a general model is nearest to t2v. A tenth either way is the jitter.
RUNS: Mapping[str, int] = {
    "t2v": 80 * SECOND,
    "i2v": 104 * SECOND,
    "video-edit": 59 * SECOND,
    "general": 80 * SECOND,
}
JITTER = 0.1
UNSEEN_FOOTAGE = 5.0  # seconds that an outside video is taken to last (design, decision 9)


@dataclass(frozen=True)
class Row:
    """A model. `usage` tells its shape: with a ratio, without one, in fractional seconds, or not documented."""

    kind: str
    regions: tuple[str, ...]
    tiers: tuple[str, ...] = ("720P", "1080P")
    durations: tuple[int, int] | None = (3, 15)
    media: str | None = None
    usage: str | None = "ratio"
    bills_input: bool = False

    @property
    def has_input(self) -> bool:
        """Whether the length of its input counts."""
        return self.kind == "video-edit"


_ALL = ("480P", "720P", "1080P")
_ELSEWHERE = ("eu-central-1",)

MODELS: Mapping[str, Row] = {  # [1.2, 2.2, 2.3, 4.1, 8]
    "happyhorse-1.1-t2v": Row("t2v", (BEIJING, SINGAPORE, VIRGINIA, *_ELSEWHERE, TOKYO), _ALL),
    "happyhorse-1.0-t2v": Row("t2v", (BEIJING, SINGAPORE, VIRGINIA, *_ELSEWHERE)),
    "happyhorse-1.1-i2v": Row("i2v", (BEIJING, SINGAPORE, VIRGINIA, TOKYO), _ALL, media="first_frame", usage="plain"),
    "happyhorse-1.0-video-edit": Row(
        "video-edit", (BEIJING, SINGAPORE, TOKYO), durations=None, media="video", usage="floats", bills_input=True
    ),
    "wan2.7-t2v": Row("t2v", (BEIJING, SINGAPORE), durations=(2, 15)),
    "wan3.0-video": Row("general", (BEIJING, SINGAPORE, VIRGINIA), _ALL, durations=(2, 30), usage=None),
}

_HH11 = {"480P": 0.45, "720P": 0.9, "1080P": 1.2}
_HH11_SG = {"480P": 0.524594, "720P": 1.049188, "1080P": 1.348956}
_HH10, _HH10_SG = {"720P": 0.9, "1080P": 1.6}, {"720P": 1.049188, "1080P": 1.798608}

PRICES: Mapping[tuple[str, str], Mapping[str, float]] = {  # [8]
    **{(model, region): _HH11 for model in ("happyhorse-1.1-t2v", "happyhorse-1.1-i2v") for region in (BEIJING, TOKYO)},
    **{(model, SINGAPORE): _HH11_SG for model in ("happyhorse-1.1-t2v", "happyhorse-1.1-i2v")},
    **{(model, BEIJING): _HH10 for model in ("happyhorse-1.0-t2v", "happyhorse-1.0-video-edit")},
    **{(model, SINGAPORE): _HH10_SG for model in ("happyhorse-1.0-t2v", "happyhorse-1.0-video-edit")},
    ("wan2.7-t2v", BEIJING): {"720P": 0.6, "1080P": 1.0},
    ("wan2.7-t2v", SINGAPORE): {"720P": 0.733924, "1080P": 1.100886},
    ("wan3.0-video", BEIJING): {"480P": 0.3, "720P": 0.6, "1080P": 1.2},
    # wan3.0-video in Virginia has no price there: unknown, not nothing.
}

Answer = tuple[int, str, str | None]  # status, code, message (None: not told by the reference)

# Without the period that the documentation has: as captured [11, no. 3].
SYNCHRONOUS: Answer = (403, "AccessDenied", "current user api does not support synchronous calls")
NOT_JSON: Answer = (400, "InvalidParameter", "Required body invalid, please check the request body format.")
NO_MODEL: Answer = (400, "BadRequest.EmptyModel", 'Required parameter "model" missing from request.')
NO_SUCH_MODEL: Answer = (400, "InvalidParameter", "Model not exist.")
NO_INPUT: Answer = (400, "BadRequest.EmptyInput", "Required input parameter missing from request.")
TOO_OFTEN: Answer = (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
NOT_CANCELED: Answer = (
    400,
    "UnsupportedOperation",
    "Failed to cancel the task, please confirm if the task is in PENDING status.",
)
INVALID_URL = ("InvalidURL", "Required URL is missing or invalid, please check the request URL.")
NO_MEDIUM = ("InvalidParameter", "Failed to find the requested media resource during the data inspection process.")

# The result origin [4.2, 6].
EXPIRED: Answer = (403, "AccessDenied", "Request has expired.")
BADLY_SIGNED: Answer = (403, "SignatureDoesNotMatch", None)
NO_SUCH_KEY: Answer = (404, "NoSuchKey", "The specified key does not exist.")
TWO_PROOFS: Answer = (400, "InvalidArgument", None)
POLICY_EXPIRED: Answer = (403, "AccessDenied", "Invalid according to Policy: Policy expired.")
KEY_TAKEN: Answer = (
    409,
    "FileAlreadyExists",
    "The object you specified already exists and can not be overwritten.",
)

# Rows that mishaps and scenarios name in the machine's documents [7].
STATUS_OF: Mapping[str, int] = {
    "SystemError": 500,
    "ModelUnavailable": 503,
    "Throttling.RateQuota": 429,
    "DataInspectionFailed": 400,
    "InternalError.Timeout": 500,
}
