from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.faults import Fault
from hobbyhorse.media.encoding import tone
from hobbyhorse.media.judging.footage import Kept, keep
from hobbyhorse.media.judging.reel import Reel, develop, normalised
from hobbyhorse.media.judging.soundtrack import Sound, measure
from media.videos import BLUE, HERTZ, RED, Video, box, index_first, loudest, mp3, patched, sound_only, video, wav

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

ANY = MediaLimits(("http",))
HAPPYHORSE = MediaLimits(
    ("http",),
    ("MP4", "MOV"),
    max_mb=100,
    max_side=4096,
    min_short_side=360,
    aspect=(0.4, 2.5),
    duration_s=(3, 60),
    fps=(8, 60),
)
SOUND = MediaLimits(("http",), ("WAV", "MP3"), max_mb=15, duration_s=(1, 10))


def colours(kept: Kept) -> list[tuple[int, int, int]]:
    """Return the colour in the middle of each still, all seconds of what is kept."""
    reel = Reel(kept.data)
    found = (reel.picture(second) for second in range(int(kept.seconds + 0.999)))
    return [pixel(picture, 0.5, 0.5) for picture in found]


def pixel(picture: Image.Image, across: float, down: float) -> tuple[int, int, int]:
    red, green, blue = np.asarray(picture)[int(picture.height * down), int(picture.width * across)].tolist()
    return red, green, blue


def heard(kept: Kept) -> NDArray[np.float32]:
    """Decode what is kept of the sound, one side of it."""
    with av.open(io.BytesIO(kept.data), "r", format="mov") as container:
        track = container.streams.audio[0]
        assert (track.codec_context.name, track.rate, track.layout.name) == ("aac", 48000, "stereo")
        pieces = [np.asarray(frame.to_ndarray(), np.float32)[0] for frame in container.decode(track)]
        return np.concatenate(pieces)


def near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 12 for a, b in zip(one, other, strict=True))


