"""Stamped clips: one is prepared for each size, rate and length, and then only the task id in its tags is exchanged.

A task id is 36 characters, so that nothing in the file moves: no table, no length, no packet.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ...core.clip import ClipSpec
from .film import film

if TYPE_CHECKING:
    from ..drawing.fonts import Fonts

PREPARED = 64  # clips, of 20 to 400 KB
NOBODY = "00000000-0000-4000-8000-000000000000"  # no task's id: the ids made here are random


def stamped(spec: ClipSpec, fonts: Fonts) -> bytes:
    """Return the prepared clip of a spec's size, rate, length, sound and model, with the spec's task id in its tags."""
    if len(spec.task_id.encode()) != len(NOBODY):
        return film(_plain(spec, spec.task_id), fonts)
    return _prepared(_plain(spec, NOBODY), fonts).replace(NOBODY.encode(), spec.task_id.encode())


def _plain(spec: ClipSpec, task_id: str) -> ClipSpec:
    """Return a spec without all that a stamped clip does not show or say."""
    return ClipSpec(
        width=spec.width,
        height=spec.height,
        fps=spec.fps,
        frames=spec.frames,
        model=spec.model,
        task_id=task_id,
        prompt="",
        seed=0,
        watermark=None,
        audio=spec.audio,
        stamped=True,
    )


@lru_cache(PREPARED)
def _prepared(spec: ClipSpec, fonts: Fonts) -> bytes:
    return film(spec, fonts)
