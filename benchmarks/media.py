"""What a clip costs here, beside naive imageio and raw ffmpeg, in one run.

    make bench                                # or: python benchmarks/media.py --rounds 5

Every sample is a process of its own, the designs take turns, and a row is the median of its samples. A process first
makes another clip of the same kind, so that imports, fonts and codecs are warm, and then counts CPU seconds (user and
system, with the processes it starts), wall seconds, bytes, the memory that the clip adds, and the
most that a process it starts holds.

naive   imageio.get_writer through imageio-ffmpeg with its defaults: each picture is drawn and encoded; no sound
raw     the ffmpeg that imageio-ffmpeg brings: testsrc2 and sine, libx264 ultrafast

Both are left out where imageio-ffmpeg is not installed (the extra `bench`).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import importlib.util
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import imageio
import numpy as np
from PIL import Image, ImageDraw
from tabulate import tabulate

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.clip import ClipSpec
from hobbyhorse.media.drawing.card import Card
from hobbyhorse.media.drawing.fonts import find
from hobbyhorse.media.inputs import InputStore
from hobbyhorse.media.render import ClipRenderer

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results" / "media.json"
ANY = MediaLimits(("http",))
SPEC = ClipSpec(
    width=1280,
    height=720,
    fps=24,
    frames=5 * 24,
    model="happyhorse-1.1-t2v",
    task_id="0385dc79-5ff8-4d82-bcb6-7a1b2c3d4e5f",
    prompt="A paper train crosses a bridge of string, 骏马奔腾, Café Émile.",
    seed=1937264451,
    watermark="Happy Horse",
    audio=True,
)
LARGE = replace(SPEC, width=1920, height=1080, frames=15 * 24)
STAMPS = 200
# What the footage is called, and how many pictures lie between its key pictures: as cameras do it, and as x264 does.
FOOTAGE = {"footage.mp4": 24, "sparse.mp4": 250}
# name: what is made, by which designs, and at most which share of naive's CPU it may take.
CASES: dict[str, tuple[ClipSpec, tuple[str, ...], float | None]] = {
    "t2v 5 s 720P": (SPEC, ("ours", "naive", "raw"), 1 / 40),
    "t2v 15 s 1080P": (LARGE, ("ours", "naive", "raw"), 1 / 75),
    "i2v 5 s 720P": (SPEC, ("ours", "naive"), 1 / 25),
    "video-edit 15 s 1080P": (LARGE, ("ours", "naive"), 1 / 40),
    "video-edit, keys each 10 s": (LARGE, ("ours", "naive"), None),
    "video-edit, rendering": (LARGE, ("ours",), None),
    "stamped 15 s 1080P": (replace(LARGE, stamped=True), ("ours",), None),
}


def cpu() -> float:
    """Return the CPU seconds of this process and of those it has ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak(who: int = resource.RUSAGE_SELF) -> int:
    """Return the most memory that this process, or one of its children, ever held, in bytes."""
    status = Path("/proc/self/status")
    if who == resource.RUSAGE_SELF and status.exists():
        # ru_maxrss counts what the parent held before it started this process; VmHWM does not.
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    return resource.getrusage(who).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def footage(keys_every: int) -> bytes:
    """Encode what a caller might send: 15 s of 1080P that pans over a noisy picture, 24 pictures a second."""
    down, across = np.mgrid[0:1080, 0:2640]
    noise = np.random.default_rng(1).normal(0, 4, (1080, 2640, 1))
    waves = (128 + 100 * np.sin(across / 97) * np.cos(down / 71), 128 + 90 * np.cos(down / 63), 255 * across / 2640)
    picture = (np.stack(waves, 2) + noise).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        track = container.add_stream("libx264", rate=24, width=1920, height=1080, options={"preset": "veryfast"})
        track.pix_fmt, track.codec_context.gop_size = "yuv420p", keys_every
        for index in range(15 * 24):
            piece = np.ascontiguousarray(picture[:, index * 2 : index * 2 + 1920])
            container.mux(track.encode(av.VideoFrame.from_ndarray(piece, format="rgb24")))
        container.mux(track.encode(None))
    return file.getvalue()


def given(case: str, folder: Path) -> Path:
    """Return the footage of a case."""
    return folder / ("sparse.mp4" if case.endswith("keys each 10 s") else "footage.mp4")


