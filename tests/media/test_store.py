from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pytest
from PIL import Image

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.clip import Picture
from hobbyhorse.core.faults import Fault
from hobbyhorse.media.cache import Shelf
from hobbyhorse.media.inputs import InputStore
from hobbyhorse.media.judging import decode as decoding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.anyio
ANY = MediaLimits(("data",))


def noisy(seed: int) -> bytes:
    """Make a picture of about 8 KB once normalised."""
    file = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (64, 64, 3)).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def entries(folder: Path) -> list[tuple[Path, int, int]]:
    """List what is below a folder, with permissions and size."""
    return [(path, path.stat().st_mode & 0o777, path.stat().st_size) for path in folder.rglob("*")]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def store() -> Iterator[InputStore]:
    store = InputStore(memory_bytes=30_000, disk_bytes=60_000)
    yield store
    store.close()


async def test_same_picture_is_kept_once(store: InputStore) -> None:
    one, other = await asyncio.gather(store.keep(noisy(1), ANY), store.keep(noisy(1), ANY))
    assert one == other
    assert (one.width, one.height) == (64, 64)
    kept = store.load(one)
    assert kept is not None
    assert store.held == (len(kept), 0)


async def test_both_bounds_hold_and_the_least_recently_used_goes_first(store: InputStore, temporary: Path) -> None:
    kept = []
    for seed in range(20):
        kept.append(await store.keep(noisy(seed), ANY))
        assert store.load(kept[0]) is not None  # used again and again, so it stays
        memory, disk = store.held
        assert memory <= 30_000
        assert disk <= 60_000
    assert store.load(kept[1]) is None
    assert store.load(kept[-1]) is not None
    (_, rights, _), *files = entries(temporary)
    assert rights == 0o700
    assert sum(size for _, _, size in files) == store.held[1] > 0
    assert store.load(kept[-5]) is not None
    store.close()
    assert entries(temporary) == []


async def test_a_swept_folder_loses_pictures_and_nothing_else(store: InputStore, temporary: Path) -> None:
    early = [await store.keep(noisy(seed), ANY) for seed in range(6)]
    (folder, _, _), *_ = entries(temporary)
    shutil.rmtree(folder)
    assert store.load(early[0]) is None
    late = [await store.keep(noisy(seed), ANY) for seed in range(6, 10)]
    assert all(store.load(picture) for picture in late)


async def test_a_full_disk_drops_pictures(store: InputStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> NoReturn:
        raise OSError(28, f"no space for {len(data)} bytes at {path}")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    kept = [await store.keep(noisy(seed), ANY) for seed in range(6)]
    assert store.load(kept[0]) is None
    assert store.load(kept[-1]) is not None
    assert store.held[1] == 0


async def test_an_unknown_picture_is_none(store: InputStore) -> None:
    assert store.load(Picture("0" * 64, 1, 1)) is None


async def test_a_refused_picture_is_not_kept(store: InputStore) -> None:
    with pytest.raises(Fault) as caught:
        await store.keep(b"nothing", ANY)
    assert caught.value.row == "image-undecodable"
    assert store.held == (0, 0)


async def test_a_decoder_that_takes_too_long_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def stuck(data: bytes, limits: MediaLimits) -> NoReturn:
        gate.wait()
        raise Fault("image-undecodable", detail=f"{len(data)} {limits}")

    monkeypatch.setattr(decoding, "decode", stuck)
    store = InputStore(seconds=0.01)
    try:
        with pytest.raises(Fault) as caught:
            await store.keep(noisy(1), ANY)
        assert caught.value.row == "url-timeout"
        assert "0.01 s" in caught.value.detail
    finally:
        gate.set()
        store.close()


def test_a_shelf_keeps_within_its_bound_and_says_what_went() -> None:
    shelf: Shelf[str] = Shelf(10)
    assert shelf.put("a", "A", 4) == []
    assert shelf.put("b", "B", 4) == []
    assert shelf.get("a") == "A"
    assert shelf.put("c", "C", 4) == [("b", "B")]
    assert shelf.put("a", "A2", 6) == []
    assert shelf.held == 10
    assert shelf.put("d", "D", 11) == [("d", "D")]
    assert shelf.put("a", "A3", 11) == [("a", "A3")]
    assert (shelf.get("a"), shelf.get("c"), shelf.held) == (None, "C", 4)


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    program = (
        "import sys\n"
        "from hobbyhorse.media.render import ClipRenderer\n"
        "from hobbyhorse.media.inputs import InputStore\n"
        "import hobbyhorse.media.cache\n"
        "store = InputStore(); renderer = ClipRenderer(store); renderer.close(); store.close()\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'av', 'PIL', 'numpy', 'imageio'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