KINDS = {
    "one key picture": Video(),
    "a key picture a second": Video(keys_every=24),
    "key pictures off the second": Video(keys_every=17),
    "two key pictures a second": Video(keys_every=12),
    "pictures in another order": Video(reordered=2, keys_every=50),
    "another order, many keys": Video(reordered=3, keys_every=20),
    "29.97 fps": Video(fps=Fraction(30000, 1001), keys_every=30),
    "8 fps": Video(fps=8),
    "MPEG-4": Video(codec="mpeg4", keys_every=12),
    "MOV": Video(form="mov"),
    "fragments": Video(form="ismv", keys_every=24),
    "sound of 44.1 kHz": Video(rate=44100),
    "sound of one channel": Video(layout="mono"),
    "MP3 in MP4": Video(sound="libmp3lame", rate=44100),
    "no sound": Video(sound=None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_second_shows_its_own_picture_and_the_tone_is_heard(kind: str) -> None:
    spec = KINDS[kind]
    kept = keep(video(spec), ANY, 15)
    assert (kept.width, kept.height) == (160, 96)
    assert kept.seconds == kept.whole_seconds == pytest.approx(3, abs=0.05)
    assert kept.fps == pytest.approx(float(spec.fps), abs=0.2)
    assert [near(*pair) for pair in zip(colours(kept)[:3], (RED, BLUE, RED), strict=True)] == [True] * 3
    assert kept.has_sound == (spec.sound is not None)
    if kept.has_sound:
        samples = heard(kept)
        assert len(samples) / 48000 == pytest.approx(3, abs=0.06)
        assert loudest(samples[24000:120000]) == pytest.approx(HERTZ, abs=1.5)
        assert 0.2 < np.abs(samples[24000:120000]).max() < 0.4


def test_what_is_kept_is_a_picture_a_second_and_says_nothing_of_the_caller() -> None:
    data = video(Video(keys_every=24))
    kept = keep(data, ANY, 15)
    assert len(kept.data) < len(data)
    assert data[40:400] not in kept.data
    with av.open(io.BytesIO(kept.data), "r", format="mov") as container:
        assert [frame.time for frame in container.decode(video=0)] == [0, 1, 2]
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands"}
    assert keep(data, ANY, 15) == kept


def test_sound_of_the_right_kind_is_not_encoded_again() -> None:
    data = video(Video())
    with av.open(io.BytesIO(data), "r") as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    sound = Reel(keep(data, ANY, 15).data).sound
    assert sound is not None
    assert (sound.start, list(sound.packets)) == (-1024, packets[: len(sound.packets)])


@pytest.mark.parametrize("start", [-2112, -1024, 0, 5000])
def test_a_reel_keeps_when_its_sound_begins(start: int) -> None:
    first, steady = tone.tone(tone.pitch(1)).first, tone.tone(tone.pitch(1)).steady
    still = normalised(av.VideoFrame.from_ndarray(np.full((64, 64, 3), RED, np.uint8), format="rgb24"))
    reel = Reel(develop([(0, still)], Sound(start, [first, *[steady] * 40])))
    assert reel.sound == Sound(start, [first, *[steady] * 40])


@pytest.mark.parametrize(("longest", "stills"), [(15, range(0, 15, 2)), (8, range(8)), (2, range(2))])
def test_long_footage_is_cut_and_has_a_still_each_second_or_two(longest: int, stills: range) -> None:
    kept = keep(video(Video(width=64, height=64, seconds=17, fps=8)), ANY, longest)
    assert (kept.seconds, kept.whole_seconds) == (longest, 17)
    reel = Reel(kept.data)
    assert reel.seconds == list(stills)
    assert reel.still(99) == reel.still(longest - 1)
    assert len(heard(kept)) / 48000 == pytest.approx(longest, abs=0.03)


@pytest.mark.parametrize(("width", "height", "kept_size"), [(4096, 1700, (2192, 910)), (362, 400, (362, 400))])
def test_stills_are_no_larger_than_a_clip(width: int, height: int, kept_size: tuple[int, int]) -> None:
    kept = keep(video(Video(width=width, height=height, seconds=0.2, sound=None)), ANY, 15)
    assert (kept.width, kept.height) == (width, height)
    assert Reel(kept.data).picture(0).size == kept_size


@pytest.mark.parametrize(("turn", "corner"), [(90, (0, 0)), (180, (1, 0)), (270, (1, 1)), (0, (0, 1))])
def test_a_telephone_held_otherwise_is_turned_upright(turn: int, corner: tuple[int, int]) -> None:
    """The red corner is the lower left one as stored; `turn` is clockwise, as a display matrix is made of it."""
    picture = np.full((96, 160, 3), BLUE, np.uint8)
    picture[48:, :80] = RED
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        track = container.add_stream("libx264", rate=24, width=160, height=96, options={"preset": "ultrafast"})
        container.mux([*track.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")), *track.encode(None)])
    cosine, sine = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    words = (cosine << 16, sine << 16, 0, -sine << 16, cosine << 16, 0, 0, 0, 1 << 30)
    matrix = b"".join(word.to_bytes(4, "big", signed=True) for word in words)
    kept = keep(patched(file.getvalue(), b"tkhd", 40, matrix), ANY, 15)
    shown = Reel(kept.data).picture(0)
    assert shown.size == (kept.width, kept.height) == ((160, 96) if turn % 180 == 0 else (96, 160))
    left, top = (0.25 + side / 2 for side in corner)
    assert near(pixel(shown, left, top), RED)
    assert near(pixel(shown, 1 - left, 1 - top), BLUE)
    assert near(pixel(shown, left, 1 - top), BLUE)


EDGES = {
    "3 s": (Video(640, 360, 8, 3, sound=None), None),
    "2.8 s": (Video(640, 360, 10, 2.8, sound=None), "file-duration"),
    "60 s": (Video(640, 360, 8, 60, sound=None), None),
    "60.5 s": (Video(640, 360, 8, 60.5, sound=None), "file-duration"),
    "7 fps": (Video(640, 360, 7, 3, sound=None), "file-fps"),
    "60 fps": (Video(640, 360, 60, 3, sound=None), None),
    "61 fps": (Video(640, 360, 61, 3, sound=None), "file-fps"),
    "short side 360": (Video(360, 900, 8, 3, sound=None), None),
    "short side 358": (Video(358, 640, 8, 3, sound=None), "video-resolution"),
    "long side 4096": (Video(4096, 1640, 8, 3, sound=None), None),
    "long side 4098": (Video(4098, 1640, 8, 3, sound=None), "video-resolution"),
    "1:2.5": (Video(400, 1000, 8, 3, sound=None), None),
    "1:2.51": (Video(400, 1004, 8, 3, sound=None), "image-aspect"),
    "2.5:1": (Video(1000, 400, 8, 3, sound=None), None),
    "2.51:1": (Video(1004, 400, 8, 3, sound=None), "image-aspect"),
    "MOV": (Video(640, 360, 8, 3, sound=None, form="mov"), None),
    "AVI": (Video(640, 360, 8, 3, sound=None, form="avi", codec="mpeg4"), "file-format"),
    "Matroska": (Video(640, 360, 8, 3, sound=None, form="matroska"), "file-format"),
}


@pytest.mark.parametrize("edge", EDGES)
def test_files_at_the_edges_of_what_happyhorse_takes(edge: str) -> None:
    spec, due = EDGES[edge]
    data = video(spec)
    if due is None:
        assert keep(data, HAPPYHORSE, 15).width == spec.width
        return
    with pytest.raises(Fault) as caught:
        keep(data, HAPPYHORSE, 15)
    assert caught.value.row == due
    assert caught.value.detail


@pytest.mark.parametrize(
    ("data", "due"),
    [
        (wav(1), 1),
        (wav(0.8), "file-duration"),
        (wav(10), 10),
        (wav(10.2), "file-duration"),
        (mp3(1.1), 1.1),
        (mp3(0.8), "file-duration"),
        (mp3(9.8), 9.8),
        (mp3(10.3), "file-duration"),
        (wav(1) + bytes(15 * 2**20), "file-size"),
        (video(Video()), "file-format"),
        (b"", "file-unopenable"),
        (wav(2)[:44], "file-unopenable"),
        (wav(2)[:30], "file-unopenable"),
        (patched(wav(2), b"fmt ", 4, b"\x99\x99"), "file-unopenable"),  # a codec that nobody knows
        (b"ID3\x04\0\0\0\0\0\0" + b"#EXTM3U\nhttp://127.0.0.1/\n" * 99, "file-unopenable"),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"junk" * 50, "file-unopenable"),
    ],
)
def test_sounds_are_measured_not_believed(data: bytes, due: float | str) -> None:
    if isinstance(due, str):
        with pytest.raises(Fault) as caught:
            measure(data, SOUND)
        assert caught.value.row == due
        assert caught.value.detail
    else:
        assert measure(data, SOUND) == pytest.approx(due, abs=0.08)


def test_a_wav_that_promises_hours_lasts_what_it_has() -> None:
    assert measure(patched(wav(2), b"data", 0, b"\xff\xff\xff\x7f"), SOUND) == pytest.approx(2, abs=0.01)


WHOLE = video(Video(keys_every=24))
FIRST = index_first(WHOLE)
HOSTILE = {
    "nothing": b"",
    "only a beginning": box(b"ftyp", b"isom\0\0\2\0isommp41"),
    "no pictures": box(b"ftyp", b"isom\0\0\2\0isommp41") + box(b"moov", b"") + box(b"mdat", b""),
    "a playlist in an MP4": box(b"ftyp", b"isom\0\0\2\0") + b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1/a.ts\n",
    "a list of files in an MP4": box(b"ftyp", b"isom\0\0\2\0") + b"ffconcat version 1.0\nfile /etc/hosts\n",
    "a playlist": b"#EXTM3U\n#EXTINF:9,\nfile:///etc/hosts\n",
    "an AVI": video(Video(form="avi", codec="mpeg4", sound=None)),
    "sound only": sound_only(),
    "no picture at all": patched(WHOLE, b"stsz", 8, bytes(4)),
    "no duration": patched(WHOLE, b"mdhd", 16, bytes(4)),
    "an endless box": box(b"ftyp", b"isom\0\0\2\0") + b"\0\0\0\1moov" + b"\xff" * 8,
    "boxes in boxes": box(b"ftyp", b"isom") + b"\0\0\xff\0moov\0\0\xfe\0trak" * 2000,
    "no such codec": WHOLE.replace(b"avc1", b"zzzz"),
    "a codec that is not wanted": video(Video(codec="mpeg2video", form="mov", sound=None)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_video_is_refused(name: str) -> None:
    with pytest.raises(Fault) as caught:
        keep(HOSTILE[name], ANY, 15)
    assert caught.value.row in {"file-unopenable", "file-format"}


@pytest.mark.parametrize("share", [0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 0.999])
@pytest.mark.parametrize("data", [WHOLE, FIRST], ids=["index last", "index first"])
def test_a_file_that_was_cut_off_is_refused_wherever_it_was_cut(data: bytes, share: float) -> None:
    with pytest.raises(Fault) as caught:
        keep(data[: int(len(data) * share)], ANY, 15)
    assert caught.value.row == "file-unopenable"


@pytest.mark.parametrize(("fps", "due"), [(1000, "file-fps"), (1, "file-fps")])
def test_absurd_rates_are_refused_by_the_header(fps: int, due: str) -> None:
    with pytest.raises(Fault) as caught:
        keep(video(Video(64, 64, fps, 3, sound=None)), replace(HAPPYHORSE, min_short_side=None), 15)
    assert caught.value.row == due


def test_a_hundred_tracks_are_refused() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        tracks = [container.add_stream("mpeg4", rate=24, width=64, height=64) for _ in range(100)]
        for track in tracks:
            container.mux(track.encode(av.VideoFrame(64, 64, "yuv420p")))
            container.mux(track.encode(None))
    with pytest.raises(Fault, match="100 tracks"):
        keep(file.getvalue(), ANY, 15)


def test_a_sound_that_nobody_can_decode_is_left_out() -> None:
    kept = keep(WHOLE.replace(b"mp4a", b"zzzz").replace(b"esds", b"free"), ANY, 15)
    assert not kept.has_sound
    assert near(colours(kept)[1], BLUE)


def test_pictures_beyond_the_budget_are_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobbyhorse.media.judging.stills.MOST_MACROBLOCKS", 10 * 6 * 20)  # twenty pictures of this size
    kept = keep(video(replace(KINDS["one key picture"], keys_every=250)), ANY, 15)
    assert [near(colour, RED) for colour in colours(kept)] == [True] * 3  # the one key picture