class Ours:
    """Hobbyhorse, as the service uses it."""

    def __init__(self, case: str, folder: Path) -> None:
        self.case, self.folder = case, folder

    async def run(self, measure: Callable[[], Any]) -> dict[str, float]:
        """Make a clip to warm up, and a clip that counts."""
        store = InputStore()
        renderer = ClipRenderer(store)
        try:
            await renderer.clip(replace(SPEC, width=160, height=96, frames=24))
            first = await self.prepare(store, "1")
            before = peak()
            data = await self.make(renderer, store, first, "1")
            added = peak() - before
            second = await self.prepare(store, "2")
            sample = measure()
            data = await self.make(renderer, store, second, "2")
            return {**sample(), "bytes": len(data), "memory": added, "child": peak(resource.RUSAGE_CHILDREN)}
        finally:
            renderer.close()
            store.close()

    async def prepare(self, store: InputStore, mark: str) -> ClipSpec:
        """Do what is not counted and return the spec of the clip."""
        spec = replace(CASES[self.case][0], task_id=mark.zfill(8) + SPEC.task_id[8:])
        if self.case == "video-edit, rendering":
            kept = await store.keep_footage(given(self.case, self.folder).read_bytes(), ANY, 15)
            spec = replace(spec, footage=kept, sound_of=kept)
        return spec

    async def make(self, renderer: ClipRenderer, store: InputStore, spec: ClipSpec, mark: str) -> bytes:
        """Make a clip, from the caller's bytes on."""
        if self.case.startswith("i2v"):
            spec = replace(spec, first_frame=await store.keep((self.folder / "photo.jpg").read_bytes(), ANY))
        if self.case.startswith("video-edit") and not spec.footage:
            kept = await store.keep_footage(given(self.case, self.folder).read_bytes(), ANY, 15)
            spec = replace(spec, footage=kept, sound_of=kept)
        if not spec.stamped:
            return (await renderer.clip(spec)).data
        ids = (f"{index:06x}{mark.zfill(2)}{SPEC.task_id[8:]}" for index in range(STAMPS))
        return [await renderer.clip(replace(spec, task_id=each)) for each in ids][-1].data


