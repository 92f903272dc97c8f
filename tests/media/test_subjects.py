"""What clips show of their callers' media, found in the finished clips by their pixels and by their sound."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from PIL import Image

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.clip import Footage, Picture, Reference
from hobbyhorse.media.drawing.board import tiles
from hobbyhorse.media.drawing.layout import Box, layout
from hobbyhorse.media.drawing.tiles import small
from hobbyhorse.media.encoding import tone
from hobbyhorse.media.encoding.film import DROPPED, film
from hobbyhorse.media.judging.footage import keep
from media.clips import SPEC, boxes
from media.videos import BLUE, HERTZ, RED, Video, loudest, video

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hobbyhorse.core.clip import ClipSpec
    from hobbyhorse.media.drawing.fonts import Fonts

COLOURS = [
    *[(220, 40, 40), (40, 180, 60), (50, 80, 220), (230, 210, 50), (200, 60, 200)],
    *[(60, 200, 210), (240, 140, 40), (120, 70, 30), (245, 245, 245), (20, 20, 20)],
]
RATIOS = [(400, 400), (400, 1000), (1000, 400), (500, 400), (400, 600)]
SIZES = [(1280, 720), (720, 1280), (960, 960), (832, 480), (624, 1472), (1472, 624), (1104, 832)]


class Shelves:
    """Keeps media for one test as `InputStore` does, without its bounds."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def __call__(self, kept: Picture | Footage) -> bytes | None:
        return self._kept.get(kept.digest)

    def picture(self, image: Image.Image) -> Picture:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=95, subsampling=0)
        return Picture(self._put(file.getvalue()), image.width, image.height)

    def footage(self, spec: Video) -> Footage:
        kept = keep(video(spec), MediaLimits(("http",)), 15)
        facts = (kept.width, kept.height, kept.seconds, kept.whole_seconds, kept.fps)
        return Footage(self._put(kept.data), *facts, kept.has_sound)

    def _put(self, data: bytes) -> str:
        self._kept[str(len(self._kept))] = data
        return str(len(self._kept) - 1)


@pytest.fixture
def shelves() -> Shelves:
    return Shelves()


def seen(data: bytes) -> list[NDArray[np.uint8]]:
    """Decode every picture as a viewer sees it (RGB, as the file says what its colours are)."""
    with av.open(io.BytesIO(data), "r", options={"err_detect": "explode"}) as container:
        frames = [frame.reformat(format="rgb24", src_colorspace="ITU709") for frame in container.decode(video=0)]
        return [np.asarray(frame.to_ndarray(), np.uint8) for frame in frames]


def sound(data: bytes) -> NDArray[np.float32]:
    with av.open(io.BytesIO(data), "r") as container:
        pieces = [np.asarray(frame.to_ndarray(), np.float32)[0] for frame in container.decode(audio=0)]
    return np.concatenate(pieces)


def shows(frame: NDArray[np.uint8], box: Box, colour: tuple[int, int, int]) -> bool:
    """Say whether the middle of a box is of a colour. A tile's picture is above its label."""
    middle = frame[
        box.top + box.height // 3 : box.top + box.height // 2,
        box.left + box.width // 2 - 6 : box.left + box.width // 2 + 6,
    ]
    return bool(np.abs(np.median(middle, axis=(0, 1)) - colour).max() <= 12)


def references(shelves: Shelves, count: int) -> tuple[Reference, ...]:
    pictures = [
        shelves.picture(Image.new("RGB", RATIOS[index % len(RATIOS)], COLOURS[index])) for index in range(count)
    ]
    return tuple(
        Reference(f"[Image {index + 1}]", f"https://example.com/{index}.png", picture)
        for index, picture in enumerate(pictures)
    )


def whole(spec: ClipSpec) -> Box:
    return Box(0, 0, spec.width, spec.height)


