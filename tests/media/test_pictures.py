from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from hobbyhorse.core.catalogue import MediaLimits
from hobbyhorse.core.faults import Fault
from hobbyhorse.media.judging.decode import MOST_PIXELS, Decoded, decode

if TYPE_CHECKING:
    from collections.abc import Callable

LIMITS = MediaLimits(("data",), ("JPEG", "PNG", "WEBP"), max_mb=20, min_side=16, max_side=4000, aspect=(0.4, 2.5))


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 30), colour: object = None) -> Image.Image:
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def pixels(decoded: Decoded) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(io.BytesIO(decoded.data), formats=("JPEG",)) as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def bomb(width: int, height: int) -> bytes:
    """Build a small PNG whose header promises a huge picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def refused(data: bytes, limits: MediaLimits = LIMITS) -> Fault:
    with pytest.raises(Fault) as caught:
        decode(data, limits)
    assert caught.value.detail
    return caught.value


NOISE = np.random.default_rng(1).integers(0, 255, (30, 40, 3)).astype(np.uint8)
GOOD = {
    "jpeg": encoded(picture(colour=(200, 30, 90)), "JPEG", quality=95),
    "png": encoded(picture(colour=(200, 30, 90)), "PNG"),
    "webp": encoded(picture(colour=(200, 30, 90)), "WEBP", lossless=True),
    "webp, animated": encoded(
        picture(colour=(200, 30, 90)), "WEBP", lossless=True, save_all=True, append_images=[picture()]
    ),
    "png, animated": encoded(picture(colour=(200, 30, 90)), "PNG", save_all=True, append_images=[picture()]),
    "palette png": encoded(picture(colour=(200, 30, 90)).quantize(4), "PNG"),
    "palette png with a clear colour": encoded(picture(colour=(200, 30, 90)).quantize(4), "PNG", transparency=b"\xff"),
    "opaque rgba png": encoded(picture("RGBA", colour=(200, 30, 90, 255)), "PNG"),
    "mpo": encoded(
        picture(colour=(200, 30, 90)), "MPO", quality=95, save_all=True, append_images=[picture(colour=(0, 9, 0))]
    ),
    "jpeg with a zip behind": encoded(picture(colour=(200, 30, 90)), "JPEG", quality=95) + b"PK\3\4" + bytes(99),
    "jpeg with broken exif": encoded(
        picture(colour=(200, 30, 90)), "JPEG", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff"
    ),
}


# Pillow warns of broken EXIF data, which outside these tests is no error.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data:UserWarning")
@pytest.mark.parametrize("name", GOOD)
def test_good_pictures_come_out_as_they_look(name: str) -> None:
    decoded = decode(GOOD[name], LIMITS)
    assert (decoded.width, decoded.height) == (40, 30)
    assert np.abs(pixels(decoded).astype(int) - (200, 30, 90)).max() <= 4
    assert decode(GOOD[name], LIMITS) == decoded


OTHER_MODES: list[tuple[Image.Image, str, tuple[int, int, int]]] = [
    (picture("CMYK", colour=(0, 255, 255, 0)), "JPEG", (255, 0, 0)),
    (picture("L", colour=120), "JPEG", (120, 120, 120)),
    (picture("L", colour=120), "PNG", (120, 120, 120)),
    (picture("I;16", colour=120 * 257), "PNG", (120, 120, 120)),
    (picture("1", colour=1), "PNG", (255, 255, 255)),
    (picture("LA", colour=(0, 0)), "PNG", (255, 255, 255)),
    (picture("RGBA", colour=(0, 0, 255, 128)), "PNG", (127, 127, 255)),
    (picture("RGBA", colour=(0, 0, 255, 0)), "WEBP", (255, 255, 255)),
    (picture("RGB", colour=(9, 8, 7)), "BMP", (9, 8, 7)),
]


@pytest.mark.parametrize(("image", "kind", "colour"), OTHER_MODES, ids=[f"{i.mode}-{k}" for i, k, _ in OTHER_MODES])
def test_other_modes_become_rgb(image: Image.Image, kind: str, colour: tuple[int, int, int]) -> None:
    decoded = decode(encoded(image, kind), replace(LIMITS, formats=()))
    assert np.abs(pixels(decoded).astype(int) - colour).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_the_camera_is_applied(orientation: int) -> None:
    image = picture(size=(60, 40), colour=(255, 255, 255))
    image.paste((255, 0, 0), (0, 0, 30, 40))  # the left half as stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(encoded(image, "JPEG", quality=95, exif=exif), LIMITS)
    assert (decoded.width, decoded.height) == ((60, 40) if orientation < 5 else (40, 60))
    shown = pixels(decoded)
    assert shown.shape[:2] == (decoded.height, decoded.width)
    # Where the stored left half ends up: left, right, right, left, top, top, bottom, bottom (EXIF 2.3, tag 274).
    row, column = ((20, 5), (20, 55), (20, 55), (20, 5), (5, 20), (5, 20), (55, 20), (55, 20))[orientation - 1]
    assert shown[row, column, 1] < 40


def test_a_large_picture_is_kept_no_larger_than_a_clip_can_need() -> None:
    decoded = decode(encoded(picture(size=(4000, 1700)), "JPEG"), LIMITS)
    assert (decoded.width, decoded.height) == (4000, 1700)
    assert max(pixels(decoded).shape) == 2192


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "random": np.random.default_rng(2).bytes(4000),
    "text": b"<html>404</html>",
    "half a jpeg": encoded(Image.fromarray(NOISE), "JPEG")[:700],
    "half a png": encoded(Image.fromarray(NOISE), "PNG")[:1500],
    "half a webp": encoded(Image.fromarray(NOISE), "WEBP")[:300],
    "a header only": encoded(Image.fromarray(NOISE), "PNG")[:33],
    "a video": b"\0\0\0\x20ftypisom" + bytes(100),
    "a jpeg inside a zip": b"PK\3\4" + GOOD["jpeg"],
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a png whose data are not zlib": GOOD["png"].replace(b"IDAT\x78", b"IDAT\x79"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_whole_picture_is_undecodable(name: str) -> None:
    assert refused(BROKEN[name]).row == "image-undecodable"


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "ICO", "AVIF"])
def test_pictures_of_other_formats_are_unsupported(kind: str) -> None:
    fault = refused(encoded(picture(), kind))
    assert fault.row == "media-format-unsupported"
    assert kind in fault.detail


def test_the_name_of_a_format_does_not_matter() -> None:
    allowed = replace(LIMITS, formats=("jpg",))
    assert decode(GOOD["jpeg"], allowed).width == 40
    assert refused(GOOD["png"], allowed).row == "media-format-unsupported"


@pytest.mark.parametrize(("width", "height"), [(30000, 30000), (2**31 - 1, 2**31 - 1), (12000, 8000), (8001, 8000)])
def test_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    assert width * height > MOST_PIXELS
    assert refused(bomb(width, height), MediaLimits(("data",))).row == "image-size-beyond-limit"


def test_too_many_bytes_are_refused_unread() -> None:
    fault = refused(bytes(1024 * 1024 + 1), replace(LIMITS, max_mb=1.0))
    assert (fault.row, fault.values) == ("file-size", {"limit": 1})


@pytest.mark.parametrize(
    ("size", "limits", "row", "values"),
    [
        ((15, 16), LIMITS, "image-resolution", {"largest": 4000, "smallest": 16}),
        ((16, 15), LIMITS, "image-resolution", {"largest": 4000, "smallest": 16}),
        ((4001, 4000), LIMITS, "image-resolution", {"largest": 4000, "smallest": 16}),
        ((40, 30), MediaLimits((), min_short_side=31), "image-resolution", {"largest": 8000, "smallest": 31}),
        ((51, 20), LIMITS, "image-aspect", {"high": "2.5", "low": "0.4"}),
        ((20, 51), LIMITS, "image-aspect", {"high": "2.5", "low": "0.4"}),
    ],
)
def test_sides_and_aspect_are_judged(
    size: tuple[int, int], limits: MediaLimits, row: str, values: dict[str, object]
) -> None:
    fault = refused(encoded(picture(size=size), "PNG"), limits)
    assert (fault.row, fault.values) == (row, values)
    assert f"{size[0]} x {size[1]}" in fault.detail


@pytest.mark.parametrize("size", [(16, 16), (50, 20), (20, 50), (4000, 1600)])
def test_bounds_themselves_are_allowed(size: tuple[int, int]) -> None:
    assert decode(encoded(picture(size=size), "PNG"), LIMITS).width == size[0]


def judged(data: bytes) -> None:
    """Decode; a Fault or a picture may come out and nothing else."""
    try:
        decoded = decode(data, LIMITS)
    except Fault:
        return
    assert pixels(decoded).size


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_any_bytes_are_judged(data: bytes) -> None:
    judged(data)


@given(st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\x40\0\0\0WEBP", b"BM"]), st.binary(max_size=200))
@settings(deadline=None)
def test_anything_behind_a_magic_number_is_judged(magic: bytes, data: bytes) -> None:
    judged(magic + data)


NOISY: dict[str, Callable[[], bytes]] = {
    kind: lambda kind=kind: encoded(Image.fromarray(NOISE), kind)  # type: ignore[misc]
    for kind in ("PNG", "JPEG", "WEBP", "BMP")
}


@given(st.sampled_from(sorted(NOISY)), st.data())
@settings(deadline=None, max_examples=400)
def test_any_single_byte_changed_is_judged(kind: str, data: st.DataObject) -> None:
    valid = bytearray(NOISY[kind]())
    # Most mutations hit pixel data; look at the headers as often.
    place = data.draw(st.one_of(st.integers(0, min(200, len(valid) - 1)), st.integers(0, len(valid) - 1)))
    valid[place] = data.draw(st.integers(0, 255))
    judged(bytes(valid))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_an_alpha_channel_is_refused_where_the_row_says_so(mode: str) -> None:
    data = encoded(picture(mode), "PNG")

    assert decode(data, LIMITS).width == 40
    with pytest.raises(Fault, match=r"^media-format-unsupported: .*alpha"):
        decode(data, replace(LIMITS, alpha=False))
    assert decode(encoded(picture(), "PNG"), replace(LIMITS, alpha=False)).width == 40
