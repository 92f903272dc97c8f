from __future__ import annotations

import io
import json
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from hobbyhorse.core.clip import ClipSpec, Picture
from hobbyhorse.media.encoding import stamp
from hobbyhorse.media.encoding.film import film
from hobbyhorse.media.encoding.stamp import NOBODY, stamped
from media.clips import SPEC, boxes, pictures

if TYPE_CHECKING:
    from hobbyhorse.media.drawing.fonts import Fonts

STAMPED = replace(SPEC, stamped=True, frames=60)


def tags(data: bytes) -> dict[str, str]:
    with av.open(io.BytesIO(data), "r") as container:
        return container.metadata


def test_a_stamped_clip_is_whole_and_its_tags_carry_the_task(fonts: Fonts) -> None:
    data = stamped(STAMPED, fonts)
    found = tags(data)
    assert found["title"] == STAMPED.task_id
    assert json.loads(found["description"])["task_id"] == STAMPED.task_id
    assert found["artist"] == STAMPED.model
    frames = pictures(data)
    assert len(frames) == 60
    assert frames[0].shape == (STAMPED.height * 3 // 2, STAMPED.width)
    assert all(np.array_equal(frame, frames[0]) for frame in frames)
    assert [name for name, _ in boxes(data) if name != "free"] == ["ftyp", "moov", "mdat"]
    with av.open(io.BytesIO(data), "r") as container:
        assert container.duration == 2_500_000
        assert len(list(container.decode(audio=0))) == 60 * 48000 // 24 // 1024


def test_two_tasks_differ_in_their_tags_only(fonts: Fonts) -> None:
    other = replace(STAMPED, task_id="ffffffff-1111-4222-8333-444444444444", prompt="else", seed=1, watermark=None)
    one, two = stamped(STAMPED, fonts), stamped(other, fonts)
    assert len(one) == len(two)
    assert one.replace(STAMPED.task_id.encode(), other.task_id.encode()) == two
    assert NOBODY.encode() not in one + two
    assert stamped(STAMPED, fonts) == one


@pytest.mark.parametrize(
    "change", [{"width": 272, "height": 480}, {"fps": 30}, {"frames": 61}, {"audio": False}, {"model": "wan2.7-t2v"}]
)
def test_size_rate_length_sound_and_model_are_as_asked(fonts: Fonts, change: dict[str, object]) -> None:
    spec: ClipSpec = replace(STAMPED, **change)  # type: ignore[arg-type]
    data = stamped(spec, fonts)
    with av.open(io.BytesIO(data), "r") as container:
        track = container.streams.video[0]
        assert (track.width, track.height) == (spec.width, spec.height)
        assert track.average_rate == Fraction(spec.fps)
        assert track.frames == spec.frames
        assert len(container.streams.audio) == int(spec.audio)
        assert container.metadata["artist"] == spec.model


def test_one_preparation_serves_all_tasks_of_a_size(fonts: Fonts, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ClipSpec] = []

    def counted(spec: ClipSpec, fonts: Fonts) -> bytes:
        made.append(spec)
        return film(spec, fonts)

    monkeypatch.setattr(stamp, "film", counted)
    for index in range(50):
        spec = replace(STAMPED, frames=7, task_id=f"{index:08x}-1111-4222-8333-444444444444", seed=index)
        assert tags(stamped(replace(spec, first_frame=Picture("0", 1, 1)), fonts))["title"] == spec.task_id
    assert len(made) == 1


def test_an_id_of_another_length_is_stamped_as_well(fonts: Fonts) -> None:
    data = stamped(replace(STAMPED, task_id="骏马", frames=2), fonts)
    assert tags(data)["title"] == "骏马"
    assert len(pictures(data)) == 2
