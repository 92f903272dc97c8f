from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import imageio.v3 as iio
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobbyhorse.media.encoding import tone
from hobbyhorse.media.encoding.film import film
from media.clips import SPEC, boxes, pictures

if TYPE_CHECKING:
    from hobbyhorse.media.drawing.fonts import Fonts

LENGTHS = [(24, 72), (30, 60), (24, 37), (30, 1), (24, 24), (30, 91)]


@pytest.mark.parametrize(("fps", "frames"), LENGTHS)
@pytest.mark.parametrize("audio", [True, False])
def test_reads_back_with_exact_size_count_rate_and_duration(fonts: Fonts, fps: int, frames: int, audio: bool) -> None:
    data = film(replace(SPEC, fps=fps, frames=frames, audio=audio), fonts)
    properties = iio.improps(data, extension=".mp4", plugin="pyav")
    assert properties.shape == (frames, SPEC.height, SPEC.width, 3)
    metadata = iio.immeta(data, extension=".mp4", plugin="pyav")
    assert metadata["fps"] == fps
    assert metadata["duration"] == pytest.approx(frames / fps, abs=1e-6)
    assert metadata["codec"] == "h264"
    with av.open(io.BytesIO(data), "r") as container:
        assert container.duration is not None
        assert Fraction(container.duration, 1_000_000) == pytest.approx(Fraction(frames, fps), abs=1e-6)
        assert len(list(container.decode(video=0))) == frames
        assert container.streams.video[0].pix_fmt == "yuv420p"
        # Even one picture at 30 fps lasts longer than a packet of sound.
        assert len(container.streams.audio) == int(audio)


def test_movie_header_says_frames_over_fps(fonts: Fonts) -> None:
    data = film(replace(SPEC, frames=37), fonts)
    at = data.index(b"mvhd") + 4
    assert data[at] == 0
    scale, length = (int.from_bytes(data[at + offset : at + offset + 4], "big") for offset in (12, 16))
    assert Fraction(length, scale) == Fraction(37, 24)


@pytest.mark.parametrize("frames", [1, 72, 24 * 15])
def test_index_comes_before_data(fonts: Fonts, frames: int) -> None:
    names = [name for name, _ in boxes(film(replace(SPEC, frames=frames), fonts))]
    assert [name for name in names if name != "free"] == ["ftyp", "moov", "mdat"]


def test_a_long_prompt_leaves_room_for_the_index(fonts: Fonts) -> None:
    spec = replace(SPEC, prompt="硬纸板火车" * 4000)
    data = film(spec, fonts)
    assert [name for name, _ in boxes(data) if name != "free"] == ["ftyp", "moov", "mdat"]
    with av.open(io.BytesIO(data), "r") as container:
        assert container.metadata["comment"] == spec.prompt


def test_every_second_begins_with_a_key_picture_and_nothing_else_is_one(fonts: Fonts) -> None:
    with av.open(io.BytesIO(film(replace(SPEC, frames=60), fonts)), "r") as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert keys == [index % 24 == 0 for index in range(60)]


def test_decodes_without_a_murmur_and_repeats_the_key_picture_exactly(fonts: Fonts) -> None:
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as murmurs:
            frames = pictures(film(SPEC, fonts))
    finally:
        av.logging.set_level(None)
    assert murmurs == []
    assert len(frames) == SPEC.frames
    for index, frame in enumerate(frames):
        assert np.array_equal(frame, frames[index - index % 24]), index
    assert not np.array_equal(frames[0], frames[24])


def test_a_player_can_begin_at_any_second(fonts: Fonts) -> None:
    data = film(SPEC, fonts)
    whole = pictures(data)
    with av.open(io.BytesIO(data), "r") as container:
        track = container.streams.video[0]
        assert track.time_base is not None
        container.seek(int(2 / track.time_base), stream=track)
        frame = next(container.decode(track))
        assert frame.time == 2
        assert np.array_equal(frame.to_ndarray(), whole[48])


def test_same_spec_same_bytes_in_every_process(fonts: Fonts) -> None:
    program = (
        "import hashlib; from hobbyhorse.media.encoding.film import film\n"
        "from hobbyhorse.media.drawing.fonts import find\n"
        "from hobbyhorse.core.clip import ClipSpec\n"
        f"print(hashlib.sha256(film({SPEC!r}, find())).hexdigest())"
    )
    here = hashlib.sha256(film(SPEC, fonts)).hexdigest()
    assert hashlib.sha256(film(SPEC, fonts)).hexdigest() == here
    for seed, zone in (("1", "Asia/Shanghai"), ("2", "America/New_York")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
        assert done.stdout.decode().strip() == here


def test_names_no_library_and_no_time(fonts: Fonts) -> None:
    data = film(SPEC, fonts)
    assert b"x264" not in data
    assert b"Lav" not in data
    at = data.index(b"mvhd") + 8
    assert data[at : at + 8] == bytes(8)  # created, changed


def test_tags_tell_the_whole_request(fonts: Fonts) -> None:
    with av.open(io.BytesIO(film(SPEC, fonts)), "r") as container:
        tags = container.metadata
    assert tags["title"] == SPEC.task_id
    assert tags["artist"] == SPEC.model
    assert tags["comment"] == SPEC.prompt
    assert json.loads(tags["description"]) == {"model": SPEC.model, "seed": SPEC.seed, "task_id": SPEC.task_id}


@given(st.text(st.characters(), max_size=40))
@settings(deadline=None, max_examples=25)
def test_any_prompt_makes_a_clip_and_keeps_what_utf8_can_say(fonts: Fonts, prompt: str) -> None:
    data = film(replace(SPEC, width=160, height=96, frames=2, prompt=prompt, task_id=prompt, audio=False), fonts)
    with av.open(io.BytesIO(data), "r") as container:
        kept = prompt.replace("\0", "").encode(errors="replace").decode()
        assert container.metadata.get("comment", "") == kept


@pytest.mark.parametrize("seed", range(7))
def test_the_tone_of_the_seed_is_heard_on_both_sides(fonts: Fonts, seed: int) -> None:
    with av.open(io.BytesIO(film(replace(SPEC, width=160, height=96, seed=seed), fonts)), "r") as container:
        track = container.streams.audio[0]
        assert (track.codec_context.name, track.rate, track.layout.name) == ("aac", 48000, "stereo")
        sound = np.concatenate([frame.to_ndarray() for frame in container.decode(track)], axis=1)
    # It ends with the picture or less than one packet before.
    assert 0 <= 3 * 48000 - sound.shape[1] < 1024
    assert np.array_equal(sound[0, 2048:], sound[1, 2048:])
    middle = sound[0, 24000 : 24000 + 32768] * np.hanning(32768)
    spectrum = np.abs(np.fft.rfft(middle))
    peak = int(np.argmax(spectrum))
    assert peak * 48000 / 32768 == pytest.approx(tone.pitch(seed), abs=1.5)
    aside = np.delete(spectrum, np.s_[peak - 8 : peak + 9])
    assert spectrum[peak] > 30 * aside.max()
    assert 0.05 < np.abs(sound).max() < 0.12


def test_pitches_repeat_within_a_packet() -> None:
    for seed in range(20):
        assert tone.pitch(seed) * 1024 / 48000 == int(tone.pitch(seed) * 1024 / 48000)
