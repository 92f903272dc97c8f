"""The shapes of answers, for the OpenAPI document. Nothing is built from them: the dialect writes the bytes."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

_exact = with_config(ConfigDict(extra="forbid", strict=True))
_REQUEST_ID = r"^[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$"

RequestId = Annotated[str, Field(pattern=_REQUEST_ID)]
Time = Annotated[str, Field(pattern=_TIME, description="UTC+8 in every region")]


@_exact
class Error(TypedDict):
    """An HTTP error: flat, and without `output`."""

    code: str
    message: str
    request_id: RequestId


@_exact
class CreatedOutput(TypedDict):
    """A task that was accepted. Whether its parameters are right shows on the first poll."""

    task_status: Literal["PENDING"]
    task_id: str


@_exact
class Created(TypedDict):
    """The answer to a create."""

    output: CreatedOutput
    request_id: RequestId


@_exact
class Pending(TypedDict):
    """Not started."""

    task_id: str
    task_status: Literal["PENDING"]
    submit_time: Time
    scheduled_time: NotRequired[Time]


@_exact
class Running(TypedDict):
    """Being made."""

    task_id: str
    task_status: Literal["RUNNING"]
    submit_time: Time
    scheduled_time: Time


@_exact
class Succeeded(TypedDict):
    """Made. `video_url` lives 24 h. `orig_prompt` is the prompt as sent, `actual_prompt` what old models made of it."""

    task_id: str
    task_status: Literal["SUCCEEDED"]
    submit_time: Time
    scheduled_time: Time
    end_time: Time
    orig_prompt: NotRequired[str]
    actual_prompt: NotRequired[str]
    video_url: str


@_exact
class Failed(TypedDict):
    """Ended with a fault, told here and not at the top level."""

    task_id: str
    task_status: Literal["FAILED"]
    submit_time: Time
    scheduled_time: Time
    end_time: Time
    code: str
    message: str


@_exact
class Canceled(TypedDict):
    """Canceled while it was PENDING."""

    task_id: str
    task_status: Literal["CANCELED"]
    submit_time: Time
    end_time: Time


@_exact
class Unknown(TypedDict):
    """No such task, or one of another account, or older than 24 h."""

    task_id: str
    task_status: Literal["UNKNOWN"]


@_exact
class Usage(TypedDict):
    """What a success counts. Which fields there are depends on the model; see the table of models."""

    duration: NotRequired[int | float]
    input_video_duration: NotRequired[int | float]
    output_video_duration: NotRequired[int | float]
    video_duration: NotRequired[int | float]
    video_count: NotRequired[int]
    video_ratio: NotRequired[str]
    SR: NotRequired[Literal[480, 720, 1080]]
    ratio: NotRequired[str]
    size: NotRequired[str]
    audio: NotRequired[bool]


@_exact
class TaskAnswer(TypedDict):
    """The answer to a poll: HTTP 200 in every state."""

    request_id: RequestId
    output: Pending | Running | Succeeded | Failed | Canceled | Unknown
    usage: NotRequired[Usage]


@_exact
class TaskRow(TypedDict):
    """One task in a listing. Instants are epoch milliseconds here."""

    api_key_id: str
    caller_parent_id: str
    caller_uid: str
    gmt_create: int
    start_time: NotRequired[int]
    end_time: NotRequired[int]
    model_name: str
    region: str
    request_id: RequestId
    status: Literal["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED"]
    task_id: str
    user_api_unique_key: str


@_exact
class TaskList(TypedDict):
    """One page of the account's tasks, newest first."""

    total: int
    data: list[TaskRow]
    total_page: int
    page_no: int
    request_id: RequestId
    page_size: int


@_exact
class CancelAccepted(TypedDict):
    """The task was PENDING and is CANCELED now."""

    request_id: RequestId


@_exact
class UploadPolicy(TypedDict):
    """What one upload needs. The file is posted as a form to `upload_host`, below `upload_dir`."""

    policy: str
    signature: str
    upload_dir: str
    upload_host: str
    expire_in_seconds: int
    max_file_size_mb: int
    capacity_limit_mb: int
    oss_access_key_id: str
    x_oss_object_acl: str
    x_oss_forbid_overwrite: str


@_exact
class PolicyAnswer(TypedDict):
    """The answer to getPolicy."""

    data: UploadPolicy
    request_id: RequestId


@_exact
class TokenAnswer(TypedDict):
    """A temporary key. `expires_at` is in seconds since the epoch."""

    token: Annotated[str, Field(pattern="^st-")]
    expires_at: int