def naive(spec: ClipSpec, case: str, folder: Path, target: Path) -> None:
    """Draw every picture and hand it to imageio, as one would at first."""
    card = Card(spec, find())
    pictures = None
    if case.startswith("i2v"):
        base = Image.open(folder / "photo.jpg").convert("RGB").resize((spec.width, spec.height))
    elif case.startswith("video-edit"):
        pictures = imageio.get_reader(str(given(case, folder)), "ffmpeg")
    else:
        base = card.base()
    with imageio.get_writer(str(target), format="FFMPEG", fps=spec.fps) as writer:
        for index in range(spec.frames):
            picture = Image.fromarray(pictures.get_data(index)) if pictures else base.copy()
            for patch in card.patches(index // spec.fps) if case.startswith("t2v") else ():
                picture.paste(patch.image, (patch.box.left, patch.box.top))
            ImageDraw.Draw(picture).text((20, 20), f"{spec.task_id} {index / spec.fps:06.2f}", fill=(255, 255, 255))
            writer.append_data(np.asarray(picture))
    if pictures:
        pictures.close()


def raw(spec: ClipSpec, case: str, folder: Path, target: Path) -> None:  # noqa: ARG001 - as `naive`
    """Have ffmpeg make a moving test picture."""
    import imageio_ffmpeg  # noqa: PLC0415 - may not be installed

    seconds = spec.frames / spec.fps
    source = f"testsrc2=size={spec.width}x{spec.height}:rate={spec.fps}:duration={seconds}"
    sources = ("-f", "lavfi", "-i", source, "-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}")
    encoding = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    program = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y")
    subprocess.run([*program, *sources, *encoding, str(target)], check=True)  # noqa: S603 - our own words


def sample(design: str, case: str, folder: Path) -> dict[str, float]:
    """Measure once, in this process."""

    def measure() -> Callable[[], dict[str, float]]:
        used, began = cpu(), time.perf_counter()
        return lambda: {"wall": time.perf_counter() - began, "cpu": cpu() - used}

    spec = CASES[case][0]
    if design == "ours":
        found = asyncio.run(Ours(case, folder).run(measure))
        count = STAMPS if spec.stamped else 1
        return found | {key: found[key] / count for key in ("cpu", "wall")}
    make = {"naive": naive, "raw": raw}[design]
    target = folder / f"{os.getpid()}.mp4"
    if design == "naive":
        make(replace(SPEC, width=160, height=96, frames=2), "t2v", folder, target)
    before = peak()
    done = measure()
    make(spec, case, folder, target)
    found = {**done(), "bytes": target.stat().st_size, "memory": peak() - before}
    found["child"] = peak(resource.RUSAGE_CHILDREN)
    target.unlink()
    return found


def in_process(design: str, case: str, folder: Path) -> dict[str, float]:
    """Measure once, in a process of its own."""
    order = [sys.executable, __file__, "--sample", design, case, "--folder", str(folder)]
    return dict(json.loads(subprocess.run(order, check=True, capture_output=True).stdout))  # noqa: S603 - ourselves


def rows(rounds: int, folder: Path, designs: set[str]) -> list[dict[str, Any]]:
    """Measure everything, the designs in turn."""
    pairs = [(case, design) for case, (_, made_by, _) in CASES.items() for design in made_by if design in designs]
    samples: dict[tuple[str, str], list[dict[str, float]]] = {pair: [] for pair in pairs}
    for number in range(rounds):
        for case, design in pairs:
            print(f"\rround {number + 1} of {rounds}: {case}, {design}".ljust(60), end="", file=sys.stderr, flush=True)
            samples[case, design].append(in_process(design, case, folder))
    print("\r".ljust(60), end="\r", file=sys.stderr)
    medians = {
        pair: {key: statistics.median(one[key] for one in taken) for key in taken[0]} for pair, taken in samples.items()
    }
    found = []
    for case, design in pairs:
        row: dict[str, Any] = {"clip": case, "design": design, **medians[case, design]}
        base = medians.get((case, "naive"))
        if base:
            row |= {"cpu_ratio": base["cpu"] / row["cpu"], "wall_ratio": base["wall"] / row["wall"]}
        share = CASES[case][2]
        if base and share and design == "ours":
            row["goal"] = round(1 / share)
        found.append(row)
    return found


def table(found: list[dict[str, Any]]) -> str:
    """Return the rows to be read."""
    lines = [
        (
            row["clip"],
            row["design"],
            f"{row['cpu'] * 1000:.1f}",
            f"{row['wall'] * 1000:.1f}",
            f"{row['bytes'] / 1e6:.2f}",
            f"{row['memory'] / 2**20:.0f}",
            f"{row['child'] / 2**20:.0f}",
            f"{row['cpu_ratio']:.1f}" if "cpu_ratio" in row else "",
            f">= {row['goal']}" if "goal" in row else "",
            f"{row['wall_ratio']:.1f}" if "wall_ratio" in row else "",
        )
        for row in found
    ]
    heads = ("clip", "design", "CPU ms", "wall ms", "MB", "+ MiB", "child MiB", "naive / this, CPU", "goal", "wall")
    return tabulate(lines, heads, disable_numparse=True, colalign=("left", "left", *["right"] * 8))


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="samples of each row (default 3)")
    parser.add_argument("--sample", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.sample:
        print(json.dumps(sample(*asked.sample, asked.folder)))
        return
    has_ffmpeg = importlib.util.find_spec("imageio_ffmpeg") is not None
    if not has_ffmpeg:
        print("imageio-ffmpeg is not installed (pip install 'hobbyhorse[bench]'): nothing to compare with")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, keys_every in FOOTAGE.items():
            (folder / file).write_bytes(footage(keys_every))
        with av.open(str(folder / "footage.mp4")) as container:
            next(container.decode(video=0)).to_image().save(folder / "photo.jpg", quality=92)
        found = rows(asked.rounds, folder, {"ours", "naive", "raw"} if has_ffmpeg else {"ours"})
    print(table(found))
    packages = ["av", "pillow", "numpy", "imageio", *(["imageio-ffmpeg"] if has_ffmpeg else [])]
    about = {
        "date": time.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "rounds": asked.rounds,
        "packages": {package: importlib.metadata.version(package) for package in packages},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"about": about, "rows": found}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
