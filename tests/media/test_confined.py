"""Decoders that crash, hang and eat, in processes of their own; and the files that might make them do so."""

from __future__ import annotations

import ast
import asyncio
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.clip import Footage
from hobbyhorse.core.faults import Fault
from hobbyhorse.media.inputs import InputStore
from hobbyhorse.media.judging import confined
from media.videos import Video, index_first, mp3, patched, video, wav

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio
ANY = MediaLimits(("http",))
SMALL = video(Video(64, 64, seconds=1, keys_every=24))
FIRST = index_first(SMALL)
LARGE = video(Video(3840, 2160, fps=8, seconds=1, sound=None))
DEAD = "import os; os.kill(os.getpid(), 11)"
MUTE = "pass"
STUCK = "import signal; signal.pause()"
BABBLING = "print('no json at all')"
ENDLESS = "while True: print('x' * 100_000)"


@pytest.fixture
def store() -> Iterator[InputStore]:
    store = InputStore(seconds=20)
    yield store
    store.close()


def processes(store: InputStore) -> set[asyncio.subprocess.Process]:
    return set(store._confined._running)


def lives(process: asyncio.subprocess.Process) -> bool:
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


async def started(store: InputStore) -> asyncio.subprocess.Process:
    """Wait until a process runs and return it."""
    async with asyncio.timeout(10):
        while not processes(store):  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)
    return processes(store).pop()


async def works(store: InputStore) -> bool:
    return (await store.keep_footage(SMALL, ANY, 15)).seconds == 1


async def test_footage_is_kept_and_loaded_again(store: InputStore) -> None:
    one, other = await asyncio.gather(*(store.keep_footage(SMALL, ANY, 15) for _ in range(2)))
    assert one == other
    assert one == Footage(one.digest, 64, 64, 1.0, 1.0, 24.0, has_sound=True)
    kept = store.load(one)
    assert kept is not None
    assert store.held == (len(kept), 0)
    assert processes(store) == set()


async def test_a_sound_is_measured_and_not_kept(store: InputStore) -> None:
    assert await store.judge_sound(wav(2), ANY) == 2
    assert store.held == (0, 0)


async def test_a_fault_comes_back_whole_and_names_the_input(store: InputStore) -> None:
    with pytest.raises(Fault) as caught:
        await store.keep_footage(SMALL, MediaLimits(("http",), duration_s=(3, 60)), 15, "https://example.com/a.mp4")
    assert caught.value.row == "file-duration"
    assert caught.value.values == {"low": "3", "high": "60"}
    assert caught.value.detail.startswith("https://example.com/a.mp4: it lasts 1.000 s")


