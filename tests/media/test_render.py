from __future__ import annotations

import asyncio
import hashlib
import io
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fastcrc import crc64
from PIL import Image

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.clip import Picture
from hobbyhorse.media.encoding import film as filming
from hobbyhorse.media.inputs import InputStore
from hobbyhorse.media.render import ClipRenderer
from media.clips import SPEC, pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse.core.clip import ClipSpec
    from hobbyhorse.media.drawing.fonts import Fonts
    from hobbyhorse.media.encoding.film import Load

pytestmark = pytest.mark.anyio
SMALL = replace(SPEC, width=160, height=96, frames=24)


class Studio:
    """Stands in for `film`: counts, waits for a signal, and fails when told to."""

    def __init__(self) -> None:
        self.made: list[ClipSpec] = []
        self.open = threading.Event()
        self.open.set()
        self.broken = False

    def __call__(self, spec: ClipSpec, fonts: Fonts, load: Load) -> bytes:
        assert fonts.plain
        assert load(Picture("0" * 64, 1, 1)) is None
        self.made.append(spec)
        assert self.open.wait(10)
        if self.broken:
            raise RuntimeError("the film tore")
        return spec.prompt.encode()


@pytest.fixture
def studio(monkeypatch: pytest.MonkeyPatch) -> Studio:
    studio = Studio()
    monkeypatch.setattr(filming, "film", studio)
    return studio


@pytest.fixture
def renderer() -> Iterator[ClipRenderer]:
    store = InputStore()
    renderer = ClipRenderer(store, cache_bytes=2 * 2**20)
    yield renderer
    renderer.close()
    store.close()


async def test_a_clip_comes_with_the_sums_that_oss_states(renderer: ClipRenderer) -> None:
    clip = await renderer.clip(SMALL)
    assert clip.md5 == hashlib.md5(clip.data, usedforsecurity=False).digest()
    assert clip.crc64 == crc64.xz(clip.data)
    assert crc64.xz(b"123456789") == 0x995DC9BBDF1939FA
    assert len(pictures(clip.data)) == 24
    assert await renderer.clip(SMALL) is clip


async def test_all_who_ask_at_once_share_one_render(renderer: ClipRenderer, studio: Studio) -> None:
    studio.open.clear()
    waiting = [asyncio.create_task(renderer.clip(SMALL)) for _ in range(20)]
    await asyncio.sleep(0)
    studio.open.set()
    clips = await asyncio.gather(*waiting)
    assert len(studio.made) == 1
    assert all(clip is clips[0] for clip in clips)


async def test_one_who_gives_up_does_not_stop_the_others(renderer: ClipRenderer, studio: Studio) -> None:
    studio.open.clear()
    first, second = (asyncio.create_task(renderer.clip(SMALL)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    studio.open.set()
    assert (await second).data == SMALL.prompt.encode()
    assert first.cancelled()
    assert len(studio.made) == 1


async def test_a_failed_render_is_told_to_all_and_tried_again(renderer: ClipRenderer, studio: Studio) -> None:
    studio.broken = True
    told = await asyncio.gather(*(renderer.clip(SMALL) for _ in range(3)), return_exceptions=True)
    assert [str(error) for error in told] == ["the film tore"] * 3
    assert len(studio.made) == 1
    studio.broken = False
    assert (await renderer.clip(SMALL)).data
    assert len(studio.made) == 2


async def test_the_loop_runs_on_while_a_clip_is_made(renderer: ClipRenderer, studio: Studio) -> None:
    studio.open.clear()
    render = asyncio.create_task(renderer.clip(SMALL))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not render.done()
    studio.open.set()
    await render


async def test_finished_clips_are_bounded_by_bytes(renderer: ClipRenderer, studio: Studio) -> None:
    large = [replace(SMALL, prompt=letter * 2**20) for letter in "abc"]
    for spec in large:
        await renderer.clip(spec)
        assert renderer.cache.held <= 2 * 2**20
    await renderer.clip(large[2])
    assert len(studio.made) == 3
    await renderer.clip(large[0])
    assert len(studio.made) == 4


async def test_two_hundred_at_once_are_made_two_at_a_time(
    renderer: ClipRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, state = threading.Lock(), {"now": 0, "most": 0}

    def counted(spec: ClipSpec, fonts: Fonts, load: Load) -> bytes:
        with lock:
            state["now"] += 1
            state["most"] = max(state["most"], state["now"])
        data = film(spec, fonts, load)
        with lock:
            state["now"] -= 1
        return data

    film = filming.film
    monkeypatch.setattr(filming, "film", counted)
    clips = await asyncio.gather(*(renderer.clip(replace(SMALL, seed=seed, frames=2)) for seed in range(200)))
    assert len({clip.md5 for clip in clips}) == 200
    assert state == {"now": 0, "most": 2}
    assert renderer.cache.held <= 2 * 2**20


async def test_stamped_clips_take_no_room_in_the_cache(renderer: ClipRenderer) -> None:
    ids = [f"{index:08x}-1111-4222-8333-444444444444" for index in range(20)]
    clips = await asyncio.gather(*(renderer.clip(replace(SMALL, stamped=True, task_id=each)) for each in ids))
    assert all(each.encode() in clip.data for each, clip in zip(ids, clips, strict=True))
    assert clips[3].md5 == hashlib.md5(clips[3].data, usedforsecurity=False).digest()
    assert renderer.cache.held == 0


async def test_the_callers_picture_is_the_first_frame() -> None:
    store = InputStore()
    renderer = ClipRenderer(store)
    file = io.BytesIO()
    colours = [(200, 30, 90), (20, 120, 210), (240, 200, 40), (30, 160, 60)]
    picture = Image.new("RGB", (160, 96))
    for index, colour in enumerate(colours):
        picture.paste(colour, (index * 40, 0, index * 40 + 40, 96))
    picture.save(file, "PNG")
    try:
        kept = await store.keep(file.getvalue(), MediaLimits(("data",)))
        clip = await renderer.clip(replace(SMALL, first_frame=kept, watermark=None, frames=48))
    finally:
        renderer.close()
        store.close()
    frames = pictures(clip.data)
    for index, colour in enumerate(colours):
        red, green, blue = (level / 255 for level in colour)
        luma = 16 + 219 * (0.2126 * red + 0.7152 * green + 0.0722 * blue)
        inside = frames[0][8:88, index * 40 + 8 : index * 40 + 32].astype(float)
        assert np.abs(inside - luma).max() < 6
    assert not np.array_equal(frames[0], frames[24])