@pytest.mark.parametrize(("width", "height"), [*SIZES, (416, 960), (64, 64), (2192, 944), (960, 416)])
@pytest.mark.parametrize("count", range(1, 11))
def test_tiles_lie_apart_inside_and_off_the_rest_of_the_card(width: int, height: int, count: int) -> None:
    places = layout(width, height)
    found, over = tiles(count, width, height), small(count, width, height)
    assert len(found) == len(over) == count
    for box in (*found, *over):
        assert 0 <= box.left < box.right <= width
        assert 0 <= box.top < box.bottom <= height
        assert not any(edge % 2 for edge in (box.left, box.top, box.right, box.bottom))
    rest = (places.model, places.time_code, places.progress, places.task_id, places.seed, places.facts)
    pairs = [
        *combinations(found, 2),
        *combinations(over, 2),
        *((box, other) for box in found for other in (*rest, places.watermark)),
        *((box, places.caption) for box in over if min(width, height) > 64),
        *((box, places.watermark) for box in over if min(width, height) > 64),
    ]
    for a, b in pairs:
        assert a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top, (a, b)


@pytest.mark.parametrize("size", SIZES)
def test_nine_references_are_each_at_their_place_in_order(
    fonts: Fonts, shelves: Shelves, size: tuple[int, int]
) -> None:
    spec = replace(SPEC, width=size[0], height=size[1], frames=2, references=references(shelves, 9))
    first, _ = seen(film(spec, fonts, shelves))
    for box, colour in zip(tiles(9, *size), COLOURS, strict=False):
        assert shows(first, box, colour), colour


@pytest.mark.parametrize("count", [1, 2, 5, 10])
def test_any_number_of_references_is_shown(fonts: Fonts, shelves: Shelves, count: int) -> None:
    spec = replace(SPEC, width=1280, height=720, frames=1, references=references(shelves, count))
    (first,) = seen(film(spec, fonts, shelves))
    assert all(shows(first, box, colour) for box, colour in zip(tiles(count, 1280, 720), COLOURS, strict=False))


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8], box: Box) -> tuple[int, int]:
    """Return how many pixels differ clearly, inside a box and outside."""
    clear = np.abs(one.astype(int) - other).max(axis=2) > 40
    inside = int(clear[box.top : box.bottom, box.left : box.right].sum())
    return inside, int(clear.sum()) - inside


@pytest.mark.parametrize("change", [{"note": "https://example.com/other.png"}, {"label": "[Image 7]"}])
def test_a_reference_that_was_not_fetched_shows_its_address(
    fonts: Fonts, shelves: Shelves, change: dict[str, str]
) -> None:
    one, two = references(shelves, 2)
    unseen = replace(two, picture=None)
    spec = replace(SPEC, width=1280, height=720, frames=1)
    (plain,), (other,) = (
        seen(film(replace(spec, references=(one, shown)), fonts, shelves))
        for shown in (unseen, replace(unseen, **change))  # type: ignore[arg-type]
    )
    place = tiles(2, 1280, 720)[1]
    inside, outside = difference(plain, other, place)
    assert inside > 10
    assert outside == 0
    assert not shows(plain, place, COLOURS[1])


def test_a_reference_video_shows_its_first_picture(fonts: Fonts, shelves: Shelves) -> None:
    reel = shelves.footage(Video(400, 400, seconds=2, sound=None))
    spec = replace(SPEC, width=1280, height=720, frames=1, references=(Reference("[Video 1]", "a.mp4", reel),))
    (first,) = seen(film(spec, fonts, shelves))
    assert shows(first, tiles(1, 1280, 720)[0], RED)


def test_other_inputs_are_named_beside_the_references(fonts: Fonts, shelves: Shelves) -> None:
    spec = replace(SPEC, width=1280, height=720, frames=1, references=references(shelves, 3))
    (with_voice,) = seen(film(replace(spec, inputs=("reference_voice: https://a",)), fonts, shelves))
    (with_other,) = seen(film(replace(spec, inputs=("reference_voice: https://b",)), fonts, shelves))
    inside, outside = difference(with_voice, with_other, layout(1280, 720).inputs)
    assert inside > 10
    assert outside == 0


