"""Uploaded objects: kept within bounds, small ones in memory, and nothing left of what was not kept."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastcrc import crc64

from hobbyhorse.core.faults import OssFault
from hobbyhorse.store.uploads import UploadStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hobbyhorse.core.upload_policy import Upload

pytestmark = pytest.mark.anyio
KB, MB = 1 << 10, 1 << 20
SMALL, LARGE = 200 * KB, 3 * MB


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def store() -> Iterator[UploadStore]:
    store = UploadStore(10 * MB)
    yield store
    store.close()


def files(folder: Path) -> list[int]:
    return sorted(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def folders(folder: Path) -> int:
    return len(list(folder.iterdir()))


def sweep(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path)


async def put(
    store: UploadStore, key: str, data: bytes, *, world: str = "default", now: int = 0, overwrites: bool = False
) -> Upload | None:
    incoming = store.incoming()
    try:
        for start in range(0, len(data), 64 * KB):
            await incoming.write(data[start : start + 64 * KB])
        return await incoming.keep(world, key, now=now, expires_at=now + 1000, overwrites=overwrites)
    finally:
        incoming.discard()


@pytest.mark.parametrize(
    ("size", "on_disk"), [(0, False), (1, False), (256 * KB, False), (256 * KB + 1, True), (LARGE + 1, True)]
)
async def test_what_was_kept_can_be_read(store: UploadStore, folder: Path, size: int, on_disk: bool) -> None:
    data = bytes(index * 7 % 251 for index in range(1000)) * (size // 1000 + 1)
    data = data[:size]

    upload = await put(store, "a", data)

    assert upload is not None
    assert upload == await store.find("default", "a")
    assert data == await store.read(upload)
    assert (size, hashlib.md5(data, usedforsecurity=False).digest(), crc64.xz(data)) == (
        upload.size,
        upload.md5,
        upload.crc64,
    )
    assert files(folder) == ([size] if on_disk else [])
    assert store.held == size


async def test_small_objects_go_to_disk_once_memory_is_full(store: UploadStore, folder: Path) -> None:
    store = UploadStore(100 * MB)
    for number in range(200):
        assert await put(store, f"{number}", bytes(SMALL))
    assert 20 < len(files(folder)) < 60
    store.close()


async def test_the_oldest_are_dropped_for_the_newest(store: UploadStore, folder: Path) -> None:
    uploads = [await put(store, f"{number}", bytes(LARGE)) for number in range(5)]

    assert [None, None] == [await store.find("default", key) for key in "01"]
    assert uploads[0] is not None
    assert None is await store.read(uploads[0])
    assert uploads[4] == await store.find("default", "4")
    assert store.held == 3 * LARGE
    assert files(folder) == [LARGE] * 3


async def test_an_object_larger_than_all_the_room_is_refused_and_leaves_nothing(
    store: UploadStore, folder: Path
) -> None:
    with pytest.raises(OssFault, match="upload_mb"):
        await put(store, "a", bytes(11 * MB))

    assert 0 == store.held
    assert files(folder) == []
    assert await put(store, "b", bytes(LARGE))


async def test_two_under_way_share_the_room(store: UploadStore) -> None:
    one, other = store.incoming(), store.incoming()
    await one.write(bytes(6 * MB))
    with pytest.raises(OssFault, match="internal-error"):
        await other.write(bytes(6 * MB))
    other.discard()
    assert await one.keep("default", "a", now=0, expires_at=9, overwrites=False)


@pytest.mark.parametrize("size", [10, LARGE])
async def test_an_upload_that_was_broken_off_leaves_nothing(store: UploadStore, folder: Path, size: int) -> None:
    incoming = store.incoming()
    await incoming.write(bytes(size))
    assert store.held == size
    incoming.discard()
    incoming.discard()
    assert 0 == store.held
    assert files(folder) == []


@pytest.mark.parametrize("size", [10, LARGE])
async def test_a_name_is_taken_once(store: UploadStore, folder: Path, size: int) -> None:
    first = await put(store, "a", b"first")
    assert None is await put(store, "a", bytes(size))
    assert first == await store.find("default", "a")
    assert files(folder) == []
    assert 5 == store.held


async def test_a_name_is_free_again_after_its_object_expired(store: UploadStore) -> None:
    await put(store, "a", b"first")
    upload = await put(store, "a", b"second", now=1000)
    assert upload is not None
    assert b"second" == await store.read(upload)
    assert 6 == store.held


async def test_an_object_may_be_replaced_where_that_is_allowed(store: UploadStore, folder: Path) -> None:
    first = await put(store, "a", bytes(LARGE))
    second = await put(store, "a", bytes(LARGE + 1), overwrites=True)
    assert first is not None
    assert second is not None
    assert None is await store.read(first)
    assert bytes(LARGE + 1) == await store.read(second)
    assert files(folder) == [LARGE + 1]


async def test_worlds_do_not_see_each_other(store: UploadStore) -> None:
    mine = await put(store, "a", b"mine", world="mine")
    yours = await put(store, "a", b"yours", world="yours")
    assert mine is not None
    assert yours is not None
    assert (b"mine", b"yours") == (await store.read(mine), await store.read(yours))
    assert None is await store.find("another", "a")


async def test_what_expired_in_a_world_is_freed_by_its_next_upload(store: UploadStore) -> None:
    await put(store, "a", b"12345", world="mine")
    await put(store, "b", b"12345", world="yours")
    await put(store, "c", b"123", world="mine", now=1000)
    assert None is await store.find("mine", "a")
    assert 8 == store.held


async def test_a_swept_folder_loses_its_objects_and_nothing_else(store: UploadStore, folder: Path) -> None:
    upload = await put(store, "a", bytes(LARGE))
    assert upload is not None
    sweep(folder)
    assert None is await store.read(upload)
    assert await put(store, "b", bytes(LARGE))
    assert await put(store, "a", bytes(10), overwrites=True)


async def test_a_disk_that_cannot_be_written_is_told(
    store: UploadStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "gone"))
    with pytest.raises(OssFault, match="cannot be written"):
        await put(store, "a", bytes(LARGE))
    assert 0 == store.held


async def test_closing_removes_the_folder(store: UploadStore, folder: Path) -> None:
    await put(store, "a", bytes(LARGE))
    assert folders(folder) == 1
    store.close()
    assert folders(folder) == 0


async def test_empty_objects_are_bounded_by_their_number() -> None:
    store = UploadStore(MB, most_objects=3)
    for number in range(5):
        assert await put(store, f"{number}", b"")
    assert [None, None] == [await store.find("default", key) for key in "01"]
    assert None not in [await store.find("default", key) for key in "234"]


@pytest.mark.parametrize("size", [10, LARGE])
async def test_of_two_under_way_with_one_name_the_first_to_end_has_it(
    store: UploadStore, folder: Path, size: int
) -> None:
    one, other = store.incoming(), store.incoming()
    for incoming in (one, other):
        await incoming.write(bytes(size))

    kept = await other.keep("default", "a", now=0, expires_at=9, overwrites=False)
    late = await one.keep("default", "a", now=0, expires_at=9, overwrites=False)
    one.discard()

    assert kept is not None
    assert late is None
    assert store.held == size
    assert len(files(folder)) == (size > SMALL)


def test_first_uploads_at_once_share_one_folder() -> None:
    async def write(store: UploadStore) -> None:
        incoming = [store.incoming() for _ in range(8)]
        await asyncio.gather(*(one.write(b"x" * (1 << 20)) for one in incoming))
        for one in incoming:
            one.discard()

    before = set(Path(tempfile.gettempdir()).glob("hobbyhorse-uploads-*"))
    for _ in range(20):
        store = UploadStore(1 << 30)
        asyncio.run(write(store))
        store.close()

    assert set(Path(tempfile.gettempdir()).glob("hobbyhorse-uploads-*")) - before == set()
