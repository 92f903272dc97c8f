"""What becomes of a task: PENDING, RUNNING, an end, and odd answers on the way. At most some twenty polls long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ..scenario import Timeline

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Codes with which a task can end by itself (dashscope-api.md 7, stage T).
ERRORS = (
    *("InternalError", "DataInspectionFailed", "InternalError.Algo", "InternalError.Timeout", "SystemError"),
    *("IPInfringementSuspect", "InternalError.Upload"),
)
_PENDING_S = (0.0, 15.0, 45.0, 1.0)
_RUNNING_S = (30.0, 0.0, 5.0, 75.0, 180.0)
_MOST_POLLS = 4  # of each state
# Every one of these is valid JSON of the promised shape, or one that upstream has been seen to send.
ODD: tuple[dict[str, Any], ...] = (
    {"extra": {"progress": 40, "trace": {"steps": [1, 2]}, "note": None}},
    {"without": ["usage"]},
    {"without": ["submit_time", "scheduled_time", "end_time"]},
    {"without": ["orig_prompt"]},
    {"without": ["usage.SR"]},
    {"when": "RUNNING", "status": "QUEUED"},
    {"when": "RUNNING", "status": "SUSPENDED"},
    {"when": "RUNNING", "status": "running"},
    {"polls": [3], "when": "RUNNING", "status": "PENDING"},
    {"polls": [1], "when": "PENDING", "status": "RUNNING"},
)
NO_REASON: dict[str, Any] = {"when": "FAILED", "without": ["code", "message"]}
NO_URL: dict[str, Any] = {"when": "SUCCEEDED", "no_url": True}


def timelines(*, with_ends: bool = True) -> SearchStrategy[Timeline]:
    """Return timelines; without ends all of them are SUCCEEDED."""
    by_clock = st.builds(
        Timeline, pending_s=st.sampled_from(_PENDING_S), running_s=st.sampled_from(_RUNNING_S), **_rest()
    )
    counts = st.tuples(st.integers(0, _MOST_POLLS), st.integers(0, _MOST_POLLS))
    by_polls = st.builds(Timeline, polls=counts, **_rest())
    going_well = st.one_of(by_clock, by_polls)
    if not with_ends:
        return going_well
    failed = st.builds(
        Timeline,
        outcome=st.just("FAILED"),
        error=st.sampled_from(ERRORS),
        odd=st.sampled_from(((), (NO_REASON,))),
        running_s=st.sampled_from(_RUNNING_S),
    )
    without_url = st.builds(Timeline, odd=st.just((NO_URL,)), running_s=st.sampled_from(_RUNNING_S))
    ended = st.builds(Timeline, outcome=st.sampled_from(("CANCELED", "UNKNOWN")), running_s=st.sampled_from(_RUNNING_S))
    stuck = st.builds(Timeline, outcome=st.just("STUCK"), stuck_at=st.sampled_from(("RUNNING", "PENDING")))
    return st.one_of(going_well, going_well, failed, ended, stuck, without_url)


def _rest() -> dict[str, SearchStrategy[Any]]:
    return {
        "odd": st.lists(st.sampled_from(ODD), max_size=2, unique_by=str).map(tuple),
        "task_id": st.sampled_from(("uuid", "hex64", "dotted", "underscored")),
    }
