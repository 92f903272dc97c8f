"""The `usage` block of a success: the fields a model's row names, in its order, with the JSON types clients need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .catalogue import Kind

if TYPE_CHECKING:
    from .catalogue import ModelRow
    from .task import Job


def usage_of(model: ModelRow, job: Job) -> dict[str, object]:
    """Return `usage`. Seconds are integers, but floats for HappyHorse video-edit, as documented (OD-VE).

    Integers matter: Go and zod clients refuse `5.0` where they declare an int.
    """
    fractional = model.family == "happyhorse" and model.kind is Kind.VIDEO_EDIT

    def seconds(value: float) -> float:
        return float(value) if fractional or value != int(value) else int(value)

    size = f"{job.width}*{job.height}"
    known: dict[str, object] = {
        "duration": seconds(job.input_seconds + job.seconds),
        "input_video_duration": seconds(job.input_seconds),
        "output_video_duration": seconds(job.seconds),
        "video_duration": seconds(job.seconds),
        "video_count": 1,
        "video_ratio": size if model.video_ratio == "size" else model.video_ratio,
        "SR": int(job.tier.removesuffix("P")),
        "ratio": job.ratio,
        "size": size,
        "audio": job.audio,
    }
    return {name: known[name] for name in model.usage}