@pytest.mark.parametrize("size", [(832, 480), (480, 832), (1920, 1080)])
@pytest.mark.parametrize(("seconds", "audio"), [(3, "aac"), (2.5, None)])
def test_an_edited_video_shows_each_second_of_the_footage(
    fonts: Fonts, shelves: Shelves, size: tuple[int, int], seconds: float, audio: str | None
) -> None:
    reel = shelves.footage(Video(size[0] // 2, size[1] // 2, seconds=seconds, sound=audio))
    spec = replace(
        SPEC, width=size[0], height=size[1], footage=reel, sound_of=reel, frames=round(seconds * 24), watermark=None
    )
    data = film(spec, fonts, shelves)
    frames = seen(data)
    assert len(frames) == round(seconds * 24)
    for index, frame in enumerate(frames):
        assert shows(frame, whole(spec), (RED, BLUE, RED)[index // 24]), index
    box = layout(*size).caption
    inside, outside = difference(frames[0], np.full_like(frames[0], RED), box)
    assert inside > 1000
    assert outside == 0
    samples = sound(data)
    assert 0 <= seconds * 48000 - len(samples) < 1024
    heard = loudest(samples[12000 : 12000 + 65536])
    assert heard == pytest.approx(HERTZ if audio else tone.pitch(spec.seed), abs=1.5)
    assert [name for name, _ in boxes(data) if name != "free"] == ["ftyp", "moov", "mdat"]


def test_sound_of_the_model_replaces_that_of_the_footage(fonts: Fonts, shelves: Shelves) -> None:
    reel = shelves.footage(Video())
    samples = sound(film(replace(SPEC, footage=reel), fonts, shelves))
    assert loudest(samples[12000:120000]) == pytest.approx(tone.pitch(SPEC.seed), abs=1.5)


def test_footage_of_another_shape_is_cut_around_its_middle(fonts: Fonts, shelves: Shelves) -> None:
    reel = shelves.footage(Video(640, 360, sound=None))
    spec = replace(SPEC, width=480, height=832, footage=reel, watermark=None, frames=1)
    (frame,) = seen(film(spec, fonts, shelves))
    inside, outside = difference(frame, np.full_like(frame, RED), layout(480, 832).caption)
    assert inside > 1000
    assert outside == 0


def test_references_lie_on_footage_as_small_tiles(fonts: Fonts, shelves: Shelves) -> None:
    reel = shelves.footage(Video(640, 360, seconds=2, sound=None))
    spec = replace(SPEC, width=1280, height=720, footage=reel, references=references(shelves, 5), frames=48)
    frames = seen(film(spec, fonts, shelves))
    for frame, ground in ((frames[0], RED), (frames[24], BLUE)):
        assert shows(frame, Box(1000, 200, 1200, 400), ground)
        assert all(shows(frame, box, colour) for box, colour in zip(small(5, 1280, 720), COLOURS, strict=False))


def test_the_time_code_runs_over_footage(fonts: Fonts, shelves: Shelves) -> None:
    reel = shelves.footage(Video(480, 272, seconds=3, sound=None))
    frames = seen(film(replace(SPEC, footage=reel), fonts, shelves))
    inside, outside = difference(frames[0], frames[48], layout(480, 272).caption)
    assert inside > 4
    assert outside == 0


def test_a_clip_begins_with_its_first_frame_and_ends_with_its_last(fonts: Fonts, shelves: Shelves) -> None:
    first, last = (shelves.picture(Image.new("RGB", (480, 272), colour)) for colour in (RED, BLUE))
    spec = replace(SPEC, first_frame=first, last_frame=last, frames=120, watermark=None)
    frames = seen(film(spec, fonts, shelves))
    for index in (0, 23, 96, 119):
        inside, outside = difference(frames[index], np.full_like(frames[0], RED if index < 24 else BLUE), whole(spec))
        assert (inside, outside) == (0, 0), index
    blues = [int(np.median(frames[index][100:, :, 2])) for index in (0, 24, 48, 72, 96)]
    assert blues == sorted(blues)
    assert len(set(blues)) == 5
    inside, _ = difference(frames[24], frames[48], layout(480, 272).caption)
    assert inside > 4


@pytest.mark.parametrize("frames", [1, 24, 25])
def test_the_shortest_clips_with_two_frames(fonts: Fonts, shelves: Shelves, frames: int) -> None:
    first, last = (shelves.picture(Image.new("RGB", (480, 272), colour)) for colour in (RED, BLUE))
    made = seen(film(replace(SPEC, first_frame=first, last_frame=last, frames=frames), fonts, shelves))
    assert shows(made[0], whole(SPEC), RED)
    assert len(made) == frames
    if frames > 24:
        assert shows(made[-1], whole(SPEC), BLUE)


def test_a_last_frame_alone_comes_after_a_card(fonts: Fonts, shelves: Shelves) -> None:
    last = shelves.picture(Image.new("RGB", (480, 272), BLUE))
    frames = seen(film(replace(SPEC, last_frame=last), fonts, shelves))
    assert not shows(frames[0], Box(240, 136, 480, 272), BLUE)
    assert shows(frames[71], whole(SPEC), BLUE)


def test_a_first_clip_continues_from_its_first_picture(fonts: Fonts, shelves: Shelves) -> None:
    reel = shelves.footage(Video(480, 272, seconds=2))
    spec = replace(SPEC, first_frame=reel, watermark=None)
    frames = seen(film(spec, fonts, shelves))
    inside, outside = difference(frames[0], np.full_like(frames[0], RED), whole(spec))
    assert (inside, outside) == (0, 0)
    assert shows(frames[71], whole(spec), RED)


def test_references_lie_on_a_first_frame_after_its_second(fonts: Fonts, shelves: Shelves) -> None:
    first = shelves.picture(Image.new("RGB", (1280, 720), RED))
    spec = replace(SPEC, width=1280, height=720, first_frame=first, references=references(shelves, 4), watermark=None)
    frames = seen(film(spec, fonts, shelves))
    assert difference(frames[0], np.full_like(frames[0], RED), whole(spec)) == (0, 0)
    for box, colour in zip(small(4, 1280, 720)[1:], COLOURS[1:], strict=False):
        assert shows(frames[24], box, colour)


LOST = Footage("lost", 480, 272, 3.0, 3.0, 24.0, has_sound=True)


@pytest.mark.parametrize(
    "change",
    [
        {"footage": LOST, "sound_of": LOST},
        {"first_frame": LOST},
        {"last_frame": Picture("lost", 480, 272)},
        {"references": (Reference("[Image 1]", "https://example.com", Picture("lost", 9, 9)),)},
    ],
)
def test_a_clip_whose_media_were_dropped_says_so(fonts: Fonts, shelves: Shelves, change: dict[str, object]) -> None:
    wide = replace(SPEC, width=1280, height=720, frames=1)
    spec: ClipSpec = replace(wide, **change)  # type: ignore[arg-type]
    (lost,) = seen(film(spec, fonts, shelves))
    unseen = tuple(replace(reference, picture=None) for reference in spec.references)
    (told,) = seen(film(replace(wide, references=unseen, inputs=(DROPPED,)), fonts, shelves))
    assert difference(lost, told, Box(0, 0, 0, 0)) == (0, 0)


def test_every_kind_of_clip_is_the_same_each_time(fonts: Fonts, shelves: Shelves) -> None:
    reel, shown = shelves.footage(Video()), references(shelves, 3)
    first = shelves.picture(Image.new("RGB", (480, 272), RED))
    for change in (
        {"footage": reel, "sound_of": reel, "references": shown},
        {"first_frame": first, "last_frame": first},
        {"first_frame": reel},
        {"references": shown},
    ):
        spec = replace(SPEC, **change)
        assert film(spec, fonts, shelves) == film(spec, fonts, shelves)
        assert spec.digest() != SPEC.digest()