@pytest.mark.parametrize("program", [DEAD, MUTE, BABBLING, ENDLESS])
async def test_a_decoder_that_dies_is_one_fault(
    store: InputStore, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(confined, "PROGRAM", (sys.executable, "-c", program))
        with pytest.raises(Fault) as caught:
            await store.keep_footage(SMALL, ANY, 15)
        assert caught.value.row == "file-unopenable"
        assert caught.value.detail
    assert await works(store)


async def test_a_decoder_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    store = InputStore(seconds=0.3)
    monkeypatch.setattr(confined, "PROGRAM", (sys.executable, "-c", STUCK))
    work = asyncio.create_task(store.keep_footage(SMALL, ANY, 15, "https://example.com/a.mp4"))
    process = await started(store)
    with pytest.raises(Fault) as caught:
        await work
    assert (caught.value.row, caught.value.values) == ("url-timeout", {"url": "https://example.com/a.mp4"})
    assert not lives(process)
    store.close()


async def test_a_decoder_that_is_killed_is_one_fault(store: InputStore) -> None:
    work = asyncio.create_task(store.keep_footage(LARGE, ANY, 15))
    (await started(store)).kill()
    with pytest.raises(Fault) as caught:
        await work
    assert caught.value.row == "file-unopenable"
    assert "ended with -9" in caught.value.detail
    assert await works(store)


async def test_a_decoder_that_eats_memory_is_one_fault() -> None:
    store = InputStore(seconds=20, process_bytes=135 * 2**20)
    with pytest.raises(Fault) as caught:
        await store.keep_footage(LARGE, ANY, 15)
    assert caught.value.row == "file-unopenable"
    assert await works(store)
    store.close()


async def test_one_who_gives_up_leaves_no_process(store: InputStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "PROGRAM", (sys.executable, "-c", STUCK))
    work = asyncio.create_task(store.keep_footage(SMALL, ANY, 15))
    process = await started(store)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert not lives(process)


async def test_no_process_is_left_after_close(store: InputStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "PROGRAM", (sys.executable, "-c", STUCK))
    work = [asyncio.create_task(store.keep_footage(SMALL, ANY, 15)) for _ in range(5)]
    await started(store)
    await asyncio.sleep(0)
    for _ in range(5):  # one that waits for a place begins when another ends
        store.close()
        await asyncio.wait(work, timeout=0.2)
    told = await asyncio.gather(*work, return_exceptions=True)
    assert {type(each) for each in told} == {Fault}
    assert processes(store) == set()


async def test_only_so_many_processes_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store = InputStore(workers=2, seconds=0.5)
    monkeypatch.setattr(confined, "PROGRAM", (sys.executable, "-c", STUCK))
    work = [asyncio.create_task(store.keep_footage(SMALL, ANY, 15)) for _ in range(4)]
    most = 0
    while not all(each.done() for each in work):
        most = max(most, len(processes(store)))
        await asyncio.sleep(0.01)
    assert most == 2
    assert all(isinstance(each.exception(), Fault) for each in work)


def confining(program: str, cpu: int = 60) -> subprocess.CompletedProcess[str]:
    """Run a program after the limits were set."""
    head = f"from hobbyhorse.media.judging.confined_worker import confine\nimport socket, os\nconfine({2**30}, {cpu})\n"
    return subprocess.run([sys.executable, "-c", head + program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/hosts')",
        "open('/tmp/hobbyhorse-must-not-be', 'w')",
        "socket.socket()",
        "os.pipe()",
        "bytearray(2 ** 31)",
        "import av; av.open('/etc/hosts')",
    ],
)
def test_a_confined_process_opens_nothing_and_grows_no_further(deed: str) -> None:
    done = confining(f"try:\n    {deed}\nexcept (OSError, MemoryError) as error:\n    print('refused', type(error))")
    assert done.stdout.startswith("refused"), done.stderr


def test_a_confined_process_ends_after_its_seconds() -> None:
    assert confining("while True:\n    pass", cpu=1).returncode < 0


def outcome(data: bytes, kind: str) -> object:
    """Judge a file in a store of its own and return what came: a value or a fault's row. All else is raised."""

    async def judged() -> object:
        store = InputStore(seconds=20)
        try:
            return await (store.judge_sound(data, ANY) if kind == "sound" else store.keep_footage(data, ANY, 15))
        except Fault as fault:
            return fault.row
        finally:
            store.close()

    return asyncio.run(judged())


BOMBS = {
    "65535 pixels wide": patched(SMALL, b"avc1", 24, b"\xff\xff\xff\xff"),
    "a display of 65535 pixels": patched(SMALL, b"tkhd", 76, b"\xff\xff\0\0\xff\xff\0\0"),
    "days long": patched(SMALL, b"mdhd", 16, b"\x7f\xff\xff\xff"),
    "a movie of days": patched(SMALL, b"mvhd", 16, b"\x7f\xff\xff\xff"),
    "time stands still": patched(SMALL, b"mdhd", 12, bytes(4)),
    "two thousand million pictures": patched(SMALL, b"stsz", 8, b"\x7f\xff\xff\xff"),
    "all of one huge size": patched(SMALL, b"stsz", 4, b"\x7f\xff\xff\xff\x7f\xff\xff\xff"),
    "each picture shown for ever": patched(SMALL, b"stts", 4, b"\0\0\0\1\x7f\xff\xff\xff\x7f\xff\xff\xff"),
    "each picture shown for no time": patched(SMALL, b"stts", 4, b"\0\0\0\1\x7f\xff\xff\xff\0\0\0\0"),
    "two thousand million chunks": patched(SMALL, b"stco", 4, b"\x7f\xff\xff\xff"),
    "chunks of the index itself": patched(SMALL, b"stco", 4, b"\0\0\0\1\0\0\0\0"),
    "a list of edits without end": patched(SMALL, b"elst", 4, b"\x7f\xff\xff\xff"),
    "a parameter set of nothing": patched(SMALL, b"avcC", 0, b"\xff" * 24),
    "sound of 65535 channels": patched(SMALL, b"mp4a", 16, b"\xff\xff\xff\xff"),
    "sound of no rate": patched(SMALL, b"mp4a", 24, bytes(4)),
    "a playlist behind": SMALL + b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1/a.ts\n",
    "a web page before": b"<html></html>" + SMALL,
    "twice": SMALL + SMALL,
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_and_chimeras_are_a_fault_or_footage(name: str) -> None:
    found = outcome(BOMBS[name], "footage")
    assert isinstance(found, Footage) or found in {"file-unopenable", "file-format", "video-resolution"}


FILES = {"index last": SMALL, "index first": FIRST, "wav": wav(0.3), "mp3": mp3(0.4)}
CHANGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), max_size=6)


@pytest.mark.parametrize("name", FILES)
@given(changes=CHANGES, kept=st.just(1.0) | st.floats(0, 1))
@example(changes=[], kept=1.0)
@settings(deadline=None, max_examples=6, database=None)
def test_any_bytes_are_a_fault_or_a_value(name: str, changes: list[tuple[float, bytes]], kept: float) -> None:
    data = bytearray(FILES[name])
    for place, value in changes:
        at = int(place * len(data))
        data[at : at + len(value)] = value
    kind = "footage" if "index" in name else "sound"
    found = outcome(bytes(data[: int(kept * len(data))]), kind)
    assert isinstance(found, str | float | Footage)
    assert found != "url-timeout"


FUZZ = """
import random, sys
from hobbyhorse.media.judging.confined_worker import answer, confine
data = sys.stdin.buffer.read()
order = {"kind": sys.argv[1], "limits": {"schemes": ["http"]}, "longest": 15}
confine(2 ** 30, 60)
told = {}
for seed in range(400):
    chance = random.Random(seed)
    changed = bytearray(data)
    low, high = (0, len(data)) if seed % 2 else (int(len(data) * 0.8), len(data))
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(low, high)] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
    facts, kept = answer(order, bytes(changed[: chance.choice([len(data)] * 9 + [chance.randrange(len(data))])]))
    what = facts.get("fault", "value")
    told[what] = told.get(what, 0) + 1
print(told)
"""


@pytest.mark.parametrize("name", FILES)
def test_hundreds_of_damaged_files_crash_no_process(name: str) -> None:
    kind = "footage" if "index" in name else "sound"
    done = subprocess.run([sys.executable, "-c", FUZZ, kind], input=FILES[name], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told = ast.literal_eval(done.stdout.decode())
    assert set(told) <= {"value", "file-unopenable", "file-format", "video-resolution", "url-timeout"}
    assert min(told["value"], told["file-unopenable"]) > 1


def test_a_decoding_process_is_told_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOBBYHORSE_CONTROL_TOKEN", "hush")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-hush")

    assert "hush" not in " ".join(confined._environment().values())
